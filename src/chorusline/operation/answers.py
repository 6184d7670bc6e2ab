"""How a crew answers its orders, learned over all of them: which accounts answer alike, and after how long.

Accounts in one hand answer an order within minutes of each other: they say once when it was given, not several times.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chorusline.operation.onset import LOG_PRIOR, STEPS, Floats, medians_of

Ints = npt.NDArray[np.int64]

COMMON = 4
"""Orders that two accounts must both have answered for anything to be said of them."""

ALIKE = 0.3
"""Typical distance of two accounts' answers, over that of the crew's pairs, up to which they answer alike."""

MOST = 800
"""Accounts beyond which each is taken for itself: pairs are compared."""

PRIOR_WORTH, SMOOTH, ROUNDS = 10.0, 0.35, 4
"""Orders that the prior of lags counts for; width (log) over which learned medians are smoothed; turns of learning."""


def alike(accounts: Sequence[Ints], worked: Sequence[Floats]) -> dict[int, int]:
    """Sort accounts that answer alike into one class; the class of each account.

    accounts, worked : of each order, who answered and at how many minutes of work. Distances of two accounts' answers
    are taken in the order's own spread, and their median over the orders that both answered. Average linkage.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    who = np.unique(np.concatenate(accounts)) if accounts else np.empty(0, dtype=np.int64)
    single = dict(zip(who.tolist(), range(len(who)), strict=True))
    if not 2 <= len(who) <= MOST:
        return single
    at = np.full((len(accounts), len(who)), np.nan)
    for k, (mine, when) in enumerate(zip(accounts, worked, strict=True)):
        spread = float(np.median(np.abs(when - np.median(when)))) + 1.0
        at[k, np.searchsorted(who, mine)] = when / spread
    there = np.isfinite(at)
    both = there.T.astype(np.int64) @ there
    apart = np.full(both.shape, np.nan)
    for k in range(len(who)):
        known = both[k] >= COMMON
        if known.any():
            apart[k, known] = np.nanmedian(np.abs(at[:, known] - at[:, [k]]), axis=0)
    pairs = np.isfinite(apart) & ~np.eye(len(who), dtype=np.bool_)
    if not pairs.any():
        return single
    usual = max(float(np.median(apart[pairs])), 1e-9)
    distance = np.where(pairs, apart / usual, 1.0)
    np.fill_diagonal(distance, 0.0)
    label = fcluster(linkage(squareform(distance, checks=False), "average"), ALIKE, "distance")
    return dict(zip(who.tolist(), label.tolist(), strict=True))


def first_of_each(account: Ints, classes: dict[int, int]) -> npt.NDArray[np.bool_]:
    """Which uses [n], in order of time, are the first of their class; who is in no class is one alone."""
    label = [classes.get(one, -1 - one) for one in account.tolist()]
    _, first = np.unique(label, return_index=True)
    chosen = np.zeros(len(account), dtype=np.bool_)
    chosen[first] = True
    return chosen


def learned(used: Sequence[Floats], stray: Sequence[float]) -> Floats:
    """Learn how late a crew answers: the log prior of an order's median lag, float64 like onset.STEPS.

    used : of each order, minutes worked at the uses that count, ascending. By turns of weighing each order's medians by
    the prior and making their smoothed mean the next prior (empirical Bayes).
    """
    given = [medians_of(*order) for order in zip(used, stray, strict=True)]
    prior = np.exp(LOG_PRIOR) / np.exp(LOG_PRIOR).sum()
    kernel = np.exp(-0.5 * (np.subtract.outer(STEPS, STEPS) / SMOOTH) ** 2)
    now = prior
    for _ in range(ROUNDS):
        total = np.zeros(len(STEPS))
        for likelihood in given:
            part = likelihood * now
            total += part / part.sum()
        seen = kernel @ total
        seen *= len(given) / max(seen.sum(), 1e-300)
        now = (seen + PRIOR_WORTH * prior) / (len(given) + PRIOR_WORTH)
    return np.asarray(np.log(now))
