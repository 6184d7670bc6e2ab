"""What counting a trace would cost: pairs by object, time and memory, before anything is counted."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from chorusline.coaction.blocks import pairs_of_blocks
from chorusline.coaction.kernel import count_rows, pairs_by_object
from chorusline.coaction.local import Counting
from chorusline.coaction.stored import EDGE_BYTES, needed
from chorusline.traces.base import Uses, cores

SHOWN = 10
"""Objects listed, those with the most pairs."""

_TRIED = 16_000_000
# Pairs looked at in the trial run, about; it takes a part of every pair of blocks.
_PIECES = 48
# Pieces of a pair of blocks that the trial run chooses from.


@dataclass(frozen=True)
class Plan:
    """What counting one trace in one window would take.

    uses, objects, accounts : in the trace. kept : uses left after pruning to `min_weight`. pairs : pairs of
    uses by different accounts within the window. largest : (object, uses, pairs), most pairs first.
    edges, seconds, memory : expected edges from `min_weight` up, seconds on this machine's cores to count them, and
    bytes for counting them all at once, extrapolated from a trial run over a random part of the accounts; the
    edges are exact where the part is all. With less memory, `edges` to a file takes several passes.
    """

    uses: int
    objects: int
    accounts: int
    kept: int
    pairs: int
    largest: tuple[tuple[str, int, int], ...]
    edges: int
    seconds: float
    memory: int


def plan(uses: Uses, window: float, min_weight: int = 1, seed: int = 0) -> Plan:
    """Plan the counting of a trace: exact numbers of pairs, and a trial run of a few seconds at most.

    window : seconds, inclusive. seed : which accounts the trial run takes.
    """
    span = round(window * 1_000_000)
    by_object = pairs_by_object(uses.account, uses.object, uses.time, span, len(uses.objects))
    used = np.bincount(uses.object, minlength=len(uses.objects))
    top = [k for k in np.argsort(-by_object, kind="stable")[:SHOWN].tolist() if by_object[k]]
    names = uses.objects.take(np.array(top, dtype=np.int64)).to_pylist() if top else []
    counting = Counting.of(uses, window, min_weight, "objects")
    edges, seconds = _trial(counting, seed)
    return Plan(
        uses=len(uses),
        objects=int((used > 0).sum()),
        accounts=len(np.unique(uses.account)),
        kept=counting.kept,
        pairs=int(by_object.sum()),
        largest=tuple((name, int(used[k]), int(by_object[k])) for name, k in zip(names, top, strict=True)),
        edges=edges,
        seconds=seconds,
        memory=16 * (len(uses) + counting.kept) + needed(counting, cores()) + 2 * EDGE_BYTES * edges,
    )


def _trial(counting: Counting, seed: int) -> tuple[int, float]:
    """Count a random part of each pair of blocks; returns edges and seconds expected of all."""
    rng = np.random.default_rng(seed)
    share = min(1.0, _TRIED / max(counting.pairs, 1))
    edges = seconds = 0.0
    for i, j in pairs_of_blocks(len(counting.blocks)):
        began = time.perf_counter()
        pieces = counting.pieces(i, j, 1 << 62)
        whole = sum(piece.pairs for piece in pieces)
        if share < 1:
            pieces = counting.pieces(i, j, max(whole // _PIECES, 1))
        fixed = time.perf_counter() - began
        chosen = rng.permutation(len(pieces))[: math.ceil(share * len(pieces))].tolist()
        looked_at, found = 0, 0
        if not count_rows.signatures and pieces:
            counting.count(pieces[0])  # compiled before the clock runs
        began = time.perf_counter()
        for k in chosen:
            found += len(counting.count(pieces[k])[0])
            looked_at += pieces[k].pairs
        spent = time.perf_counter() - began
        if looked_at:
            edges += found * whole / looked_at
            seconds += spent * whole / looked_at + fixed
    return round(edges), seconds / cores()
