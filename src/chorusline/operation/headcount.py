"""How many hands a crew has, by several reckonings that need not agree (docs/method.md, "Operators")."""

from __future__ import annotations

import numba as nb
import numpy as np
import numpy.typing as npt

from chorusline.operation import labour
from chorusline.operation.pairs import Floats, Ints
from chorusline.units import SECOND

Bools = npt.NDArray[np.bool_]


def at_once(times: Ints, account: Ints, accounts: int, seconds: float) -> int:
    """Most accounts with an action in any stretch shorter than `seconds`.

    times : int64 [n] ascending, microseconds; account : int64 [n]. If a change of accounts takes as long, each of them
    has a hand of its own.
    """
    return int(_at_once(times, account, accounts, np.int64(seconds * SECOND))) if len(times) else 0


@nb.njit(cache=True)
def _at_once(times, account, accounts, width):  # type: ignore[no-untyped-def]
    count = np.zeros(accounts, dtype=np.int64)
    there = most = first = 0
    for i in range(len(times)):
        count[account[i]] += 1
        if count[account[i]] == 1:
            there += 1
        while times[i] - times[first] >= width:
            count[account[first]] -= 1
            if count[account[first]] == 0:
                there -= 1
            first += 1
        most = max(most, there)
    return most


def surely_apart(seen: Floats, predicted: Floats, slip: float) -> Bools:
    """Which pairs [...] are seen too soon after each other too often for slips of one hand: twice, at one in a hundred.

    The level is shared among all pairs (Bonferroni), so that a crew of many accounts isn't split by chance.
    """
    from scipy.stats import poisson

    level = 0.01 / max(seen.size, 1)
    return np.asarray((seen >= 2) & (poisson.sf(seen - 1, slip * predicted) < level))


def all_apart(apart: Bools) -> int:
    """Size of a large set of accounts that are apart two by two, found greedily from each account: a lower bound.

    apart : bool [m, m], symmetric.
    """
    m = len(apart)
    if not m:
        return 0
    degree = apart.sum(axis=1)
    best = 1
    for start in np.argsort(-degree, kind="stable")[:200].tolist():
        among, size = apart[start].copy(), 1
        while among.any():
            chosen = np.flatnonzero(among)
            inner = apart[np.ix_(chosen, chosen)].sum(axis=1)
            pick = chosen[int(inner.argmax())]
            among &= apart[pick]
            size += 1
        best = max(best, size)
    return best


def throughput(times: Ints, seconds: Floats) -> int:
    """Hands that the busiest hour's work takes at fast rates. seconds : of work of each action [n]."""
    return int(np.ceil(labour.busiest(times, seconds).max())) if len(times) else 0


def chao(here: Bools) -> float:
    """Hands by capture and recapture: those seen, and those that were never, with days as occasions.

    here : bool [hands, days]. Chao2, bias-corrected (Chao 1987): S + (T−1)/T · f1 (f1−1) / (2 (f2+1)), with f1 and f2
    the hands seen on one day and on two. For a hand with an account that is never in the data; a lower bound.
    """
    days = int(here.any(axis=0).sum())
    count = here.sum(axis=1)
    once, twice = int((count == 1).sum()), int((count == 2).sum())
    unseen = (days - 1) / days * once * (once - 1) / (2 * (twice + 1)) if days else 0.0
    return float((count > 0).sum() + unseen)
