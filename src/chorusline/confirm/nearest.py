"""The nearest use by another member of a group, the question both tests ask."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def others(account: Any, members: Any) -> tuple[Any, Any]:  # pragma: no cover
    """Return for each of the members' uses [k] the place of the next, and of the last, by another account.

    The place is one in `members`; k and -1 where there is none. With them `nearest_other` never walks over the many
    uses that one account may make of an object.
    """
    k = len(members)
    following = np.full(k, k, np.int64)
    before = np.full(k, -1, np.int64)
    for i in range(1, k):
        before[i] = before[i - 1] if account[members[i]] == account[members[i - 1]] else i - 1
        i = k - 1 - i
        following[i] = following[i + 1] if account[members[i]] == account[members[i + 1]] else i + 1
    return following, before


@njit(cache=True, nogil=True)
def nearest_other(
    account: Any, members: Any, at: Any, following: Any, before: Any, right: int, t: int, me: int
) -> tuple[Any, Any]:  # pragma: no cover
    """Return (place, distance in µs) of the member use nearest to time t by an account other than `me`.

    account : int32 [n], account of each use. members : int64 [k], places of the members' uses of one object.
    at : int64 [k], their times, ascending. following, before : of `others`. right : where t belongs in `at`, before
    equal times. Place -1 and a distance beyond all times where there is none; of two equally near the later one.
    """
    best = np.int64(-1)
    distance = np.int64(4_000_000_000_000_000_000)
    k = right
    if k < len(members) and account[members[k]] == me:
        k = following[k]
    if k < len(members):
        best = members[k]
        distance = at[k] - t
    k = right - 1
    if k >= 0 and account[members[k]] == me:
        k = before[k]
    if k >= 0 and t - at[k] < distance:
        best = members[k]
        distance = t - at[k]
    return best, distance


@njit(cache=True, nogil=True)
def some_in_common(
    account: Any, group: Any, start: int, stop: int, seen: Any, whose: Any
) -> bool:  # pragma: no cover
    """Whether two accounts of one group are among the uses [start, stop) of an object.

    seen, whose : int64 [groups], scratch; seen begins with -1.
    """
    for q in range(start, stop):
        g = group[account[q]]
        if g < 0:
            continue
        if seen[g] != start:
            seen[g] = start
            whose[g] = account[q]
        elif whose[g] != account[q]:
            return True
    return False
