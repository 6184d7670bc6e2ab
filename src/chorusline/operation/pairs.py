"""Evidence that two accounts share a hand, pair by pair: exclusion, hand-over, absences; functions of arrays.

One pair of hands can't act on two accounts within the time it takes to change from one to the other (exclusion), does
act on the next soon after (hand-over), and stays away from both on the same days. Each is held against what the
pair's own activity in the same quarters of an hour, or on the same days, leads one to expect.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SECOND = 1_000_000
DAY = 86_400 * SECOND
WEEK = 7 * DAY
BIN = 900 * SECOND

SWITCH = 15.0
"""Seconds within which no hand acts on two accounts, unless by slip or scheduler."""

MOST_BLOCKS = 30
"""Blocks of weeks that are resampled."""

NEXT = 60.0
"""Seconds within which a hand is taken to be on the next account."""


@dataclass(frozen=True)
class Counts:
    """Pairs of actions of different accounts by block of weeks, and what is expected; float64 [blocks, m, m].

    near : within SWITCH. next : from there to NEXT. shared : expected number for each second of lag either way, from
    actions in the same quarter of an hour. active : whether an account acted on a day, bool [m, blocks · block].
    block : days in a block, whole weeks: one, or as many as make MOST_BLOCKS.
    """

    near: Floats
    next: Floats
    shared: Floats
    active: npt.NDArray[np.bool_]
    block: int


def count(times: Ints, account: npt.NDArray[np.integer], m: int) -> Counts:
    """Count the evidence of actions [n], microseconds UTC ascending, of accounts 0 to m - 1."""
    from scipy.sparse import csr_array

    first = int(times[0] // DAY)
    days = int(times[-1] // DAY - first) + 1
    block = 7 * max(1, -(-days // (7 * MOST_BLOCKS)))
    weeks = -(-days // block)
    week = (times // DAY - first) // block
    near, following = np.zeros((weeks, m, m)), np.zeros((weeks, m, m))
    for shift in range(1, len(times)):
        lag = times[shift:] - times[:-shift]
        inside = np.flatnonzero(lag <= NEXT * SECOND)
        if not len(inside):
            break
        a, b = account[inside], account[inside + shift]
        other = a != b
        a, b, w, close = a[other], b[other], week[inside][other], lag[inside][other] <= SWITCH * SECOND
        for target, chosen in ((near, close), (following, ~close)):
            np.add.at(target, (w[chosen], a[chosen], b[chosen]), 1.0)
            np.add.at(target, (w[chosen], b[chosen], a[chosen]), 1.0)
    shared = np.zeros((weeks, m, m))
    for w in range(weeks):
        mine = week == w
        if mine.any():
            bins, place = np.unique(times[mine] // BIN, return_inverse=True)
            held = csr_array((np.ones(mine.sum()), (account[mine], place)), shape=(m, len(bins)))
            shared[w] = (held @ held.T).toarray() * (2 * SECOND / BIN)
            np.fill_diagonal(shared[w], 0.0)
    active = np.zeros((m, block * weeks), dtype=np.bool_)
    active[account, times // DAY - first] = True
    return Counts(near, following, shared, active, block)


def absences(active: npt.NDArray[np.bool_], weight: Floats, use: float) -> Floats:
    """Log-likelihood ratios, float64 [m, m], of the days on which pairs were active for one hand against two.

    active : [m, days]; weight : of each day. use : share of its hand's days on which an account is used. One hand is
    there on a day or isn't; two are so independently, each as often as the group is on that day.
    """
    x = active.astype(np.float64)
    there = np.clip(x.mean(axis=0) / use, 0.01, 0.99)
    own = np.clip((x @ weight) / max(float(there @ weight), 1e-9), 0.02, 0.98)
    p = there[None, :] * own[:, None]
    both = -np.log(there) * weight
    result: Floats = (x * both) @ x.T
    # One active, the other not: log of (1 - own) / (1 - p) of the one that isn't.
    alone = np.log((1 - own[:, None]) / (1 - p)) * weight
    one = x @ ((1 - x) * alone).T
    result += one + one.T
    # Neither: weighed day by day, since it doesn't factor.
    for day in np.flatnonzero(weight > 0).tolist():
        out = np.flatnonzero(~active[:, day])
        r, q = own[out], there[day]
        joint = 1 - q * (r[:, None] + r[None, :] - r[:, None] * r[None, :])
        apart = (1 - q * r)[:, None] * (1 - q * r)[None, :]
        result[np.ix_(out, out)] += weight[day] * np.log(joint / apart)
    np.fill_diagonal(result, 0.0)
    return np.asarray(result)


@dataclass(frozen=True)
class Linked:
    """Posteriors that pairs share a hand, and what they are made of; natural logarithms, float64 [m, m].

    posterior : [m, m]. prior : log-odds. exclusion, hand_over, absences : log-likelihood ratios, tempered. expected :
    coincidences within SWITCH expected of two hands. use : share of a hand's days on which an account is used. rates :
    of coincidences and hand-overs over expectation, for one hand and for two.
    """

    posterior: Floats
    prior: float
    exclusion: Floats
    hand_over: Floats
    absences: Floats
    expected: Floats
    use: float
    rates: dict[str, float]


SLIP = 0.15
"""Coincidences that one hand still makes, of those expected of two: shared accounts, slips, schedulers."""

TEMPER = 0.6
"""Power to which each ratio is taken: the three kinds of evidence aren't independent, nor are days."""

MOST = float(np.log(1e4))
"""Bound of each tempered ratio."""


def link(c: Counts, weight: Floats, use: float | None = None, rounds: int = 25) -> Linked:
    """Combine the evidence by EM over pairs (Fellegi & Sunter 1969, with Poisson and day-by-day fields).

    weight : of each block, float64 [blocks]. use : of accounts, where it is known from the whole. The rates of two
    hands are the group's own, so that orders which set everybody going count for nothing; those of one hand are
    learned, exclusion but for a slip declared.
    """
    near, following, shared = (np.tensordot(weight, x, axes=1) for x in (c.near, c.next, c.shared))
    m = len(near)
    upper = np.triu_indices(m, 1)
    expected, late = SWITCH * shared, (NEXT - SWITCH) * shared
    days = np.repeat(weight, c.block)
    kappa = float(near[upper].sum() / max(expected[upper].sum(), 1e-9))
    rho0 = float(following[upper].sum() / max(late[upper].sum(), 1e-9))
    rho1, odds = 1.5 * rho0, np.log(2.0 / max(m - 1, 1))
    if use is None:
        away, use = _best_absences(c.active, days)
    else:
        away = _bounded(absences(c.active, days, use))
    posterior = np.zeros((m, m))
    exclusion = handed = np.zeros((m, m))
    for _ in range(rounds):
        two = max(kappa, 1e-3)
        exclusion = _bounded(near * np.log(SLIP) + (1 - SLIP) * two * expected)
        handed = _bounded(following * np.log(max(rho1, 1e-6) / max(rho0, 1e-6)) - (rho1 - rho0) * late)
        new = 1 / (1 + np.exp(-np.clip(odds + exclusion + handed + away, -50, 50)))
        np.fill_diagonal(new, 0.0)
        moved = float(np.abs(new - posterior).max())
        posterior = new
        r = posterior[upper]
        kappa = float(((1 - r) * near[upper]).sum() / max(((1 - r) * expected[upper]).sum(), 1e-9))
        rho0 = float(((1 - r) * following[upper]).sum() / max(((1 - r) * late[upper]).sum(), 1e-9))
        rho1 = (
            float((r * following[upper]).sum() / max((r * late[upper]).sum(), 1e-9)) if r.sum() > 1 else rho1
        )
        rho1 = max(rho1, rho0)  # a hand that never goes on to the next is no evidence of one
        share = float(np.clip(r.mean(), 0.2 / max(m - 1, 1), 0.5))
        odds = float(np.log(share / (1 - share)))
        if moved < 1e-4:
            break
    rates = {"near_two": kappa, "near_one": SLIP * kappa, "next_two": rho0, "next_one": rho1}
    return Linked(posterior, odds, exclusion, handed, away, expected * max(kappa, 1e-3), use, rates)


def _best_absences(active: npt.NDArray[np.bool_], days: Floats) -> tuple[Floats, float]:
    """Absences' ratios with the use of accounts that makes the most of pairs likely; it and that use."""
    best, found, at = -np.inf, np.zeros((len(active), len(active))), 0.0
    upper = np.triu_indices(len(active), 1)
    prior = 2.0 / max(len(active) - 1, 1)
    for use in (0.6, 0.75, 0.85, 0.95):
        ratio = absences(active, days, use)
        total = float(np.logaddexp(np.log(prior) + ratio[upper], np.log1p(-min(prior, 0.9))).sum())
        if total > best:
            best, found, at = total, _bounded(ratio), use
    return found, at


def _bounded(ratio: Floats) -> Floats:
    return np.asarray(np.clip(TEMPER * ratio, -MOST, MOST))


def clusters(posterior: Floats, cut: float = 0.5) -> Ints:
    """Hands as clusters of accounts by average linkage: numbers from 0, int64 [m]."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    m = len(posterior)
    if m < 2:
        return np.zeros(m, dtype=np.int64)
    apart = 1.0 - (posterior + posterior.T) / 2
    np.fill_diagonal(apart, 0.0)
    return np.asarray(
        fcluster(linkage(squareform(apart, checks=False), "average"), 1.0 - cut, "distance") - 1
    )


def at_once(times: Ints, account: npt.NDArray[np.integer], seconds: float = SWITCH, again: int = 3) -> int:
    """Accounts in action within a switching time, reached at least `again` times: so many hands at least.

    times : int64 [n] ascending. Windows that begin at an action and don't overlap count.
    """
    until = np.searchsorted(times, times + int(seconds * SECOND), side="right")
    reached: dict[int, int] = {}
    busy = -1
    sizes = [len(set(account[k:e].tolist())) if e - k > 1 else 1 for k, e in enumerate(until.tolist())]
    for size in sorted(set(sizes), reverse=True):
        busy, number = -1, 0
        for k, e in enumerate(until.tolist()):
            if k >= busy and sizes[k] >= size:
                number, busy = number + 1, e
        reached[size] = number
        if number >= again:
            return size
    return 1 if len(times) else 0


def chao(seen: npt.NDArray[np.bool_]) -> float:
    """Chao's estimate of how many there are from those seen on each day, bool [hands, days] (bias-corrected Chao 2)."""
    days = seen.any(axis=0).sum()
    each = seen.sum(axis=1)
    once, twice = int((each == 1).sum()), int((each == 2).sum())
    factor = (days - 1) / days if days else 0.0
    return float((each > 0).sum() + factor * once * (once - 1) / (2 * (twice + 1)))
