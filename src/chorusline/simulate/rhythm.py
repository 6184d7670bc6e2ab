"""Days and hours: when accounts are awake, by region, weekday and chronotype, with daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from chorusline.simulate.streams import Array
from chorusline.units import DAY, SECOND

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# Relative activity in the 24 local hours from 04:00, evening people and all; shape after the usual
# two-humped curve of social media use, and an office curve with a dip at noon.
_PROFILES = (
    (
        0.15,
        0.2,
        0.5,
        1.1,
        1.6,
        1.8,
        1.9,
        1.9,
        2.0,
        2.1,
        2.0,
        2.0,
        2.0,
        2.1,
        2.2,
        2.4,
        2.7,
        3.0,
        3.1,
        2.8,
        2.0,
        1.1,
        0.5,
        0.25,
    ),
    (
        0.0,
        0.0,
        0.0,
        0.1,
        0.7,
        2.6,
        3.0,
        3.0,
        2.6,
        1.1,
        2.6,
        3.0,
        3.0,
        2.6,
        0.8,
        0.2,
        0.15,
        0.15,
        0.1,
        0.05,
        0.0,
        0.0,
        0.0,
        0.0,
    ),
)
ORDINARY, OFFICE = range(len(_PROFILES))
FIRST_HOUR = 4
"""An account's day begins at 04:00 local time, when fewest are awake."""


@cache
def _cumulative(profile: int) -> tuple[Array, Array]:
    hours = FIRST_HOUR + np.arange(25, dtype=np.float64)
    return np.concatenate(([0.0], np.cumsum(_PROFILES[profile]) / sum(_PROFILES[profile]))), hours


def hours_awake(u: Array, profile: Array) -> Array:
    """Turn uniform numbers [n] into local hours (4 to 28) by each row's profile code [n]."""
    result = np.empty(len(u))
    for code in range(len(_PROFILES)):
        chosen = profile == code
        result[chosen] = np.interp(u[chosen], *_cumulative(code))
    return result


def awake(local_hour: Array) -> Array:
    """Say for local hours [n] (0 to 24) whether an ordinary person is likely to look: bool [n]."""
    return np.asarray((local_hour >= 7.5) & (local_hour < 23.5))


@cache
def offset(zone: str, day: date, hour: int = 12) -> int:
    """UTC offset of a zone on a day at a local hour, microseconds (daylight saving included)."""
    shift = ZoneInfo(zone).utcoffset(datetime(day.year, day.month, day.day, hour))
    return int((shift or timedelta()).total_seconds()) * SECOND


def midnight(day: date) -> int:
    """00:00 UTC of a day, microseconds since 1970."""
    return (day - date(1970, 1, 1)).days * DAY


def offsets(zones: tuple[str, ...], day: date) -> Array:
    """UTC offset of each zone at noon of the day, int64 microseconds."""
    return np.array([offset(zone, day) for zone in zones], dtype=np.int64)


def as_datetime(time: int) -> datetime:
    """A time in microseconds as an aware datetime."""
    return datetime.fromtimestamp(time // SECOND, UTC) + timedelta(microseconds=time % SECOND)


@cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays of a country (package `holidays`)."""
    import holidays

    return frozenset(holidays.country_holidays(country, years=year))


def one_after_another(hand: Array, wish: Array, work: Array) -> Array:
    """When each act is done if every hand does one after another: int64 [n].

    hand : ascending numbers of the hands [n] below 2^17; wish : when each act is meant, ascending within a
    hand, below 2^46; work : time that must have passed since the act before. A queue with one server: the
    running maximum of wishes less accumulated work, plus that work.
    """
    if not len(hand):
        return np.zeros(0, dtype=np.int64)
    begins = np.append(True, hand[1:] != hand[:-1])
    total = np.cumsum(np.where(begins, 0, work))
    total -= np.repeat(total[begins], np.diff(np.append(np.flatnonzero(begins), len(hand))))
    lane = np.cumsum(begins).astype(np.int64) << 46  # keeps the running maximum within a hand
    return np.asarray(np.maximum.accumulate(wish - total + lane) - lane + total)
