"""A few events are no habit: on how many of its days a circle agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.confirm.tested import Tested
from chorusline.traces.base import Uses
from chorusline.units import DAY

Array = npt.NDArray[Any]


def habitual(
    seen: Sequence[tuple[Uses, Tested]],
    doings: Sequence[Uses],
    group: npt.NDArray[np.int32],
    events: float,
    habit: float,
    group_habit: float,
) -> npt.NDArray[np.bool_]:
    """Say of which accounts [n_accounts] the agreement is a habit, not a few events.

    seen : tests made on the material that proposed `group` (int32 [n_accounts], -1 for none), each with the uses it
    refers to; what agrees in any of them is agreement. doings : uses that tell when accounts were there at all. An
    account counts once a day, however much it did, and its agreement less the chance that it would have agreed on
    something that day, so that a day of chance agreements here and there adds up to nothing.
    Asked for, in effective days: the account's group must have agreed on more than `events`, and on a share
    `group_habit` of those on which its members did anything. And the account's circle, itself and those its uses
    agreed with, must have agreed on a share `habit` of those on which the circle did anything. A crowd with a life
    of its own meets now and then, however often in the end; what runs on orders does it on most of its days. A
    circle is asked and not the group alone, since an honest crowd that some chance agreement puts into an operation's
    group would be carried by the operation's days.
    """
    n, groups = len(group), int(group.max(initial=-1)) + 1
    if not any(tested.hit.any() for _, tested in seen):
        return np.zeros(n, dtype=bool)
    account, day, agrees, chance, one, other = (
        np.concatenate(found) for found in zip(*map(_trials, seen), strict=True)
    )
    who, when = np.concatenate([u.account for u in doings]), np.concatenate([u.time // DAY for u in doings])
    days = np.concatenate([day, when])
    first, length = days.min(), int(np.ptp(days)) + 1
    active = _marks(who, when - first, (n, length))
    agreed = _beyond_chance(account, day - first, agrees, chance, n, length)
    inside = np.flatnonzero(group >= 0)
    members = _marks(group[inside], inside, (groups, n))
    of_group, its_life = effective_days((members @ agreed).maximum(0)), effective_days(members @ active)
    result = np.zeros(n, dtype=bool)
    result[inside] = ((of_group > events) & (of_group >= group_habit * its_life))[group[inside]]
    circle = _circles(one, other, n)
    together = effective_days((circle @ agreed).maximum(0))
    return result & (together > 0) & (together >= habit * effective_days(circle @ active))


def _trials(seen: tuple[Uses, Tested]) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Account, day, outcome and chance of each trial, and the accounts that agreed in those with a known partner.

    Trials that come out as agreement more likely than not are left out: where no outsider is in sight a chance is 1,
    and one such trial would take back what an account showed by all others on that day.
    """
    uses, tested = seen
    known = tested.hit & (tested.partner >= 0)
    one, other = uses.account[tested.use[known]], uses.account[tested.partner[known]]
    tells = tested.chance < 0.5
    use, hit, chance = tested.use[tells], tested.hit[tells], tested.chance[tells]
    return uses.account[use], uses.time[use] // DAY, hit, chance, one, other


def _beyond_chance(account: Array, day: Array, agrees: Array, chance: Array, rows: int, days: int) -> Any:
    """By account and day, whether it agreed at all, less the chance that it would have: sparse float64 [rows, days]."""
    shape = (rows, days)
    hits = sparse.csr_matrix((agrees.astype(float), (account, day)), shape=shape)
    likely = sparse.csr_matrix((np.log1p(-np.minimum(chance, 1 - 1e-9)), (account, day)), shape=shape)
    hits.data[:] = hits.data > 0
    likely.data[:] = -np.expm1(likely.data)
    return hits - likely


def effective(counts: Array) -> float:
    """Return how many equal counts the counts [n] weigh as, (Σh)² / Σh²; 0 where there are none.

    (Inverse Simpson index, Hill's number of order 2.)
    """
    total = float(counts.sum())
    return total * total / float((counts.astype(np.float64) ** 2).sum()) if total else 0.0


def effective_days(counts: Any) -> npt.NDArray[np.float64]:
    """Return `effective` of each row of a sparse matrix of counts [rows, days].

    A row with the same number on each of d days has d; one with nearly all on one day has about 1; an empty
    one 0.
    """
    total = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    squares = np.asarray(counts.multiply(counts).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0))


def _circles(a: Array, b: Array, n_accounts: int) -> Any:
    """Each account and those it agreed with, in either direction: sparse int64 [n_accounts, n_accounts] of 0, 1."""
    own = np.arange(n_accounts)
    row, column = np.concatenate([a, b, own]), np.concatenate([b, a, own])
    return _marks(row, column, (n_accounts, n_accounts))


def _marks(row: Array, column: Array, shape: tuple[int, int]) -> Any:
    """A one at each place named, however often it is named: sparse int64 [shape]."""
    marks = sparse.csr_matrix((np.ones(len(row), dtype=np.int64), (row, column)), shape=shape)
    marks.data[:] = 1
    return marks
