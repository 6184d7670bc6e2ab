"""The configuration null: how many co-actions popularity and activity alone would give a pair."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def expected_coactions(uses_a: Floats, uses_b: Floats, total_uses: float, total_pairs: float) -> Floats:
    """Return λ = k_a k_b · 2P / D² for pairs [n] (docs/method.md, "Discovery").

    uses_a, uses_b : k, uses of either account in the layer. total_uses : D. total_pairs : P, windowed pairs.
    The λ of all pairs add up to P. The null knows popularity and activity and nothing of shared interests
    or busy hours: it is fit for proposing, never for accusing.
    """
    if total_uses == 0:
        return np.zeros(len(uses_a))
    return np.asarray(uses_a * uses_b * (2.0 * total_pairs / total_uses**2))


def poisson_tail(observed: Floats, expected: Floats) -> Floats:
    """Return P(Poisson(expected) >= observed), elementwise."""
    from scipy.stats import poisson

    return np.asarray(poisson.sf(observed - 1, expected), dtype=np.float64)
