"""An event is no habit: days of agreement, against plain loops, and an honest crowd beside an operation."""

from __future__ import annotations

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from chorusline.confirm import tested
from chorusline.confirm.days import effective_days, habitual
from chorusline.confirm.wagers import promise
from chorusline.traces.base import Uses

DAY = 86_400_000_000
CHANCE = 0.1
"""Of every trial that tells anything."""


def as_material(trials, n_accounts):
    """Uses and trials from rows of (account, day, place of the partner's row or None)."""
    account = np.array([row[0] for row in trials], np.int32)
    time = np.array([row[1] for row in trials], np.int64) * DAY + 5
    partner = np.array([-1 if row[2] is None else row[2] % len(trials) for row in trials], np.int64)
    hit = partner >= 0
    use = np.arange(len(trials))
    objects = np.zeros(len(trials), np.int32)
    uses = Uses(account, objects, time, use, np.array(["o"]), n_accounts)
    return uses, tested.Tested.of(
        account, use, hit, np.full(len(use), CHANCE), partner, np.full(len(use), CHANCE)
    )


def effective(counts: Counter) -> float:
    return sum(counts.values()) ** 2 / sum(h * h for h in counts.values()) if any(counts.values()) else 0.0


def loop(tests, doings, group, events, habit, group_habit):
    """The rule as docs/method.md says it."""
    hit, missed, active = {}, {}, Counter(set(doings))  # once a day, however much it did
    circle = {a: {a} for a in range(len(group))}
    for trials in tests:
        for a, day, other in trials:
            missed[a, day] = missed.get((a, day), 1.0) * (1 - CHANCE)
            if other is not None:
                hit[a, day] = 1.0
                b = trials[other % len(trials)][0]
                circle[a].add(b)
                circle[b].add(a)

    agreed = {key: hit.get(key, 0.0) - (1 - chance) for key, chance in missed.items()}

    def days_of(counts, whose):
        result = Counter()
        for (who, day), h in counts.items():
            if who in whose:
                result[day] += h
        return effective(Counter({day: max(h, 0.0) for day, h in result.items()}))

    result = []
    for a, g in enumerate(group):
        members = {b for b, h in enumerate(group) if h == g}
        together = days_of(agreed, members)
        whole = together > events and together >= group_habit * days_of(active, members)
        met = days_of(agreed, circle[a])
        own = met > 0 and met >= habit * days_of(active, circle[a])
        result.append(g >= 0 and whole and own)
    return result


rows = st.tuples(st.integers(0, 7), st.integers(0, 6), st.none() | st.integers(0, 99))
trials = st.lists(rows, min_size=1, max_size=40)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(trials, min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 9)), min_size=1, max_size=60),
    st.lists(st.integers(-1, 2), min_size=8, max_size=8),
    st.sampled_from([0.0, 1.2, 2.5]),
    st.sampled_from([0.0, 0.4, 1.0]),
    st.sampled_from([0.0, 0.3]),
)
def test_the_rule_is_the_loop(tests, doings, group, events, habit, group_habit):
    # Only members are tested, and only with members of their group.
    tests = [kept for given in tests if (kept := [row for row in given if group[row[0]] >= 0])]
    if not any(row[2] is not None for given in tests for row in given):
        return
    there, _ = as_material([(*doing, None) for doing in doings], 8)
    seen = [as_material(given, 8) for given in tests]
    found = habitual(seen, [there], np.array(group, np.int32), events, habit, group_habit)
    assert found.tolist() == loop(tests, doings, group, events, habit, group_habit)


def crowd(days_alone: int):
    """Accounts 0-4 agree on ten days; 5-9 on two, once with account 0, and act alone on `days_alone` more."""
    rows = [[a, d, None] for d in range(10) for a in range(5)]
    rows += [[a, d, None] for d in (3, 4) for a in range(5, 10) for _ in range(9)]
    place = {}
    for k, (a, d, _) in enumerate(rows):
        place.setdefault((a, d), k)
    for row in rows:
        a, d, _ = row
        low = 0 if a < 5 else 5
        row[2] = place[low + (a - low + 1) % 5, d]
    rows[place[5, 3]][2] = place[0, 3]
    return [*rows, *([a, 20 + d, None] for d in range(days_alone) for a in range(5, 10) for _ in range(9))]


@pytest.mark.parametrize(("days_alone", "carried"), [(0, True), (1, True), (4, False), (12, False)])
def test_a_crowd_is_not_carried_by_the_operation_beside_it(days_alone, carried):
    """In one group, which has agreed on many days: the operation is a habit, the crowd with a life of its own not."""
    uses, found_of = as_material(crowd(days_alone), 10)
    found = habitual([(uses, found_of)], [uses], np.zeros(10, np.int32), 3.0, 0.5, 0.1)
    assert found[:5].all()
    # Account 5 agreed with the operation once, so it is in a circle with one of its members.
    assert (found[6:] == carried).all()


@pytest.mark.parametrize("weeks", [4, 13, 52])
def test_a_crowd_that_meets_every_week_is_no_habit_however_long_one_looks(weeks):
    meeting = [(a, 7 * w, (a + 1) % 6 + 6 * w) for w in range(weeks) for a in range(6)]
    uses, found_of = as_material(meeting, 6)
    alone, _ = as_material([(a, d, None) for d in range(7 * weeks) for a in range(6)], 6)
    group = np.zeros(6, np.int32)
    assert not habitual([(uses, found_of)], [alone], group, 3.0, 0.5, 0.3).any()
    # Where nothing is known of the other days it can't be told from a habit.
    assert habitual([(uses, found_of)], [uses], group, 3.0, 0.5, 0.3).all()


def test_trials_of_which_nothing_is_known_take_nothing_back():
    """Another test, of an object that no outsider used, so that its chance is 1, beside one that tells all."""
    uses, agreement = as_material(
        [(a, day, k ^ 1) for k, (day, a) in enumerate(product(range(8), (0, 1)))], 2
    )
    one = np.ones(len(uses))
    unknown = tested.Tested.of(
        uses.account, np.arange(len(uses)), one > 0, one, np.arange(len(uses)) ^ 1, one
    )
    group = np.zeros(2, np.int32)
    assert habitual([(uses, agreement)], [uses], group, 4.0, 0.33, 0.25).all()
    assert habitual([(uses, agreement), (uses, unknown)], [uses], group, 4.0, 0.33, 0.25).all()
    assert not habitual([(uses, unknown)], [uses], group, 4.0, 0.33, 0.25).any()


def test_nothing_tested_is_no_habit():
    uses, found_of = as_material([(0, 1, None), (1, 2, None)], 3)
    assert not habitual([(uses, found_of)], [uses], np.zeros(3, np.int32), 0.0, 0.0, 0.0).any()
    assert not habitual([], [uses], np.zeros(3, np.int32), 0.0, 0.0, 0.0).any()


@given(trials, st.lists(st.integers(-1, 2), min_size=8, max_size=8))
def test_promise_is_the_share_of_the_groups_trials_that_agreed(given_trials, group):
    kept = [row for row in given_trials if group[row[0]] >= 0]
    if not kept:
        return
    found = promise(*as_material(kept, 8), np.array(group, np.int32))
    for a, g in enumerate(group):
        mine = [other is not None for b, _, other in kept if group[b] == g]
        assert found[a] == pytest.approx((1 + sum(mine)) / (1 + len(mine)) if g >= 0 else 1.0)


def test_effective_days():
    counts = csr_matrix(np.array([[2, 2, 0, 0], [9, 0, 0, 0], [0, 0, 0, 0], [3, 1, 0, 0]]))
    assert effective_days(counts).tolist() == [2.0, 1.0, 0.0, 1.6]
