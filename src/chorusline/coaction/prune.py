"""Exact pruning: what can't reach the minimal weight is left out before any pair is looked at."""

from __future__ import annotations

import numpy as np
from numba import njit

from chorusline.coaction.kernel import Array
from chorusline.traces.base import Uses


def prune(uses: Uses, min_weight: int, window: int) -> Uses:
    """Return the uses that can still take part in an edge of `min_weight` distinct objects.

    A use that no other account's use of the object is near (`window` µs) can't co-act; an account with fewer than
    `min_weight` distinct objects left can't reach that weight. Repeated to the fixpoint, so that no edge is lost
    (docs/method.md, "Co-action").
    """
    return uses.keep(_survivors(uses.account, uses.object, uses.time, uses.n_accounts, min_weight, window))


@njit(cache=True, nogil=True)
def _survivors(
    account: Array, objects: Array, times: Array, n_accounts: int, min_weight: int, window: int
) -> Array:  # pragma: no cover
    """Mask [n] of the fixpoint; arrays sorted by (object, time). Each round costs what is left of the uses."""
    n = len(account)
    left = np.arange(n)
    objects_of = np.empty(n_accounts, np.int64)
    latest = np.empty(n_accounts, np.int64)
    near = np.empty(n, np.bool_)
    while True:
        m = len(left)
        others_near(account, objects, times, left, window, near)
        objects_of[:] = 0
        latest[:] = -1
        for k in range(m):
            a = account[left[k]]
            if near[k] and latest[a] != objects[left[k]]:
                latest[a] = objects[left[k]]
                objects_of[a] += 1
        still = 0
        for k in range(m):
            if near[k] and objects_of[account[left[k]]] >= min_weight:
                left[still] = left[k]
                still += 1
        left = left[:still]
        if still == m:
            break
    mask = np.zeros(n, np.bool_)
    mask[left] = True
    return mask


@njit(cache=True, nogil=True)
def others_near(
    account: Array, objects: Array, times: Array, left: Array, window: int, near: Array
) -> None:  # pragma: no cover
    """Set near[k] where another account used the object of left[k] within `window` before or after it."""
    m = len(left)
    other = -1  # the latest use before this one by another account, as a place in `left`
    for k in range(m):
        p = left[k]
        if k and account[left[k - 1]] != account[p]:
            other = k - 1
        near[k] = (
            other >= 0 and objects[left[other]] == objects[p] and times[p] - times[left[other]] <= window
        )
    other = -1
    for k in range(m - 1, -1, -1):
        p = left[k]
        if k + 1 < m and account[left[k + 1]] != account[p]:
            other = k + 1
        near[k] = near[k] or (
            other >= 0 and objects[left[other]] == objects[p] and times[left[other]] - times[p] <= window
        )
