"""When a group works: presences, on/off models against smooth ones, boundaries with intervals, days off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.operation import onoff
from chorusline.operation.clocks import Clock
from chorusline.operation.onoff import PER_HOUR, SLOTS, Floats, Mixture, Schedule
from chorusline.units import DAY

Ints = npt.NDArray[np.int64]

SLOT = DAY // SLOTS
COARSE = 3
"""Slots joined where the rules of clocks are compared: half hours."""

MOST_PARTS = 3

KEPT = 0.9
"""Share of resamples in which a break must be found, within an hour, to be told."""


@dataclass(frozen=True)
class Presences:
    """Accounts in ten-minute slots, each once: slot counted from 1970 UTC, int64 [n], and account, int64 [n].

    first, days : the days (UTC) that are looked at. accounts : how many there are.
    """

    slot: Ints
    account: Ints
    first: int
    days: int
    accounts: int

    def __len__(self) -> int:
        return len(self.slot)

    def shifted(self, jumps: Ints) -> tuple[Ints, Ints]:
        """Day (0 is the first) and slot of the day of each presence on a clock that runs ahead of UTC by `jumps`.

        jumps : minutes, int64 [days], by UTC day.
        """
        day = np.clip(self.slot // SLOTS - self.first, 0, self.days - 1)
        moved = self.slot + jumps[day] // (1440 // SLOTS)
        return np.clip(moved // SLOTS - self.first, 0, self.days - 1), moved % SLOTS


def presences(
    times: Ints, account: npt.NDArray[np.integer], accounts: int, first: int, days: int
) -> Presences:
    """Presences of actions at times [n], microseconds UTC, within the days [first, first + days)."""
    inside = (times >= first * DAY) & (times < (first + days) * DAY)
    slot = times[inside] // SLOT
    pair = np.unique(slot * accounts + account[inside].astype(np.int64))
    return Presences(pair // accounts, pair % accounts, first, days, accounts)


def by_day(p: Presences, jumps: Ints, weight: Floats | None = None, join: int = 1) -> Floats:
    """Presences by day and slot on a clock, float64 [days, SLOTS / join]."""
    day, slot = p.shifted(jumps)
    wide = SLOTS // join
    counted = np.bincount(day * wide + slot // join, weights=weight, minlength=p.days * wide)
    return counted.astype(np.float64).reshape(p.days, wide)


def by_account(p: Presences, jumps: Ints, weight: Floats | None = None) -> Floats:
    """Presences by account and slot on a clock, float64 [accounts, SLOTS]."""
    _, slot = p.shifted(jumps)
    counted = np.bincount(p.account * SLOTS + slot, weights=weight, minlength=p.accounts * SLOTS)
    return counted.astype(np.float64).reshape(p.accounts, SLOTS)


def sharpness(days: Floats, weight: Floats | None = None) -> float:
    """Log-likelihood of counts [days, slots] under their own mean profile: highest where the clock is the right one."""
    total = days.sum(axis=0) if weight is None else weight @ days
    share = (total + 0.5) / (total + 0.5).sum()
    return float(total @ np.log(share))


def workdays(days: Floats, first: int) -> npt.NDArray[np.bool_]:
    """Days of the five most active weekdays, bool [days]."""
    weekday = (first + 3 + np.arange(len(days))) % 7
    number = np.maximum(np.bincount(weekday, minlength=7), 1)
    per = np.bincount(weekday, weights=days.sum(axis=1), minlength=7) / number
    return np.asarray(np.isin(weekday, np.argsort(-per, kind="stable")[:5]))


@dataclass(frozen=True)
class Fitted:
    """The models of a group's hours.

    best : the on/off model, rival : the best smooth one (three harmonics, or the crowd's profile to a power).
    gain : BIC of the rival less that of the on/off model; above 0 speaks for hours of work. scores : every model's BIC.
    phi : dispersion. n : presences.
    """

    best: Mixture
    rival: Mixture
    gain: float
    scores: dict[str, float]
    phi: float
    n: float


def fit(counts: Floats, days: Floats, crowd: Floats, first: int) -> Fitted:
    """Fit the models to counts [accounts, SLOTS] and [days, SLOTS]; crowd : outsiders' profile, p [SLOTS]."""
    n = float(counts.sum())
    phi = onoff.dispersion(days[workdays(days, first)])
    penalty = 1.5 * phi * float(np.log(max(n / phi, 2.0)))  # BIC's price of a break's three parameters
    most = min(MOST_PARTS, max(1, len(counts) // 5))
    models: dict[str, list[Mixture]] = {"on/off": [], "smooth": [], "audience": []}
    for kind in models:
        for parts in range(1, (1 if kind == "audience" else most) + 1):
            models[kind].append(onoff.mixture(counts, kind, parts, crowd, penalty))
    scores = {
        f"{kind} {k + 1}": onoff.bic(m.log_likelihood, m.parameters, n, phi)
        for kind, found in models.items()
        for k, m in enumerate(found)
    }
    best, low = onoff.best_of(models["on/off"], n, phi)
    rival, other = onoff.best_of([*models["smooth"], *models["audience"]], n, phi)
    return Fitted(best, rival, other - low, scores, phi, n)


@dataclass(frozen=True)
class Edges:
    """Boundaries of a schedule in minutes of the day on its clock, each with its 95 % interval by bootstrap.

    start, end, pause_start, pause_end : (value, low, high); the pause's are None without one. kept : share of
    resamples with a break within an hour of it.
    """

    start: tuple[float, float, float]
    end: tuple[float, float, float]
    pause_start: tuple[float, float, float] | None
    pause_end: tuple[float, float, float] | None
    kept: float


def area_edges(count: Floats, s: Schedule) -> Floats:
    """Boundaries of a schedule in slots, float64 [4]: start, end, and those of the break (NaN without one).

    People come and go at different minutes, so a boundary is a ramp, and a step fitted by likelihood lies at its outer
    foot. The boundary is put where a step would leave the same count around it.
    """
    work = s.works()
    level = np.flatnonzero(work & np.roll(work, 3) & np.roll(work, -3))
    on = float(count[level].mean()) if len(level) else 0.0

    def beside(first: int) -> float:
        # Levels are taken near by: what was left over is done in the first hour, and another shift may go on outside.
        return float(count[(first + np.arange(6)) % SLOTS].mean())

    def up(at: int, wide: int, low: float, high: float) -> float:
        held = float(count[(at - wide + np.arange(2 * wide)) % SLOTS].sum())
        return at + wide - float(np.clip((held - 2 * wide * low) / max(high - low, 1e-9), 0, 2 * wide))

    def down(at: int, wide: int, low: float, high: float) -> float:
        held = float(count[(at - wide + np.arange(2 * wide)) % SLOTS].sum())
        return at - wide + float(np.clip((held - 2 * wide * low) / max(high - low, 1e-9), 0, 2 * wide))

    stop = s.start + s.length
    start = up(s.start, 6, beside(s.start - 12), beside(s.start + 6))
    end = down(stop, 6, beside(stop + 6), beside(stop - 12))
    if not s.pause_length:
        return np.array([start, end, np.nan, np.nan])
    inner = (s.pause + np.arange(s.pause_length)) % SLOTS
    inner = inner[1:-1] if len(inner) > 3 else inner
    low, wide = float(count[inner].mean()), max(1, s.pause_length // 2)
    return np.array([start, end, down(s.pause, wide, low, on), up(s.pause + s.pause_length, wide, low, on)])


def edges(found: Schedule, at: Floats, again: list[tuple[Schedule, Floats]]) -> Edges:
    """Boundaries of a schedule, with intervals from its fits to resamples.

    at : its boundaries (`area_edges`); again : schedules and boundaries of the resamples.
    """
    minutes = 1440 / SLOTS

    def ranged(k: int, among: list[tuple[Schedule, Floats]]) -> tuple[float, float, float]:
        values = np.array([a[k] for _, a in among], dtype=np.float64)
        off = (values - at[k] + SLOTS / 2) % SLOTS - SLOTS / 2
        low, high = np.quantile(off, [0.025, 0.975]) if len(off) else (0.0, 0.0)
        low, high = (
            min(float(low), 0.0) - 0.5,
            max(float(high), 0.0) + 0.5,
        )  # half a slot is what slots can tell
        value = float(at[k]) % SLOTS * minutes
        return value, value + low * minutes, value + high * minutes

    if not found.pause_length:
        return Edges(ranged(0, again), ranged(1, again), None, None, 0.0)
    near = [x for x in again if x[0].pause_length and _apart(middle(x[0]), middle(found)) <= PER_HOUR]
    kept = len(near) / max(len(again), 1)
    if kept < KEPT:
        return Edges(ranged(0, again), ranged(1, again), None, None, kept)
    return Edges(ranged(0, again), ranged(1, again), ranged(2, near), ranged(3, near), kept)


def middle(s: Schedule) -> float:
    """Middle of the break, slots."""
    return (s.pause + s.pause_length / 2) % SLOTS


def _apart(a: float, b: float) -> float:
    return abs((a - b + SLOTS / 2) % SLOTS - SLOTS / 2)


def resample(p: Presences, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Weights of a resample of whole weeks and of accounts: by presence [n], and of the weeks alone by day [days].

    Weeks, so that weekdays keep their number; accounts apart from them (two-way bootstrap, Owen 2007).
    """
    weeks = -(-p.days // 7)
    week = np.bincount(rng.integers(0, weeks, weeks), minlength=weeks).astype(np.float64)
    account = np.bincount(rng.integers(0, p.accounts, p.accounts), minlength=p.accounts).astype(np.float64)
    day = np.clip(p.slot // SLOTS - p.first, 0, p.days - 1)
    by = np.repeat(week, 7)[: p.days]
    return by[day] * account[p.account], by


def active(p: Presences, clock_day: Ints) -> Floats:
    """Accounts with any presence on each day, float64 [days]. clock_day : day of each presence [n]."""
    pair = np.unique(clock_day * p.accounts + p.account)
    return np.bincount(pair // p.accounts, minlength=p.days).astype(np.float64)


def turned(p: Presences, jumps: Ints, begin: int, start: int) -> Ints:
    """Working day of each presence, int64 [n]: days begin at slot `begin`, and bear the date of their slot `start`.

    So a night shift is one day's, and that of the evening on which it began.
    """
    day, slot = p.shifted(jumps)
    moved = np.where(slot < begin, day - 1, day) if start >= begin else np.where(slot >= begin, day + 1, day)
    return np.asarray(np.clip(moved, 0, p.days - 1))


def by_weekday(y: Floats, first: int, weight: Floats | None = None) -> Floats:
    """Mean of a daily series [days] by weekday, Monday first, over the mean of the five most active; float64 [7]."""
    weekday = (first + 3 + np.arange(len(y))) % 7
    w = np.ones(len(y)) if weight is None else weight
    number = np.bincount(weekday, weights=w, minlength=7)
    mean = np.bincount(weekday, weights=y * w, minlength=7) / np.maximum(number, 1e-9)
    top = np.sort(mean)[-5:].mean()
    return np.asarray(mean / max(top, 1e-9))


def expected_days(y: Floats) -> Floats:
    """What each day would be like with nothing special: the median of the same weekday within five weeks, [days]."""
    result = np.zeros(len(y))
    for k in range(len(y)):
        same = [j for j in range(k - 35, k + 36, 7) if 0 <= j < len(y) and j != k]
        result[k] = float(np.median(y[same])) if same else 0.0
    return result


SILENT, SURPRISE = 0.2, 100.0
"""Share of the usual that a day off is taken to keep; odds beyond which no single day counts."""


def silence(y: Floats, expected: Floats) -> Floats:
    """Log-odds of each day for a day off against an ordinary one, float64 [days], within ± log SURPRISE.

    Quasi-Poisson with the series' own dispersion, 0 where fewer than three accounts are expected.
    """
    usual = expected >= 3
    if usual.sum() < 5:
        return np.zeros(len(y))
    ratio = (y[usual] - expected[usual]) ** 2 / expected[usual]
    phi = max(1.0, float(np.median(ratio)) / 0.455)  # the median of a chi-square of one degree of freedom
    odds = (y * np.log(SILENT) + (1 - SILENT) * expected) / phi
    return np.asarray(np.where(usual, np.clip(odds, -np.log(SURPRISE), np.log(SURPRISE)), 0.0))


def jumps_of(all_clocks: list[Clock]) -> tuple[list[Ints], Ints]:
    """The different patterns of change among clocks, and which one each clock keeps."""
    patterns: list[Ints] = []
    where: dict[bytes, int] = {}
    index = []
    for clock in all_clocks:
        key = clock.jumps.tobytes()
        if key not in where:
            where[key] = len(patterns)
            patterns.append(clock.jumps)
        index.append(where[key])
    return patterns, np.array(index, dtype=np.int64)
