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
_WEIGHT, _COACTIONS, _LAG_SUM, _MIN_LAG, _FIRST, _LAST, _STRENGTH, _LAST_OBJECT = range(8)
_WIDTH = 8
FIGURES = 7


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
    discount: Array,
    n_accounts: int,
    min_weight: int,
    by_uses: bool,
) -> tuple[Array, Array, Array]:  # pragma: no cover
    """Return edges (a, b, figures) for accounts a in [first_account, last_account), b > a, sorted by (a, b).

    start : int64 [n_accounts + 1], place : int64 [n]: uses of account a stand at place[start[a]:start[a+1]].
    figures : int64 [edges, 7]: weight, coactions, sum of lags, smallest lag, first, last (µs), strength.
    discount : int64 [objects], added to the strength of a pair once for each object it co-acted on.
    An edge is kept from `min_weight` up: distinct objects, or use pairs when `by_uses`.
    """
    table = np.zeros((n_accounts, _WIDTH), np.int64)
    touched = np.empty(n_accounts, np.int64)
    capacity = 1024
    edge_a = np.empty(capacity, np.int32)
    edge_b = np.empty(capacity, np.int32)
    figures = np.empty((capacity, FIGURES), np.int64)
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
                    row[_STRENGTH] = discount[o]
                    row[_LAST_OBJECT] = o
                    row[_MIN_LAG] = lag
                    row[_FIRST] = early
                    row[_LAST] = late
                else:
                    if row[_LAST_OBJECT] != o:
                        row[_WEIGHT] += 1
                        row[_STRENGTH] += discount[o]
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
                    wider = np.empty((capacity, FIGURES), np.int64)
                    wider[:kept] = figures
                    figures = wider
                edge_a[kept] = a
                edge_b[kept] = b
                figures[kept] = row[:FIGURES]
                kept += 1
            row[:] = 0
    return edge_a[:kept].copy(), edge_b[:kept].copy(), figures[:kept].copy()


def windowed_pairs(account: Array, objects: Array, times: Array, window: int) -> int:
    """Return the number of pairs of uses by different accounts within `window` µs; nothing is emitted.

    account, objects : int32 [n], times : int64 [n] µs, sorted by (object, time).
    """
    return int(pairs_by_object(account, objects, times, window, int(objects.max(initial=-1)) + 1).sum())


def pairs_by_object(account: Array, objects: Array, times: Array, window: int, n_objects: int) -> Array:
    """Return int64 [n_objects]: the same by object, all pairs less those of an account with itself."""
    low, high = window_bounds(objects, times, window)
    order = np.lexsort((times, account, objects))
    fresh = np.ones(len(order), dtype=np.int64)
    fresh[1:] = (np.diff(objects[order]) != 0) | (np.diff(account[order]) != 0)
    own_low, own_high = window_bounds(np.cumsum(fresh), times[order], window)
    ends = np.concatenate([[0], np.cumsum(np.bincount(objects, minlength=n_objects))])
    totals = [np.concatenate([[0], np.cumsum(width)]) for width in (high - low, own_high - own_low)]
    every, own = (np.diff(total[ends]) for total in totals)
    return np.asarray((every - own) // 2)


@njit(cache=True, nogil=True)
def _longer(values: Array, capacity: int) -> Array:  # pragma: no cover
    longer = np.empty(capacity, values.dtype)
    longer[: len(values)] = values
    return longer
