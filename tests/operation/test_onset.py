"""The crew's clock read both ways, and moments of orders told from lags that are known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chorusline.operation.clock import CrewClock
from chorusline.operation.onset import onset

HOUR = 3_600_000_000


def _office(days: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Eight accounts, an action every ten minutes from 9 to 17, for some days."""
    day, step, account = np.meshgrid(np.arange(days), np.arange(48), np.arange(8), indexing="ij")
    time = day.ravel() * 24 * HOUR + 9 * HOUR + step.ravel() * (HOUR // 6)
    return time, account.ravel()


@given(st.lists(st.floats(0, 240), min_size=1, max_size=20))
def test_clock_is_read_both_ways(hours):
    clock = CrewClock.of(*_office())
    time = (np.sort(np.array(hours)) * HOUR).astype(np.int64)
    worked = clock.at(time)
    assert (np.diff(worked) >= 0).all()
    assert np.allclose(clock.instant(worked), time, atol=2e6)


def test_nights_hardly_count():
    clock = CrewClock.of(*_office())
    at = clock.at(np.array([10, 16, 33, 34, 40]) * HOUR)
    assert np.isclose(at[1] - at[0], 360, rtol=0.05)
    assert at[2] - at[1] < 90
    assert np.isclose(at[4] - at[3], 360, rtol=0.05)


def test_moment_is_near_the_truth_and_inside_the_interval_mostly():
    """Lags as the model has them: nine in ten intervals should hold the truth; a few more may, few less."""
    rng = np.random.default_rng(11)
    off, inside = [], 0
    for _ in range(120):
        median = 60 * np.exp(0.7 * rng.standard_normal())
        used = np.sort(500 + median * np.exp(1.1 * rng.standard_normal(15)))
        found = onset(used)
        assert found.low <= found.middle <= found.high
        off.append(abs(found.middle - 500))
        inside += found.low <= 500 <= found.high
    assert np.median(off) < 8
    assert inside >= 98


def test_stray_uses_before_an_order_do_not_date_it():
    rng = np.random.default_rng(2)
    answers = np.sort(800 + 30 * np.exp(0.8 * rng.standard_normal(25)))
    found = onset(np.concatenate(([420.0], answers)), stray=0.1)
    assert abs(found.middle - 800) < 15
    assert not found.answers[0]
    assert found.answers[1:].mean() > 0.8


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=60))
def test_any_uses_give_a_moment_before_most_of_them(used):
    used = np.sort(np.array(used))
    found = onset(used)
    assert found.low <= found.middle <= found.high
    assert found.middle <= used[-1]
    assert len(found.answers) == len(used)
    assert found.answers.any()
