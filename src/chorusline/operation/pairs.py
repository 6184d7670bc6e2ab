"""What a pair of accounts does at the same time, against what its own rates predict (docs/method.md, "Operators").

Kernels on the actions of a crew; each has a slow loop in tests/operation/test_operators.py. Nothing here says
whether two accounts share a hand, or whose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


BIN = 900.0
"""Seconds within which an account's actions might have come at any moment: the pair's rates are those of a quarter
hour (interval jitter: Amarasingham, Harrison, Hatsopoulos & Geman 2012)."""

HAND_OVER = 120.0
"""Seconds within which the other account's action counts as taken up by the same hand."""

EDGE = 300.0
"""Seconds within which two sessions begin, or end, together."""

MOST_CELLS = 8_000_000
"""Cells of the counts by block of days and pair that are held; longer spans are cut into fewer blocks."""


@dataclass(frozen=True)
class Counted:
    """Counts of pairs by block of days.

    seen, predicted : float64 [blocks, m, m], symmetric, zero diagonal.
    """

    seen: Floats
    predicted: Floats

    def over(self, weight: Floats) -> tuple[Floats, Floats]:
        """Sum over blocks, weighted [blocks]; two float64 [m, m]."""
        return np.tensordot(weight, self.seen, 1), np.tensordot(weight, self.predicted, 1)


def blocks_of(days: int, accounts: int) -> int:
    """Into how many blocks of days the counts are cut: one a day where that can be held, eight at least."""
    return max(1, min(days, max(8, MOST_CELLS // max(accounts * accounts, 1))))


def coincidences(
    times: Ints, account: Ints, need: Floats, accounts: int, block: Ints, blocks: int
) -> tuple[Counted, Counted]:
    """Count actions that come too soon after another account's for one hand, and those soon after but not too soon.

    times : int64 [n] ascending, microseconds; account : int64 [n] below `accounts`; need : float64 [n], seconds that
    a hand needs before each action after one on another account; block : int64 [n], block of days below `blocks`.

    Returns (too soon, hand-over), each with what is predicted where the actions of an account might have come at any
    moment of their quarter hour. Too soon: within `need` of the action; hand-over: from there to `HAND_OVER`.
    """
    soon, later, soon_expected, later_expected = _coincidences(
        times, account, need, accounts, block, blocks, BIN, HAND_OVER
    )
    return _symmetric(soon, soon_expected), _symmetric(later, later_expected)


@nb.njit(cache=True)
def _coincidences(times, account, need, m, block, blocks, length, upto):  # type: ignore[no-untyped-def]
    soon = np.zeros((blocks, m, m))
    later = np.zeros((blocks, m, m))
    soon_expected = np.zeros((blocks, m, m))
    later_expected = np.zeros((blocks, m, m))
    whole = np.int64(length * 1e6)
    for i in range(len(times)):
        a, k, bin_i = account[i], block[i], times[i] // whole
        d = min(need[i], upto)
        near, near_before = d / length - d * d / (2 * length * length), d * d / (2 * length * length)
        far, far_before = (
            upto / length - upto * upto / (2 * length * length),
            upto * upto / (2 * length * length),
        )
        j = i - 1
        while j >= 0 and times[j] // whole >= bin_i - 1:
            b = account[j]
            if b != a:
                lag = (times[i] - times[j]) / 1e6
                if lag < d:
                    soon[k, b, a] += 1
                elif lag <= upto:
                    later[k, b, a] += 1
                if times[j] // whole < bin_i:
                    soon_expected[k, b, a] += near_before
                    later_expected[k, b, a] += far_before - near_before
            j -= 1
        # Whether the other account's action in the same quarter hour came before or after, either might have been.
        j = i - 1
        while j >= 0 and times[j] // whole == bin_i:
            b = account[j]
            if b != a:
                e = min(need[j], upto)
                back = e / length - e * e / (2 * length * length)
                soon_expected[k, b, a] += near
                later_expected[k, b, a] += far - near
                soon_expected[k, a, b] += back
                later_expected[k, a, b] += far - back
            j -= 1
    return soon, later, soon_expected, later_expected


def _symmetric(seen: Floats, predicted: Floats) -> Counted:
    return Counted(seen + seen.transpose(0, 2, 1), predicted + predicted.transpose(0, 2, 1))


def edges_together(begin: Ints, end: Ints, account: Ints, accounts: int, block: Ints, blocks: int) -> Counted:
    """Count sessions of two accounts that begin, and that end, within `EDGE` of each other.

    begin, end : int64 [n] microseconds of sessions in any order; account, block : int64 [n]. Predicted where each
    might have begun at any moment of its hour.
    """
    seen = np.zeros((blocks, accounts, accounts))
    predicted = np.zeros_like(seen)
    for moment in (begin, end):
        order = np.argsort(moment, kind="stable")
        _together(moment[order], account[order], block[order], seen, predicted, 3600.0, EDGE)
    return _symmetric(seen, predicted)


@nb.njit(cache=True)
def _together(times, account, block, seen, predicted, length, width):  # type: ignore[no-untyped-def]
    whole = np.int64(length * 1e6)
    share, before = width / length, width * width / (2 * length * length)
    for i in range(len(times)):
        j = i - 1
        while j >= 0 and times[j] // whole >= times[i] // whole - 1:
            a, b, k = account[i], account[j], block[i]
            if a != b:
                if times[i] - times[j] <= width * 1e6:
                    seen[k, b, a] += 1
                if times[j] // whole == times[i] // whole:
                    predicted[k, b, a] += 2 * share - share * share
                else:
                    predicted[k, b, a] += before
            j -= 1


def presence(day: Ints, account: Ints, accounts: int, days: int) -> npt.NDArray[np.bool_]:
    """Whether each account acts on each day, bool [accounts, days], of actions with these days from 0."""
    here = np.zeros((accounts, days), dtype=np.bool_)
    here[account, day] = True
    return here


def days_in_common(here: npt.NDArray[np.bool_], chance: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """How far two accounts are there and away on the same days, beyond what their crew's days explain.

    here : bool [m, days]; chance : float64 [m, days], of being there by itself (`expected_presence`); weight : float64
    [days]. What is left of both is multiplied. Returns the sum and its standard deviation under independence, [m, m].
    """
    left = here - chance
    spread = chance * (1.0 - chance)
    return (left * weight) @ left.T, np.sqrt((spread * weight) @ spread.T)


def expected_presence(here: npt.NDArray[np.bool_]) -> Floats:
    """Chance of each account on each day, float64 [m, days]: log odds of account and day, added (Rasch), by Newton.

    Margins are drawn in by half an observation, so that an account that is always there has finite odds.
    """
    m, days = here.shape
    if not here.size:
        return np.zeros(here.shape)
    rows = (here.sum(axis=1) + 0.5) / (days + 1.0) * days
    columns = (here.sum(axis=0) + 0.5) / (m + 1.0) * m
    a = np.log(rows / (days - rows))
    total = rows.sum() / (m * days)
    b = np.log(columns / (m - columns)) - np.log(total / (1 - total))
    for _ in range(30):
        p = 1.0 / (1.0 + np.exp(-(a[:, None] + b)))
        a = np.clip(a + np.clip((rows - p.sum(axis=1)) / (p * (1 - p)).sum(axis=1), -1, 1), -9, 9)
        p = 1.0 / (1.0 + np.exp(-(a[:, None] + b)))
        b = np.clip(b + np.clip((columns - p.sum(axis=0)) / (p * (1 - p)).sum(axis=0), -1, 1), -9, 9)
    return np.asarray(1.0 / (1.0 + np.exp(-(a[:, None] + b))))
