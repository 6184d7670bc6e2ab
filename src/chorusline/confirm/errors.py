"""Error control over all accounts tested."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def e_benjamini_hochberg(e: Floats) -> Floats:
    """Return q-values [n] of e-values [n]: valid under any dependence (Wang & Ramdas 2022).

    An account is named at rate α where its q-value is at most α: k accounts with e >= n / (α k).
    """
    n = len(e)
    order = np.argsort(-e, kind="stable")
    scaled = n / (np.maximum(e[order], 1e-300) * np.arange(1, n + 1))
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


RATES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Rates at which q-values are sharpened by closure, besides the one asked for."""

_ENOUGH = 1e15
"""Cap of e-values in sums. Lowering an e-value keeps it one."""


def q_values(e: Floats, rate: float) -> Floats:
    """Return a false-discovery rate [n] at which each account would be named, under any dependence.

    The smaller of e-BH's q-value and the first of RATES, or `rate`, at which closed e-BH names it. Sets named at
    larger rates hold those of smaller ones.
    """
    q = e_benjamini_hochberg(e)
    order = np.argsort(-e, kind="stable")
    for level in sorted({*RATES, rate}, reverse=True):
        named = order[: closed_e_bh(e, level)]
        q[named] = np.minimum(q[named], level)
    return q


def closed_e_bh(e: Floats, rate: float) -> int:
    """Return how many of the largest e-values [n] closed e-BH names at a rate (Xu, Ramdas, Fischer et al. 2025).

    Whatever set S of accounts is innocent, the mean of its e-values is one more e-value. So a set R may be named
    where, for every S, that mean is at least |R ∩ S| / (rate |R|): then R's share of innocents is on average at
    most the rate. e-BH asks more, since it lets accounts with overwhelming evidence count among the innocent.
    For a named r and a of them in S, the worst S holds the a smallest of R and all others below a / (rate r).
    """
    rising = np.sort(np.minimum(e, _ENOUGH))
    n = len(rising)
    below = np.concatenate([[0.0], np.cumsum(rising)])
    size = np.arange(1, n + 1)
    possible = size[rising[::-1] * size >= 1.0 / rate]

    def lacking(r: int, inside: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Which of some numbers a of the named in S speak against naming r."""
        rest = n - r
        bar = inside / (rate * r)
        others = np.minimum(np.searchsorted(rising, bar), rest)
        spare = below[rest + inside] - below[rest] - inside * bar + below[others] - others * bar
        return np.asarray(inside[spare < -1e-9 * bar])

    # What spoke against the last r mostly speaks against the next: one look each, and all only where that is silent.
    against = np.empty(0, dtype=np.int64)
    for r in possible[::-1].tolist():
        against = np.minimum(against, r)
        if len(lacking(r, against)):
            continue
        found = lacking(r, size[:r])
        if not len(found):
            return int(r)
        against = np.unique(found[[0, len(found) // 2, -1]])
    return 0
