"""Texts that say the same: clusters of vectors around a leading one, never chains (as in `traces.similar`).

The search is exact: every text is held against every leader, block by block, in products of whole numbers that
single precision adds up without rounding (`traces.embedding`). So its time grows with the texts times the leaders.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from chorusline.traces.embedding import SCALE, Vectors

_BLOCK = 1024
"""Texts that are held against the leaders together."""
_LEADERS = 8192
"""Leaders multiplied at a time."""


def leaders(
    vectors: Vectors, sequence: npt.NDArray[np.int64], stays: npt.NDArray[np.bool_], similarity: float
) -> npt.NDArray[np.int64]:
    """Return for each text [m] the place of the one that leads its cluster (its own where it leads, or is left out).

    vectors : int16 [m, d], of length SCALE. sequence : the texts [k] in the order in which they are taken; those not in
    it are left out. stays : bool [m], texts that join no other and lead. similarity : least cosine to the leader;
    1 leaves all apart.
    """
    result = np.arange(len(vectors))
    if similarity >= 1 or len(sequence) == 0:
        return result
    need = np.float32(np.ceil(similarity * SCALE * SCALE))
    leading = np.empty((len(sequence), vectors.shape[1]), dtype=np.int16)
    names = np.empty(len(sequence), dtype=np.int64)
    count = 0
    for start in range(0, len(sequence), _BLOCK):
        block = sequence[start : start + _BLOCK]
        here = vectors[block].astype(np.float32)
        free = np.flatnonzero(~stays[block])
        best = np.full(len(block), -1, dtype=np.int64)
        most = np.zeros(len(block), dtype=np.float32)
        for low in range(0, count if len(free) else 0, _LEADERS):
            products = here[free] @ leading[low : min(count, low + _LEADERS)].astype(np.float32).T
            nearest = products.argmax(axis=1)  # of equally near ones the first
            product = products[np.arange(len(free)), nearest]
            nearer = product > most[free]
            best[free[nearer]] = names[low + nearest[nearer]]
            most[free[nearer]] = product[nearer]
        leads = _settle(here @ here.T, block, stays[block], best, most, need, result)
        fresh = block[leads]
        leading[count : count + len(fresh)] = vectors[fresh]
        names[count : count + len(fresh)] = fresh
        count += len(fresh)
    return result


@njit(cache=True)
def _settle(
    products: Any, block: Any, stays: Any, best: Any, most: Any, need: Any, result: Any
) -> Any:  # pragma: no cover
    """Decide for one block, text by text; leaders of the block itself count for those after them."""
    leads = np.zeros(len(block), np.bool_)
    for k in range(len(block)):
        if not stays[k]:
            for j in range(k):
                if leads[j] and products[k, j] > most[k]:
                    best[k] = block[j]
                    most[k] = products[k, j]
            if best[k] >= 0 and most[k] >= need:
                result[block[k]] = best[k]
                continue
        leads[k] = True
    return leads
