"""On/off schedules on the 24-hour circle by maximum likelihood, and the smooth profiles they have to beat.

A day has SLOTS slots of ten minutes. Counts are of *presences*: an account in a slot of a day counts once, however much
it did, so that a burst isn't taken for hours of work. Likelihoods are multinomial, given the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SLOTS = 144
PER_HOUR = SLOTS // 24
SHORTEST, LONGEST = 3 * PER_HOUR, 15 * PER_HOUR
"""Length of a working day between its first and last slot."""

SHORT_BREAK, LONG_BREAK = 2, 12
"""Length of a break, slots: 20 minutes to two hours."""

EDGE = 6
"""Slots between a break and either end of the working day, at least."""


@dataclass(frozen=True)
class Schedule:
    """Hours of work: slots [start, start + length) of the circle without [pause, pause + pause_length), if any.

    p : probability of a presence by slot, float64 [SLOTS], sums to 1. off_over_on : the rate outside over that inside.
    """

    start: int
    length: int
    pause: int
    pause_length: int
    p: Floats
    off_over_on: float

    @property
    def parameters(self) -> int:
        """Free parameters: start, length, rate; for a break as many more."""
        return 6 if self.pause_length else 3

    def works(self) -> npt.NDArray[np.bool_]:
        """Whether each slot is worked, bool [SLOTS]."""
        inside = np.zeros(SLOTS, dtype=np.bool_)
        inside[(self.start + np.arange(self.length)) % SLOTS] = True
        inside[(self.pause + np.arange(self.pause_length)) % SLOTS] = False
        return inside


def log_likelihood(count: Floats, p: Floats) -> float:
    """Multinomial log-likelihood of counts [SLOTS], without the constant."""
    return float(count @ np.log(np.maximum(p, 1e-12)))


def _entropy(n: Floats, width: Floats | float) -> Floats:
    """n log(n / width), 0 for n = 0."""
    return np.where(n > 0, n * np.log(np.maximum(n, 1e-300) / width), 0.0)


def fit_schedule(count: Floats, pause: bool = True, penalty: float = 0.0) -> Schedule:
    """Fit hours of work to counts [SLOTS], float64 with a positive sum: all starts and lengths are tried.

    pause : whether a break is looked for, inside the best hours, which are then fitted again around it. penalty :
    log-likelihood that the break must gain to be taken.
    """
    total = float(count.sum())
    start, length = _best_window(count, total, 0, 0)
    plain = _schedule(count, start, length, 0, 0)
    if not pause:
        return plain
    where, long = _best_pause(count, start, length)
    if not long:
        return plain
    start, length = _best_window(count, total, where, long)
    where, long = _best_pause(count, start, length)
    paused = _schedule(count, start, length, where, long)
    gain = log_likelihood(count, paused.p) - log_likelihood(count, plain.p)
    return paused if gain > penalty else plain


def _best_window(count: Floats, total: float, pause: int, long: int) -> tuple[int, int]:
    """Best (start, length), the slots of a break (none if long is 0) left out of the hours of work."""
    without = count.copy()
    free = np.ones(SLOTS)
    inside = (pause + np.arange(long)) % SLOTS
    without[inside], free[inside] = 0.0, 0.0
    twice = np.concatenate(([0.0], np.cumsum(np.tile(without, 2))))
    width = np.concatenate(([0.0], np.cumsum(np.tile(free, 2))))
    starts = np.arange(SLOTS)[:, None]
    lengths = np.arange(SHORTEST, LONGEST + 1)[None, :]
    on, wide = (x[starts + lengths] - x[starts] for x in (twice, width))
    off, rest = without.sum() - on, free.sum() - wide
    gain = _entropy(on, np.maximum(wide, 1)) + _entropy(off, np.maximum(rest, 1))
    gain = np.where(on * rest > off * wide, gain, -np.inf)
    if long:  # the break must lie inside
        ahead = (pause - starts) % SLOTS
        gain = np.where((ahead >= EDGE) & (ahead + long + EDGE <= lengths), gain, -np.inf)
    if not np.isfinite(gain).any():
        return 0, SHORTEST
    best = np.unravel_index(int(gain.argmax()), gain.shape)
    return int(best[0]), int(lengths[0, best[1]])


def _best_pause(count: Floats, start: int, length: int) -> tuple[int, int]:
    """Best (start, length) of a break inside the hours; length 0 where nothing lies below the rate of work."""
    day = count[(start + np.arange(length)) % SLOTS]
    added = np.concatenate(([0.0], np.cumsum(day)))
    best, found = 0.0, (0, 0)
    plain = float(_entropy(np.array([day.sum()]), float(length))[0])
    for long in range(SHORT_BREAK, LONG_BREAK + 1):
        first = np.arange(EDGE, length - EDGE - long + 1)
        if not len(first):
            break
        held = added[first + long] - added[first]
        rest = day.sum() - held
        gain = _entropy(held, float(long)) + _entropy(rest, float(length - long)) - plain
        gain = np.where(held * (length - long) < rest * long, gain, -np.inf)
        k = int(gain.argmax())
        if gain[k] > best:
            best, found = float(gain[k]), ((start + int(first[k])) % SLOTS, long)
    return found


def _schedule(count: Floats, start: int, length: int, pause: int, long: int) -> Schedule:
    work = np.zeros(SLOTS, dtype=np.int64)
    work[(start + np.arange(length)) % SLOTS] = 1
    work[(pause + np.arange(long)) % SLOTS] = 2
    n = np.bincount(work, weights=count, minlength=3) + 0.5 * np.bincount(work, minlength=3) / SLOTS
    width = np.bincount(work, minlength=3)
    rate = n / np.maximum(width, 1)
    p = rate[work]
    return Schedule(start, length, pause, long, p / p.sum(), float(rate[0] / rate[1]))


def harmonics(order: int) -> Floats:
    """Columns cos and sin of the circle, float64 [SLOTS, 2·order]."""
    angle = 2 * np.pi * (np.arange(SLOTS) + 0.5)[:, None] * np.arange(1, order + 1)[None, :] / SLOTS
    return np.concatenate((np.cos(angle), np.sin(angle)), axis=1)


def fit_loglinear(count: Floats, columns: Floats) -> Floats:
    """Fit p ∝ exp(columns · β) to counts [SLOTS] by Newton's method; returns p [SLOTS].

    columns : float64 [SLOTS, k]. A slight ridge keeps β finite where a profile has empty hours.
    """
    n, k = float(count.sum()), columns.shape[1]
    beta = np.zeros(k)
    for _ in range(40):
        p = _softmax(columns @ beta)
        mean = p @ columns
        gradient = count @ columns - n * mean - 1e-3 * beta
        hessian = n * ((columns * p[:, None]).T @ columns - np.outer(mean, mean)) + 1e-3 * np.eye(k)
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        beta = beta + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return _softmax(columns @ beta)


def _softmax(x: Floats) -> Floats:
    e = np.exp(x - x.max())
    return np.asarray(e / e.sum())


def smoothed(count: Floats, order: int = 4) -> Floats:
    """A crowd's smooth profile: harmonics of some order fitted to counts, p [SLOTS]."""
    return fit_loglinear(count + 1e-6, harmonics(order))


@dataclass(frozen=True)
class Mixture:
    """A model of m accounts in several parts. part : int64 [m], each account's. p : [parts, SLOTS].

    log_likelihood : of all accounts in their parts, with log(parts) an account taken off for the choosing.
    parameters : of all parts. schedules : one a part, for on/off models.
    """

    kind: str
    part: npt.NDArray[np.int64]
    p: Floats
    log_likelihood: float
    parameters: int
    schedules: tuple[Schedule, ...] = ()


def mixture(counts: Floats, kind: str, parts: int, crowd: Floats, penalty: float) -> Mixture:
    """Divide accounts into parts with one profile each, by turns of fitting and assigning.

    counts : presences, float64 [m, SLOTS]. kind : "on/off", "smooth" (three harmonics) or "audience" (the crowd's
    profile to a power, in its own hours). crowd : the profile of outsiders, p [SLOTS]. penalty : as in fit_schedule.
    Begins from the accounts' mean hours on the circle, so the result is a function of the counts.
    """
    part = _by_mean_hour(counts, parts)
    for _ in range(30):
        fitted = [_fit(counts[part == k].sum(axis=0), kind, crowd, penalty) for k in range(parts)]
        p = np.stack([x[0] for x in fitted])
        score = counts @ np.log(np.maximum(p, 1e-12)).T
        new = score.argmax(axis=1)
        if (new == part).all():
            break
        part = new
    total = float(score[np.arange(len(part)), part].sum()) - len(part) * np.log(parts)
    schedules = tuple(x[2] for x in fitted if x[2] is not None)
    if schedules:  # a part that holds no presences has none, and is no part
        held = np.array([x[2] is not None for x in fitted])
        part, p = np.where(held, np.cumsum(held) - 1, 0)[part], p[held]
    return Mixture(kind, part, p, total, sum(x[1] for x in fitted), schedules)


def _fit(count: Floats, kind: str, crowd: Floats, penalty: float) -> tuple[Floats, int, Schedule | None]:
    if not count.sum():
        return np.full(SLOTS, 1.0 / SLOTS), 0, None
    if kind == "on/off":
        found = fit_schedule(count, penalty=penalty)
        return found.p, found.parameters, found
    if kind == "audience":
        return fit_loglinear(count, np.log(np.maximum(crowd, 1e-9))[:, None]), 1, None
    return fit_loglinear(count, harmonics(3)), 6, None


def _by_mean_hour(counts: Floats, parts: int) -> npt.NDArray[np.int64]:
    """Split accounts by the direction of their mean hour: two-means (or more) on the circle, from spread starts."""
    if parts == 1:
        return np.zeros(len(counts), dtype=np.int64)
    first = harmonics(1)
    place = counts @ first
    place /= np.maximum(np.linalg.norm(place, axis=1, keepdims=True), 1e-9)
    turn = np.arctan2(*counts.sum(axis=0) @ first[:, ::-1]) + 2 * np.pi * np.arange(parts) / parts
    centre = np.stack((np.cos(turn), np.sin(turn)), axis=1)
    part = np.zeros(len(counts), dtype=np.int64)
    for _ in range(30):
        new = (place @ centre.T).argmax(axis=1)
        if (new == part).all():
            break
        part = new
        for k in range(parts):
            if (part == k).any():
                centre[k] = place[part == k].mean(axis=0)
    return part


def dispersion(by_day: Floats) -> float:
    """How much more counts vary from day to day than Poisson's: variance over mean, at least 1.

    by_day : presences, float64 [days, SLOTS], days of one sort. Orders and pasted rounds put many accounts into a slot
    at once, so likelihoods are divided by this (quasi-likelihood).
    """
    if len(by_day) < 3:
        return 1.0
    day = by_day.sum(axis=1)
    expected = np.outer(day, by_day.sum(axis=0)) / max(day.sum(), 1.0)
    held = expected > 0
    # Slots with next to nothing expected would divide by it: they are pooled by dividing sums, not averaging ratios.
    return max(1.0, float(((by_day - expected)[held] ** 2).sum() / expected[held].sum()))


def bic(log_likelihood: float, parameters: int, n: float, phi: float) -> float:
    """Bayesian information criterion with quasi-likelihood: lower is better."""
    return -2.0 * log_likelihood / phi + parameters * float(np.log(max(n / phi, 2.0)))


def best_of(models: Sequence[Mixture], n: float, phi: float) -> tuple[Mixture, float]:
    """The model with the lowest BIC, and it."""
    scores = [bic(m.log_likelihood, m.parameters, n, phi) for m in models]
    k = int(np.argmin(scores))
    return models[k], scores[k]
