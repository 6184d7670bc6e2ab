"""The outcome of one test on one part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.traces.base import Uses

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tested:
    """What one test on one part gave: figures of the accounts that had trials [t], and the trials [k].

    account : int32 [t], their codes, ascending. trials, observed : int64 [t]. expected : float64 [t].
    potential : float64 [t], what the trials could have shown at most: the sum of -ln of the chances that are
    known before the outcome. It weighs the test against the account's other tests.
    owner : int64 [k], place in `account` of the trial's account. use : place of the trial in the uses given.
    hit : whether it succeeded. chance : how often an outsider would have. partner : the use of the nearest
    other member, -1 where there is none.
    """

    account: Array
    trials: Array
    observed: Array
    expected: Array
    potential: Array
    owner: Array
    use: Array
    hit: Array
    chance: Array
    partner: Array

    @classmethod
    def of(cls, by: Array, use: Array, hit: Array, chance: Array, partner: Array, before: Array) -> Tested:
        """Add up trials [k]. by : account of each. before : its chance as known before the outcome."""
        account, owner = np.unique(by, return_inverse=True)
        size = len(account)
        return cls(
            account=account.astype(np.int32),
            trials=np.bincount(owner, minlength=size),
            observed=np.bincount(owner[hit], minlength=size),
            expected=np.bincount(owner, weights=chance, minlength=size),
            potential=np.bincount(owner, weights=-np.log(before), minlength=size),
            owner=owner, use=use, hit=hit, chance=chance, partner=partner,
        )  # fmt: skip

    def alone(self, uses: Uses) -> tuple[Uses, Tested]:
        """Return of the uses tested only those that trials refer to, and the outcome with places in these."""
        known = self.partner >= 0
        named = np.zeros(len(uses), dtype=bool)
        named[self.use] = True
        named[self.partner[known]] = True
        place = np.cumsum(named) - 1
        partner = np.full(len(self.partner), -1, dtype=np.int64)
        partner[known] = place[self.partner[known]]
        return uses.keep(named), replace(self, use=place[self.use], partner=partner)

    @classmethod
    def empty(cls) -> Tested:
        """Return the outcome of a test that had nothing to test."""
        whole, real = np.empty(0, np.int64), np.empty(0)
        return cls.of(whole, whole, np.empty(0, bool), real, whole, real)
