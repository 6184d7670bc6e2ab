"""Communities that most seeds find: Leiden's result hangs on its seed, and a group that one seed finds is none.

Consensus in the manner of Lancichinetti & Fortunato 2012, over the edges of the network; the stability of a
community is Hennig's (2007): the mean over runs of its Jaccard overlap with the community most like it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from chorusline.network.groups import Codes, Graph, Network, communities
from chorusline.traces.base import cores

Floats = npt.NDArray[np.float64]

ALIKE = 0.5
"""Jaccard overlap from which two communities are one and the same (Hennig 2007: below it, dissolved)."""


@dataclass(frozen=True)
class Consensus:
    """Communities that hold over seeds.

    group : int32 [n_accounts], -1 for none, numbered by size. stability : float64 [groups], 0 to 1, mean over
    seeds of the overlap with the community most like it. found : int64 [groups], seeds that find it (overlap of
    `ALIKE` or more).
    """

    group: Codes
    stability: Floats
    found: npt.NDArray[np.int64]


def consensus(
    network: Network, n_accounts: int, *,
    resolution: float, min_group: int, seed: int, seeds: int, everybody: bool = False,
) -> Consensus:  # fmt: skip
    """Return the communities that most of `seeds` runs of Leiden find (docs/method.md, "Discovery").

    network : the fused one. Accounts are together that an edge joins within one community in more
    than half of the runs. Such a set is a group where more than half of the runs have one like it, and an account
    is a member where it is in that one in half of them. everybody : whether accounts that are left over go to the
    group they have most to do with, or, where there is none, stay in sets of their own, however few seeds find
    these; for showing, never for proposing.
    """
    a, b, weight = network
    first = seed * seeds  # so that another seed of the config shares no run with this one
    runs = _runs(Graph.of(network, n_accounts), resolution, range(first, first + seeds))
    together = np.zeros(len(a), dtype=np.int32)
    for run in runs:
        together += run[a] == run[b]
    share = together / seeds
    sets = _components(a, b, share > 0.5, n_accounts)
    overlap, nearest = _matched(sets, runs)
    found = (overlap >= ALIKE).sum(axis=0)
    inside = np.flatnonzero(sets >= 0)
    same = (runs[:, inside] == nearest[:, sets[inside]]) & (overlap[:, sets[inside]] >= ALIKE)
    steady = (same.mean(axis=0) >= 0.5) & (found[sets[inside]] > seeds / 2)
    group = np.full(n_accounts, -1, dtype=np.int64)
    group[inside[steady]] = sets[inside[steady]]
    group[np.isin(group, np.flatnonzero(_sizes(group, len(found)) < min_group))] = -1
    if everybody:
        group = _attached(group, a, b, weight * share, len(found))
        group = np.where(group < 0, sets, group)
    return _numbered(group, overlap.mean(axis=0), found)


def _runs(graph: Graph, resolution: float, seeds: range) -> Codes:
    """Communities by seed, all cores at work: int32 [seeds, n_accounts]."""

    def run(seed: int) -> Codes:
        return communities(graph, resolution=resolution, min_group=1, seed=seed)

    with ThreadPoolExecutor(min(len(seeds), cores())) as pool:
        return np.stack(list(pool.map(run, seeds)))


def _components(a: Codes, b: Codes, kept: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.int64]:
    """Connected sets under the edges kept, int64 [n]; -1 for accounts without any edge, kept or not."""
    size = int(kept.sum())
    graph = sparse.coo_matrix((np.ones(size, dtype=np.int8), (a[kept], b[kept])), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    has = np.zeros(n, dtype=bool)
    has[a] = has[b] = True
    result = np.full(n, -1, dtype=np.int64)
    result[has] = np.unique(label[has], return_inverse=True)[1]
    return result


def _matched(sets: npt.NDArray[np.int64], runs: Codes) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Overlap (Jaccard) of each set with the community most like it, and that community's label; [runs, sets].

    Of equally like communities the one with the smaller label counts.
    """
    n_sets = int(sets.max(initial=-1)) + 1
    overlap, nearest = np.zeros((len(runs), n_sets)), np.full((len(runs), n_sets), -1, dtype=np.int64)
    inside = np.flatnonzero(sets >= 0)
    size = _sizes(sets, n_sets)
    for k, run in enumerate(runs):
        labels = int(run.max(initial=-1)) + 1
        key, both = np.unique(sets[inside] * max(labels, 1) + run[inside], return_counts=True)
        mine, label = key // max(labels, 1), key % max(labels, 1)
        jaccard = both / (size[mine] + _sizes(run, labels)[label] - both)
        order = np.lexsort((-label, jaccard, mine))  # the last of each set stays
        overlap[k, mine[order]], nearest[k, mine[order]] = jaccard[order], label[order]
    return overlap, nearest


def _attached(
    group: npt.NDArray[np.int64], a: Codes, b: Codes, strength: Floats, n_groups: int
) -> npt.NDArray[np.int64]:
    """Put accounts in no group into the one to which their edges are strongest, and so on until nobody moves."""
    group = group.copy()
    ends, others, strengths = np.concatenate([a, b]), np.concatenate([b, a]), np.tile(strength, 2)
    while True:
        loose = (group[ends] < 0) & (group[others] >= 0)
        if not loose.any():
            return group
        key, place = np.unique(
            ends[loose].astype(np.int64) * n_groups + group[others[loose]], return_inverse=True
        )
        pull = np.bincount(place, weights=strengths[loose])
        account, where = key // n_groups, key % n_groups
        order = np.lexsort((-where, pull, account))  # the last of each account stays
        group[account[order]] = where[order]


def _numbered(group: npt.NDArray[np.int64], stability: Floats, found: npt.NDArray[np.int64]) -> Consensus:
    """Number groups from 0 by size, then by their smallest account code."""
    inside = np.flatnonzero(group >= 0)
    labels, first, size = np.unique(group[inside], return_index=True, return_counts=True)
    order = np.lexsort((first, -size))
    number = np.full(len(found) + 1, -1, dtype=np.int32)
    number[labels[order]] = np.arange(len(order), dtype=np.int32)
    return Consensus(number[group], stability[labels[order]], found[labels[order]])


def _sizes(label: npt.NDArray[np.integer], n: int) -> npt.NDArray[np.int64]:
    return np.bincount(label[label >= 0], minlength=n)
