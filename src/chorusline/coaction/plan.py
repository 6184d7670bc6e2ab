"""What counting a trace would cost: pairs by object, time and memory, before anything is counted."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from chorusline.coaction.kernel import FIGURES, pairs_by_object
from chorusline.coaction.local import Counting, cores
from chorusline.traces.base import Uses

SHOWN = 10
"""Objects listed, those with the most pairs."""

_PIECE = 2_000_000
_PIECES = 8
# Pairs looked at in each piece of the trial run, and pieces.

_A_USE = 4 + 4 + 8 + 8 + 8 + 8 + 8
# Bytes of a use in the counting: codes, time, action, window, place.
EDGE_BYTES = 4 + 4 + 8 * FIGURES
"""Bytes of an edge before it is a table."""

LINE_BYTES = 64
"""Bytes of an account in each thread's accumulator."""


@dataclass(frozen=True)
class Plan:
    """What counting one trace in one window would take.

    uses, objects, accounts : in the trace. kept : uses left after pruning to `min_weight`. pairs : pairs of
    uses by different accounts within the window. largest : (object, uses, pairs), most pairs first.
    edges, seconds, memory : expected edges from `min_weight` up, seconds on this machine's cores and bytes at
    the peak, extrapolated from a trial run over a random part of the accounts; exact where the part is all.
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
        memory=fixed_memory(uses, counting.kept, cores()) + 2 * EDGE_BYTES * edges,
    )


def fixed_memory(uses: Uses, kept: int, threads: int) -> int:
    """Return the bytes that counting takes besides its edges. kept : uses left after pruning."""
    return _A_USE * (len(uses) + kept) + LINE_BYTES * uses.n_accounts * threads


def _trial(counting: Counting, seed: int) -> tuple[int, float]:
    """Count a random part of the accounts; returns edges and seconds expected of all."""
    everything = int(counting.total[-1])
    if everything == 0:
        return 0, 0.0
    runs = counting.runs(max(_PIECES, everything // _PIECE))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(runs), min(_PIECES, len(runs)), replace=False)).tolist()
    counting.rows(0, 0)  # compiled before the clock runs
    looked_at = edges = 0
    began = time.perf_counter()
    for k in chosen:
        first, last = runs[k]
        edges += len(counting.rows(first, last)[0])
        looked_at += int(counting.total[last] - counting.total[first])
    seconds = time.perf_counter() - began
    share = max(looked_at, 1) / everything
    return round(edges / share), seconds / share / cores()
