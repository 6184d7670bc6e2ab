from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from chorusline.evaluate.intervals import said, share
from chorusline.intervals import clopper_pearson


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([0.8, 0.95, 0.99]))
def test_agrees_with_the_exact_binomial_test(hits: int, misses: int, confidence: float) -> None:
    trials = hits + misses
    if not trials:
        return
    expected = binomtest(hits, trials).proportion_ci(confidence, method="exact")
    assert clopper_pearson(hits, trials, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_covers_every_share_at_least_as_often_as_promised() -> None:
    trials = 30
    intervals = [clopper_pearson(k, trials) for k in range(trials + 1)]
    for p in (0.01, 0.1, 0.33, 0.5, 0.93):
        covered = sum(binom.pmf(k, trials, p) for k, (low, high) in enumerate(intervals) if low <= p <= high)
        assert covered >= 0.95


def test_none_of_three_thousand_bounds_the_harm_at_about_one_in_a_thousand() -> None:
    assert clopper_pearson(0, 3000) == (0.0, pytest.approx(1 - 0.025 ** (1 / 3000)))


def test_nothing_counted_is_said_so() -> None:
    assert share(0, 0) == {"value": None, "low": 0.0, "high": 1.0, "hits": 0, "of": 0}
    assert said(share(0, 0)) == "none to count"
    assert said(share(1, 2)).startswith("50.0 % (1.3–98.7), 1 of 2")


def test_more_hits_than_trials_is_refused() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        clopper_pearson(3, 2)
