"""How well two partitions of the same things agree, from their contingency table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def contingency(truth: npt.NDArray[Any], found: npt.NDArray[Any]) -> Floats:
    """Return counts [classes, groups] of two labelings [n] of the same things."""
    _, a = np.unique(truth, return_inverse=True)
    _, b = np.unique(found, return_inverse=True)
    table = np.zeros((int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1))
    np.add.at(table, (a, b), 1)
    return table


def adjusted_rand(table: Floats) -> float:
    """Return the Rand index adjusted for chance (Hubert & Arabie 1985): 1 alike, about 0 by chance."""
    pairs = _pairs(table).sum()
    rows, columns = _pairs(table.sum(1)).sum(), _pairs(table.sum(0)).sum()
    everything = _pairs(table.sum())
    expected = rows * columns / everything if everything else 0.0
    most = (rows + columns) / 2
    return float((pairs - expected) / (most - expected)) if most != expected else 1.0


def v_measure(table: Floats) -> tuple[float, float, float]:
    """Return homogeneity, completeness and their harmonic mean (Rosenberg & Hirschberg 2007), each 0 to 1."""
    mutual = _entropy(table.sum(1)) + _entropy(table.sum(0)) - _entropy(table)
    of_classes, of_groups = _entropy(table.sum(1)), _entropy(table.sum(0))
    homogeneity = min(1.0, max(0.0, mutual / of_classes)) if of_classes else 1.0
    completeness = min(1.0, max(0.0, mutual / of_groups)) if of_groups else 1.0
    both = homogeneity + completeness
    return homogeneity, completeness, 2 * homogeneity * completeness / both if both else 0.0


def _pairs(counts: Any) -> Any:
    return counts * (counts - 1) / 2


def _entropy(counts: Floats) -> float:
    """Entropy of counts, nats."""
    present = counts[counts > 0]
    if not len(present):
        return 0.0
    p = present / present.sum()
    return max(0.0, float(-(p * np.log(p)).sum()))
