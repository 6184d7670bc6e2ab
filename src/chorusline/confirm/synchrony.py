"""Synchrony: did a member land closer to its group than a matched outsider would have?

How often would somebody else, who used the same object after a similar delay, have landed within W seconds
of this group? On material that was not used to find the group (docs/method.md, "Confirmation").
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from chorusline.confirm.nearest import nearest_other, others, some_in_common
from chorusline.confirm.tested import Tested
from chorusline.traces.base import Uses

Array = npt.NDArray[Any]

OFFSET = 5_000_000
"""Microseconds added to reaction delays before they are compared by ratio."""
FACTOR = 2
"""Outsiders are matched when their delay lies within this factor of the member's."""
_DELAY_CLASSES = 32
_PRESENT_CLASSES = 12
_CLASSES = _DELAY_CLASSES * _PRESENT_CLASSES


def synchrony_test(
    uses: Uses,
    group: npt.NDArray[np.int32],
    window: float,
    wide_window: float,
    kappa: float,
    reaction: float = 0.0,
    scheduled: bool = False,
) -> Tested:
    """Test each member of each group on held-out uses; pure.

    uses : held-out uses of all accounts, sorted by (object, time).
    group : int32 [n_accounts], group of each account, -1 for none; groups don't overlap.
    window, wide_window : W and L, seconds. kappa : weight of the class rate in each chance.
    reaction : seconds after an object's first use within which landing together is no evidence: that is how
    those react who have notifications on, or read the same feed.
    scheduled : whether uses at the very second 0 of a minute are left out as a scheduler's (for data whose
    clock is finer than a minute).

    A trial is a use by a member with another member within L; an account has at most one trial an object
    in any L seconds. Its matched outsiders are uses of the same object by accounts outside the group, with a
    similar delay since the object's first use and, like the trial itself, with a member within L. (Without
    that last condition a group that is awake in the same hours would look in step.) The chance is
    (m + κ q) / (n + κ): n outsiders, m of them within W, q the pooled rate of the trial's group and class
    (log delay by log members present).
    """
    if len(uses) == 0:
        return Tested.empty()
    micro = 1_000_000
    use, hit, n, m, cls, partner = _trials(
        uses.account, uses.object, uses.time, group, round(window * micro), round(wide_window * micro)
    )
    first = uses.time[np.searchsorted(uses.object, uses.object[use])]
    late = uses.time[use] - first >= reaction * micro
    if scheduled:
        late &= uses.time[use] % (60 * micro) != 0
    use, hit, n, m, cls, partner = (column[late] for column in (use, hit, n, m, cls, partner))
    if len(use) == 0:
        return Tested.empty()
    account = uses.account[use]
    chance = (m + kappa * _pooled_rates(group[account], cls, n, m, kappa)) / (n + kappa)
    return Tested.of(account, use, hit, chance, partner, chance)


def _pooled_rates(owner: Array, cls: Array, n: Array, m: Array, kappa: float) -> Array:
    """Rate [k] at which matched outsiders land within W, for each trial's group and class.

    The rate of a group's class is shrunk to the rate of the group, and that to the rate of all groups: a
    group must not be held against the outsiders of quite another one. One success is added to the whole:
    with no outsider in sight nothing is known, and the chance is high.
    """
    overall = (m.sum() + 1.0) / (n.sum() + 1.0)
    n_group, m_group = np.bincount(owner, weights=n), np.bincount(owner, weights=m)
    by_group = (m_group + kappa * overall) / (n_group + kappa)
    _, cell = np.unique(owner.astype(np.int64) * _CLASSES + cls, return_inverse=True)
    n_cell, m_cell = np.bincount(cell, weights=n), np.bincount(cell, weights=m)
    return np.asarray((m_cell[cell] + kappa * by_group[owner]) / (n_cell[cell] + kappa))


@njit(cache=True, nogil=True)
def _trials(
    account: Any, objects: Any, times: Any, group: Any, window: int, wide: int
) -> tuple[Any, Any, Any, Any, Any, Any]:  # pragma: no cover
    """Return for each trial: use, hit, matched outsiders n, of them in step m, class, nearest member's use."""
    total = len(account)
    use = np.empty(total, np.int64)
    hit = np.empty(total, np.bool_)
    n = np.empty(total, np.float64)
    m = np.empty(total, np.float64)
    cls = np.empty(total, np.int64)
    partner = np.empty(total, np.int64)
    found = 0
    n_groups = group.max() + 1 if len(group) else 0
    seen = np.full(n_groups, -1, np.int64)
    whose = np.empty(n_groups, np.int64)
    start = 0
    stop = 0
    while stop < total:
        start = stop
        while stop < total and objects[stop] == objects[start]:
            stop += 1
        if not some_in_common(account, group, start, stop, seen, whose):
            continue
        here = group[account[start:stop]]
        by_group = np.argsort(here, kind="mergesort")
        begin = np.searchsorted(here[by_group], 0)
        while begin < len(by_group):
            g = here[by_group[begin]]
            end = begin
            while end < len(by_group) and here[by_group[end]] == g:
                end += 1
            members = by_group[begin:end] + start
            begin = end
            if (account[members] == account[members[0]]).all():
                continue
            at = times[members]
            following, before = others(account, members)
            close = _close(times, at, start, stop, wide)
            near, other = _two_nearest(account, times, members, at, following, before, close)
            reach = _prefix(here, g, near, close, start, wide)
            step = _prefix(here, g, near, close, start, window)
            own = members[np.argsort(account[members], kind="mergesort")]
            k = 0
            while k < len(own):
                last = k
                while last < len(own) and account[own[last]] == account[own[k]]:
                    last += 1
                mine = own[k:last]
                mine_at = times[mine]
                previous = np.int64(-4_000_000_000_000_000_000)
                for p in mine:
                    if times[p] - previous <= wide:
                        continue
                    place, distance = nearest_other(
                        account,
                        members,
                        at,
                        following,
                        before,
                        np.searchsorted(at, times[p]),
                        times[p],
                        account[p],
                    )
                    if distance > wide:
                        continue
                    previous = times[p]
                    delay = times[p] - times[start] + OFFSET
                    # Places in `close` of the first matched use, and after the last.
                    first = np.searchsorted(
                        close,
                        start + np.searchsorted(times[start:stop], times[start] - OFFSET + delay // FACTOR),
                    )
                    after = np.searchsorted(
                        close,
                        start
                        + np.searchsorted(times[start:stop], times[start] - OFFSET + delay * FACTOR, "right"),
                    )
                    alone_wide, alone_step = _only_through(
                        times, here, g, near, other, close, mine, start, first, after, window, wide
                    )
                    low = np.searchsorted(at, times[p] - wide)
                    high = np.searchsorted(at, times[p] + wide, "right")
                    mine_low = np.searchsorted(mine_at, times[p] - wide)
                    mine_high = np.searchsorted(mine_at, times[p] + wide, "right")
                    present = (high - low) - (mine_high - mine_low)
                    use[found] = p
                    hit[found] = distance <= window
                    n[found] = reach[after] - reach[first] - alone_wide
                    m[found] = step[after] - step[first] - alone_step
                    cls[found] = _class_of(delay, present)
                    partner[found] = place
                    found += 1
                k = last
    return use[:found], hit[:found], n[:found], m[:found], cls[:found], partner[:found]


@njit(cache=True, nogil=True)
def _class_of(delay: int, present: int) -> int:  # pragma: no cover
    by_delay = min(_DELAY_CLASSES - 1, int(np.log2(delay / 1_000_000.0)))
    by_present = min(_PRESENT_CLASSES - 1, int(np.log2(max(present, 1))))
    return by_delay * _PRESENT_CLASSES + by_present


@njit(cache=True, nogil=True)
def _close(times: Any, at: Any, start: int, stop: int, wide: int) -> Any:  # pragma: no cover
    """Return the places, ascending, of the object's uses within L of a member's; no other can be matched.

    A popular object has many uses and many groups, each of which is there for an hour or two.
    """
    places = np.empty(stop - start, np.int64)
    count = 0
    upto = start
    for t in at:
        low = max(upto, start + np.searchsorted(times[start:stop], t - wide))
        upto = max(upto, start + np.searchsorted(times[start:stop], t + wide, "right"))
        for q in range(low, upto):
            places[count] = q
            count += 1
    return places[:count].copy()


@njit(cache=True, nogil=True)
def _prefix(here: Any, g: int, near: Any, close: Any, start: int, limit: int) -> Any:  # pragma: no cover
    """Running count of outsiders whose nearest member lies within `limit`, over the uses in `close`."""
    result = np.zeros(len(close) + 1, np.int64)
    for c in range(len(close)):
        result[c + 1] = result[c] + (1 if here[close[c] - start] != g and near[c] <= limit else 0)
    return result


@njit(cache=True, nogil=True)
def _two_nearest(
    account: Any, times: Any, members: Any, at: Any, following: Any, before: Any, close: Any
) -> tuple[Any, Any]:  # pragma: no cover
    """Return for each use in `close` the distance to the nearest member use, and to the nearest one by
    another account than that (µs)."""
    near = np.empty(len(close), np.int64)
    other = np.empty(len(close), np.int64)
    right = 0
    for c in range(len(close)):
        t = times[close[c]]
        while right < len(at) and at[right] < t:
            right += 1
        place, near[c] = nearest_other(account, members, at, following, before, right, t, -1)
        _, other[c] = nearest_other(account, members, at, following, before, right, t, account[place])
    return near, other


@njit(cache=True, nogil=True)
def _only_through(
    times: Any,
    here: Any,
    g: int,
    near: Any,
    other: Any,
    close: Any,
    mine: Any,
    start: int,
    first: int,
    after: int,
    window: int,
    wide: int,
) -> tuple[int, int]:  # pragma: no cover
    """Count matched outsiders that have a member within L, or within W, only through this very account.

    They lie around the account's own uses, nearer to them than to any other member's. first, after : the matched
    uses' places in `close`, in which all that lies within L of an own use stands together.
    """
    in_wide = 0
    in_step = 0
    for k in range(len(mine)):
        centre = mine[k]
        place = np.searchsorted(close, centre)
        c = place - 1
        while c >= first and times[centre] - times[close[c]] <= wide:
            distance = times[centre] - times[close[c]]
            # Half way to the account's previous use the cell of that use begins.
            if k and (close[c] <= mine[k - 1] or times[close[c]] - times[mine[k - 1]] < distance):
                break
            if c < after and here[close[c] - start] != g and near[c] == distance:
                in_wide += 1 if other[c] > wide else 0
                in_step += 1 if near[c] <= window and other[c] > window else 0
            c -= 1
        c = place + 1
        while c < after and times[close[c]] - times[centre] <= wide:
            distance = times[close[c]] - times[centre]
            if k + 1 < len(mine) and (
                close[c] >= mine[k + 1] or times[mine[k + 1]] - times[close[c]] <= distance
            ):
                break
            if c >= first and here[close[c] - start] != g and near[c] == distance:
                in_wide += 1 if other[c] > wide else 0
                in_step += 1 if near[c] <= window and other[c] > window else 0
            c += 1
    return in_wide, in_step
