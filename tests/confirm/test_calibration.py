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


def test_nobody_is_named_among_fans_busy_hours_and_shared_interests():
    tested = named = proposed = 0
    organic, fans = [], []
    for seed in SEEDS:
        w = world(seed, accounts=4_000, actions=40_000, interests=10, fans=100, planted=0)
        # The rules against events and thin evidence would hide most trials: they are off here, so that the
        # tests themselves must keep their word.
        found = confirmed("reshare", w, events=0, min_held_out=2, min_observed=1)
        tested += int(found.tested.sum())
        proposed += int(found.proposed.sum())
        named += int(found.named.sum())
        for outcome in found.outcomes:
            if outcome.test == "synchrony":
                has = outcome.tested.trials > 0
                organic += outcome.tested.p[has & (w.kind == "organic")].tolist()
                fans += outcome.tested.p[has & (w.kind == "fan")].tolist()
    assert proposed > 5_000
    assert tested > 1_000, "a test that tests nobody says nothing"
    assert named == 0
    # The p-values of each test are conservative: no more small ones than chance gives.
    for kind in (organic, fans):
        assert len(kind) > 300
        for level in (0.01, 0.05, 0.1):
            assert np.mean(np.array(kind) <= level) <= level


def test_nobody_is_named_for_sharing_headlines_and_quotes():
    tested = named = 0
    for seed in SEEDS:
        found = confirmed("text", headlines(seed))
        tested += int(found.tested.sum())
        named += int(found.named.sum())
    assert tested > 1_000
    # A guard against getting worse, not a false-discovery rate: in worlds of readers who copy headlines the
    # rate of 1 % is exceeded (docs/method.md, "What it can't tell apart").
    assert named <= 0.01 * tested, f"{named} of {tested} accounts tested are named"


def test_a_planted_group_is_named_and_nobody_else():
    w = world(77)
    found = confirmed("reshare", w)
    assert int((found.named & (w.kind == "planted")).sum()) >= 57
    assert int((found.named & (w.kind != "planted")).sum()) <= 1


def test_a_group_on_templates_is_named_among_headlines():
    w = headlines(78, planted=30)
    found = confirmed("text", w)
    assert int((found.named & (w.kind == "planted")).sum()) >= 27
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
