"""The local engine: co-action edges of one trace on this machine's cores."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.coaction.kernel import FIGURES, count_rows, window_bounds
from chorusline.coaction.prune import prune
from chorusline.errors import UsageError
from chorusline.traces.base import Uses

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

_FIXED = 1_000_000
Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Counting:
    """Uses made ready to be counted, pruned, with each account's uses together.

    total : int64 [n_accounts + 1], pairs looked at for the accounts before each. arguments : of
    kernel.count_rows after the accounts. kept : uses left after pruning. by_uses : what `weight` counts.
    """

    total: Array
    arguments: tuple[Any, ...]
    kept: int
    by_uses: bool

    @classmethod
    def of(
        cls, uses: Uses, window: float, min_weight: int, count: Literal["objects", "uses"],
        discount: npt.NDArray[np.float64] | None = None,
    ) -> Counting:  # fmt: skip
        """Prune and arrange; see `coactions` for the arguments and errors."""
        if window < 0 or min_weight < 1:
            raise UsageError("A window is zero seconds or more, and a minimal weight one or more.")
        span = round(window * 1_000_000)
        low, high = window_bounds(uses.object, uses.time, span)
        uses = prune(uses, min_weight if count == "objects" else 1, low, high)
        low, high = window_bounds(uses.object, uses.time, span)
        place = np.argsort(uses.account, kind="stable")
        start = np.searchsorted(uses.account[place], np.arange(uses.n_accounts + 1))
        total = np.concatenate([[0], np.cumsum((high - low)[place])])[start]
        weights = np.ones(len(uses.objects)) if discount is None else discount
        fixed = np.rint(weights * _FIXED).astype(np.int64)
        arguments = (
            start, place, uses.account, uses.object, uses.time, low, high, fixed, uses.n_accounts,
            min_weight, count == "uses",
        )  # fmt: skip
        return cls(total, arguments, len(uses), count == "uses")

    def runs(self, pieces: int) -> list[tuple[int, int]]:
        """Cut the accounts into at most `pieces` runs of about equal work: (first, after the last) of each."""
        n_accounts = len(self.total) - 1
        pieces = max(1, min(pieces, n_accounts))
        cuts = np.searchsorted(self.total, np.linspace(0, self.total[-1], pieces + 1)[1:-1])
        edges = np.unique(np.concatenate([[0], cuts, [n_accounts]]))
        return [(int(first), int(last)) for first, last in itertools.pairwise(edges)]

    def rows(self, first: int, last: int) -> tuple[Array, Array, Array]:
        """Count the accounts from `first` to before `last`: see kernel.count_rows."""
        found: tuple[Array, Array, Array] = count_rows(first, last, *self.arguments)
        return found

    def table(self, parts: list[tuple[Array, Array, Array]]) -> pa.Table:
        """Edges of successive runs as a table in EDGE_SCHEMA."""
        return _table(parts, self.by_uses)


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
    counting = Counting.of(uses, window, min_weight, count, discount)
    parts = []
    with ThreadPoolExecutor(cores()) as pool:
        runs = counting.runs(min(64, int(counting.total[-1] // 200_000)))
        jobs = [pool.submit(counting.rows, first, last) for first, last in runs]
        for done, job in enumerate(jobs, 1):
            parts.append(job.result())
            if progress is not None:
                progress(done / len(jobs))
    return counting.table(parts)


def with_names(edges: pa.Table, names: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return edges with account_a and account_b, the accounts' own ids, in place of codes (door out)."""
    columns = {"account_a": names.take(edges["a"]), "account_b": names.take(edges["b"])}
    rest = ("weight", "coactions", "mean_lag", "min_lag", "first", "last")
    return pa.table({**columns, **{name: edges[name] for name in rest}})


def cores() -> int:
    """Threads that count at once."""
    return (os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) or 1


def _table(parts: list[tuple[Array, Array, Array]], by_uses: bool) -> pa.Table:
    if parts:
        a, b, figures = (np.concatenate(column) for column in zip(*parts, strict=True))
    else:
        a, b, figures = np.empty(0, np.int32), np.empty(0, np.int32), np.empty((0, FIGURES), np.int64)
    weight, pairs, lags, least, first, last, strength = figures.T
    columns = [
        a, b, pairs if by_uses else weight, pairs,
        lags / np.maximum(pairs, 1) / 1e6, least / 1e6,
        pa.array(np.ascontiguousarray(first), pa.timestamp("us", tz="UTC")),
        pa.array(np.ascontiguousarray(last), pa.timestamp("us", tz="UTC")),
        strength / _FIXED,
    ]  # fmt: skip
    return pa.Table.from_arrays(
        [c if isinstance(c, pa.Array) else pa.array(np.ascontiguousarray(c)) for c in columns],
        schema=EDGE_SCHEMA,
    )
