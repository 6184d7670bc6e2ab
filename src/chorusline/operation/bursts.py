"""Bursts: moments at which more of a crew begin to use an object than their share of those at work explains.

Method: docs/method.md, "Orders". A use is fresh where its account hasn't used the object for a day. At each fresh use
of a member, windows of 15 minutes to a day are opened. Of the n fresh uses in a window k are by members; the first is
one by choice of the window, so P(Binomial(n - 1, share) >= k - 1) is the chance of it where members and outsiders take
the object up alike. An event that everyone reacts to raises n as well as k and comes out as chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import stats

from chorusline.operation.clock import CrewClock
from chorusline.traces.base import Uses
from chorusline.units import DAY, HOUR

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

QUARTER = HOUR // 4
WINDOWS = np.array([QUARTER, HOUR, 6 * HOUR, DAY], dtype=np.int64)
"""Widths of the windows, microseconds, inclusive at both ends."""

FEWEST = 3
"""Members that a burst has at least."""


@njit(cache=True, nogil=True)
def fresh_uses(account: Any, objects: Any, time: Any, n_accounts: int, gap: int) -> Any:  # pragma: no cover
    """Return which uses [n], sorted by object and time, come when their account hasn't used the object for `gap`."""
    fresh = np.empty(len(account), np.bool_)
    last_object = np.full(n_accounts, -1, np.int64)
    last_time = np.zeros(n_accounts, np.int64)
    for p in range(len(account)):
        a = account[p]
        fresh[p] = last_object[a] != objects[p] or time[p] - last_time[a] > gap
        last_object[a], last_time[a] = objects[p], time[p]
    return fresh


@njit(cache=True, nogil=True)
def count_windows(objects: Any, time: Any, member: Any, windows: Any) -> Any:  # pragma: no cover
    """Count fresh uses in the windows opened at each of them.

    objects, time : int64 [n], sorted by both. member : bool [n]. windows : int64 [w], ascending.
    Returns (int64 [n, w] all uses from this one on, int64 [n, w] those by members); 0 where no member opens it.
    """
    n, w = len(time), len(windows)
    everybody, members = np.zeros((n, w), np.int64), np.zeros((n, w), np.int64)
    before = np.zeros(n + 1, np.int64)
    for p in range(n):
        before[p + 1] = before[p] + member[p]
    for q in range(w):
        end = 0
        for p in range(n):
            end = max(end, p)
            while end < n and objects[end] == objects[p] and time[end] - time[p] <= windows[q]:
                end += 1
            if member[p]:
                everybody[p, q], members[p, q] = end - p, before[end] - before[p]
    return everybody, members


@dataclass(frozen=True)
class Presence:
    """Who is at work when: accounts with an action in each hour.

    first : int, the first hour, hours since 1970. members, others : int64 [h + 1], sums over the hours before.
    """

    first: int
    members: Ints
    others: Ints

    @classmethod
    def of(cls, time: Ints, account: npt.NDArray[np.int32], inside: Bools) -> Presence:
        """Count accounts by hour, members and others. time, account : [n] of all actions, ascending; at least one."""
        hour = time // HOUR
        first, size = int(hour[0]), int(hour[-1] - hour[0]) + 1
        cell = np.unique((hour - first) * len(inside) + account)
        who, when = cell % len(inside), cell // len(inside)
        sums = [np.bincount(when[mask[who]], minlength=size) for mask in (inside, ~inside)]
        return cls(first, *(np.concatenate(([0], np.cumsum(count))) for count in sums))

    def share(self, start: Ints, end: Ints) -> Floats:
        """Members' share of the account-hours in the hours that [start, end], microseconds [...], touch.

        Drawn to the share over all hours by ten account-hours, since some hours hold few.
        """
        low = np.clip(start // HOUR - self.first, 0, len(self.members) - 1)
        high = np.clip(end // HOUR - self.first + 1, 0, len(self.members) - 1)
        inside = (self.members[high] - self.members[low]).astype(np.float64)
        both = inside + self.others[high] - self.others[low]
        whole = self.members[-1] / max(self.members[-1] + self.others[-1], 1)
        return np.asarray((inside + 10 * whole) / (both + 10))


@dataclass(frozen=True)
class Scan:
    """Windows in which members crowd, of one kind of object; rows only where FEWEST members are in one.

    use : int64 [r], place in `fresh` of the use that opens the window. window : int64 [r], place in WINDOWS.
    members, everybody : int64 [r]. log_p : float64 [r]. p_object : float64 [o], p-value of each object that a
    member used: the smallest of its windows' times their number. object : int64 [o]. tests : int64 [o], that number.
    fresh : the fresh uses of all accounts. member : bool, of each of them.
    """

    fresh: Uses
    member: Bools
    use: Ints
    window: Ints
    members: Ints
    everybody: Ints
    log_p: Floats
    object: Ints
    p_object: Floats
    tests: Ints


def scan(uses: Uses, inside: Bools, presence: Presence, clock: CrewClock) -> Scan:
    """Scan one kind of object. inside : bool [n_accounts], members; all others are compared with.

    Of the two chances of a window, that members crowd among those who take the object up, and that they crowd in time
    on the crew's own clock (a word the crew always uses is no order), the larger counts.
    """
    fresh = uses.keep(fresh_uses(uses.account, uses.object, uses.time, uses.n_accounts, DAY))
    member = inside[fresh.account]
    everybody, members = count_windows(fresh.object.astype(np.int64), fresh.time, member, WINDOWS)
    use, window = np.nonzero(members >= FEWEST)
    k, n = members[use, window], everybody[use, window]
    # Members may take up more of this kind than others do, whatever it is: then that is their share.
    taken = member.sum() / max(len(member), 1)
    start = fresh.time[use]
    end = start + WINDOWS[window]
    among = stats.binom.logsf(k - 2, n - 1, np.maximum(presence.share(start, end), taken))
    objects, total = np.unique(fresh.object[member], return_counts=True)
    place = np.searchsorted(objects, fresh.object[use])
    part = np.clip((clock.at(end) - clock.at(start)) / clock.worked[-1], 0.0, 1.0)
    in_time = stats.binom.logsf(k - 2, total[place] - 1, part)
    log_p = np.maximum(np.maximum(among, in_time), -700.0)
    tests = total * len(WINDOWS)
    smallest = np.zeros(len(objects))
    np.minimum.at(smallest, place, log_p)
    p_object = np.minimum(1.0, np.exp(smallest) * tests)
    return Scan(
        fresh, member, use.astype(np.int64), window.astype(np.int64), k, n, log_p,
        objects.astype(np.int64), p_object, tests.astype(np.int64),
    )  # fmt: skip


def threshold(p: Floats, fdr: float) -> float:
    """Return the largest p-value that Benjamini and Yekutieli reject at `fdr`, 0 where they reject none.

    Holds whatever the dependence between the objects (Benjamini & Yekutieli 2001).
    """
    m = len(p)
    if not m:
        return 0.0
    harmonic = float(np.sum(1.0 / np.arange(1, m + 1)))
    ordered = np.sort(p)
    cut = fdr * np.arange(1, m + 1) / (m * harmonic)
    passing = np.flatnonzero(ordered <= cut)
    return float(cut[passing[-1]]) if len(passing) else 0.0
