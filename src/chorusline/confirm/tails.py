"""Exact upper tails: how often chance alone gives at least what was observed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


@njit(cache=True)
def poisson_binomial_tail(p: Any, observed: int) -> float:  # pragma: no cover
    """Return P(X >= observed) for X a sum of independent Bernoulli(p_k), p : float64 [n].

    Exact convolution, with the mass at `observed` and beyond kept in one cell: O(n · observed). All terms
    are positive, so small tails keep their relative precision.
    """
    if observed <= 0:
        return 1.0
    if observed > len(p):
        return 0.0
    mass = np.zeros(observed + 1)
    mass[0] = 1.0
    for k in range(len(p)):
        chance = p[k]
        top = min(k, observed - 1)
        mass[top + 1] += mass[top] * chance
        mass[top] *= 1.0 - chance
        for j in range(top - 1, -1, -1):
            mass[j + 1] += mass[j] * chance
            mass[j] *= 1.0 - chance
    return float(min(1.0, mass[observed]))


@njit(cache=True)
def tails_by_account(
    account: Any, hit: Any, chance: Any, n_accounts: int
) -> tuple[Any, Any, Any, Any]:  # pragma: no cover
    """Return per account (trials, observed, expected, tail) of Poisson-binomial trials.

    account : int32 [k] sorted; hit : bool [k]; chance : float64 [k]. Accounts without trials have tail 1.
    """
    trials = np.zeros(n_accounts, np.int64)
    observed = np.zeros(n_accounts, np.int64)
    expected = np.zeros(n_accounts, np.float64)
    tail = np.ones(n_accounts, np.float64)
    first = 0
    while first < len(account):
        last = first
        while last < len(account) and account[last] == account[first]:
            last += 1
        a = account[first]
        trials[a] = last - first
        observed[a] = hit[first:last].sum()
        expected[a] = chance[first:last].sum()
        tail[a] = poisson_binomial_tail(chance[first:last], observed[a])
        first = last
    return trials, observed, expected, tail
