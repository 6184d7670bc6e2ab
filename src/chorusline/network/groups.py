"""Groups: layers fused into one network, and its communities (Leiden)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from chorusline.network.layers import Layer

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


class Network(NamedTuple):
    """Edges between accounts, each pair once, sorted by (a, b), a < b. a, b : int32 [edges]. weight : float64."""

    a: Codes
    b: Codes
    weight: Floats


def fuse(layers: Iterable[Layer]) -> Network:
    """Return the union of the layers' edges, each layer scaled to a mean weight of one."""

    def scaled(layer: Layer) -> Network:
        strength = layer.edges["strength"].to_numpy()
        mean = strength.mean() if len(strength) else 1.0
        weight = strength / mean if mean > 0 else np.ones(len(strength))
        return Network(layer.edges["a"].to_numpy(), layer.edges["b"].to_numpy(), weight)

    return union(map(scaled, layers))


def union(networks: Iterable[Network]) -> Network:
    """Return the edges that any of the networks has, weights added up in their order."""
    whole = Network(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0))
    for network in networks:
        whole = Network(*_merged(*whole, *network)) if len(whole.a) else network
    return whole


@njit(cache=True, nogil=True)
def _merged(
    a: Any, b: Any, weight: Any, other_a: Any, other_b: Any, other_weight: Any
) -> tuple[Any, Any, Any]:  # pragma: no cover
    """Merge two lists of edges, each sorted by (a, b)."""
    n, m = len(a), len(other_a)
    one, other = np.empty(n + m, np.int32), np.empty(n + m, np.int32)
    sums = np.empty(n + m, np.float64)
    i, j, k = 0, 0, 0
    while i < n or j < m:
        mine = j >= m or (i < n and (a[i] < other_a[j] or (a[i] == other_a[j] and b[i] <= other_b[j])))
        if mine:
            one[k], other[k], sums[k] = a[i], b[i], weight[i]
            if j < m and other_a[j] == a[i] and other_b[j] == b[i]:
                sums[k] += other_weight[j]
                j += 1
            i += 1
        else:
            one[k], other[k], sums[k] = other_a[j], other_b[j], other_weight[j]
            j += 1
        k += 1
    return one[:k].copy(), other[:k].copy(), sums[:k].copy()


@dataclass(frozen=True)
class Graph:
    """A network as Leiden takes it: both directions of each edge, by node.

    node : int32 [nodes], the account of each, in the order in which the edges name them; Leiden's result hangs on it.
    start : int64 [nodes + 1], where the neighbours of each begin. near : int32 [2 edges], neighbours, ascending.
    weight : float64 [2 edges]. n_accounts : accounts, those without an edge included.
    """

    node: Codes
    start: npt.NDArray[np.int64]
    near: Codes
    weight: Floats
    n_accounts: int

    @classmethod
    def of(cls, network: Network, n_accounts: int) -> Graph:
        """Arrange the edges of a network."""
        return cls(*_arranged(*network, n_accounts), n_accounts)


def communities(graph: Graph, *, resolution: float, min_group: int, seed: int) -> Codes:
    """Return the group of each account, int32 [n_accounts], -1 for none (Leiden: Traag et al. 2019).

    Communities of fewer than `min_group` accounts are no groups.
    Groups are numbered from 0 by size, then by their smallest account code, so that numbers are stable.
    """
    import graspologic_native

    group = np.full(graph.n_accounts, -1, dtype=np.int32)
    if len(graph.node) == 0:
        return group
    _, found = graspologic_native.leiden_csr(
        graph.start, graph.near, graph.weight, len(graph.node),
        resolution=resolution, randomness=0.001, iterations=3, use_modularity=True, seed=seed, trials=1,
    )  # fmt: skip
    account = graph.node[np.fromiter(found.keys(), dtype=np.int64, count=len(found))]
    label = np.fromiter(found.values(), dtype=np.int64, count=len(found))
    order = np.argsort(account)
    account, label = account[order], label[order]
    _, first, place, size = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int32)
    rank[np.lexsort((first, -size))] = np.arange(len(size), dtype=np.int32)
    group[account] = np.where(size[place] >= min_group, rank[place], -1)
    return group


@njit(cache=True, nogil=True)
def _arranged(a: Any, b: Any, weight: Any, n: int) -> tuple[Any, Any, Any, Any]:  # pragma: no cover
    """Nodes in the order of their first edge, where each one's neighbours begin, neighbours and weights."""
    edges = len(a)
    number = np.full(n, -1, np.int32)
    node = np.empty(n, np.int32)
    degree = np.zeros(n, np.int64)
    count = 0
    for e in range(edges):
        for end in (a[e], b[e]):
            if number[end] < 0:
                number[end] = count
                node[count] = end
                count += 1
            degree[number[end]] += 1
    start = np.zeros(count + 1, np.int64)
    for i in range(count):
        start[i + 1] = start[i] + degree[i]
    # Neighbours in the order of the edges; then each node in turn puts itself down with them, so that all ascend.
    at = start[:-1].copy()
    unsorted, of = np.empty(2 * edges, np.int32), np.empty(2 * edges, np.int32)
    for e in range(edges):
        i, j = number[a[e]], number[b[e]]
        unsorted[at[i]], of[at[i]] = j, e
        unsorted[at[j]], of[at[j]] = i, e
        at[i] += 1
        at[j] += 1
    at = start[:-1].copy()
    near, weights = np.empty(2 * edges, np.int32), np.empty(2 * edges, np.float64)
    for i in range(count):
        for k in range(start[i], start[i + 1]):
            j = unsorted[k]
            near[at[j]], weights[at[j]] = i, weight[of[k]]
            at[j] += 1
    return node[:count].copy(), start, near, weights
