"""Tails, e-values, false-discovery rates and folds, each against its definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binom

from chorusline.confirm.errors import benjamini_hochberg, e_benjamini_hochberg, e_value
from chorusline.confirm.folds import fold_of, split
from chorusline.confirm.tails import poisson_binomial_tail, tails_by_account
from chorusline.traces import available
from tests.world import as_uses

# Over a prime, so that none equals a threshold αk/n and rounding decides nothing.
P_VALUES = st.integers(1, 9_973).map(lambda k: (k - 0.5) / 9_973)
CHANCES = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=9)


@settings(max_examples=100, deadline=None)
@given(CHANCES, st.integers(0, 10))
def test_tail_is_the_sum_over_all_outcomes(p, observed):
    p = np.array(p)
    exact = sum(
        float(np.prod(np.where(outcome, p, 1 - p)))
        for outcome in product((False, True), repeat=len(p))
        if sum(outcome) >= observed
    )
    assert poisson_binomial_tail(p, observed) == pytest.approx(exact, abs=1e-12)


def test_small_tails_keep_their_precision():
    assert poisson_binomial_tail(np.full(500, 1e-4), 12) == pytest.approx(binom.sf(11, 500, 1e-4), rel=1e-9)


def test_tails_by_account():
    account = np.array([0, 0, 2, 2, 2], dtype=np.int32)
    hit = np.array([True, False, True, True, True])
    trials, observed, expected, tail = tails_by_account(account, hit, np.full(5, 0.5), 4)
    assert trials.tolist() == [2, 0, 3, 0]
    assert observed.tolist() == [1, 0, 3, 0]
    assert expected.tolist() == [1.0, 0.0, 1.5, 0.0]
    assert tail.tolist() == [0.75, 1.0, 0.125, 1.0]


def test_an_e_value_is_expected_to_be_one_at_most():
    mean = sum(
        quad(lambda p: float(e_value(np.array([p]))[0]), low, high, limit=200)[0]
        for low, high in [(1e-12, 1e-8), (1e-8, 1e-4), (1e-4, 0.01), (0.01, 0.99), (0.99, 1)]
    )
    assert 0.9 < mean <= 1.0
    p = np.geomspace(1e-200, 1, 500)
    assert (np.diff(e_value(p)) < 0).all()
    assert e_value(np.array([1.0]))[0] == 0.5
    assert np.isfinite(e_value(np.array([0.0]))).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(P_VALUES, min_size=1, max_size=30), st.sampled_from([0.01, 0.05, 0.3]))
def test_rates_are_controlled_as_defined(p, alpha):
    p, n = np.array(p), len(p)
    ordered = np.sort(p)
    k = max((k for k in range(1, n + 1) if ordered[k - 1] <= alpha * k / n), default=0)
    assert int((benjamini_hochberg(p) <= alpha).sum()) == (int((p <= ordered[k - 1]).sum()) if k else 0)
    e = 1 / p
    falling = np.sort(e)[::-1]
    k = max((k for k in range(1, n + 1) if falling[k - 1] >= n / (alpha * k) * (1 - 1e-12)), default=0)
    assert int((e_benjamini_hochberg(e) <= alpha * (1 + 1e-12)).sum()) == (
        int((e >= falling[k - 1]).sum()) if k else 0
    )


def test_folds_are_seeded_balanced_and_don_t_move():
    names = pa.array([f"object {k}" for k in range(4000)])
    fold = fold_of(names, 3, "text")
    assert 1850 < fold.sum() < 2150
    assert (fold_of(names.slice(1000, 50), 3, "text") == fold[1000:1050]).all()
    assert 0.4 < (fold == fold_of(names, 4, "text")).mean() < 0.6
    assert 0.4 < (fold == fold_of(names, 3, "hashtag")).mean() < 0.6


def test_neither_object_nor_post_is_in_both_folds():
    rng = np.random.default_rng(1)
    n = 3000
    text = as_uses(rng.integers(0, 50, n), rng.integers(0, 400, n), np.arange(n, dtype=float), 50)
    tag = as_uses(rng.integers(0, 50, n), rng.integers(0, 40, n), np.arange(n, dtype=float), 50)
    uses = {"hashtag": tag, "text": text}
    folds = split(uses, available(), seed=2)
    posts: dict[int, set[int]] = {}
    for name, here in uses.items():
        for fold in (0, 1):
            assert not set(here.object[folds[name] == fold]) & set(here.object[folds[name] == 1 - fold])
        for action, fold in zip(here.action.tolist(), folds[name].tolist(), strict=True):
            if fold >= 0:
                posts.setdefault(action, set()).add(fold)
    assert all(len(found) == 1 for found in posts.values())
    assert (folds["text"] >= 0).all()  # the text leads
    assert 0.4 < (folds["hashtag"] >= 0).mean() < 0.6
