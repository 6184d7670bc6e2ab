"""Discovery's figures against slow definitions on random input."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammainc

from chorusline.coaction import EDGE_SCHEMA
from chorusline.config import Config
from chorusline.network.discovery import discover, discovery_window
from chorusline.network.groups import Graph, Network, communities, fuse
from chorusline.network.layers import Layer, _benjamini_hochberg_cut, popularity_discount, propose
from chorusline.network.null import expected_coactions, poisson_tail
from chorusline.traces import available
from tests.world import as_uses, headlines

COUNTS = st.lists(st.integers(0, 50), min_size=2, max_size=30).filter(lambda k: sum(k) > 0)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 1_000))
def test_expectations_add_up_to_all_pairs(uses, pairs):
    k = np.array(uses, dtype=float)
    a, b = (side.ravel() for side in np.meshgrid(np.arange(len(k)), np.arange(len(k))))
    # Each unordered pair stands here twice, and an account with itself once.
    assert expected_coactions(k[a], k[b], k.sum(), pairs).sum() / 2 == pytest.approx(pairs)


@settings(deadline=None)
@given(st.integers(0, 40), st.floats(1e-6, 60))
def test_poisson_tail_is_the_incomplete_gamma_function(observed, expected):
    exact = 1.0 if observed == 0 else gammainc(observed, expected)
    assert poisson_tail(np.array([float(observed)]), np.array([expected]))[0] == pytest.approx(
        exact, rel=1e-9
    )


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=40), st.integers(0, 100), st.floats(0.001, 0.5))
def test_the_cut_is_that_of_a_loop(values, more, fdr):
    tests = len(values) + more
    passing = [p for k, p in enumerate(sorted(values), 1) if p <= fdr * k / tests] if tests else []
    keep = [bool(passing) and p <= passing[-1] for p in values]
    assert _benjamini_hochberg_cut(np.array(values), float(tests), fdr).tolist() == keep


ROWS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4), st.integers(0, 99)), min_size=1, max_size=50)


@settings(deadline=None)
@given(ROWS)
def test_discounts_are_logarithms_of_popularity(rows):
    account, objects, time = (np.array(column) for column in zip(*rows, strict=True))
    uses = as_uses(account, objects, time.astype(float), 8)
    found = popularity_discount(uses)
    for o in range(len(uses.objects)):
        users = len(set(account[objects == o].tolist()))
        assert found[o] == pytest.approx(np.log(len(set(account.tolist())) / max(users, 1)))


@settings(max_examples=50, deadline=None)
@given(ROWS, st.sampled_from([1, 2]), st.sampled_from([0.01, 0.3, 0.99]))
def test_stricter_rates_propose_part_of_what_looser_ones_do(rows, least, fdr):
    account, objects, time = (np.array(column) for column in zip(*rows, strict=True))
    uses = as_uses(account, objects, time.astype(float), 8)
    strict, loose = (propose(uses, "x", 20, least, rate).edges.to_pylist() for rate in (fdr / 2, fdr))
    assert all(edge in loose for edge in strict)
    assert all(edge["weight"] >= least for edge in loose)


EDGES = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(6, 9)), st.floats(0, 100).map(lambda x: round(x, 3)), max_size=12
)  # fmt: skip


def layer(strengths: dict) -> Layer:
    rows = [
        {
            "a": a,
            "b": b,
            "weight": 1,
            "coactions": 1,
            "mean_lag": 0.0,
            "min_lag": 0.0,
            "first": 0,
            "last": 0,
            "strength": s,
        }
        for (a, b), s in sorted(strengths.items())
    ]
    return Layer("x", pa.Table.from_pylist(rows, schema=EDGE_SCHEMA))


@settings(deadline=None)
@given(st.lists(EDGES, max_size=3))
def test_fused_weights_are_those_of_a_loop(given_layers):
    expected: dict = defaultdict(float)
    for strengths in given_layers:
        mean = sum(strengths.values()) / len(strengths) if strengths else 1.0
        for pair, strength in strengths.items():
            expected[pair] += strength / mean if mean > 0 else 1.0
    a, b, weight = fuse([layer(strengths) for strengths in given_layers])
    assert dict(zip(zip(a.tolist(), b.tolist(), strict=True), weight.tolist(), strict=True)) == pytest.approx(
        expected
    )
    assert len(a) == len(expected)


def test_communities_keep_their_numbers_for_a_seed_and_whatever_comes_after():
    rng = np.random.default_rng(8)
    member = rng.integers(0, 6, 120)
    a, b = np.triu_indices(120, 1)
    tied = rng.random(len(a)) < np.where(member[a] == member[b], 0.6, 0.01)
    a, b = a[tied].astype(np.int32), b[tied].astype(np.int32)
    settings = {"resolution": 1.0, "min_group": 3, "seed": 1}
    group = communities(Graph.of(Network(a, b, np.ones(len(a))), 120), **settings)
    sizes = np.bincount(group[group >= 0])
    assert (np.diff(sizes) <= 0).all()
    for k in range(6):  # the planted blocks come back whole
        assert len(set(group[member == k].tolist())) == 1
    for _ in range(3):
        assert (communities(Graph.of(Network(a, b, np.ones(len(a))), 120), **settings) == group).all()
    # Two accounts more, tied only to each other, are no group and move nobody.
    more = communities(
        Graph.of(Network(np.append(a, np.int32(120)), np.append(b, np.int32(121)), np.ones(len(a) + 1)), 122),
        **settings,
    )
    assert (more[:120] == group).all()
    assert (more[120:] == -1).all()


def test_a_smaller_community_than_asked_for_is_no_group():
    a, b = np.array([0, 0, 1], np.int32), np.array([1, 2, 2], np.int32)
    for least, found in [(3, 0), (4, -1)]:
        group = communities(Graph.of(Network(a, b, np.ones(3)), 5), resolution=0.5, min_group=least, seed=0)
        assert group.tolist() == [found] * 3 + [-1, -1]


def test_windows_of_discovery_know_the_clock_and_the_trace():
    config = Config(window=10, content_discovery_window=500)
    assert discovery_window(available()["reshare"], config, 1.0) == 10
    assert discovery_window(available()["reshare"], config, 60.0) == 60
    assert discovery_window(available()["text"], config, 60.0) == 500


def test_discovery_is_the_same_every_time_and_finds_a_group_on_templates():
    w = headlines(4, planted=30)
    traces = {"text": available()["text"]}
    arguments = {"n_accounts": len(w.kind), "resolution": 1e-6}
    one = discover({"text": w.uses()}, traces, Config(), **arguments)
    assert (one.group == discover({"text": w.uses()}, traces, Config(), **arguments).group).all()
    planted = w.kind == "planted"
    homes, count = np.unique(one.group[planted], return_counts=True)
    assert count.max() >= 28
    assert (one.group[~planted] == homes[count.argmax()]).sum() <= 3
