"""A group's hours from arrays: which clock rules, whether hours of work explain them, when, and under which clocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chorusline.operation import hours, onoff, zones
from chorusline.operation.clocks import Clock, clocks
from chorusline.operation.hours import Edges, Fitted, Ints, Presences
from chorusline.operation.onoff import SLOTS, Floats, Schedule
from chorusline.units import DAY

EVENT = 1.5
"""Activity of one weekday over that of working days from which a weekly event makes the hours, and not a roster."""

STAFFED, HOURS, NONE = "staffed hours", "hours, but no days off", "no hours of work"
VERDICTS = (STAFFED, HOURS, NONE)

LEAST_PRESENCES, LEAST_DAYS, LEAST_ACCOUNTS = 400, 14, 5
"""Less than this isn't looked at."""

GAIN = 20.0
"""BIC by which hours of work must beat the best smooth profile."""

DEEP = 0.25
"""Rate outside the hours over that inside, at most."""

OFF = 0.7
"""Activity on a day off over that on a working day, at most: upper end of its 95 % interval."""

BEYOND = 0.8
"""The same, over what outsiders do on that weekday."""

GAP = 0.6
"""Outsiders over their usual number, below which a day is taken for a gap in the collection and not for a day off."""

UNFORESEEN = 0.02
"""Share of groups that keep their clock in a way no rule here foresees; no clock is ever given more than the rest."""

RESAMPLES = 100


@dataclass(frozen=True)
class Study:
    """What a group's hours are.

    verdict : one of VERDICTS. fitted : the models. first : the first day, since 1970. jumps : by which the clock they
    keep is ahead of its winter time, minutes [days]; sure_of_jumps : share of resamples in which no other fits better;
    outsiders_too : whether they fit outsiders best as well, or nothing changes. edges : one a shift, in minutes after
    midnight UTC in winter. shift : each account's, -1 for hours of its own, int64 [accounts]. weekday : activity over
    that of working days, (value, low, high, outsiders' value) of each, Monday first. off : days off, Monday 0.
    silent : days (since 1970) that look like days off, with accounts and expected. all_clocks, probability : every
    clock and its posterior; those of the 95 % set are `inside`, most probable first. deep : rate outside the hours over
    that inside.
    """

    verdict: str
    fitted: Fitted
    first: int
    jumps: Ints
    sure_of_jumps: float
    outsiders_too: bool
    edges: tuple[Edges, ...]
    schedules: tuple[Schedule, ...]
    shift: Ints
    weekday: tuple[tuple[float, float, float, float], ...]
    off: tuple[int, ...]
    silent: tuple[tuple[int, float, float], ...]
    all_clocks: tuple[Clock, ...]
    probability: Floats
    inside: Ints
    deep: float


def too_little(p: Presences) -> str:
    """Say why nothing can be looked at, as half a sentence; empty where something can."""
    days = len(np.unique(p.slot // SLOTS))
    accounts = len(np.unique(p.account))
    if accounts < LEAST_ACCOUNTS:
        return f"hours are told of groups only, {LEAST_ACCOUNTS} accounts at least, and these are {accounts}"
    if days < LEAST_DAYS or len(p) < LEAST_PRESENCES:
        return (
            f"{len(p):,} active moments on {days:,} days are too few: it takes {LEAST_PRESENCES:,} of ten minutes, on "
            f"{LEAST_DAYS} days"
        )
    return ""


def study(mine: Presences, theirs: Presences, seed: int = 0, resamples: int = RESAMPLES) -> Study:
    """Study the hours of a group against those of outsiders over the same days.

    mine, theirs : presences of the members and of accounts to compare with, of the same days.
    """
    all_clocks = clocks(mine.first, mine.days)
    patterns, of_clock = hours.jumps_of(all_clocks)
    coarse = [hours.by_day(mine, jumps, join=hours.COARSE) for jumps in patterns]
    flat = hours.workdays(coarse[0], mine.first)
    phi_coarse = min(onoff.dispersion(c[flat]) for c in coarse)
    scores = np.array([hours.sharpness(c) for c in coarse])
    jumps = patterns[int(scores.argmax())]
    theirs_best = int(
        np.argmax([hours.sharpness(hours.by_day(theirs, j, join=hours.COARSE)) for j in patterns])
    )
    outsiders_too = patterns[theirs_best] is jumps
    crowd = onoff.smoothed(_evenly(theirs, jumps))
    fitted = hours.fit(hours.by_account(mine, jumps), hours.by_day(mine, jumps), crowd, mine.first)
    schedules, parts = _shifts(fitted)
    rng = np.random.default_rng(seed)
    begin, start = _turn(schedules)
    y = hours.active(mine, hours.turned(mine, jumps, begin, start))
    crowd_days = hours.active(theirs, hours.turned(theirs, jumps, begin, start))
    crowd_week = hours.by_weekday(crowd_days, mine.first)
    again: list[list[tuple[Schedule, Floats]]] = [[] for _ in schedules]
    posteriors, best = [], []
    weekday, off = _weekdays(mine, y, crowd_week, rng)
    daily = _daily(mine, jumps, schedules, y, crowd_days, off)
    fixed = np.array([zones.holiday_evidence(c, daily) + zones.days_off_prior(c, daily) for c in all_clocks])
    penalty = 1.5 * fitted.phi * float(np.log(max(fitted.n / fitted.phi, 2.0)))
    for _ in range(resamples):
        by_presence, by_day = hours.resample(mine, rng)
        rule = np.array([hours.sharpness(c, by_day) for c in coarse]) / phi_coarse
        best.append(int(rule.argmax()))
        counts = hours.by_account(mine, jumps, by_presence)
        refitted = []
        for k in range(len(schedules)):
            count = counts[parts == k].sum(axis=0)
            found = onoff.fit_schedule(count, penalty=penalty) if count.sum() > 0 else schedules[k]
            again[k].append((found, hours.area_edges(count, found)))
            refitted.append(found)
        prior = np.array([zones.hours_prior(c, refitted) for c in all_clocks])
        posteriors.append(zones.normalised(rule[of_clock] + prior + fixed))
    probability = (1 - UNFORESEEN) * np.mean(posteriors, axis=0) + UNFORESEEN / len(all_clocks)
    deep = _deep(fitted)
    verdict = _verdict(fitted, deep, weekday, off)
    return Study(
        verdict, fitted, mine.first, jumps, float(np.mean([patterns[k] is jumps for k in best])), outsiders_too,
        _edges(mine, jumps, schedules, parts, again), schedules, parts, weekday, off,
        _silent(mine, y, daily), tuple(all_clocks), probability, zones.smallest_set(probability), deep,
    )  # fmt: skip


def _evenly(p: Presences, jumps: Ints) -> Floats:
    """A crowd's profile in which no account counts for more than fifty presences, float64 [SLOTS]."""
    each = np.bincount(p.account, minlength=p.accounts)
    weight = np.minimum(each, 50) / np.maximum(each, 1)
    return np.asarray(hours.by_day(p, jumps, weight[p.account]).sum(axis=0))


def _shifts(fitted: Fitted) -> tuple[tuple[Schedule, ...], Ints]:
    """Schedules that a tenth of the accounts keep, three at least, and each account's; -1 for one of its own."""
    best = fitted.best
    size = np.bincount(best.part, minlength=len(best.schedules))
    kept = np.flatnonzero(size >= max(3, 0.1 * len(best.part)))
    kept = kept if len(kept) else np.array([int(size.argmax())])
    kept = kept[np.argsort([best.schedules[k].start for k in kept], kind="stable")]
    place = np.full(len(best.schedules), -1)
    place[kept] = np.arange(len(kept))
    return tuple(best.schedules[k] for k in kept), place[best.part]


def _edges(
    p: Presences,
    jumps: Ints,
    schedules: tuple[Schedule, ...],
    shift: Ints,
    again: list[list[tuple[Schedule, Floats]]],
) -> tuple[Edges, ...]:
    counts = hours.by_account(p, jumps)
    result = []
    for k, schedule in enumerate(schedules):
        count = counts[shift == k].sum(axis=0)
        result.append(hours.edges(schedule, hours.area_edges(count, schedule), again[k]))
    return tuple(result)


def _turn(schedules: tuple[Schedule, ...]) -> tuple[int, int]:
    """Slots at which a group's day is best taken to begin, and to be dated: mid-rest and start, or a shift's start."""
    if len(schedules) == 1:
        s = schedules[0]
        return int(s.start + s.length + (SLOTS - s.length) // 2) % SLOTS, s.start
    first = min(s.start for s in schedules)
    return first, first


def _daily(
    p: Presences,
    jumps: Ints,
    schedules: tuple[Schedule, ...],
    y: Floats,
    crowd: Floats,
    off: tuple[int, ...],
) -> zones.Daily:
    """The group's days as evidence on holidays; a day on which outsiders are missing too is a gap in the data."""
    begin, start = _turn(schedules)
    half = begin + SLOTS // 2 - (0 if start >= begin else SLOTS)
    noon = (p.first + np.arange(p.days)) * DAY + half * hours.SLOT - jumps * 60_000_000
    odds = np.where(crowd >= GAP * hours.expected_days(crowd), hours.silence(y, hours.expected_days(y)), 0.0)
    return zones.Daily(odds, noon, p.first, off)


def _weekdays(
    p: Presences, y: Floats, crowd: Floats, rng: np.random.Generator
) -> tuple[tuple[tuple[float, float, float, float], ...], tuple[int, ...]]:
    """Activity by weekday with intervals by resampling weeks, and the days off."""
    value = hours.by_weekday(y, p.first)
    weeks = -(-p.days // 7)
    drawn = []
    for _ in range(200):
        week = np.bincount(rng.integers(0, weeks, weeks), minlength=weeks).astype(np.float64)
        drawn.append(hours.by_weekday(y, p.first, np.repeat(week, 7)[: p.days]))
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    rows = tuple(
        (float(value[k]), float(min(low[k], value[k])), float(max(high[k], value[k])), float(crowd[k]))
        for k in range(7)
    )
    off = tuple(k for k in range(7) if rows[k][2] <= OFF and rows[k][0] <= BEYOND * crowd[k])
    return rows, off if len(off) <= 3 else ()


def _deep(fitted: Fitted) -> float:
    """Rate outside the hours over that inside, all shifts together."""
    size = np.bincount(fitted.best.part, minlength=len(fitted.best.schedules))
    return float(np.average([s.off_over_on for s in fitted.best.schedules], weights=size))


def _verdict(
    fitted: Fitted, deep: float, weekday: tuple[tuple[float, float, float, float], ...], off: tuple[int, ...]
) -> str:
    if fitted.gain < GAIN or deep > DEEP or weekly(weekday):
        return NONE
    return STAFFED if off else HOURS


def weekly(weekday: tuple[tuple[float, float, float, float], ...]) -> bool:
    """Whether one weekday stands out so far, among outsiders less, that a weekly event makes the hours."""
    return any(w[0] > EVENT and w[0] > EVENT * w[3] for w in weekday)


def _silent(p: Presences, y: Floats, daily: zones.Daily) -> tuple[tuple[int, float, float], ...]:
    """Working days on which a group is as silent as on a day off, each with its accounts and those expected."""
    expected = hours.expected_days(y)
    weekday = (p.first + 3 + np.arange(p.days)) % 7
    chosen = (daily.odds > np.log(10.0)) & ~np.isin(weekday, daily.off) & (y <= 0.5 * expected)
    return tuple((p.first + int(k), float(y[k]), float(expected[k])) for k in np.flatnonzero(chosen))
