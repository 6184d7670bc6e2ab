"""Groups: layers fused into one network, and its communities (Leiden)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.network.layers import Layer

Codes = npt.NDArray[np.int32]


def fuse(layers: list[Layer]) -> tuple[Codes, Codes, npt.NDArray[np.float64]]:
    """Return the union of the layers' edges (a, b, weight), each layer scaled to a mean weight of one."""
    a = np.concatenate([layer.edges["a"].to_numpy() for layer in layers] or [np.empty(0, np.int32)])
    b = np.concatenate([layer.edges["b"].to_numpy() for layer in layers] or [np.empty(0, np.int32)])
    scaled = []
    for layer in layers:
        strength = layer.edges["strength"].to_numpy()
        mean = strength.mean() if len(strength) else 1.0
        scaled.append(strength / mean if mean > 0 else np.ones(len(strength)))
    weight = np.concatenate(scaled or [np.empty(0)])
    if len(a) == 0:
        return a.astype(np.int32), b.astype(np.int32), weight
    size = int(b.max()) + 1
    pairs, place = np.unique(a.astype(np.int64) * size + b, return_inverse=True)
    together = np.bincount(place, weights=weight).astype(np.float64)
    return (pairs // size).astype(np.int32), (pairs % size).astype(np.int32), together


def communities(
    a: Codes, b: Codes, weight: npt.NDArray[np.float64], n_accounts: int, *,
    resolution: float, min_group: int, seed: int,
) -> npt.NDArray[np.int32]:  # fmt: skip
    """Return the group of each account, int32 [n_accounts], -1 for none (Leiden: Traag et al. 2019).

    a, b, weight : edges of the fused network. Communities of fewer than `min_group` accounts are no groups.
    Groups are numbered from 0 by size, then by their smallest account code, so that numbers are stable.
    """
    import graspologic_native

    group = np.full(n_accounts, -1, dtype=np.int32)
    if len(a) == 0:
        return group
    # Nodes in the order in which the edges name them; Leiden's result hangs on it.
    ends = np.stack([a, b], axis=1).ravel()
    names, first, place = np.unique(ends, return_index=True, return_inverse=True)
    by_first = np.argsort(first)
    number = np.empty(len(names), dtype=np.int32)
    number[by_first] = np.arange(len(names), dtype=np.int32)
    row, column = number[place[0::2]], number[place[1::2]]
    graph = sparse.coo_matrix(
        (np.concatenate([weight, weight]), (np.concatenate([row, column]), np.concatenate([column, row]))),
        shape=(len(names), len(names)),
    ).tocsr()
    graph.sort_indices()
    _, found = graspologic_native.leiden_csr(
        graph.indptr.astype(np.int64), graph.indices.astype(np.int32), graph.data, len(names),
        resolution=resolution, randomness=0.001, iterations=3, use_modularity=True, seed=seed, trials=1,
    )  # fmt: skip
    account = names[by_first][np.fromiter(found.keys(), dtype=np.int64, count=len(found))]
    label = np.fromiter(found.values(), dtype=np.int64, count=len(found))
    order = np.argsort(account)
    account, label = account[order], label[order]
    _, first, place, size = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int32)
    rank[np.lexsort((first, -size))] = np.arange(len(size), dtype=np.int32)
    group[account] = np.where(size[place] >= min_group, rank[place], -1)
    return group
