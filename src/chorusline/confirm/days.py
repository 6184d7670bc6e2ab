"""An event is no habit: how many days a group's evidence is really spread over."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.confirm.tested import Tested
from chorusline.traces.base import Uses

Array = npt.NDArray[Any]

_DAY = 86_400_000_000


def habitual(
    tested: Tested, uses: Uses, group: npt.NDArray[np.int32], events: float, habit: float
) -> npt.NDArray[np.bool_]:
    """Say of which accounts [n_accounts] the agreement is a habit, not an event or two.

    tested : of a test on `uses`, the material that proposed `group` (int32 [n_accounts], -1 for none).
    Two things are asked. The account's group must have agreed on more than `events` effective days. And so must
    its circle, the account and those its uses agreed with; or else on `habit` of the effective days on which the
    circle did anything the test looks at. Without the second condition an honest crowd that is put into an
    operation's group, by some chance agreement, would be carried by the operation's days; its own show that it
    lives another life on all days but two. An account that `uses` tell nothing about is carried by its group.
    """
    result = np.zeros(len(group), dtype=bool)
    if not tested.hit.any():
        return result
    size = int(group.max(initial=-1)) + 1
    account, day = uses.account[tested.use], uses.time[tested.use] // _DAY
    day = day - day.min()
    agreed, active = (
        _by_day(account[tested.hit], day[tested.hit], len(group)),
        _by_day(account, day, len(group)),
    )
    of_group = effective_days(_by_day(group[account[tested.hit]], day[tested.hit], size))
    inside = group >= 0
    result[inside] = of_group[group[inside]] > events
    with_whom = tested.hit & (tested.partner >= 0)
    circle = _circles(account[with_whom], uses.account[tested.partner[with_whom]], len(group))
    days = effective_days(circle @ agreed)
    return result & ((days > events) | (days >= habit * effective_days(circle @ active)))


def effective_days(counts: Any) -> npt.NDArray[np.float64]:
    """Return for each row of a sparse matrix of counts [rows, days] its effective days, (Σh)² / Σh².

    A row with the same number on each of d days has d; one with nearly all on one day has about 1; an empty
    one 0. (Inverse Simpson index, Hill's number of order 2.) Festivals, debates, earthquakes and open calls make
    many people do the same thing on a day or two; what runs on orders does it again and again.
    """
    total = np.asarray(counts.sum(axis=1), dtype=np.float64).ravel()
    squares = np.asarray(counts.multiply(counts).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(total**2 / np.maximum(squares, 1.0))


def _by_day(row: Array, day: Array, rows: int) -> Any:
    """Count the entries of each row and day: sparse int64 [rows, days]."""
    days = int(day.max(initial=-1)) + 1
    return sparse.csr_matrix((np.ones(len(row), dtype=np.int64), (row, day)), shape=(rows, days))


def _circles(a: Array, b: Array, n_accounts: int) -> Any:
    """Each account and those it agreed with, in either direction: sparse int64 [n_accounts, n_accounts] of 0, 1."""
    own = np.arange(n_accounts)
    row, column = np.concatenate([a, b, own]), np.concatenate([b, a, own])
    circle = sparse.csr_matrix(
        (np.ones(len(row), dtype=np.int64), (row, column)), shape=(n_accounts, n_accounts)
    )
    circle.data[:] = 1
    return circle
