"""The null that proposes, the layers' fusion, and communities that don't move."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import poisson

from chorusline.coaction import EDGE_SCHEMA
from chorusline.coaction.kernel import windowed_pairs
from chorusline.network.groups import Graph, Network, communities, fuse
from chorusline.network.layers import Layer, _benjamini_hochberg_cut, popularity_discount, propose
from chorusline.network.null import expected_coactions, poisson_tail
from tests.world import as_uses, world


def layer(pairs, strength):
    rows = [
        {
            "a": a,
            "b": b,
            "weight": 2,
            "coactions": 2,
            "mean_lag": 1.0,
            "min_lag": 1.0,
            "first": 0,
            "last": 0,
            "strength": s,
        }
        for (a, b), s in zip(pairs, strength, strict=True)
    ]
    return Layer("x", pa.Table.from_pylist(rows, schema=EDGE_SCHEMA))


def test_expectations_of_all_pairs_add_up_to_the_pairs():
    k = np.array([3.0, 1.0, 7.0, 2.0])
    a, b = np.array(list(combinations(range(4), 2))).T
    total = expected_coactions(k[a], k[b], k.sum(), 50.0).sum() + (k**2).sum() / k.sum() ** 2 * 50.0
    assert total == pytest.approx(50.0)
    assert expected_coactions(k[a], k[b], 0.0, 0.0).sum() == 0


def test_poisson_tail():
    assert poisson_tail(np.array([3.0]), np.array([0.4]))[0] == pytest.approx(1 - poisson.cdf(2, 0.4))


def test_cut_is_benjamini_and_hochberg_s():
    p = np.array([0.001, 0.02, 0.012, 0.4, 0.9])
    largest = max(k for k in range(1, 6) if np.sort(p)[k - 1] <= 0.05 * k / 5)
    assert _benjamini_hochberg_cut(p, 5, 0.05).sum() == largest
    assert not _benjamini_hochberg_cut(np.array([0.9]), 1, 0.05).any()


def test_a_popular_object_is_discounted():
    uses = as_uses(np.array([0, 1, 2, 3, 0, 1]), np.array([0, 0, 0, 0, 1, 1]), np.arange(6.0), 4)
    assert popularity_discount(uses).tolist() == [0.0, pytest.approx(np.log(2))]


def test_planted_pairs_are_proposed_and_known_figures_kept():
    w = world(3, accounts=3_000, actions=12_000, interests=10, fans=0, planted=30)
    uses = w.uses()
    found = propose(uses, "reshare", 60.0, 2, 0.05)
    a, b = found.edges["a"].to_numpy(), found.edges["b"].to_numpy()
    planted = w.kind == "planted"
    assert (planted[a] & planted[b]).sum() >= 0.95 * 30 * 29 / 2
    pairs = windowed_pairs(uses.account, uses.object, uses.time, 60_000_000)
    k = np.bincount(uses.account, minlength=uses.n_accounts)
    assert found.edges["expected"][0].as_py() == pytest.approx(2 * pairs * k[a[0]] * k[b[0]] / len(uses) ** 2)


def test_layers_weigh_the_same_on_average():
    a, b, weight = fuse([layer([(0, 1), (1, 2)], [1.0, 3.0]), layer([(0, 1)], [40.0])])
    found = {(int(x), int(y)): float(w) for x, y, w in zip(a, b, weight, strict=True)}
    assert found == {(0, 1): pytest.approx(0.5 + 1.0), (1, 2): pytest.approx(1.5)}
    assert [len(part) for part in fuse([])] == [0, 0, 0]


def test_communities_are_numbered_by_size_and_seeded():
    cliques = [(0, 1, 2, 3, 4), (10, 11, 12), (20, 21)]
    edges = np.array([pair for clique in cliques for pair in combinations(clique, 2)])
    a, b = edges.T.astype(np.int32)
    weight = np.ones(len(a))
    settings = {"resolution": 1.0, "min_group": 3, "seed": 4}
    group = communities(Graph.of(Network(a, b, weight), 25), **settings)
    assert group[[0, 1, 2, 3, 4]].tolist() == [0] * 5
    assert group[[10, 11, 12]].tolist() == [1] * 3
    assert (group[[20, 21, 24]] == -1).all()
    assert (group == communities(Graph.of(Network(a, b, weight), 25), **settings)).all()
    none = np.empty(0, np.int32)
    assert (communities(Graph.of(Network(none, none, np.empty(0)), 3), **settings) == -1).all()
