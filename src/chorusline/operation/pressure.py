"""Long pressure: members who keep at a target over weeks, against outsiders equally active and with its interests.

Method: docs/method.md, "Targets". An account keeps at a target where it addresses it on three days at least, of which
the first and the last lie a week apart. Members and outsiders are sorted into classes by the number of days on which
they address anybody, and by how much whom else they address is whom the target's other addressers address as well.
If a class' members were like its outsiders, those who keep at a target would be members as often as chance has it: a
hypergeometric number in each class, and their sum over the classes (an exact stratified test, Zelen 1971). It counts
accounts and not posts or days, so that one busy member counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, stats

from chorusline.traces.base import Uses
from chorusline.units import DAY

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

KEPT_DAYS = 3
"""Days on which an account addresses a target for it to keep at it."""

KEPT_SPAN = 7
"""Days from the first of them to the last, at least."""

KEPT_BY = 3
"""Accounts that keep at a target for it to be tested."""

STEPS = 4
"""Classes of activity to a doubling."""

INTEREST = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99)
"""Quantiles of the accounts' interest in a target at which its classes are parted."""


@dataclass(frozen=True)
class Pressure:
    """Who keeps at which target, [t] by target code each.

    members, others : int64, accounts that do. expected : float64, members that would if they were outsiders of their
    class; themselves where it has none; NaN where no member keeps at the target. p : float64, chance of so many
    members or more; 1 where fewer than KEPT_BY accounts keep at the target. tested : bool, whether as many do, which
    says nothing of who is a member.
    """

    members: Ints
    others: Ints
    expected: Floats
    p: Floats
    tested: Bools


class Alike:
    """Members and outsiders in classes of those equally active and of the same interest in a target.

    uses : of targets. inside, outside : bool [n_accounts], members and those to compare with; no others count.
    """

    def __init__(self, uses: Uses, inside: Bools, outside: Bools) -> None:
        self.uses = uses.keep((inside | outside)[uses.account])
        self.inside = inside
        self.day = self.uses.time // DAY
        active = activity(self.uses.account, self.day, uses.n_accounts)
        self._level = np.floor(STEPS * np.log2(np.maximum(active, 1))).astype(np.int64)
        self._there = np.flatnonzero(active)
        shape = (uses.n_accounts, len(uses.objects))
        self._addressed = sparse.csr_matrix(
            (np.ones(len(self.uses)), (self.uses.account, self.uses.object)), shape=shape
        )
        self._addressed.data[:] = 1.0
        self._number = np.asarray(self._addressed.sum(axis=1)).ravel()
        self._by_target = self._addressed.tocsc()
        self._others = sparse.csr_matrix(self._addressed.multiply(outside[:, None].astype(np.float64)))
        self._popular = np.maximum(np.asarray(self._others.sum(axis=0)).ravel(), 1.0)

    def addressing(self, target: int) -> Ints:
        """Accounts that address a target."""
        return np.asarray(self._by_target[:, [target]].indices, dtype=np.int64)

    def compare(self, target: int, who: Ints) -> tuple[float, float]:
        """Of the accounts `who`, distinct, that do something to a target: members expected, and the chance of as many.

        Expected are as many members as would do it if they were outsiders of their class; themselves where it has none.
        """
        on_it = self.addressing(target)
        like = likeness(self._others, on_it, self._popular, target)
        liking = interest(self._addressed, self._number, like, on_it)
        cuts = np.quantile(liking[self._there], INTEREST)
        own_class = self._level * (len(INTEREST) + 1) + np.searchsorted(cuts, liking, side="left")

        def count(accounts: Ints) -> Ints:
            return np.bincount(own_class[accounts], minlength=int(own_class.max()) + 1)

        mine = who[self.inside[who]]
        of_all, of_members = count(self._there), count(self._there[self.inside[self._there]])
        doing, own = count(who), count(mine)
        outsiders = of_all - of_members
        expected = np.where(outsiders > 0, of_members * (doing - own) / np.maximum(outsiders, 1), own)
        return float(expected.sum()), at_least(len(mine), of_all, of_members, doing)


def pressure(alike: Alike) -> Pressure:
    """Test who keeps at every target."""
    uses, inside = alike.uses, alike.inside
    size = len(uses.objects)
    account, target = kept(uses.account, uses.object, alike.day)
    members = np.bincount(target[inside[account]], minlength=size)
    everybody = np.bincount(target, minlength=size)
    tested = everybody >= KEPT_BY
    expected, p = np.full(size, np.nan), np.ones(size)
    order = np.argsort(target, kind="stable")
    bounds = np.searchsorted(target[order], np.arange(size + 1))
    for t in np.flatnonzero(members).tolist():
        expected[t], chance = alike.compare(t, account[order[bounds[t] : bounds[t + 1]]])
        if tested[t]:
            p[t] = chance
    return Pressure(members, everybody - members, expected, p, tested)


def likeness(others: sparse.csr_matrix, who: Ints, popular: Floats, target: int) -> Floats:
    """Return how like a target each target is in who addresses them, float64 [t]: cosine up to a factor, itself 0.

    others : outsiders by target, 0 or 1. who : accounts that address the target. popular : outsiders by target.
    """
    common = np.asarray(others[who].sum(axis=0)).ravel() / np.sqrt(popular)
    common[target] = 0.0
    return np.asarray(common)


def interest(addressed: sparse.csr_matrix, number: Floats, like: Floats, who: Ints) -> Floats:
    """Return each account's interest in a target, float64 [n_accounts]: mean likeness of the others it addresses.

    addressed : accounts by target, 0 or 1, with `number` of targets by account. who : accounts that address the target.
    """
    besides = number.copy()
    besides[who] -= 1
    return np.asarray((addressed @ like) / np.maximum(besides, 1.0))


def activity(account: npt.NDArray[np.int32], day: Ints, n_accounts: int) -> Ints:
    """Days on which each account addresses anybody, int64 [n_accounts]. account, day : [n], of uses."""
    pairs = np.unique(np.column_stack((account.astype(np.int64), day)), axis=0)
    return np.bincount(pairs[:, 0], minlength=n_accounts)


def kept(account: npt.NDArray[np.int32], target: npt.NDArray[np.int32], day: Ints) -> tuple[Ints, Ints]:
    """Return pairs of account and target, int64 [k] each, in which the account keeps at it."""
    if not len(account):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    order = np.lexsort((day, account, target))
    a, t, d = account[order].astype(np.int64), target[order].astype(np.int64), day[order]
    fresh = np.append(True, (a[1:] != a[:-1]) | (t[1:] != t[:-1]) | (d[1:] != d[:-1]))
    a, t, d = a[fresh], t[fresh], d[fresh]
    first = np.flatnonzero(np.append(True, (a[1:] != a[:-1]) | (t[1:] != t[:-1])))
    last = np.append(first[1:], len(a)) - 1
    keep = (last - first + 1 >= KEPT_DAYS) & (d[last] - d[first] >= KEPT_SPAN)
    return a[first[keep]], t[first[keep]]


def at_least(k: int, of_all: Ints, of_members: Ints, keepers: Ints) -> float:
    """Chance that k of the keepers or more are members, if in each class they are drawn blindly from all in it.

    of_all, of_members, keepers : int64 [classes], accounts, members and those who keep at the target.
    """
    chance = np.ones(1)
    for n, m, drawn in zip(of_all.tolist(), of_members.tolist(), keepers.tolist(), strict=True):
        if drawn and m:
            chance = np.convolve(chance, stats.hypergeom.pmf(np.arange(min(m, drawn) + 1), n, m, drawn))
    return float(min(1.0, chance[k:].sum()))
