"""Communities of arrays are those that Leiden finds in named edges, and fusing is adding up by pair."""

from __future__ import annotations

from collections import defaultdict

import graspologic_native
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.network.groups import Graph, Network, communities, fuse, union
from chorusline.network.layers import Layer

EDGES = st.dictionaries(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).filter(lambda pair: pair[0] < pair[1]),
    st.floats(0.01, 5), min_size=1, max_size=120,
)  # fmt: skip


def by_names(edges: dict[tuple[int, int], float], n: int, least: int, seed: int) -> list[int]:
    """The same with the library's other door, which takes names."""
    named = [(str(a), str(b), weight) for (a, b), weight in sorted(edges.items())]
    _, found = graspologic_native.leiden(
        edges=named, starting_communities=None, resolution=0.5, randomness=0.001, iterations=3,
        use_modularity=True, seed=seed, trials=1,
    )  # fmt: skip
    members = defaultdict(list)
    for name, label in found.items():
        members[label].append(int(name))
    order = sorted(members.values(), key=lambda group: (-len(group), min(group)))
    result = [-1] * n
    for number, group in enumerate(order):
        for account in group:
            result[account] = number if len(group) >= least else -1
    return result


@settings(deadline=None, max_examples=200)
@given(EDGES, st.integers(1, 4), st.integers(0, 3))
def test_arrays_in_place_of_names(edges, least, seed):
    a, b = (np.array(side, dtype=np.int32) for side in zip(*sorted(edges), strict=True))
    weight = np.array([edges[pair] for pair in sorted(edges)])
    found = communities(Graph.of(Network(a, b, weight), 31), resolution=0.5, min_group=least, seed=seed)
    assert found.tolist() == by_names(edges, 31, least, seed)


@settings(deadline=None, max_examples=100)
@given(st.lists(EDGES, min_size=1, max_size=3))
def test_fused_edges_are_sums_by_pair(layers):
    def layer(edges):
        a, b = (np.array(side, dtype=np.int32) for side in zip(*sorted(edges), strict=True))
        return Layer("x", pa.table({"a": a, "b": b, "strength": [edges[pair] for pair in sorted(edges)]}))

    expected: dict[tuple[int, int], float] = defaultdict(float)
    for edges in layers:
        mean = sum(edges.values()) / len(edges)
        for pair, strength in edges.items():
            expected[pair] += strength / mean
    a, b, weight = fuse([layer(edges) for edges in layers])
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == sorted(expected)
    assert weight.tolist() == pytest.approx([expected[pair] for pair in sorted(expected)])


@settings(deadline=None, max_examples=100)
@given(st.lists(EDGES, max_size=5))
def test_the_union_of_networks_has_each_pair_once_with_what_all_give_it(networks):
    expected: dict[tuple[int, int], float] = defaultdict(float)
    for edges in networks:
        for pair in sorted(edges):
            expected[pair] += edges[pair]
    found = union(
        Network(
            *(np.array(side, dtype=np.int32) for side in zip(*sorted(edges), strict=True)),
            np.array([edges[pair] for pair in sorted(edges)]),
        )
        for edges in networks
    )
    assert list(zip(found.a.tolist(), found.b.tolist(), strict=True)) == sorted(expected)
    assert found.weight.tolist() == [expected[pair] for pair in sorted(expected)]
    assert (found.a.dtype, found.b.dtype, found.weight.dtype) == (np.int32, np.int32, np.float64)
