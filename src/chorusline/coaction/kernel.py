"""Co-action kernels: exact windowed pairs over uses sorted by (object, time).

Pairs are never stored. The network is built row by row, as a sparse matrix product is (Gustavson 1978):
for each account `a`, every use of `a` looks at its neighbours in the object's time order, within the window,
and adds to the accumulator of each neighbour `b > a`. Memory is one cache line an account and thread plus
the edges that are kept, however many pairs there are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]

# Columns of the accumulator, one row (64 bytes, a cache line) for each possible partner.
_WEIGHT, _COACTIONS, _LAG_SUM, _MIN_LAG, _FIRST, _LAST, _LAST_OBJECT = range(7)
_WIDTH = 8


@njit(cache=True, nogil=True)
def window_bounds(objects: Array, times: Array, window: int) -> tuple[Array, Array]:  # pragma: no cover
    """Return for each use [n] the first place and the place after the last within `window` µs, same object.

    objects : int32 [n], times : int64 [n] µs, sorted by (object, time). Two pointers, O(n).
    """
    n = len(times)
    low = np.empty(n, np.int64)
    high = np.empty(n, np.int64)
    i = 0
    j = 0
    for p in range(n):
        while objects[i] != objects[p] or times[p] - times[i] > window:
            i += 1
        j = max(j, p)
        while j < n and objects[j] == objects[p] and times[j] - times[p] <= window:
            j += 1
        low[p] = i
        high[p] = j
    return low, high


@njit(cache=True, nogil=True)
def count_rows(
    first_account: int,
    last_account: int,
    start: Array,
    place: Array,
    account: Array,
    objects: Array,
    times: Array,
    low: Array,
    high: Array,
    n_accounts: int,
    min_weight: int,
    by_uses: bool,
) -> tuple[Array, Array, Array]:  # pragma: no cover
    """Return edges (a, b, figures) for accounts a in [first_account, last_account), b > a, sorted by (a, b).

    start : int64 [n_accounts + 1], place : int64 [n]: uses of account a stand at place[start[a]:start[a+1]].
    figures : int64 [edges, 6]: weight, coactions, sum of lags, smallest lag, first, last (µs).
    An edge is kept from `min_weight` up: distinct objects, or use pairs when `by_uses`.
    """
    table = np.zeros((n_accounts, _WIDTH), np.int64)
    touched = np.empty(n_accounts, np.int64)
    capacity = 1024
    edge_a = np.empty(capacity, np.int32)
    edge_b = np.empty(capacity, np.int32)
    figures = np.empty((capacity, 6), np.int64)
    kept = 0
    for a in range(first_account, last_account):
        n_touched = 0
        for k in range(start[a], start[a + 1]):
            p = place[k]
            t = times[p]
            o = objects[p]
            for q in range(low[p], high[p]):
                b = account[q]
                if b <= a:
                    continue
                row = table[b]
                u = times[q]
                lag = u - t if u > t else t - u
                early = t if t < u else u
                late = u if t < u else t
                if row[_COACTIONS] == 0:
                    touched[n_touched] = b
                    n_touched += 1
                    row[_WEIGHT] = 1
                    row[_LAST_OBJECT] = o
                    row[_MIN_LAG] = lag
                    row[_FIRST] = early
                    row[_LAST] = late
                else:
                    if row[_LAST_OBJECT] != o:
                        row[_WEIGHT] += 1
                        row[_LAST_OBJECT] = o
                    if lag < row[_MIN_LAG]:
                        row[_MIN_LAG] = lag
                    if early < row[_FIRST]:
                        row[_FIRST] = early
                    if late > row[_LAST]:
                        row[_LAST] = late
                row[_COACTIONS] += 1
                row[_LAG_SUM] += lag
        partners = np.sort(touched[:n_touched])
        for k in range(n_touched):
            b = partners[k]
            row = table[b]
            if (row[_COACTIONS] if by_uses else row[_WEIGHT]) >= min_weight:
                if kept == capacity:
                    capacity *= 2
                    edge_a = _longer(edge_a, capacity)
                    edge_b = _longer(edge_b, capacity)
                    wider = np.empty((capacity, 6), np.int64)
                    wider[:kept] = figures
                    figures = wider
                edge_a[kept] = a
                edge_b[kept] = b
                figures[kept] = row[:6]
                kept += 1
            row[:] = 0
    return edge_a[:kept].copy(), edge_b[:kept].copy(), figures[:kept].copy()


@njit(cache=True, nogil=True)
def _longer(values: Array, capacity: int) -> Array:  # pragma: no cover
    longer = np.empty(capacity, values.dtype)
    longer[: len(values)] = values
    return longer
