"""Worlds without coordination: what is named there is named wrongly."""

from __future__ import annotations

import numpy as np
import pytest

from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.traces import available
from tests.world import headlines, world

SEEDS = range(500, 515)


def confirmed(name, w, **settings):
    traces = {name: available()[name]}
    return confirm({name: w.uses()}, traces, Config(**settings), n_accounts=len(w.kind), resolution=1e-6)


def holds(e) -> bool:
    """Whether e-values [n] keep their word: a mean of one at most, and by Markov's inequality few large ones.

    The accounts of one world hang together, so their mean scatters; it lies well below one where all is well.
    """
    return e.mean() <= 1.05 and all(np.mean(e >= level) <= 1 / level for level in (2, 5, 20, 100))


@pytest.mark.parametrize(("more", "seeds"), [((), SEEDS), ((300.0, 900.0), SEEDS[:8])])
def test_nobody_is_named_among_fans_busy_hours_and_shared_interests(more, seeds):
    proposed = 0
    organic, fans = [], []
    for seed in seeds:
        w = world(seed, accounts=4_000, actions=40_000, interests=10, fans=100, planted=0)
        # The rules against events and thin evidence would hide most trials: they are off here, so that the
        # tests themselves must keep their word.
        found = confirmed("reshare", w, splits=2, events=0, min_observed=1, more_windows=more)
        proposed += int(found.proposed.sum())
        assert not found.named.any()
        organic.append(found.e_value[found.tested & (w.kind == "organic")])
        fans.append(found.e_value[found.tested & (w.kind == "fan")])
    assert proposed > 300 * len(seeds)
    for e in (np.concatenate(organic), np.concatenate(fans)):
        assert len(e) > 300, "a test that tests nobody says nothing"
        assert holds(e)


@pytest.mark.parametrize(("interests", "copied"), [(1, 0.12), (3, 0.12), (12, 0.12), (12, 0.3), (40, 0.3)])
def test_nobody_is_named_for_sharing_headlines_and_quotes(interests, copied):
    """Without an operation every name is a false one: at a rate of 1 %, one world in a hundred may have any."""
    e = []
    for seed in SEEDS[:8]:
        w = headlines(seed, interests=interests, copied=copied)
        found = confirmed("text", w, splits=2)
        assert not found.named.any()
        e.append(found.e_value[found.tested])
    assert len(np.concatenate(e)) > 1_000
    assert holds(np.concatenate(e))


def test_names_are_right_where_readers_copy_headlines():
    right = wrong = 0
    for seed in range(540, 548):
        w = headlines(seed, planted=30)
        named = confirmed("text", w, splits=2).named
        right += int((named & (w.kind == "planted")).sum())
        wrong += int((named & (w.kind != "planted")).sum())
    assert right > 0.95 * 8 * 30
    assert wrong <= 0.01 * (right + wrong)


def test_a_planted_group_is_named_and_nobody_else():
    w = world(77)
    found = confirmed("reshare", w, splits=2)
    assert int((found.named & (w.kind == "planted")).sum()) >= 57
    assert int((found.named & (w.kind != "planted")).sum()) <= 1


@pytest.mark.parametrize("ordered", [2, 6])
def test_too_few_orders_name_nobody(ordered):
    w = world(79, accounts=4_000, actions=20_000, interests=10, fans=100, planted=40, ordered=ordered)
    assert not confirmed("reshare", w).named.any()


def test_the_same_seed_gives_the_same_evidence():
    w = headlines(80, planted=20)
    one, other = confirmed("text", w), confirmed("text", w)
    assert (one.e_value == other.e_value).all()
    assert (one.q_value == other.q_value).all()
    moved = confirmed("text", w, seed=9)
    assert (moved.e_value != one.e_value).any()
