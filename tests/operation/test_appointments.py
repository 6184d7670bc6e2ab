"""What was announced for an hour of the week is no order; orders at all hours are no appointment."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chorusline.operation.appointments import weekly

HOUR = 3_600_000_000
DAY = 24 * HOUR
FIRST = 19_800


def _moments(days, hour, rng=None):
    late = 0.0 if rng is None else 0.3 * rng.random(len(days))
    return ((FIRST + np.asarray(days)) * DAY + (hour + late) * HOUR).astype(np.int64)


def test_a_weekly_hour_is_an_appointment():
    rng = np.random.default_rng(0)
    begun = _moments([2, 9, 16, 23], 20.0, rng)
    assert weekly(begun, FIRST + np.arange(28), 0.01).all()
    # Once left out, and an hour earlier after the clocks have changed.
    begun = np.concatenate((_moments([2, 16], 20.0), _moments([23, 30, 37], 19.0)))
    assert weekly(begun, FIRST + np.arange(42), 0.01).all()


def test_an_appointment_beside_orders_is_told_from_them():
    rng = np.random.default_rng(1)
    days = np.array([d for d in range(56) if d % 7 < 5])
    orders = _moments(rng.choice(days, 60), 9.0) + rng.integers(0, 6 * HOUR, 60)
    begun = np.concatenate((_moments(np.arange(2, 56, 7), 20.0, rng), orders))
    found = weekly(begun, FIRST + days, 0.01)
    assert found[:8].all()
    assert not found[8:].any()


def test_several_orders_a_day_are_no_appointments():
    wrong = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        days = np.array([d for d in range(28) if d % 7 < 5])
        day = np.repeat(days, rng.poisson(3.0, len(days)))
        begun = np.sort(_moments(day, 8.0) + rng.integers(0, 8 * HOUR, len(day)))
        wrong += weekly(begun, FIRST + days, 0.01).sum()
    assert wrong == 0


def test_every_day_at_one_hour_is_no_weekly_appointment():
    assert not weekly(_moments(np.arange(28), 20.0), FIRST + np.arange(28), 0.01).any()


def test_two_weeks_do_not_make_one():
    assert not weekly(_moments([2, 9], 20.0), FIRST + np.arange(14), 0.01).any()
    assert not weekly(np.empty(0, dtype=np.int64), FIRST + np.arange(14), 0.01).any()


@given(st.lists(st.integers(0, 59 * 24), max_size=25), st.integers(0, 400))
def test_whole_weeks_later_says_the_same(hours, weeks):
    begun = np.sort(FIRST * DAY + np.array(hours, dtype=np.int64) * HOUR)
    work = FIRST + np.arange(60)
    later = 7 * weeks
    assert (weekly(begun, work, 0.01) == weekly(begun + later * DAY, work + later, 0.01)).all()
