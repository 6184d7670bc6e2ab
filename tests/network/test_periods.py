"""Groups over time: cutting, following, and planted groups that begin, merge and stop when they were told to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.network.periods import EVENTS, FEWEST, LENGTHS, MOST, _Held, communities_of, cut, follow
from chorusline.traces import choose
from tests.world import DAY, as_uses

CONFIG = Config()


def sets(*periods):
    """Communities as plain lists, one list of them a period."""
    return [[np.array(sorted(one), dtype=np.int32) for one in period] for period in periods]


def told(steps):
    return [(s.life, s.period, s.event, len(s.accounts)) for s in steps]


def test_a_life_from_the_first_period_to_its_end():
    whole, half = range(10), range(5)
    steps = follow(sets([whole], [range(9)], [range(12)], [half], [], [], [], [], []), CONFIG)
    assert told(steps) == [
        (0, 0, "there", 10), (0, 1, "steady", 9), (0, 2, "grown", 12), (0, 3, "shrunk", 5), (0, 4, "gone", 0),
    ]  # fmt: skip
    assert (steps[2].joined, steps[2].left) == (3, 0)
    assert steps[3].overlap == pytest.approx(5 / 12)


def test_silence_within_reach_is_sleep_and_the_end_of_the_data_is_no_end():
    steps = follow(sets([], [range(4)], [], [], [range(4)], [], []), CONFIG)
    assert told(steps) == [
        (0, 1, "born", 4), (0, 2, "dormant", 0), (0, 3, "dormant", 0), (0, 4, "back", 4), (0, 5, "dormant", 0),
        (0, 6, "dormant", 0),
    ]  # fmt: skip
    limit = follow(sets([range(4)], [], [], [], [range(4)]), CONFIG)
    assert [event for _, _, event, _ in told(limit)] == ["there", "dormant", "dormant", "dormant", "back"]
    again = follow(sets([range(4)], [], [], [], [], [range(4)]), CONFIG)
    assert told(again) == [(0, 0, "there", 4), (0, 1, "gone", 0), (1, 5, "born", 4)]


def test_a_period_without_data_is_no_silence():
    seen = [True, False, False, False, False, False, True]
    steps = follow(sets([range(4)], [], [], [], [], [], [range(4)]), CONFIG, seen)
    assert told(steps) == [(0, 0, "there", 4), (0, 6, "steady", 4)]


def test_merged_and_split():
    one, two = range(10), range(20, 27)
    merged = follow(sets([one, two], [[*one, *two]]), CONFIG)
    assert told(merged) == [(0, 0, "there", 10), (0, 1, "grown", 17), (1, 0, "there", 7), (1, 1, "merged", 0)]
    assert merged[1].others == (1,)
    assert merged[3].others == (0,)
    split = follow(sets([[*one, *two]], [one, two]), CONFIG)
    assert told(split) == [(0, 0, "there", 17), (0, 1, "shrunk", 10), (1, 1, "split", 7)]
    assert split[2].others == (0,)


def test_a_small_rest_of_a_large_group_is_still_the_group():
    """Three of forty have little overlap, but all of the three were in it, and nothing else goes on."""
    assert told(follow(sets([range(40)], [range(3)]), CONFIG)) == [(0, 0, "there", 40), (0, 1, "shrunk", 3)]
    assert told(follow(sets([range(3)], [range(40)]), CONFIG)) == [(0, 0, "there", 3), (0, 1, "grown", 40)]


@st.composite
def courses(draw):
    periods = []
    for _ in range(draw(st.integers(1, 7))):
        label = draw(st.lists(st.integers(-1, 3), min_size=12, max_size=12))
        here = [np.flatnonzero(np.array(label) == k).astype(np.int32) for k in range(4)]
        periods.append([one for one in here if len(one)])
    return periods


@settings(max_examples=200, deadline=None)
@given(courses(), st.integers(0, 3))
def test_every_community_lives_once_and_every_life_adds_up(found, dormant):
    config = Config(period_dormant=dormant)
    steps = follow(found, config)
    assert told(steps) == told(follow(found, config))
    for period, here in enumerate(found):
        lived = sorted(tuple(s.accounts) for s in steps if s.period == period and len(s.accounts))
        assert lived == sorted(tuple(one) for one in here)
    for life in range(max((s.life for s in steps), default=-1) + 1):
        mine = [s for s in steps if s.life == life]
        assert [s.period for s in mine] == sorted({s.period for s in mine})
        assert mine[0].event in ("there", "born", "split")
        assert all(s.event in EVENTS for s in mine)
        assert [s.event for s in mine[:-1] if s.event in ("gone", "merged")] == []
        last, silent = np.empty(0, dtype=np.int32), 0
        for s in mine:
            assert bool(len(s.accounts)) == (s.event not in ("dormant", "merged", "gone"))
            if s.event == "dormant":
                silent += 1
                assert silent <= dormant
            elif len(s.accounts):
                assert (s.joined, s.left) == (
                    len(np.setdiff1d(s.accounts, last)),
                    len(np.setdiff1d(last, s.accounts)),
                )
                assert (s.event == "back") == (silent > 0)
                last, silent = s.accounts, 0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 3 * 10**15), min_size=1, max_size=20), st.floats(0.05, 400))
def test_periods_cover_the_span_and_keep_to_their_number(times, days):
    times = np.array(times, dtype=np.int64)
    periods = cut(times, Config(period=days))
    inside = np.array([periods.mask(times, k) for k in range(len(periods))])
    assert (inside.sum(axis=0) == 1).all()
    assert len(periods) <= MOST + 1
    if times.max() - times.min() >= FEWEST * LENGTHS[0]:
        assert len(periods) >= FEWEST


def test_a_length_that_fits_is_kept_and_steps_may_overlap():
    times = np.array([0, 70 * 86_400_000_000], dtype=np.int64) + 3_600_000_000
    weeks = cut(times, CONFIG)
    assert (len(weeks), weeks.length, weeks.start[0]) == (11, 7 * 86_400_000_000, 0)
    sliding = cut(times, Config(period=14, period_step=7))
    assert len(sliding) == 11
    assert sliding.mask(times, 0).tolist() == [True, False]
    assert sliding.mask(times[1:], 9).tolist() == sliding.mask(times[1:], 10).tolist() == [True]
    assert cut(times[:1], CONFIG).length == LENGTHS[0]
    assert len(cut(times[:0], CONFIG)) == 0


def test_planted_groups_begin_merge_and_stop_when_they_were_told_to():
    """A acts from week 0 on, B from week 2; from week 5 both on the same orders, and after week 7 nobody does."""
    rng = np.random.default_rng(5)
    parts, thing = [], 1_000
    for week in range(10):
        orders = {"a": week < 5, "b": 2 <= week < 5, "both": 5 <= week < 8}
        for who, acting in orders.items():
            members = {"a": range(12), "b": range(12, 20), "both": range(20)}[who]
            for _ in range(8 if acting else 0):
                moment = (7 * week + rng.uniform(0, 6.9)) * DAY
                for account in members:
                    parts.append((account, thing, moment + rng.uniform(0, 20)))
                thing += 1
    crowd = [
        (int(rng.integers(20, 400)), int(rng.integers(0, 900)), rng.uniform(0, 70 * DAY))
        for _ in range(4_000)
    ]
    account, objects, time = np.array(parts + crowd).T
    uses = as_uses(account.astype(int), objects.astype(int), time, 400)
    members = np.zeros(400, dtype=bool)
    members[:20] = True
    periods = cut(uses.time, CONFIG)
    assert len(periods) == 10
    traces = {t.name: t for t in choose(("reshare",))}
    found = communities_of({"reshare": uses}, traces, members, periods, CONFIG, 1.0)
    steps = follow(found, CONFIG)
    assert [(s.period, s.event, len(s.accounts)) for s in steps if s.life == 0] == [
        (0, "there", 12), *[(week, "steady", 12) for week in range(1, 5)], (5, "grown", 20), (6, "steady", 20),
        (7, "steady", 20), (8, "dormant", 0), (9, "dormant", 0),
    ]  # fmt: skip
    assert [(s.period, s.event, len(s.accounts)) for s in steps if s.life == 1] == [
        (2, "born", 8), (3, "steady", 8), (4, "steady", 8), (5, "merged", 0),
    ]  # fmt: skip
    assert {s.life for s in steps} == {0, 1}


SETS = st.lists(
    st.sets(st.integers(0, 12), max_size=8).map(lambda one: np.array(sorted(one), np.int32)), max_size=6
)


@given(SETS, SETS)
def test_what_sets_have_in_common_is_found_without_comparing_all(sets, others):
    held = _Held(sets)
    for one in others:
        both = [(k, len(np.intersect1d(one, each))) for k, each in enumerate(sets)]
        assert list(held.common(one)) == [(k, count) for k, count in both if count]
