"""Wagers, false-discovery rates and parts, each against its definition."""

from __future__ import annotations

import math
from itertools import chain, combinations, product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.confirm import tested
from chorusline.confirm.betting import ODDS, log_payoff, log_ratios
from chorusline.confirm.errors import closed_e_bh, e_benjamini_hochberg, q_values
from chorusline.confirm.parts import part_of, split
from chorusline.traces import available
from chorusline.traces.base import Uses
from tests.world import as_uses

# Over a prime, so that none equals a threshold αk/n and rounding decides nothing.
P_VALUES = st.integers(1, 9_973).map(lambda k: (k - 0.5) / 9_973)
CHANCES = st.lists(st.floats(0.001, 1.0), min_size=1, max_size=8)


def trials_of(by, hit, chance) -> tested.Tested:
    by, hit, chance = np.array(by), np.array(hit, dtype=bool), np.array(chance, dtype=float)
    nothing = np.full(len(by), -1)
    return tested.Tested.of(by, np.arange(len(by)), hit, chance, nothing, chance)


def payoff(hits, chances, belief) -> float:
    ratios = log_ratios(trials_of([7] * len(hits), hits, chances))
    return math.exp(log_payoff(belief[None], ratios)[0])


@settings(max_examples=100, deadline=None)
@given(CHANCES, st.lists(st.floats(-5, 5), min_size=len(ODDS), max_size=len(ODDS)), st.floats(0, 1))
def test_a_wager_is_fair_and_less_than_fair_where_the_chance_is_lower(chances, belief, lower):
    def mean(true):
        return sum(
            math.prod(p if x else 1 - p for p, x in zip(true, hits, strict=True))
            * payoff(hits, chances, np.array(belief))
            for hits in product((False, True), repeat=len(chances))
        )

    assert mean(chances) == pytest.approx(1.0)
    assert mean([p * lower for p in chances]) <= 1 + 1e-9


def test_wagers_in_a_row_pay_what_one_wager_on_all_of_them_pays():
    hits, chances = [True, False, True, True, False], [0.1, 0.2, 0.05, 0.3, 0.1]
    first = log_ratios(trials_of([0, 0], hits[:2], chances[:2]))
    second = log_ratios(trials_of([0, 0, 0], hits[2:], chances[2:]))
    start = np.zeros((1, len(ODDS)))
    in_a_row = log_payoff(start, first) + log_payoff(start + first, second)
    assert in_a_row == pytest.approx(log_payoff(start, first + second))
    by_hand = np.mean(
        [
            math.prod((t if x else 1) / (1 - p + p * t) for x, p in zip(hits, chances, strict=True))
            for t in ODDS
        ]
    )
    assert np.exp(in_a_row) == pytest.approx(by_hand)


def test_trials_are_added_up_by_account():
    found = trials_of([3, 0, 3, 3, 0], [True, True, False, True, False], [0.5, 0.1, 0.5, 0.5, 1.0])
    assert found.account.tolist() == [0, 3]
    assert found.trials.tolist() == [2, 3]
    assert found.observed.tolist() == [1, 2]
    assert found.expected.tolist() == pytest.approx([1.1, 1.5])
    assert found.potential.tolist() == pytest.approx([-math.log(0.1), -3 * math.log(0.5)])
    assert found.account[found.owner].tolist() == [3, 0, 3, 3, 0]
    # What everybody does says nothing, whether it succeeds or not.
    assert log_ratios(trials_of([0], [True], [1.0])) == pytest.approx(np.zeros((1, len(ODDS))))
    assert len(tested.Tested.empty().account) == 0
    assert log_ratios(tested.Tested.empty()).shape == (0, len(ODDS))


@settings(max_examples=100, deadline=None)
@given(st.lists(P_VALUES, min_size=1, max_size=30), st.sampled_from([0.01, 0.05, 0.3]))
def test_rates_are_controlled_as_defined(p, alpha):
    e, n = 1 / np.array(p), len(p)
    falling = np.sort(e)[::-1]
    k = max((k for k in range(1, n + 1) if falling[k - 1] >= n / (alpha * k) * (1 - 1e-12)), default=0)
    assert int((e_benjamini_hochberg(e) <= alpha * (1 + 1e-12)).sum()) == (
        int((e >= falling[k - 1]).sum()) if k else 0
    )


def may_be_named(e, r: int, alpha: float) -> bool:
    """Whether the r largest may be named: every set S that could be the innocents, one after the other."""
    top = set(np.argsort(-e, kind="stable")[:r].tolist())
    everybody = range(len(e))
    return all(
        e[list(s)].mean() >= len(top & set(s)) / (alpha * r) - 1e-9
        for s in chain.from_iterable(combinations(everybody, k) for k in range(1, len(e) + 1))
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 0.3, 1.0, 7.0, 11.0, 19.0, 23.0, 60.0, 1e9]), min_size=1, max_size=8),
    st.sampled_from([0.05, 0.1, 0.3]),
)
def test_closed_e_bh_names_the_largest_set_that_no_set_of_innocents_speaks_against(values, alpha):
    e = np.array(values)
    expected = max((r for r in range(1, len(e) + 1) if may_be_named(e, r, alpha)), default=0)
    assert closed_e_bh(e, alpha) == expected
    assert expected >= (e_benjamini_hochberg(e) <= alpha * (1 - 1e-9)).sum()
    q = q_values(e, alpha)
    assert (q <= alpha).sum() >= expected
    assert (q <= e_benjamini_hochberg(e)).all()
    assert (np.diff(q[np.argsort(-e, kind="stable")]) >= -1e-12).all()


def test_overwhelming_evidence_doesn_t_make_others_harder_to_name():
    e = np.r_[np.full(80, 1e300), 120.0, np.full(20, 0.5)]
    assert (e_benjamini_hochberg(e) <= 0.01).sum() == 80
    assert closed_e_bh(e, 0.01) == 81


def every_bar(e, rate: float) -> int:
    """Closed e-BH as it is defined, with all bars of all r looked at."""
    rising = np.sort(np.minimum(e, 1e15))
    n, below = len(e), np.concatenate([[0.0], np.cumsum(rising)])
    for r in range(n, 0, -1):
        bar = np.arange(1, r + 1) / (rate * r)
        others = np.minimum(np.searchsorted(rising, bar), n - r)
        spare = below[n - r + 1 :] - below[n - r] - np.arange(1, r + 1) * bar + below[others] - others * bar
        if rising[n - r] * r >= 1 / rate and (spare >= -1e-9 * bar).all():
            return r
    return 0


@pytest.mark.parametrize("seed", range(12))
def test_closed_e_bh_of_many_accounts_against_all_bars(seed):
    """What spoke against one number is tried first against the next; the answer is that of trying all."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(100, 600))
    e = np.exp(rng.normal(0, 2, n) + 6 * (rng.random(n) < rng.choice([0.0, 0.1, 0.6])))
    for rate in (0.001, 0.01, 0.05, 0.2):
        assert closed_e_bh(e, rate) == every_bar(e, rate)


@pytest.mark.parametrize("parts", [2, 6, 7])
def test_parts_are_seeded_balanced_and_don_t_move(parts):
    names = pa.array([f"object {k}" for k in range(6_000)])
    part = part_of(names, parts, 3, 0, "text")
    share = np.bincount(part, minlength=parts) / len(names)
    assert len(share) == parts
    assert share == pytest.approx(np.full(parts, 1 / parts), abs=0.03)
    assert (part_of(names.slice(1000, 50), parts, 3, 0, "text") == part[1000:1050]).all()


@pytest.mark.parametrize("name", [*available(), "a trace with a long name"])
def test_seeds_splits_and_traces_divide_independently(name):
    objects = pa.array([f"object {k}" for k in range(2_000)])
    ours = part_of(objects, 2, 0, 0, name)
    keys = [(seed, 0, name) for seed in (1, 2, 10, 1_000)] + [(0, k, name) for k in (1, 2, 3)]
    keys += [(0, 0, other) for other in available() if other != name]
    for key in keys:
        assert 0.45 < (part_of(objects, 2, *key) == ours).mean() < 0.55, key
    # The second split of one seed is not the first of the next.
    assert 0.45 < (part_of(objects, 2, 0, 1, name) == part_of(objects, 2, 1, 0, name)).mean() < 0.55


@pytest.mark.parametrize("seed", range(5))
def test_a_post_is_in_the_part_of_its_leading_object(seed):
    """Against a loop over posts: first trace that has an object of several accounts, first such object in it."""
    rng = np.random.default_rng(seed)
    traces = {name: available()[name] for name in ("hashtag", "link", "near-text")}
    uses, n = {}, 60
    for name in traces:
        action = np.sort(rng.integers(0, n, 70))  # some posts have several objects, some none
        made = as_uses(action % 13, rng.integers(0, 25, 70), action * 1.0, 13)
        uses[name] = Uses(made.account, made.object, made.time, made.time // 1_000_000, made.objects, 13)
    of = {name: part_of(here.objects, 4, 0, 1, name)[here.object] for name, here in uses.items()}
    users = {
        name: [
            len({a for a, o in zip(here.account, here.object, strict=True) if o == own})
            for own in here.object
        ]
        for name, here in uses.items()
    }
    order = sorted(uses, key=lambda name: traces[name].precedence)

    def leading(post: int) -> int:
        for several in (True, False):
            for name in order:
                for p in np.flatnonzero(uses[name].action == post).tolist():
                    if (users[name][p] > 1) == several:
                        return int(of[name][p])
        raise AssertionError

    found = split(uses, traces, 4, 0, 1)
    for name, here in uses.items():
        for p, part in enumerate(found[name].tolist()):
            post = leading(int(here.action[p]))
            assert part == (post if users[name][p] == 1 or of[name][p] == post else -1)


def test_an_outcome_keeps_the_uses_of_its_trials_alone():
    uses = as_uses(np.array([4, 2, 3, 1, 0]), np.array([0, 0, 1, 1, 2]), np.arange(5.0), 5)
    by, hit, chance = np.array([2, 1]), np.array([True, False]), np.array([0.1, 0.2])
    found = tested.Tested.of(by, np.array([1, 3]), hit, chance, np.array([0, -1]), chance)
    kept, alone = found.alone(uses)
    assert kept.account.tolist() == [4, 2, 1]
    assert alone.use.tolist() == [1, 2]
    assert alone.partner.tolist() == [0, -1]
    assert kept.account[alone.use].tolist() == uses.account[found.use].tolist()
    assert (alone.chance == found.chance).all()


def test_neither_object_nor_post_is_in_two_parts():
    rng = np.random.default_rng(1)
    n = 3000
    text = as_uses(rng.integers(0, 50, n), rng.integers(0, 2_000, n), np.arange(n, dtype=float), 50)
    tag = as_uses(rng.integers(0, 50, n), rng.integers(0, 40, n), np.arange(n, dtype=float), 50)
    uses = {"hashtag": tag, "text": text}
    parts = split(uses, available(), 3, seed=2, number=0)
    posts: dict[int, set[int]] = {}
    for name, here in uses.items():
        users = {o: set(here.account[here.object == o].tolist()) for o in set(here.object.tolist())}
        for part in range(3):
            common = set(here.object[parts[name] == part]) & set(here.object[parts[name] > part])
            assert not any(len(users[o]) > 1 for o in common)
        for action, part in zip(here.action.tolist(), parts[name].tolist(), strict=True):
            if part >= 0:
                posts.setdefault(action, set()).add(part)
    assert all(len(found) == 1 for found in posts.values())
    assert (parts["text"] >= 0).all()  # the text leads where anybody else wrote it, and else belongs anywhere
    shared = np.array([len(set(text.account[text.object == o])) > 1 for o in text.object])
    unshared_posts = set(text.action[~shared].tolist())
    leads = np.array([a in unshared_posts for a in tag.action.tolist()])
    assert (parts["hashtag"][leads] >= 0).all()
    assert 0.25 < (parts["hashtag"][~leads] >= 0).mean() < 0.42
