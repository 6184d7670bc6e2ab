"""Exact pruning: what can't reach the minimal weight is left out before any pair is looked at."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numba import njit

from chorusline.coaction.kernel import Array
from chorusline.traces.base import Uses, cores

SMALL = 200_000
"""Uses below which starting threads costs more than it saves."""


def prune(uses: Uses, min_weight: int, window: int) -> Uses:
    """Return the uses that can still take part in an edge of `min_weight` distinct objects.

    A use that no other account's use of the object is near (`window` µs) can't co-act; an account with fewer than
    `min_weight` distinct objects left can't reach that weight. Repeated to the fixpoint, so that no edge is lost
    (docs/method.md, "Co-action").
    """
    runs = cuts(uses.object)
    # Half as much memory is touched for the first time where places fit into 32 bits.
    place = np.int32 if len(uses) < 1 << 31 else np.int64
    left = [np.arange(first, last, dtype=place) for first, last in itertools.pairwise(runs)]
    fits = np.ones(uses.n_accounts, np.bool_)
    with ThreadPoolExecutor(len(left)) as pool:
        for number in itertools.count():
            before = sum(map(len, left))
            near = list(pool.map(partial(_near, uses.account, uses.object, uses.time, fits, window), left))
            fits = np.sum([objects_of for _, objects_of in near], axis=0) >= min_weight
            # What is near but of an account that doesn't fit goes with the next round.
            left = [each for each, _ in near]
            # The first round knows of no account yet that doesn't fit.
            if number and sum(map(len, left)) == before:
                break
        return _gathered(uses, left, pool)


def _gathered(uses: Uses, left: list[Array], pool: ThreadPoolExecutor) -> Uses:
    """The uses at the places `left`, ascending from one array to the next."""
    ends = np.cumsum([0, *map(len, left)])

    def taken(column: Array) -> Array:
        if not any(column.strides):  # one value for all
            return np.broadcast_to(column[:1], ends[-1])
        result = np.empty(ends[-1], column.dtype)
        parts = [result[first:last] for first, last in itertools.pairwise(ends.tolist())]
        list(pool.map(partial(_take, column), left, parts))
        return result

    return Uses(
        taken(uses.account),
        taken(uses.object),
        taken(uses.time),
        taken(uses.action),
        uses.objects,
        uses.n_accounts,
    )


def cuts(objects: Array) -> list[int]:
    """Places that cut uses, sorted by object, into runs of whole objects, one a core: the first, and the end."""
    parts = cores() if len(objects) > SMALL else 1
    inner = np.linspace(0, len(objects), parts + 1)[1:-1].astype(np.int64)
    between = np.searchsorted(objects, objects[inner]) if len(objects) else inner
    found: list[int] = np.unique(np.concatenate([[0], between, [len(objects)]])).tolist()
    return found if len(found) > 1 else [0, 0]


@njit(cache=True, nogil=True)
def _take(column: Array, places: Array, into: Array) -> None:  # pragma: no cover
    for k in range(len(places)):
        into[k] = column[places[k]]


@njit(cache=True, nogil=True)
def _near(
    account: Array, objects: Array, times: Array, fits: Array, window: int, left: Array
) -> tuple[Array, Array]:  # pragma: no cover
    """One round over whole objects: places of uses near another's, and int32 [accounts], their distinct objects.

    left : places of the uses that are left, ascending; those of accounts that don't fit are left out first.
    """
    fitting = np.empty(len(left), left.dtype)
    m = 0
    for p in left:
        fitting[m] = p
        m += int(fits[account[p]])
    fitting = fitting[:m]
    near = np.empty(m, np.bool_)
    others_near(account, objects, times, fitting, window, near)
    objects_of = np.zeros(len(fits), np.int32)
    latest = np.full(len(fits), -1, np.int32)
    still = 0
    for k in range(m):
        p = fitting[k]
        if near[k]:
            fitting[still] = p
            still += 1
            a = account[p]
            if latest[a] != objects[p]:
                latest[a] = objects[p]
                objects_of[a] += 1
    return fitting[:still], objects_of


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
