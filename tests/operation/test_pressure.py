"""Who keeps at a target against plain loops, and the stratified test against every way of drawing members."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import scipy.sparse as sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.operation.pressure import (
    KEPT_DAYS,
    KEPT_SPAN,
    activity,
    at_least,
    interest,
    kept,
    likeness,
    pressure,
)
from tests.world import DAY, as_uses

rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 12)), max_size=60)


@given(rows)
def test_keeping_at_it_is_what_a_loop_finds(made):
    account, target, day = (np.array(column, dtype=np.int64) for column in zip(*made, strict=True)) if made else (
        np.empty(0, np.int64),) * 3  # fmt: skip
    found = set(zip(*(column.tolist() for column in kept(account, target, day)), strict=True))
    expected = set()
    for pair in {(a, t) for a, t, _ in made}:
        days = sorted({d for a, t, d in made if (a, t) == pair})
        if len(days) >= KEPT_DAYS and days[-1] - days[0] >= KEPT_SPAN:
            expected.add(pair)
    assert found == expected
    assert activity(account, day, 4).tolist() == [len({d for a, _, d in made if a == k}) for k in range(4)]


classes = st.lists(
    st.integers(1, 5).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(0, n))),
    min_size=1, max_size=2,
)  # fmt: skip


@given(classes, st.integers(0, 6))
@settings(deadline=None)
def test_the_chance_counts_every_way_of_drawing_members(made, k):
    """made : accounts, members and keepers of each class; keepers are its first accounts."""
    ways = [
        [sum(place < keepers for place in chosen) for chosen in combinations(range(n), members)]
        for n, members, keepers in made
    ]
    drawn = [sum(way) for way in product(*ways)]
    of_all, of_members, keepers = (np.array(column) for column in zip(*made, strict=True))
    assert np.isclose(at_least(k, of_all, of_members, keepers), np.mean([x >= k for x in drawn]))


def _world(seed: int, members: int, keeping: int):
    """Forty days of 600 accounts, of whom some keep at one of 40 targets, and members: `keeping` do at the last."""
    rng = np.random.default_rng(seed)
    n = 600 + members
    often = rng.integers(1, 15, n)
    account = np.repeat(np.arange(n), often)
    day = rng.integers(0, 40, len(account)).astype(float)
    favourite = (40 * rng.random(n) ** 2).astype(int)
    loyal = rng.random(len(account)) < 0.5
    target = np.where(loyal, favourite[account], (40 * rng.random(len(account)) ** 2).astype(int))
    more = np.repeat(np.arange(600, 600 + keeping), 6)
    account = np.concatenate((account, more))
    target = np.concatenate((target, np.full(len(more), 39)))
    day = np.concatenate((day, np.tile([2.0, 9, 15, 22, 30, 37], keeping)))
    return as_uses(account, target, day * DAY + 3600, n)


def test_members_who_do_as_others_do_are_within_the_rate():
    """Members drawn blindly: p-values are no smaller than chance makes them."""
    small = tested = 0
    for seed in range(30):
        uses = _world(seed, 60, 0)
        inside = np.random.default_rng(seed).random(uses.n_accounts) < 0.1
        found = pressure(uses, inside, ~inside)
        small += int((found.p[found.tested] <= 0.05).sum())
        tested += int(found.tested.sum())
    assert tested > 500
    assert small / tested <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / tested)


def test_members_who_keep_at_one_target_are_found():
    uses = _world(1, 40, 20)
    inside = np.arange(uses.n_accounts) >= 600
    found = pressure(uses, inside, ~inside)
    assert found.members[39] >= 20
    assert found.members[39] > 2 * found.expected[39]
    assert found.p[39] < 1e-6
    assert (found.p[:39] > 1e-4).all()
    assert (np.isnan(found.expected) == (found.members == 0)).all()


def test_those_who_are_neither_are_left_out_and_nobody_to_compare_with_shows_nothing():
    uses = _world(2, 40, 20)
    inside = np.arange(uses.n_accounts) >= 600
    alone = pressure(uses, inside, np.zeros_like(inside))
    assert (alone.p >= 1 - 1e-9).all()
    assert (alone.others == 0).all()
    some = pressure(uses, inside, np.arange(uses.n_accounts) < 100)
    assert (some.others <= 100).all()


def test_shared_interests_are_no_pressure():
    """Two circles that each keep at their own; members are drawn from one of them alone."""
    small = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        n = 400
        circle = np.arange(n) >= 200
        account = np.repeat(np.arange(n), rng.integers(5, 25, n))
        own = rng.integers(0, 10, len(account)) + 10 * circle[account]
        target = np.where(rng.random(len(account)) < 0.05, rng.integers(0, 20, len(account)), own)
        uses = as_uses(account, target, rng.integers(0, 40, len(account)) * DAY + 3600, n)
        inside = circle & (rng.random(n) < 0.2)
        found = pressure(uses, inside, ~inside)
        small += int((found.p[found.tested] < 0.001).sum())
    assert small <= 1


def test_interest_is_what_a_loop_finds():
    rng = np.random.default_rng(3)
    table = (rng.random((60, 50)) < 0.1).astype(float)
    who = np.flatnonzero(table[:, 7])
    outside = rng.random(60) < 0.7
    others = table * outside[:, None]
    popular = np.maximum(others.sum(axis=0), 1)
    like = likeness(sparse.csr_matrix(others), who, popular, 7)
    found = interest(sparse.csr_matrix(table), table.sum(axis=1), like, who)
    alike = [sum(others[a, t] for a in who) / popular[t] ** 0.5 if t != 7 else 0 for t in range(50)]
    for a in range(60):
        besides = [alike[t] for t in range(50) if table[a, t] and t != 7]
        assert np.isclose(found[a], np.mean(besides) if besides else 0)
