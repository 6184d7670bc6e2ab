from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.simulate.rhythm import one_after_another
from chorusline.simulate.streams import (
    mix32,
    mix64,
    power_law_delay,
    split_lognormal,
    stream,
    uniform,
    zipf_rank,
)


def test_scrambling_is_one_to_one() -> None:
    numbers = np.arange(200_000)
    assert len(np.unique(mix32(numbers))) == len(numbers)
    assert len(np.unique(mix64(numbers))) == len(numbers)


def test_hashes_read_as_uniform_numbers() -> None:
    u = uniform(mix64(np.arange(100_000)))
    assert u.min() >= 0
    assert u.max() < 1
    assert np.mean(u) == pytest.approx(0.5, abs=0.005)
    assert np.histogram(u, bins=10, range=(0, 1))[0] == pytest.approx(10_000, rel=0.05)


def test_streams_are_reproducible_and_differ() -> None:
    a, b, c = (stream(1, *path).random(4) for path in ((2, 3), (2, 3), (3, 2)))
    assert (a == b).all()
    assert (a != c).any()


def test_split_lognormal_has_its_three_points() -> None:
    x = split_lognormal(stream(0), 100_000, 28.0, 147.0, 343.0)
    assert np.quantile(x, [0.1, 0.5, 0.9]) == pytest.approx([28, 147, 343], rel=0.03)


def test_power_law_delays_stay_below_their_cap_and_have_the_tail_asked_for() -> None:
    x = power_law_delay(stream(0), 200_000, 180.0, 0.4, 1e9)
    assert x.min() >= 0
    assert x.max() <= 1e9
    beyond = [np.mean(x > t) for t in (1e4, 1e6)]
    slope = np.log(beyond[1] / beyond[0]) / np.log(1e6 / 1e4)
    assert slope == pytest.approx(-0.4, abs=0.05)


def test_zipf_ranks_cover_all_and_fall() -> None:
    counts = np.bincount(zipf_rank(stream(0).random(100_000), 30, 1.0), minlength=30)
    assert len(counts) == 30
    assert counts[0] > 3 * counts[9] > 3 * counts[29] > 0


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 10**9), st.integers(1, 10**8)), min_size=1, max_size=60
    )
)
def test_one_hand_does_one_thing_after_another(acts: list[tuple[int, int, int]]) -> None:
    hand, wish, work = np.array(sorted(acts)).T
    done = one_after_another(hand, wish, work)
    assert (done >= wish).all()
    expected: dict[int, int] = {}
    for row in range(len(hand)):  # the definition, act by act
        start = expected.get(hand[row])
        expected[hand[row]] = int(wish[row]) if start is None else max(int(wish[row]), start + int(work[row]))
        assert done[row] == expected[hand[row]]


def test_nothing_to_do_takes_no_time() -> None:
    assert len(one_after_another(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int))) == 0
