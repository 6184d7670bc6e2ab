"""The local engine: co-action edges of one trace on this machine's cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.coaction.asked import check, microseconds
from chorusline.coaction.blocks import Blocks, Piece, in_memory, pairs_of_blocks, pieces
from chorusline.coaction.kernel import FIGURES, Array, near_uses
from chorusline.coaction.prune import cuts, prune
from chorusline.traces.base import Uses, cores

EDGE_SCHEMA = pa.schema(
    [
        pa.field("a", pa.int32(), nullable=False, metadata={"about": "account code, the smaller"}),
        pa.field("b", pa.int32(), nullable=False, metadata={"about": "account code, the larger"}),
        pa.field("weight", pa.int64(), nullable=False, metadata={"about": "distinct objects or use pairs"}),
        pa.field("coactions", pa.int64(), nullable=False, metadata={"about": "use pairs"}),
        pa.field("mean_lag", pa.float64(), nullable=False, metadata={"about": "seconds, over use pairs"}),
        pa.field("min_lag", pa.float64(), nullable=False, metadata={"about": "seconds"}),
        pa.field("first", pa.timestamp("us", tz="UTC"), nullable=False, metadata={"about": "earliest use"}),
        pa.field("last", pa.timestamp("us", tz="UTC"), nullable=False, metadata={"about": "latest use"}),
        pa.field("strength", pa.float64(), nullable=False, metadata={"about": "sum of object discounts"}),
    ]
)

BLOCKS = 8
"""Blocks of accounts where memory doesn't ask for more: cells of two cores in cache, few pairs looked at twice."""

FIXED = 1_000_000
"""Strengths are kept in this part of one."""

_MOST = 20_000_000
# Pairs looked at in one piece.
_SMALL = 200_000
# Pairs below which cutting into blocks costs more than it saves.


@dataclass(frozen=True)
class Counting:
    """What is counted: blocks of uses, and how.

    window : µs. discount : int64 [objects] in millionths, or [1] for all objects alike. by_uses : what `weight`
    counts. kept : uses left after pruning. pairs : of uses within the window, those of one account too.
    """

    blocks: Blocks
    window: int
    min_weight: int
    by_uses: bool
    discount: Array
    kept: int
    pairs: int = 0

    @classmethod
    def of(
        cls, uses: Uses, window: float, min_weight: int, count: Literal["objects", "uses"],
        discount: npt.NDArray[np.float64] | None = None, blocks: int = BLOCKS, rank: Array | None = None,
    ) -> Counting:  # fmt: skip
        """Prune and arrange; see `coactions` for the arguments and errors.

        rank : int32 [accounts], the code that each account is to have in the edges, where that isn't its own.
        """
        check(window, min_weight)
        span = microseconds(window)
        uses = prune(uses, min_weight if count == "objects" else 1, span)
        work = _work(uses, span)
        if work.sum() < _SMALL:
            blocks = 1
        made = in_memory(uses.account, uses.object, uses.time, work, blocks, rank)
        weights = np.ones(1) if discount is None else discount
        fixed = np.rint(weights * FIXED).astype(np.int64)
        pairs = int(work.sum() - len(uses)) // 2
        return cls(made, span, min_weight, count == "uses", fixed, len(uses), pairs)

    def pieces(self, i: int, j: int, most: int) -> list[Piece]:
        """Pieces of the blocks i and j; see blocks.pieces."""
        return pieces(self.blocks, i, j, self.window, most)

    def count(self, piece: Piece) -> tuple[Array, Array]:
        """Count a piece: keys of its edges, uint64 [edges] ascending, and figures, int64 [edges, FIGURES].

        A key holds the codes of both accounts: the smaller in the upper half, the larger in the lower.
        """
        rows, columns, figures = piece.count(self.discount, self.min_weight, self.by_uses)
        one, other = self.blocks.accounts[rows], self.blocks.accounts[columns]
        keys = np.minimum(one, other).astype(np.uint64) << np.uint64(32)
        keys |= np.maximum(one, other).astype(np.uint64)
        if self.by_uses:
            figures[:, 0] = figures[:, 1]
        order = np.argsort(keys)
        return keys[order], figures[order]


def _work(uses: Uses, window: int) -> Array:
    """What each account's uses cost to count, int64 [accounts]: those near them, themselves included."""
    runs = cuts(uses.object)
    columns = uses.account, uses.object, uses.time
    with ThreadPoolExecutor(len(runs) - 1) as pool:
        found = pool.map(partial(near_uses, *columns, window, uses.n_accounts), runs[:-1], runs[1:])
        return np.asarray(sum(found))


def coactions(
    uses: Uses,
    window: float,
    *,
    min_weight: int = 1,
    count: Literal["objects", "uses"] = "objects",
    discount: npt.NDArray[np.float64] | None = None,
    progress: Callable[[float], None] | None = None,
) -> pa.Table:
    """Return the co-action edges of a trace, exactly (docs/method.md, "Co-action").

    Two uses of one object by different accounts with |Δt| <= `window` seconds are a co-action. `weight` is
    the number of distinct objects of the pair (count="objects") or of use pairs (count="uses", as other
    tools count). Edges below `min_weight` are left out. Sorted by (a, b), schema EDGE_SCHEMA.
    discount : float64 [objects], what an object adds to the `strength` of a pair that co-acts on it (1 if not
    given); kept to a millionth, so that sums are exact and don't depend on their order.
    progress : called with the share of the work that is done, 0 to 1.
    Raises UsageError for a window below zero or a weight below one.
    """
    return collected(Counting.of(uses, window, min_weight, count, discount), cores(), progress)


def collected(counting: Counting, threads: int, progress: Callable[[float], None] | None = None) -> pa.Table:
    """Count all that is arranged, in memory: edges in EDGE_SCHEMA."""
    parts, done = [], 0.0
    for piece, found in counted(counting, _MOST, threads, counting.count):
        parts.append(found)
        done += piece.share
        if progress is not None:
            progress(min(done, 1.0))
    if not parts:
        return as_table(np.empty(0, np.uint64), np.empty((0, FIGURES), np.int64))
    return as_table(*in_order(parts))


def as_named(
    counting: Counting, names: pa.Array | pa.ChunkedArray, threads: int,
    progress: Callable[[float], None] | None = None,
) -> pa.Table:  # fmt: skip
    """Count all that is arranged, in memory: edges with the accounts' names."""
    return with_names(collected(counting, threads, progress), names)


def counted(
    counting: Counting,
    most: int,
    threads: int,
    work: Callable[[Piece], Any],
    finished: Callable[[int, int], bool] = lambda i, j: False,
    counts: dict[str, int] | None = None,
) -> Iterator[tuple[Piece, Any]]:
    """Do `work` on every piece in `threads` threads and give its results as they come.

    finished : whether a pair of blocks needn't be looked at. counts : filled with the number of pieces of each pair.
    Bounds of a few pairs of blocks are in memory at a time.
    """
    pool = ThreadPoolExecutor(threads)
    waiting: dict[Future[Any], Piece] = {}
    try:
        for i, j in pairs_of_blocks(len(counting.blocks)):
            if finished(i, j):
                continue
            found = counting.pieces(i, j, most)
            if counts is not None:
                counts[f"{i:04d}-{j:04d}"] = len(found)
            for piece in found:
                waiting[pool.submit(work, piece)] = piece
            # Blocks on disk are in memory two at a time; of those in memory only the windows take more.
            while len(waiting) > (2 * threads if counting.blocks.held else 0):
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                yield from ((waiting.pop(job), job.result()) for job in done)
        while waiting:
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            yield from ((waiting.pop(job), job.result()) for job in done)
    finally:
        pool.shutdown(cancel_futures=True)


def in_order(parts: list[tuple[Array, Array]]) -> tuple[Array, Array]:
    """Put keys and figures of several pieces together, sorted by key; `parts` is emptied to spare memory."""
    keys = np.concatenate([found[0] for found in parts])
    order = np.argsort(keys)
    figures = np.concatenate([found[1] for found in parts])
    parts.clear()
    return keys[order], figures[order]


def as_table(keys: Array, figures: Array) -> pa.Table:
    """Edges as a table in EDGE_SCHEMA. keys : uint64 [edges]. figures : int64 [edges, FIGURES]."""
    weight, pairs, lags, least, first, last, strength = figures.T
    a, b = (keys >> np.uint64(32)).astype(np.int32), keys.astype(np.uint32).astype(np.int32)
    columns = [
        a, b, weight, pairs, lags / np.maximum(pairs, 1) / 1e6, least / 1e6,
        pa.array(np.ascontiguousarray(first), pa.timestamp("us", tz="UTC")),
        pa.array(np.ascontiguousarray(last), pa.timestamp("us", tz="UTC")),
        strength / FIXED,
    ]  # fmt: skip
    return pa.Table.from_arrays(
        [c if isinstance(c, pa.Array) else pa.array(np.ascontiguousarray(c)) for c in columns],
        schema=EDGE_SCHEMA,
    )


def with_names(edges: pa.Table, names: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return edges with account_a and account_b, the accounts' own ids, in place of codes (door out)."""
    columns = {"account_a": names.take(edges["a"]), "account_b": names.take(edges["b"])}
    rest = ("weight", "coactions", "mean_lag", "min_lag", "first", "last")
    return pa.table({**columns, **{name: edges[name] for name in rest}})
