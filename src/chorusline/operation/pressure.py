"""Long pressure: members who keep at a target over weeks, against outsiders who address others as often.

Method: docs/method.md, "Targets". An account keeps at a target where it addresses it on three days at least, of which
the first and the last lie a week apart. Members and outsiders are sorted into classes by the number of days on which
they address anybody. If a class' members were like its outsiders, those who keep at a target would be members as often
as chance has it: a hypergeometric number in each class, and their sum over the classes (an exact stratified test,
Zelen 1971). It counts accounts and not posts or days, so that one busy member counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from chorusline.operation.bursts import DAY
from chorusline.traces.base import Uses

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


@dataclass(frozen=True)
class Pressure:
    """Who keeps at which target, [t] by target code each.

    members, others : int64, accounts that do. expected : float64, members that would if they were outsiders equally
    active; themselves where there are none such.
    p : float64, chance of so many members or more; 1 where fewer than KEPT_BY accounts keep at the target.
    tested : bool, whether as many do; says nothing of who is a member.
    """

    members: Ints
    others: Ints
    expected: Floats
    p: Floats
    tested: Bools


def pressure(uses: Uses, inside: Bools, outside: Bools) -> Pressure:
    """Test every target. inside, outside : bool [n_accounts], members and those to compare with; no others count."""
    size, n_accounts = len(uses.objects), uses.n_accounts
    mine = uses.keep((inside | outside)[uses.account])
    day = mine.time // DAY
    active = activity(mine.account, day, n_accounts)
    level = np.where(active > 0, np.floor(STEPS * np.log2(np.maximum(active, 1))), -1).astype(np.int64)
    account, target = kept(mine.account, mine.object, day)
    members = np.bincount(target[inside[account]], minlength=size)
    everybody = np.bincount(target, minlength=size)
    levels = int(level.max(initial=0)) + 1
    there = level >= 0
    of_members = np.bincount(level[inside & there], minlength=levels)
    of_all = np.bincount(level[(inside | outside) & there], minlength=levels)
    tested = everybody >= KEPT_BY
    expected, p = np.zeros(size), np.ones(size)
    order = np.argsort(target, kind="stable")
    bounds = np.searchsorted(target[order], np.arange(size + 1))
    for t in np.flatnonzero(tested):
        who = account[order[bounds[t] : bounds[t + 1]]]
        keepers = np.bincount(level[who], minlength=levels)
        own = np.bincount(level[who[inside[who]]], minlength=levels)
        outsiders = of_all - of_members
        expected[t] = float(
            np.where(outsiders > 0, of_members * (keepers - own) / np.maximum(outsiders, 1), own).sum()
        )
        if members[t]:
            p[t] = at_least(int(members[t]), of_all, of_members, keepers)
    return Pressure(members, everybody - members, expected, p, tested)


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
