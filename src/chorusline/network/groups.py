"""Groups: layers fused into one network, and its communities (Leiden)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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
    pairs, place = np.unique(np.stack([a, b]), axis=1, return_inverse=True)
    together = np.bincount(place.ravel(), weights=weight).astype(np.float64)
    return pairs[0].astype(np.int32), pairs[1].astype(np.int32), together


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
    edges = [
        (str(x), str(y), float(w)) for x, y, w in zip(a.tolist(), b.tolist(), weight.tolist(), strict=True)
    ]
    _, found = graspologic_native.leiden(
        edges=edges, starting_communities=None, resolution=resolution, randomness=0.001, iterations=3,
        use_modularity=True, seed=seed, trials=1,
    )  # fmt: skip
    account = np.array([int(name) for name in found], dtype=np.int64)
    label = np.array(list(found.values()), dtype=np.int64)
    order = np.argsort(account)
    account, label = account[order], label[order]
    _, first, place, size = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(size), dtype=np.int32)
    rank[np.lexsort((first, -size))] = np.arange(len(size), dtype=np.int32)
    group[account] = np.where(size[place] >= min_group, rank[place], -1)
    return group
