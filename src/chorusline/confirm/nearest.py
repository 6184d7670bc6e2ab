"""The nearest use by another member of a group, the question both tests ask."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def nearest_other(
    account: Any, members: Any, at: Any, t: int, me: int
) -> tuple[Any, Any]:  # pragma: no cover
    """Return (place, distance in µs) of the member use nearest to time t by an account other than `me`.

    account : int32 [n], account of each use. members : int64 [k], places of the members' uses of one object.
    at : int64 [k], their times, ascending. Place -1 and a distance beyond all times where there is none.
    """
    right = np.searchsorted(at, t)
    best = np.int64(-1)
    distance = np.int64(4_000_000_000_000_000_000)
    k = right
    while k < len(members) and at[k] - t < distance:
        if account[members[k]] != me:
            best = members[k]
            distance = at[k] - t
        k += 1
    k = right - 1
    while k >= 0 and t - at[k] < distance:
        if account[members[k]] != me:
            best = members[k]
            distance = t - at[k]
        k -= 1
    return best, distance
