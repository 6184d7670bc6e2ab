"""Probabilistic record linkage: how far the evidence on a pair speaks for one hand (Fellegi & Sunter 1969).

Evidence comes as levels, whose weights are learned from the pairs themselves by EM (Winkler 1988) and held back by
priors, and as fixed log likelihood ratios. The method knows pairs of records only; these are accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING = -1

STRENGTH = 20.0
"""Pairs that each prior on a level's frequency counts for."""

SHARE, SHARE_STRENGTH = 0.05, 40.0
"""Share of pairs with a hand in common before anything is seen, and the pairs it counts for."""


@dataclass(frozen=True)
class Evidence:
    """One sort of evidence on pairs.

    name : in the tables. levels : its levels in words, weakest first. linked, unlinked : prior frequencies of the
    levels among pairs with and without a hand in common, each adds up to 1. most : bound of a weight, bits.
    """

    name: str
    levels: tuple[str, ...]
    linked: tuple[float, ...]
    unlinked: tuple[float, ...]
    most: float = 6.0


@dataclass(frozen=True)
class Linked:
    """What EM found.

    share : of pairs with a hand in common. weights : for each evidence, bits of its levels, never falling. bits :
    float64 [pairs, evidence + 1], what each adds to a pair, the fixed part last. posterior : float64 [pairs].
    """

    share: float
    weights: tuple[Floats, ...]
    bits: Floats
    posterior: Floats


def link(levels: Ints, evidence: Sequence[Evidence], fixed: Floats, *, rounds: int = 40) -> Linked:
    """Learn the weights from the pairs, and weigh each pair.

    levels : int64 [pairs, evidence], place in the evidence's levels, MISSING where it says nothing (no weight).
    fixed : float64 [pairs], natural log of a likelihood ratio that isn't learned.
    """
    n = len(levels)
    share = SHARE
    linked = [np.array(e.linked) for e in evidence]
    unlinked = [np.array(e.unlinked) for e in evidence]
    weights = _weights(linked, unlinked, evidence)
    posterior = np.zeros(n)
    for _ in range(rounds):
        bits = _bits(levels, weights, fixed)
        before = posterior
        posterior = _posterior(bits, share)
        if n and np.abs(posterior - before).max() < 1e-4:
            break
        share = (posterior.sum() + SHARE * SHARE_STRENGTH) / (n + SHARE_STRENGTH)
        for k, e in enumerate(evidence):
            there = levels[:, k] >= 0
            for which, mine, prior in (
                (linked, posterior, e.linked), (unlinked, 1.0 - posterior, e.unlinked)
            ):  # fmt: skip
                count = np.bincount(levels[there, k], weights=mine[there], minlength=len(e.levels))
                which[k] = (count + STRENGTH * np.array(prior)) / (count.sum() + STRENGTH)
        weights = _weights(linked, unlinked, evidence)
    bits = _bits(levels, weights, fixed)
    return Linked(share, tuple(weights), bits, _posterior(bits, share))


def _posterior(bits: Floats, share: float) -> Floats:
    odds = bits.sum(axis=1) * np.log(2) + np.log(share) - np.log1p(-share)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -60, 60))))


def _weights(linked: list[Floats], unlinked: list[Floats], evidence: Sequence[Evidence]) -> list[Floats]:
    """Bits of each level, made to rise with the level (pooled where they don't), within the evidence's bound."""
    from scipy.optimize import isotonic_regression

    return [
        np.clip(isotonic_regression(np.log2(m / u), weights=m + u).x, -e.most, e.most)
        for m, u, e in zip(linked, unlinked, evidence, strict=True)
    ]


def _bits(levels: Ints, weights: Sequence[Floats], fixed: Floats) -> Floats:
    columns = [
        np.where(levels[:, k] >= 0, w[np.maximum(levels[:, k], 0)], 0.0) for k, w in enumerate(weights)
    ]
    return np.column_stack([*columns, fixed / np.log(2)])


def clusters(posterior: Floats, threshold: float) -> Ints:
    """Cluster accounts so that every two in a cluster are linked: complete linkage; number of each, int64 [m].

    posterior : float64 [m, m], symmetric; 0 where nothing may be said of a pair.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    m = len(posterior)
    if m < 2:
        return np.zeros(m, dtype=np.int64)
    apart = 1.0 - posterior
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "complete")
    found = fcluster(tree, 1.0 - threshold + 1e-12, "distance").astype(np.int64)
    _, first, place = np.unique(found, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place], dtype=np.int64)


def hands_of(posterior: Floats) -> float:
    """Expected number of hands: each account counts for one over the accounts it is expected to share a hand with.

    posterior : float64 [m, m]. The number of cells where the links are certain and consistent.
    """
    inner = posterior.copy()
    np.fill_diagonal(inner, 1.0)
    return float((1.0 / inner.sum(axis=1)).sum())
