"""Communities that most seeds find."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.network import stability
from chorusline.network.groups import Graph, Network, communities
from chorusline.network.stability import ALIKE, _matched, consensus

SETTINGS = {"resolution": 0.5, "min_group": 3}


def edges_of(*cliques):
    pairs = np.array(sorted({pair for clique in cliques for pair in combinations(sorted(clique), 2)}))
    a, b = pairs.T.astype(np.int32)
    return a, b, np.ones(len(a))


@st.composite
def networks(draw):
    n = draw(st.integers(2, 24))
    pairs = sorted(draw(st.sets(st.sampled_from(list(combinations(range(n), 2))), min_size=1, max_size=60)))
    weight = draw(st.lists(st.integers(1, 9), min_size=len(pairs), max_size=len(pairs)))
    a, b = np.array(pairs).T.astype(np.int32)
    return a, b, np.array(weight, dtype=np.float64), n


def scripted(monkeypatch, *runs):
    """Let Leiden's runs come out as written, by their seeds from 0 on."""
    written = [np.array(run, dtype=np.int32) for run in runs]
    monkeypatch.setattr(stability, "communities", lambda *given, seed, **settings: written[seed])


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(0, 3))
def test_one_seed_is_plain_leiden(network, seed):
    a, b, weight, n = network
    plain = communities(Graph.of(Network(a, b, weight), n), seed=seed, **SETTINGS)
    held = consensus(Network(a, b, weight), n, seed=seed, seeds=1, **SETTINGS)
    assert (held.group == plain).all()
    assert (held.stability == 1).all()
    assert (held.found == 1).all()


@settings(max_examples=60, deadline=None)
@given(networks(), st.integers(2, 5))
def test_groups_are_sets_of_their_size_and_everybody_is_shown(network, seeds):
    a, b, weight, n = network
    held = consensus(Network(a, b, weight), n, seed=1, seeds=seeds, **SETTINGS)
    again = consensus(Network(a, b, weight), n, seed=1, seeds=seeds, **SETTINGS)
    assert (held.group == again.group).all()
    size = np.bincount(held.group[held.group >= 0])
    assert (size >= 3).all()
    assert (np.diff(size) <= 0).all()
    assert (held.found > seeds / 2).all()
    assert ((held.stability >= 0) & (held.stability <= 1)).all()
    shown = consensus(Network(a, b, weight), n, seed=1, seeds=seeds, everybody=True, **SETTINGS)
    assert set(np.flatnonzero(shown.group >= 0)) == set(a) | set(b)
    assert len(shown.found) == len(shown.stability) == shown.group.max() + 1
    together = {frozenset(np.flatnonzero(held.group == g)) for g in range(len(size))}
    for members in together:  # who holds together is shown together
        assert len(set(shown.group[list(members)])) == 1


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_matching_against_the_obvious_loop(data):
    n = data.draw(st.integers(1, 12))
    sets = np.array(data.draw(st.lists(st.integers(-1, 3), min_size=n, max_size=n)))
    sets[sets >= 0] = np.unique(sets[sets >= 0], return_inverse=True)[1]
    runs = np.array(
        data.draw(st.lists(st.lists(st.integers(0, 3), min_size=n, max_size=n), min_size=1, max_size=3)),
        dtype=np.int32,
    )
    overlap, nearest = _matched(sets, runs)
    for r, run in enumerate(runs):
        for s in range(sets.max() + 1):
            mine = set(np.flatnonzero(sets == s))
            best = max(
                (len(mine & other) / len(mine | other), -label)
                for label in set(run.tolist())
                for other in [set(np.flatnonzero(run == label))]
            )
            assert overlap[r, s] == pytest.approx(best[0])
            assert nearest[r, s] == -best[1]


def test_what_one_seed_finds_is_no_group(monkeypatch):
    """Three accounts that one run in three puts together fall apart in the others."""
    a, b, weight = edges_of((0, 1, 2, 3), (3, 4), (4, 5, 6))
    scripted(
        monkeypatch, [0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 2, 3], [0, 0, 0, 0, 1, 2, 3]
    )  # fmt: skip
    held = consensus(Network(a, b, weight), 7, seed=0, seeds=3, **SETTINGS)
    assert held.group.tolist() == [0, 0, 0, 0, -1, -1, -1]
    assert held.found.tolist() == [3]
    assert held.stability.tolist() == [1.0]


def test_a_member_that_comes_and_goes_is_left_out_and_shown_where_its_edges_lead(monkeypatch):
    a, b, weight = edges_of((0, 1, 2, 3), (3, 4))
    runs = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1]]
    scripted(monkeypatch, *runs)
    held = consensus(Network(a, b, weight), 5, seed=0, seeds=3, **SETTINGS)
    assert held.group.tolist() == [0, 0, 0, 0, -1]
    assert held.stability[0] == pytest.approx((4 / 5 + 1 + 1) / 3)
    scripted(monkeypatch, *runs)
    assert (
        consensus(Network(a, b, weight), 5, seed=0, seeds=3, everybody=True, **SETTINGS).group.tolist()
        == [0] * 5
    )


def test_what_exactly_half_of_the_seeds_find_is_no_group(monkeypatch):
    a, b, weight = edges_of((0, 1, 2), (2, 3), (3, 4, 5, 6))
    scripted(monkeypatch, [0, 0, 0, 1, 1, 1, 1], [0] * 7)
    held = consensus(Network(a, b, weight), 7, seed=0, seeds=2, **SETTINGS)
    assert held.group.tolist() == [-1, -1, -1, 0, 0, 0, 0]
    assert held.found.tolist() == [2]


def test_a_chain_of_majorities_that_no_run_holds_together_is_no_group(monkeypatch):
    """Each neighbouring pair is together in two runs of three, the whole in none."""
    size = 12
    a, b = np.arange(size - 1, dtype=np.int32), np.arange(1, size, dtype=np.int32)
    runs = [[(k + shift) // 3 for k in range(size)] for shift in range(3)]
    scripted(monkeypatch, *runs)
    held = consensus(Network(a, b, np.ones(size - 1)), size, seed=0, seeds=3, **SETTINGS)
    assert (held.group == -1).all()
    assert max(3 / size, 1 / 3) < ALIKE


def test_two_seeds_of_the_config_share_no_run(monkeypatch):
    a, b, weight = edges_of((0, 1, 2, 3))
    asked = []
    monkeypatch.setattr(
        stability, "communities", lambda *x, seed, **y: asked.append(seed) or np.zeros(4, dtype=np.int32)
    )
    for seed in (0, 1):
        consensus(Network(a, b, weight), 4, seed=seed, seeds=5, **SETTINGS)
    assert len(set(asked)) == 10


def test_no_edges_no_groups():
    none = np.empty(0, np.int32)
    held = consensus(Network(none, none, np.empty(0)), 4, seed=0, seeds=3, everybody=True, **SETTINGS)
    assert held.group.tolist() == [-1] * 4
    assert len(held.found) == 0
