"""Effort: kernels against loops, and order between low, middle and high."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.evaluate.effort import at_work
from chorusline.operation import labour
from chorusline.operation.labour import COPY, HIGH, LOW, MIDDLE, ORIGINAL, RESHARE
from chorusline.units import DAY, SECOND

ACTIONS = st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 3)), min_size=1, max_size=50)


def arrays(rows: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    rows = sorted(rows)
    return np.array([t for t, _ in rows], dtype=np.int64) * SECOND, np.array(
        [a for _, a in rows], dtype=np.int64
    )


@settings(max_examples=60)
@given(ACTIONS, st.sampled_from([1, 5, 15, 60]))
def test_sessions_against_a_loop(rows: list[tuple[int, int]], minutes: int) -> None:
    times, account = arrays(rows)
    spans = []
    for who in range(4):
        mine = times[account == who].tolist()
        for k, t in enumerate(mine):
            if k and t - mine[k - 1] <= minutes * 60 * SECOND:
                spans[-1][1] = t
            else:
                spans.append([t, t])
    begin, end = labour.sessions(times, account, minutes)
    assert sorted(zip(begin.tolist(), end.tolist(), strict=True)) == sorted(map(tuple, spans))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=30))
def test_covered_against_a_loop(spans: list[tuple[int, int]]) -> None:
    begin = np.array([a for a, _ in spans], dtype=np.int64) * SECOND
    end = np.array([a + n for a, n in spans], dtype=np.int64) * SECOND
    seconds = {s for a, n in spans for s in range(a, a + n)}
    assert labour.covered(begin, end) == len(seconds)


@settings(max_examples=60)
@given(ACTIONS)
def test_rested_and_busiest_against_loops(rows: list[tuple[int, int]]) -> None:
    times, account = arrays(rows)
    work = np.arange(1.0, len(times) + 1)
    rested = labour.rested(times, account)
    order = np.lexsort((times, account))
    last: dict[int, int] = {}
    for k in order.tolist():
        who, t = int(account[k]), int(times[k])
        assert rested[k] == (who not in last or t - last[who] > 60 * SECOND)
        last[who] = t
    most = 0.0
    for t in times.tolist():
        inside = (times >= t) & (times < t + 3600 * SECOND)
        ahead = inside & ~((times == t) & (np.arange(len(times)) < int(np.flatnonzero(times == t)[0])))
        most = max(most, float(work[ahead].sum()) / 3600)
    assert labour.busiest(times, work).max() == pytest.approx(most)


@given(st.lists(st.integers(-1, 5), max_size=30))
def test_copies_against_a_loop(words: list[int]) -> None:
    found = labour.seen_before(np.array(words, dtype=np.int64))
    assert found.tolist() == [w >= 0 and w in words[:k] for k, w in enumerate(words)]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400), st.booleans()), min_size=1, max_size=20))
def test_low_is_below_middle_below_high(rows: list[tuple[int, int, bool]]) -> None:
    sort = np.array([r[0] for r in rows])
    characters = np.array([float(r[1]) for r in rows])
    rested = np.array([r[2] for r in rows])
    low, middle, high = (labour.composing(sort, characters, rested, rates) for rates in (LOW, MIDDLE, HIGH))
    assert (low < middle).all()
    assert (middle < high).all()


def test_sorts_of_work() -> None:
    reshare = np.array([True, False, False, False])
    answer = np.array([False, False, True, False])
    seen = np.array([False, False, False, True])
    assert labour.classes(reshare, answer, seen).tolist() == [RESHARE, ORIGINAL, labour.ANSWER, COPY]


def test_the_truths_own_reckoning() -> None:
    # One hand, an ordered post on each of two accounts and a reshare: 20 + 20 + 5 seconds and one change.
    hours = at_work(np.array([0, 0, 1]), np.array([True, True, False]), np.zeros(3, int), np.array([1, 2, 2]))
    assert hours * 3600 == pytest.approx(45 * np.exp(0.35**2 / 2) + 25)


def test_days_without_actions_have_no_hands() -> None:
    times = np.array([0, 3 * DAY], dtype=np.int64)
    assert labour.busiest(times, np.array([3600.0, 1800.0])).tolist() == [1.0, 0.0, 0.0, 0.5]
