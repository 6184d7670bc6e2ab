"""What counting a trace would cost: pairs by object, time and memory, before anything is counted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.coaction.kernel import FIGURES, count_rows, pairs_by_object, window_bounds
from chorusline.coaction.local import blocks_of, cores
from chorusline.coaction.prune import prune
from chorusline.traces.base import Uses

Array = npt.NDArray[Any]

SHOWN = 10
"""Objects listed, those with the most pairs."""

_PIECE = 2_000_000
_PIECES = 8
# Pairs looked at in each piece of the trial run, and pieces.

_A_USE = 4 + 4 + 8 + 8 + 8 + 8 + 8
_AN_EDGE = 4 + 4 + 8 * FIGURES
# Bytes of a use in the counting (codes, time, action, window, place) and of an edge before it is a table.


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
    bounds = window_bounds(uses.object, uses.time, span)
    by_object = pairs_by_object(uses.account, uses.object, uses.time, span, len(uses.objects))
    used = np.bincount(uses.object, minlength=len(uses.objects))
    top = [k for k in np.argsort(-by_object, kind="stable")[:SHOWN].tolist() if by_object[k]]
    names = uses.objects.take(np.array(top, dtype=np.int64)).to_pylist() if top else []
    kept = prune(uses, min_weight, *bounds)
    edges, seconds = _trial(kept, span, min_weight, seed)
    workers = min(cores(), max(1, uses.n_accounts))
    return Plan(
        uses=len(uses),
        objects=int((used > 0).sum()),
        accounts=len(np.unique(uses.account)),
        kept=len(kept),
        pairs=int(by_object.sum()),
        largest=tuple((name, int(used[k]), int(by_object[k])) for name, k in zip(names, top, strict=True)),
        edges=edges,
        seconds=seconds,
        memory=_A_USE * (len(uses) + len(kept)) + 64 * uses.n_accounts * workers + 2 * _AN_EDGE * edges,
    )


def _trial(uses: Uses, span: int, min_weight: int, seed: int) -> tuple[int, float]:
    """Count a random part of the accounts; returns edges and seconds expected of all."""
    if len(uses) == 0:
        return 0, 0.0
    low, high = window_bounds(uses.object, uses.time, span)
    place = np.argsort(uses.account, kind="stable")
    start = np.searchsorted(uses.account[place], np.arange(uses.n_accounts + 1))
    work = (high - low)[place]
    total = np.concatenate([[0], np.cumsum(work)])[start]
    pieces = blocks_of(start, work, max(_PIECES, int(total[-1] // _PIECE)))
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(pieces), min(_PIECES, len(pieces)), replace=False)).tolist()
    discount = np.zeros(len(uses.objects), np.int64)
    arguments = (start, place, uses.account, uses.object, uses.time, low, high, discount, uses.n_accounts)
    count_rows(0, 0, *arguments, min_weight, False)  # compiled before the clock runs
    looked_at = edges = 0
    began = time.perf_counter()
    for k in chosen:
        first, last = pieces[k]
        edges += len(count_rows(first, last, *arguments, min_weight, False)[0])
        looked_at += int(total[last] - total[first])
    seconds = time.perf_counter() - began
    share = looked_at / total[-1]
    return round(edges / share), seconds / share / cores()
