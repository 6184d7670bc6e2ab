"""Which clocks a group's hours agree with: changes of clocks, start and lunch, days off and public holidays.

A posterior over every distinct clock on earth, averaged over resamples (Huggins & Miller 2023, "BayesBag"), so that a
model that is only about right isn't believed too much. A clock is an offset and its dates of change, never a country.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from chorusline.operation.clocks import EPOCH, Clock, Ints, holidays_of
from chorusline.operation.hours import SURPRISE, middle
from chorusline.operation.onoff import PER_HOUR, SLOTS, Floats, Schedule
from chorusline.units import DAY, MINUTE

START, START_SPREAD = 9.0, 0.8
SHIFT_START, SHIFT_SPREAD = 7.5, 1.2
LUNCH, LUNCH_SPREAD = 13.0, 0.8
"""Local hours at which an office, the first of several shifts, and lunch are taken to begin (lunch: its middle), and
their spread. Declared assumptions: they make the set as narrow as it is."""

ANY_HOURS = 0.1
"""Prior share of groups whose hours have nothing to do with these."""

KEPT = 0.8
"""Share of a calendar's working holidays on which those who keep it stay away."""

NO_CALENDAR = 0.5
"""Prior share of groups that keep no public holidays."""

DAYS_OFF = {(5, 6): 0.8, (4, 5): 0.07, (3, 4): 0.03}
"""Prior of pairs of days off by local weekday, Monday 0; the rest is spread over all pairs."""


@dataclass(frozen=True)
class Daily:
    """A group's days: log-odds for a day off [days], the UTC moment in the middle of each working day [days],
    microseconds, and the days off.

    first : the first day, since 1970. off : weekdays of those rows that are days off, Monday 0, by the UTC day in
    which a working day begins.
    """

    odds: Floats
    noon: Ints
    first: int
    off: tuple[int, ...]


def hours_prior(clock: Clock, schedules: Sequence[Schedule]) -> float:
    """Log-density of starting and eating at these local hours. schedules : on the clock's winter time as if UTC."""
    ahead = clock.standard / 60.0
    several = len(schedules) > 1
    centre, spread = (SHIFT_START, SHIFT_SPREAD) if several else (START, START_SPREAD)
    begins = [_density(s.start / PER_HOUR + ahead, centre, spread) for s in schedules]
    # Of several shifts, one is the first; which, isn't known.
    result = float(np.log(np.mean(begins)))
    if not several and schedules[0].pause_length:
        s = schedules[0]
        into = ((middle(s) - s.start) % SLOTS) / s.length
        if 0.25 <= into <= 0.75:
            result += 0.7 * float(np.log(_density(middle(s) / PER_HOUR + ahead, LUNCH, LUNCH_SPREAD)))
    return result


def _density(hour: float, centre: float, spread: float) -> float:
    away = (hour - centre + 12.0) % 24.0 - 12.0
    normal = np.exp(-0.5 * (away / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
    return float((1 - ANY_HOURS) * normal + ANY_HOURS / 24.0)


def holiday_evidence(clock: Clock, days: Daily) -> float:
    """Log of the mean likelihood ratio of the calendars kept on this clock, against no holidays at all.

    A day off without reason has odds of one in SURPRISE; a holiday is kept with chance KEPT.
    """
    first_year = (EPOCH + timedelta(days=days.first)).year
    last_year = (EPOCH + timedelta(days=days.first + len(days.odds))).year
    local = (days.noon + clock.minutes * MINUTE) // DAY
    odds = np.exp(days.odds)
    ordinary = (1 - 1 / SURPRISE) + odds / SURPRISE
    holiday = KEPT * odds + (1 - KEPT)
    gain = np.log(holiday / ordinary)
    ratios = []
    for country in clock.countries:
        calendar = holidays_of(country, first_year, last_year)
        if calendar:
            ratios.append(float(gain[np.isin(local, list(calendar))].sum()))
    if not ratios:
        return 0.0
    kept = float(np.logaddexp.reduce(ratios)) - float(np.log(len(ratios)))
    return float(np.logaddexp(np.log(NO_CALENDAR), np.log(1 - NO_CALENDAR) + kept))


def days_off_prior(clock: Clock, days: Daily) -> float:
    """Log-probability of the days off under this clock; 0 where there are none or not two."""
    if len(days.off) != 2:
        return 0.0
    local = (days.noon + clock.minutes * MINUTE) // DAY
    move = int(np.median(local - days.first - np.arange(len(local))))
    pair = tuple(sorted((day + move) % 7 for day in days.off))
    known = DAYS_OFF.get((pair[0], pair[1]), 0.0)
    return float(np.log(known + (1 - sum(DAYS_OFF.values())) / 21.0))


def normalised(log_weight: Floats) -> Floats:
    """Probabilities from log weights [n]."""
    e = np.exp(log_weight - log_weight.max())
    return np.asarray(e / e.sum())


def smallest_set(probability: Floats, mass: float = 0.95) -> Ints:
    """Indices of the fewest entries that hold `mass` of the probability [n], most probable first."""
    order = np.argsort(-probability, kind="stable")
    enough = int(np.searchsorted(np.cumsum(probability[order]), mass - 1e-12)) + 1
    return np.asarray(order[:enough])
