"""From uses to chances and evidence, each step again in slow Python written from its description."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.confirm.content import NEIGHBOUR_PRIOR, content_test
from chorusline.confirm.errors import e_value
from chorusline.confirm.folds import fold_of, split
from chorusline.confirm.synchrony import synchrony_test
from chorusline.confirm.tails import poisson_binomial_tail
from chorusline.traces import available
from chorusline.traces.base import Uses
from tests.confirm.test_tests_against_loops import GROUP, ROWS, by_object, slow_trials, uses_of
from tests.world import world

DAY = 86_400
KAPPA = 3.0


def slow_class(uses: Uses, place: int, wide: int) -> tuple[int, int]:
    """Log delay, and log of the other members' uses within L."""
    at, me, o = int(uses.time[place]) // 1_000_000, int(uses.account[place]), int(uses.object[place])
    rows = by_object(uses)[o]
    present = sum(1 for t, a, _ in rows if GROUP[a] == GROUP[me] and a != me and abs(t - at) <= wide)
    return int(math.log2(at - rows[0][0] + 5)), int(math.log2(max(present, 1)))


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from([1, 3, 8]), st.sampled_from([8, 20, 100]))
def test_chances_of_synchrony(rows, window, wide):
    uses = uses_of(rows)
    trials = slow_trials(uses, window, wide)
    found = synchrony_test(uses, GROUP, window, wide, KAPPA)
    assert sorted(found.use.tolist()) == sorted(trials)
    owner = {p: int(GROUP[uses.account[p]]) for p in trials}
    cell = {p: (owner[p], *slow_class(uses, p, wide)) for p in trials}
    overall = (sum(m for _, _, m in trials.values()) + 1) / (sum(n for _, n, _ in trials.values()) + 1)

    def pooled(key, value, prior):
        n = sum(trials[q][1] for q in trials if key[q] == value)
        m = sum(trials[q][2] for q in trials if key[q] == value)
        return (m + KAPPA * prior) / (n + KAPPA)

    chance = {}
    for p, (_, n, m) in trials.items():
        rate = pooled(cell, cell[p], pooled(owner, owner[p], overall))
        chance[p] = (m + KAPPA * rate) / (n + KAPPA)
    for p, c in zip(found.use.tolist(), found.chance.tolist(), strict=True):
        assert c == pytest.approx(chance[p])
    for account in range(len(GROUP)):
        mine = [p for p in sorted(trials) if uses.account[p] == account]
        hits = sum(trials[p][0] for p in mine)
        tail = poisson_binomial_tail(np.array([chance[p] for p in mine] or [0.5]), hits)
        assert found.trials[account] == len(mine)
        assert found.observed[account] == hits
        assert found.p[account] == pytest.approx(tail)
        assert found.potential[account] == pytest.approx(-sum(math.log(chance[p]) for p in mine))


DAYS = st.lists(
    st.tuples(st.integers(0, len(GROUP) - 1), st.integers(0, 5), st.integers(0, 12)),
    min_size=2, max_size=50, unique=True,
)  # fmt: skip


def spread(rows) -> Uses:
    """Uses every 8 hours, so that a few days come together."""
    return uses_of([(a, o, t * DAY // 3) for a, o, t in rows])


def slow_shared(uses: Uses, g: int, span: int) -> set[tuple[int, int]]:
    """(object, account) of each account that used an object within `span` of another account of the group."""
    return {
        (o, a)
        for o, rows in by_object(uses).items()
        for (t, a, _), (u, b, _) in product(rows, rows)
        if GROUP[b] == g and a != b and abs(t - u) <= span
    }


def slow_rate(uses: Uses, g: int, span: int, discovery: Uses | None) -> float:
    first: dict = {}
    for o, rows in by_object(uses).items():
        for t, a, _ in rows:
            first.setdefault((o, a), t // DAY)
    shared = {(o, a) for o, a in slow_shared(uses, g, span) if GROUP[a] != g}
    active = {day for (_, a), day in first.items() if GROUP[a] == g}
    outside = sum(1 for (_, a), day in first.items() if GROUP[a] != g and day in active)
    rate = min(1.0, (1 + len(shared)) / (1 + max(outside, len(shared))))
    if discovery is None:
        return rate
    near = {a for _, a in slow_shared(discovery, g, span) if GROUP[a] != g}
    theirs = sum(1 for _, a in first if a in near)
    again = sum(1 for _, a in shared if a in near)
    return max(rate, (again + NEIGHBOUR_PRIOR * rate) / (theirs + NEIGHBOUR_PRIOR))


@settings(max_examples=200, deadline=None)
@given(DAYS, st.none() | DAYS, st.sampled_from([1, DAY // 3, DAY]))
def test_chances_of_content(rows, before, span):
    uses = spread(rows)
    discovery = None if before is None else spread(before)
    found = content_test(uses, GROUP, span, discovery)
    users = {o: {a for _, a, _ in here} for o, here in by_object(uses).items()}
    expected = {}
    for g in (0, 1):
        rate = slow_rate(uses, g, span, discovery)
        shared = slow_shared(uses, g, span)
        for o, using in users.items():
            for a in using:
                if GROUP[a] == g:
                    hit = (o, a) in shared
                    outside = sum(GROUP[b] != g for b in using) / max(len(using) - 1, 1)
                    expected[o, a] = (hit, max(rate, outside) if hit else rate)
    result = {
        (int(uses.object[p]), int(uses.account[p])): (bool(h), pytest.approx(c))
        for p, h, c in zip(found.use, found.hit, found.chance, strict=True)
    }
    assert result == expected
    for account in range(len(GROUP)):
        mine = [value for (_, a), value in sorted(expected.items()) if a == account]
        tail = poisson_binomial_tail(np.array([c for _, c in mine] or [0.5]), sum(h for h, _ in mine))
        assert found.p[account] == pytest.approx(tail)


@settings(max_examples=200, deadline=None)
@given(DAYS, st.sampled_from([1, DAY // 3, DAY]))
def test_the_two_posts_shown_are_the_closest_of_all(rows, span):
    uses = spread(rows)
    found = content_test(uses, GROUP, span)
    for p, q, hit in zip(found.use.tolist(), found.partner.tolist(), found.hit.tolist(), strict=True):
        if hit:
            a, here = int(uses.account[p]), by_object(uses)[int(uses.object[p])]
            lags = [
                abs(t - u) for t, b, _ in here if b == a for u, c, _ in here if c != a and GROUP[c] == GROUP[a]
            ]  # fmt: skip
            assert abs(uses.time[p] - uses.time[q]) == min(lags) * 1_000_000
            assert min(lags) <= span


@settings(max_examples=100, deadline=None)
@given(DAYS, st.sampled_from([DAY // 3, DAY]))
def test_content_off_the_wire_is_content_without_those_objects(rows, wire):
    uses = spread(rows)
    kept = [
        o for o, here in by_object(uses).items()
        if len({a for _, a, _ in here}) < 2 or here[-1][0] - here[0][0] > wire
    ]  # fmt: skip
    found = content_test(uses, GROUP, DAY, wire=float(wire))
    alone = content_test(uses.keep(np.isin(uses.object, kept)), GROUP, DAY)
    assert (found.p == alone.p).all()
    assert set(uses.object[found.use].tolist()) <= set(kept)
    shared = found.partner >= 0
    assert (found.hit == shared).all()
    assert (uses.object[found.partner[shared]] == uses.object[found.use[shared]]).all()


@pytest.fixture(scope="module")
def planted():
    return world(21, accounts=3_000, actions=20_000, interests=10, fans=60, planted=40)


def confirmed(uses: dict[str, Uses], config: Config):
    traces = {name: available()[name] for name in uses}
    n = next(iter(uses.values())).n_accounts
    return confirm(uses, traces, config, n_accounts=n, resolution=1e-6)


def test_evidence_is_combined_as_described(planted):
    config = Config(splits=2)
    found = confirmed({"reshare": planted.uses()}, config)
    n = len(planted.kind)
    evidence, counts, had = np.zeros(n), np.zeros((3, n)), np.zeros(n)
    for number in range(2):
        here = [o for o in found.outcomes if o.split == number]
        assert {(o.fold, o.test) for o in here} == set(product((0, 1), ("synchrony", "content")))
        weights = np.array([np.where(o.counted, o.tested.potential, 0.0) for o in here])
        e = np.array([e_value(o.tested.p) for o in here])
        for a in range(n):
            w = weights[:, a]
            evidence[a] += (w @ e[:, a]) / w.sum() if w.sum() > 0 else 1.0
        figures = [(o.tested.trials, o.tested.observed, o.tested.expected) for o in here]
        sums = sum(np.where(o.counted, np.stack(f), 0.0) for o, f in zip(here, figures, strict=True))
        counts += sums
        had += sums[0] > 0
    assert found.e_value == pytest.approx(evidence / 2)
    assert np.stack([found.held_out, found.observed, found.expected]) == pytest.approx(
        counts / np.maximum(had, 1)
    )
    assert (found.tested == (found.proposed & (found.held_out >= config.min_held_out))).all()
    ranked = np.sort(found.e_value[found.tested])[::-1]
    enough = [e for k, e in enumerate(ranked, 1) if e >= len(ranked) / (config.fdr * k)]
    assert enough
    expected = found.tested & (found.e_value >= enough[-1]) & (found.observed >= config.min_observed)
    assert (found.named == expected).all()
    assert found.named[planted.kind == "planted"].mean() > 0.9


def test_a_proposal_knows_nothing_of_what_it_is_tested_on(planted):
    uses, config = planted.uses(), Config(splits=1)
    fold = split({"reshare": uses}, available(), config.seed)["reshare"]
    # Every account of the held-out half is exchanged; the groups proposed on the other half must not notice.
    account = uses.account.copy()
    account[fold == 1] = np.random.default_rng(0).permutation(account[fold == 1])
    other = Uses(account, uses.object, uses.time, uses.action, uses.objects, uses.n_accounts)
    one, two = (confirmed({"reshare": u}, config) for u in (uses, other))
    assert (one.proposals[0, 0].group == two.proposals[0, 0].group).all()
    assert (one.proposals[0, 1].group != two.proposals[0, 1].group).any()
    # And with nothing left but chance in it, the held-out half confirms nobody.
    mine = [o for o in two.outcomes if o.fold == 1 and o.test == "synchrony"]
    assert max(e_value(o.tested.p).max() for o in mine) < 1 / config.fdr


def test_every_split_is_another_one(planted):
    found = confirmed({"reshare": planted.uses()}, Config(splits=2))
    halves = defaultdict(set)
    for outcome in found.outcomes:
        halves[outcome.split, outcome.fold].add(frozenset(outcome.uses.object.tolist()))
    assert all(len(seen) == 1 for seen in halves.values())
    for number in (0, 1):
        (one,), (two,) = halves[number, 0], halves[number, 1]
        assert not one & two
    assert halves[0, 0] != halves[1, 0] != halves[0, 1]


@pytest.mark.parametrize("name", [*available(), "a trace with a long name"])
def test_seeds_and_traces_split_independently(name):
    objects = pa.array([f"object {k}" for k in range(2_000)])
    ours = fold_of(objects, 0, name)
    for seed in (1, 2, 3, 10, 100, 1_000):
        assert 0.45 < (fold_of(objects, seed, name) == ours).mean() < 0.55
    for other in available():
        if other != name:
            assert 0.45 < (fold_of(objects, 0, other) == ours).mean() < 0.55


def test_days_and_the_core_gate_what_counts(planted):
    strict = confirmed({"reshare": planted.uses()}, Config(events=1_000.0))
    assert not strict.named.any()
    assert (strict.e_value == 1).all()
    assert not strict.tested.any()
    nobody = confirmed({"reshare": planted.uses()}, Config(core=10_000))
    assert not any(o.counted.any() for o in nobody.outcomes if o.test == "content")
    assert any(o.counted.any() for o in nobody.outcomes if o.test == "synchrony")
