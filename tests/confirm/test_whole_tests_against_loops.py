"""From uses to chances and evidence, each step again in slow Python written from its description."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.confirm.betting import ODDS
from chorusline.confirm.confirmation import confirm
from chorusline.confirm.content import NEIGHBOUR_PRIOR, content_test
from chorusline.confirm.parts import split
from chorusline.confirm.synchrony import synchrony_test
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
        assert bool(mine) == (account in found.account)
        for t in np.flatnonzero(found.account == account):
            assert found.trials[t] == len(mine)
            assert found.observed[t] == sum(trials[p][0] for p in mine)
            assert found.expected[t] == pytest.approx(sum(chance[p] for p in mine))
            assert found.potential[t] == pytest.approx(-sum(math.log(chance[p]) for p in mine))


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


def slow_rate(uses: Uses, g: int, span: int, discovery: Uses | None, common: float | None = None) -> float:
    rate = slow_outsiders(uses, g, span, discovery)
    if common is None:
        return rate
    # Accounts in no group, one vote each: which part of what they use is shared with anybody?
    votes = []
    for a in range(len(GROUP)):
        mine = {o for o, rows in by_object(uses).items() if any(b == a for _, b, _ in rows)}
        if GROUP[a] < 0 and mine:
            pairs = {
                o for o in mine for (t, b, _), (u, c, _) in product(by_object(uses)[o], repeat=2)
                if b == a and c != a and abs(t - u) <= span
            }  # fmt: skip
            votes.append(len(pairs) / len(mine))
    return max(rate, common, (1 + sum(votes)) / (1 + len(votes)))


def slow_outsiders(uses: Uses, g: int, span: int, discovery: Uses | None) -> float:
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
@given(DAYS, st.none() | DAYS, st.sampled_from([1, DAY // 3, DAY]), st.sampled_from([None, 0.0, 0.6]))
def test_chances_of_content(rows, before, span, common):
    uses = spread(rows)
    discovery = None if before is None else spread(before)
    found = content_test(uses, GROUP, span, discovery, common=common)
    users = {o: {a for _, a, _ in here} for o, here in by_object(uses).items()}
    expected = {}
    for g in (0, 1):
        rate = slow_rate(uses, g, span, discovery, common)
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
    assert found.account.tolist() == sorted({a for _, a in expected})
    for t, account in enumerate(found.account.tolist()):
        mine = [value for (_, a), value in sorted(expected.items()) if a == account]
        assert found.trials[t] == len(mine)
        assert found.observed[t] == sum(h for h, _ in mine)
        assert found.expected[t] == pytest.approx(sum(c for _, c in mine))


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
    assert found.account.tolist() == alone.account.tolist()
    assert found.observed.tolist() == alone.observed.tolist()
    assert found.expected.tolist() == alone.expected.tolist()
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
    """By hand, account by account: stakes over odds, over tests, over parts, and the mean over splits."""
    config = Config(splits=2, parts=4)
    found = confirmed({"reshare": planted.uses()}, config)
    n = len(planted.kind)
    assert {(o.split, o.part, o.test) for o in found.outcomes} == set(
        product((0, 1), (1, 2, 3), ("synchrony", "content"))
    )
    evidence, counts, had = np.zeros(n), np.zeros((3, n)), np.zeros(n)
    for number in range(2):
        here = sorted((o for o in found.outcomes if o.split == number), key=lambda o: o.part)
        sums = np.zeros((3, n))
        for a in range(n):
            capital, won = 1.0, defaultdict(lambda: 1.0)
            belief = defaultdict(lambda: np.ones(len(ODDS)))
            for part in (1, 2, 3):
                stakes, pays = {}, {}
                for o in here:
                    if o.part != part or a not in o.tested.account:
                        continue
                    t = int(np.searchsorted(o.tested.account, a))
                    mine = o.tested.owner == t
                    hit, chance = o.tested.hit[mine], o.tested.chance[mine]
                    ratios = np.array(
                        [np.prod(np.where(hit, odds, 1.0) / (1 - chance + chance * odds)) for odds in ODDS]
                    )
                    pay = (belief[o.test] * ratios).sum() / belief[o.test].sum() if o.persistent[t] else 1.0
                    belief[o.test] = belief[o.test] * ratios
                    if not o.counted[t]:
                        pay = min(pay, 1.0)
                    assert math.exp(o.log_e[t]) == pytest.approx(pay)
                    if o.persistent[t]:
                        so_far = min(max(won[o.test], math.exp(-30)), math.exp(30))
                        stakes[o.test] = o.tested.potential[t] * o.promise[t] * so_far
                        pays[o.test] = pay
                    won[o.test] *= pay
                    if o.counted[t]:
                        sums[:, a] += (o.tested.trials[t], o.tested.observed[t], o.tested.expected[t])
                if sum(stakes.values()) > 0:
                    capital *= sum(stakes[k] * pays[k] for k in stakes) / sum(stakes.values())
            evidence[a] += capital
        counts += sums
        had += sums[0] > 0
    assert found.e_value == pytest.approx(evidence / 2, rel=1e-6)
    assert np.stack([found.held_out, found.observed, found.expected]) == pytest.approx(
        counts / np.maximum(had, 1)
    )
    ranked = np.sort(found.e_value[found.tested])[::-1]
    enough = [e for k, e in enumerate(ranked, 1) if e >= len(ranked) / (config.fdr * k)]
    assert enough
    expected = found.tested & (found.e_value >= enough[-1]) & (found.observed >= config.min_observed)
    assert (found.named == expected).all()
    assert found.named[planted.kind == "planted"].mean() > 0.9


def exchanged(uses: Uses, chosen: np.ndarray) -> Uses:
    """The uses with the accounts of those chosen exchanged at random."""
    account = uses.account.copy()
    account[chosen] = np.random.default_rng(0).permutation(account[chosen])
    return Uses(account, uses.object, uses.time, uses.action, uses.objects, uses.n_accounts)


def test_a_proposal_knows_nothing_of_what_it_is_tested_on(planted):
    uses, config = planted.uses(), Config(splits=1, parts=3)
    part = split({"reshare": uses}, available(), config.parts, config.seed, 0)["reshare"]
    one = confirmed({"reshare": uses}, config)
    # Every account of the last part is exchanged; the groups tested on it must not notice.
    last = confirmed({"reshare": exchanged(uses, part == 2)}, config)
    for k in (1, 2):
        assert (one.groups[0, k] == last.groups[0, k]).all()
    second = confirmed({"reshare": exchanged(uses, part == 1)}, config)
    assert (one.groups[0, 1] == second.groups[0, 1]).all()
    assert (one.groups[0, 2] != second.groups[0, 2]).any()

    # With nothing left but chance in it, the last part gives strong evidence to no more than chance allows.
    def strong(found):
        log_e = np.concatenate([o.log_e for o in found.outcomes if o.part == 2 and o.test == "synchrony"])
        assert len(log_e) > 300
        return np.mean(log_e >= math.log(20))

    assert strong(last) <= 1 / 20
    assert strong(one) > strong(last) + 0.03


def test_who_is_tested_hangs_on_trials_not_on_outcomes(planted):
    found = confirmed({"reshare": planted.uses()}, Config(splits=2, parts=3))
    tried = np.zeros(len(planted.kind))
    for o in found.outcomes:
        tried[o.tested.account] += o.tested.trials / 2
    assert (found.tested == ((found.proposed | found.drawn_in) & (tried >= Config().min_observed))).all()


def test_every_split_is_another_one(planted):
    found = confirmed({"reshare": planted.uses()}, Config(splits=2, parts=3))
    objects = defaultdict(set)
    for outcome in found.outcomes:
        objects[outcome.split, outcome.part].update(outcome.uses.object.tolist())
    for number in (0, 1):
        assert not objects[number, 1] & objects[number, 2]
    assert objects[0, 1] != objects[1, 1] != objects[0, 2]


def test_days_and_the_core_gate_what_counts(planted):
    strict = confirmed({"reshare": planted.uses()}, Config(events=1_000.0))
    assert not strict.named.any()
    assert (strict.e_value == 1).all()
    # What no rule on days keeps from being named is told apart from silence.
    assert (strict.few_days == confirmed({"reshare": planted.uses()}, Config()).named).all()
    assert not strict.held_out[~strict.few_days].any()
    assert (strict.observed[strict.few_days] >= 3).all()
    nobody = confirmed({"reshare": planted.uses()}, Config(core=10_000))
    assert not any(o.counted.any() for o in nobody.outcomes if o.test == "content")
    assert any(o.counted.any() for o in nobody.outcomes if o.test == "synchrony")
    # What doesn't count may speak against an account, never for it.
    assert all(o.log_e.max(initial=0) <= 0 for o in nobody.outcomes if o.test == "content")
    assert min(o.log_e.min(initial=0) for o in nobody.outcomes if o.test == "content") < 0
