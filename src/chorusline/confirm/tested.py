"""The outcome of one test on one fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Tested:
    """What one test on one fold gave, by account code [n_accounts], and the trials behind it [k].

    trials, observed : int64; expected, p : float64; all by account, p = 1 where nothing was tested.
    potential : float64 by account, what the trials could have shown at most: the sum of -ln of the chances
    that are known before the outcome. It weighs the test against the account's other tests.
    use : place of each trial in the uses given. hit : whether it succeeded. chance : how often a matched
    outsider would have. partner : the use of the nearest other member, -1 where there is none.
    """

    trials: Array
    observed: Array
    expected: Array
    p: Array
    potential: Array
    use: Array
    hit: Array
    chance: Array
    partner: Array

    @classmethod
    def empty(cls, n_accounts: int) -> Tested:
        """Return the outcome of a test that had nothing to test."""
        zero, none = np.zeros(n_accounts, np.int64), np.empty(0, np.int64)
        return cls(
            zero, zero, np.zeros(n_accounts), np.ones(n_accounts), np.zeros(n_accounts),
            none, np.empty(0, bool), np.empty(0), none,
        )  # fmt: skip
