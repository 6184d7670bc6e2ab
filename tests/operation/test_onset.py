"""The crew's clock read both ways, and moments of orders told from lags that are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.operation.answers import COMMON, alike, first_of_each, learned
from chorusline.operation.clock import CrewClock
from chorusline.operation.onset import LOG_PRIOR, MEDIAN, SPREAD, STEPS, onset

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
    assert np.median(off) < 10
    assert np.mean(np.array(off) <= 30) > 0.9
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


def test_an_order_of_the_morning_is_not_dated_into_the_night():
    clock = CrewClock.of(*_office())
    given = 3 * 24 * HOUR + 9.5 * HOUR
    lag = 40 * np.exp(1.1 * np.random.default_rng(4).standard_normal(12))
    used = np.sort(clock.at(np.array([given]).astype(np.int64)) + lag)
    found = clock.instant(np.array([onset(used, clock=clock).middle]))[0]
    assert abs(found - given) <= HOUR / 2


def _answers(rng, hands, accounts, orders, median=60.0):
    """Orders answered by hands with several accounts each: who, and minutes worked, in order of time."""
    result = []
    for k in range(orders):
        lag = median * np.exp(1.0 * rng.standard_normal(hands))
        at = 1000 * k + np.repeat(lag, accounts) * np.exp(0.1 * rng.standard_normal(hands * accounts))
        there = np.flatnonzero(rng.random(hands * accounts) < 0.8)
        order = there[np.argsort(at[there])]
        result.append((order, at[order]))
    return [who for who, _ in result], [at for _, at in result]


def test_accounts_in_one_hand_answer_alike():
    who, at = _answers(np.random.default_rng(5), 6, 3, 30)
    found = alike(who, at)
    assert len({found[k] for k in range(18)}) == 6
    assert all(len({found[3 * hand + k] for k in range(3)}) == 1 for hand in range(6))


def test_of_few_common_orders_nothing_is_said():
    who, at = _answers(np.random.default_rng(6), 4, 2, COMMON - 1)
    found = alike(who, at)
    assert len(set(found.values())) == len(found)
    assert alike([], []) == {}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=30))
def test_each_class_counts_once_by_its_first(uses):
    account = np.array([a for a, _ in uses])
    account = account[np.sort(np.unique(account, return_index=True)[1])]
    classes = {a: c for a, c in uses if c}
    kept = first_of_each(account, classes)
    seen: set[int] = set()
    for a, is_kept in zip(account.tolist(), kept.tolist(), strict=True):
        label = classes.get(a, -1 - a)
        assert is_kept == (label not in seen)
        seen.add(label)


def test_the_lags_of_a_crew_are_learned():
    rng = np.random.default_rng(7)
    means = []
    for median in (15.0, 200.0):
        _, at = _answers(rng, 12, 1, 25, median)
        prior = np.exp(learned(at, [0.005] * len(at)))
        assert np.isclose(prior.sum(), 1.0)
        means.append(float(prior @ STEPS))
    assert means[0] < np.log(30 / MEDIAN) / SPREAD < np.log(120 / MEDIAN) / SPREAD < means[1]
    assert learned([], []) == pytest.approx(LOG_PRIOR - np.log(np.exp(LOG_PRIOR).sum()))
