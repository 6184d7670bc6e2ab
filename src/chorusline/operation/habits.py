"""What an account's times say of the hand behind it: clock grids, quiet hours, speed (docs/method.md, "Hands or
machines"). Functions of arrays of one account; nothing here names anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.intervals import clopper_pearson
from chorusline.units import HOUR, SECOND

Ints = npt.NDArray[np.int64]


PERIODS = (60, 300, 600, 900, 1800, 3600)
"""Clock grids that are tried, seconds: the whole minute, then 5, 10, 15, 30 and 60 minutes."""

WIDTH = 2.0
"""A time lies on a grid if it is within this many seconds after it; a timer's program takes a moment to post."""

QUIET_HOURS = 6
ECHO = 10
"""Seconds within which the same words on two accounts come from one program or one paste."""


@dataclass(frozen=True)
class Share:
    """A share with its exact 95 % interval: hits of n."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.hits / self.n if self.n else 0.0


@dataclass(frozen=True)
class Grid:
    """The clock grid that an account's times keep to most.

    period, phase : seconds; its times lie at phase + k · period. share : of the times, those beyond chance, with
    the interval of Clopper and Pearson carried through. chance : share expected of anybody. p_value : of the best
    of all grids and phases, Bonferroni over them.
    """

    period: float
    phase: float
    share: Share
    chance: float
    p_value: float


def exact(hits: int, n: int) -> Share:
    """Share of n with the exact 95 % interval (Clopper & Pearson 1934)."""
    return Share(hits, n, *clopper_pearson(hits, n))


def grid(times: Ints, resolution: float) -> Grid | None:
    """Find the clock grid that times [n], int64 microseconds UTC in any order, keep to most.

    resolution : of the clock, seconds. Moments within one width of each other count once, so that a burst is not
    taken for a timer. For each period the fullest cell of `width` seconds is compared with the binomial of its
    chance, width / period. Returns None where the clock is too coarse for any grid, or there are no times.
    """
    from scipy.stats import binom

    width = max(WIDTH, resolution)
    periods = [period for period in PERIODS if width <= period / 3]
    if not periods or not len(times):
        return None
    # A grid's moments are whole seconds or later, never earlier: cells begin on multiples of the width.
    cells = np.unique(times // round(width * SECOND))
    n, best = len(cells), None
    tried = sum(round(period / width) for period in periods)
    for period in periods:
        each = round(period / width)
        count = np.bincount(cells % each, minlength=each)
        hits, chance = int(count.max()), 1.0 / each
        # Far out, where the tail underflows, its first term is the tail.
        log_p = max(float(binom.logsf(hits - 1, n, chance)), float(binom.logpmf(hits, n, chance))) + np.log(
            tried
        )
        if best is None or log_p < best[0]:
            best = (log_p, period, int(count.argmax()) * width, hits, chance)
    assert best is not None
    log_p, period, phase, hits, chance = best
    found = exact(hits, n)
    low, high = (max(0.0, (x - chance) / (1.0 - chance)) for x in (found.low, found.high))
    excess = max(0, round((hits - n * chance) / (1.0 - chance)))
    return Grid(
        float(period), float(phase), Share(excess, n, low, high), chance, float(np.exp(min(log_p, 0.0)))
    )


def quiet(times: Ints) -> Share | None:
    """Share of an account's active hours that lie in the quietest six hours of the day.

    times : int64 [n], microseconds UTC. An hour of a day with any action counts once. Someone who sleeps at one
    place has hardly any; a timer around the clock has a quarter. None where nothing is there.
    """
    if not len(times):
        return None
    hours = np.unique(times // HOUR) % 24
    count = np.bincount(hours, minlength=24)
    total = np.convolve(np.concatenate((count, count[: QUIET_HOURS - 1])), np.ones(QUIET_HOURS), "valid")
    return exact(int(total.min()), len(hours))


def quick(times: Ints, own: npt.NDArray[np.bool_], resolution: float) -> Share | None:
    """Share of an account's posts with words of their own that came within two seconds of its one before.

    times : int64 [n], ascending; own : whether each is something to be written, bool [n]. None where the clock is
    too coarse or there are fewer than two.
    """
    written = times[own]
    if resolution > 1.0 or len(written) < 2:
        return None
    return exact(int((np.diff(written) <= 2 * SECOND).sum()), len(written) - 1)


def repeats(words: npt.NDArray[np.int64]) -> Share:
    """Share of an account's texts [n] (codes, below 0 for none) that it had posted before."""
    words = words[words >= 0]
    return exact(len(words) - len(np.unique(words)), len(words))


def echoes(times: Ints, account: npt.NDArray[np.int32], words: Ints) -> npt.NDArray[np.bool_]:
    """Whether another account posted the same words within ten seconds of each action; bool [n].

    times : int64 [n], microseconds; account : int32 [n]; words : int64 [n], below 0 for none. Only the neighbours
    in time within a text are looked at, which are enough unless one account posts it twice in between.
    """
    order = np.lexsort((times, words))
    order = order[words[order] >= 0]
    t, a, w = times[order], account[order], words[order]
    near = (w[1:] == w[:-1]) & (a[1:] != a[:-1]) & (t[1:] - t[:-1] <= ECHO * SECOND)
    result = np.zeros(len(times), dtype=np.bool_)
    result[order[1:][near]] = True
    result[order[:-1][near]] = True
    return result
