"""The staff of an operation: operators, their accounts, and the hours they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from scipy.special import gammaln

from chorusline.simulate.config import Operation, WorldConfig
from chorusline.simulate.population import Population, populate
from chorusline.simulate.rhythm import HOUR, MINUTE, midnight, offset, public_holidays
from chorusline.simulate.streams import STAFF, WORK, Array, stream
from chorusline.simulate.wording import STYLES
from chorusline.units import DAY


@dataclass(frozen=True)
class Staff:
    """o operators and a accounts, joined by h hands (an account may be in several).

    operator, account : int64 [h], hand by hand, sorted by operator; account is a row of `people`.
    first, count : int64 [o], each operator's hands. team : int64 [o], which of two shifts.
    """

    people: Population
    operator: Array
    account: Array
    first: Array
    count: Array
    team: Array

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Roster:
    """Who works on a day, and when: segments between breaks, microseconds UTC.

    operators : int64 [d], rows of Staff on duty. start, length : int64 [d, 4].
    """

    operators: Array
    start: Array
    length: Array

    @property
    def worked(self) -> Array:
        """Working time of each operator on duty, int64 [d]."""
        return np.asarray(self.length.sum(axis=1))

    def clock_at(self, rows: Array, time: Array | int) -> Array:
        """Time worked before `time` by the operators in `rows` [n] of the roster, int64 [n]."""
        elapsed = np.asarray(time).reshape(-1, 1) - self.start[rows]
        return np.asarray(np.clip(elapsed, 0, self.length[rows]).sum(axis=1))

    def time_at(self, rows: Array, clock: Array) -> Array:
        """When an operator has worked `clock` microseconds of the day: the inverse of clock_at."""
        ends = np.cumsum(self.length[rows], axis=1)
        segment = np.minimum((clock[:, None] >= ends).sum(axis=1), self.length.shape[1] - 1)
        each = np.arange(len(rows))
        within = clock - (ends[each, segment] - self.length[rows, segment])
        return np.asarray(self.start[rows, segment] + within)


def hire(config: WorldConfig, operation: Operation, part: int, first: int, authors: Population) -> Staff:
    """Draw the operators and their accounts; a hand's writing habit shows in all its accounts."""
    rng = stream(config.seed, STAFF, part)
    count = _zero_truncated(rng, operation.accounts_per_operator, operation.operators)
    operator = np.repeat(np.arange(operation.operators), count)
    account = np.arange(len(operator))
    shared = np.flatnonzero(rng.random(len(account)) < operation.shared_accounts)
    if operation.operators < 2:
        shared = shared[:0]
    more = np.repeat(shared, rng.integers(1, 4, len(shared)))
    others = (operator[more] + rng.integers(1, max(operation.operators, 2), len(more))) % operation.operators
    hands = np.unique(np.column_stack((np.append(operator, others), np.append(account, more))), axis=0)
    people = _accounts(config, rng, operator, first, authors)
    starts = np.searchsorted(hands[:, 0], np.arange(operation.operators + 1))
    return Staff(
        people, hands[:, 0], hands[:, 1], starts[:-1], np.diff(starts), np.arange(operation.operators) % 2
    )


def _zero_truncated(rng: np.random.Generator, mean: float, n: int) -> Array:
    """Zero-truncated Poisson draws [n] with the given mean (at least 1)."""
    if mean <= 1.0:
        return np.ones(n, dtype=np.int64)
    rate = mean
    for _ in range(60):
        rate = mean * (1.0 - np.exp(-rate))
    sizes = np.arange(1, int(rate + 12 * rate**0.5) + 10)
    cumulative = np.cumsum(np.exp(sizes * np.log(rate) - rate - gammaln(sizes + 1.0)))
    return np.asarray(sizes[np.searchsorted(cumulative / cumulative[-1], rng.random(n))])


def _accounts(
    config: WorldConfig, rng: np.random.Generator, operator: Array, first: int, authors: Population
) -> Population:
    """Accounts of the operation: set up in batches within four months, with the operation's interests."""
    people = populate(config, rng, len(operator), first, authors)
    topics = rng.integers(0, config.interests, 4).astype(np.int16)
    batches = rng.integers(-150, -30, max(1, len(operator) // 25))
    created = batches[rng.integers(0, len(batches), len(operator))] * DAY + rng.integers(
        0, 6 * HOUR, len(operator)
    )
    style = rng.integers(1, STYLES, operator.max() + 1).astype(np.int16)
    return people.changed(
        born=np.full(len(people), -1.0),
        died=np.full(len(people), float(config.days + 1)),
        interests=topics[rng.integers(0, 4, (len(people), 3))],
        style=style[operator],
        client=rng.choice([0, 3], len(people), p=[0.8, 0.2]).astype(np.int8),
        language=np.zeros(len(people), dtype=np.int8),
        followers=(people.followers // 4).astype(np.int64),
        created=midnight(config.start) + created,
    )


def roster(config: WorldConfig, operation: Operation, staff: Staff, part: int, day: int) -> Roster:
    """Draw who works on a day and when; shifts follow local time, so UTC hours jump with daylight saving."""
    rng = stream(config.seed, WORK, part, day, 0)
    n = len(staff)
    present = rng.random(n) < attendance(config, operation, day)
    if operation.days and not operation.days[0] <= day <= operation.days[1]:
        present[:] = False
    opens, closes = (9.0, 18.0) if operation.shifts == "office" else (7.0, 19.0)
    start = opens + 12.0 * (staff.team if operation.shifts == "two" else 0)
    nominal = start + (rng.uniform(-3.0, 9.0, n) if operation.random_shifts else np.zeros(n))
    spread = operation.shift_spread / 60.0
    begin = nominal + spread * rng.standard_normal(n)
    end = nominal + (closes - opens) + spread * rng.standard_normal(n)
    cuts = _breaks(rng, nominal, closes - opens, operation.lunch)
    pieces = np.column_stack((begin, cuts[:, :, 1])), np.column_stack((cuts[:, :, 0], end))
    utc = midnight(config.start) + day * DAY
    date = config.start + timedelta(days=day)
    shift = np.array([offset(operation.zone, date, int(hour) % 24) for hour in range(24)])
    starts = utc + (pieces[0] * HOUR).astype(np.int64) - shift[np.floor(nominal).astype(int) % 24][:, None]
    lengths = np.maximum(((pieces[1] - pieces[0]) * HOUR).astype(np.int64), MINUTE)
    chosen = np.flatnonzero(present)
    return Roster(chosen, starts[chosen], lengths[chosen])


def attendance(config: WorldConfig, operation: Operation, day: int) -> float:
    """Chance that an operator is at work on a day."""
    date = config.start + timedelta(days=day)
    chance = (1.0 - operation.absent) * (operation.weekend if date.weekday() >= 5 else 1.0)
    if operation.country and date in public_holidays(operation.country, date.year):
        chance *= 1.0 - operation.holidays_kept
    return chance


def _breaks(rng: np.random.Generator, nominal: Array, hours: float, lunch: float) -> Array:
    """Begin and end of three breaks, local hours [n, 3, 2]: a quarter hour, lunch, a quarter hour."""
    n = len(nominal)
    middle = nominal[:, None] + hours * np.array([0.2, 0.42, 0.75]) + 0.15 * rng.standard_normal((n, 3))
    length = np.array([0.25, max(lunch / 60.0, 0.02), 0.25])
    return np.stack((middle, middle + length), axis=2)
