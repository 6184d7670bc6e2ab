"""Who of those addressed is a public person, and what the others are called in tables: a number.

A crowd may turn on anybody; a table that names whom it turned on does so again. Named are accounts on the user's list,
and those that many others address day after day whatever the crew does.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chorusline.operation.base import Crew
from chorusline.traces.base import Uses
from chorusline.units import DAY

Bools = npt.NDArray[np.bool_]

PROMINENT = 50
"""Outsiders that address an account for it to be prominent, on days when they outnumber the crew."""

PROMINENT_DAYS = 7
"""Such days, at least: who is caught in one storm is not thereby a public person."""


def prominent(uses: Uses, crew: Crew) -> Bools:
    """Return which targets are prominent, bool [t], by target code."""
    size = len(uses.objects)
    if not len(uses):
        return np.zeros(size, dtype=np.bool_)
    target, day, account = uses.object.astype(np.int64), uses.time // DAY, uses.account.astype(np.int64)
    order = np.lexsort((account, day, target))
    target, day, account = target[order], day[order], account[order]
    fresh = np.append(True, (np.diff(target) != 0) | (np.diff(day) != 0) | (np.diff(account) != 0))
    target, day, account = target[fresh], day[fresh], account[fresh]
    cell = np.cumsum(np.append(False, (np.diff(target) != 0) | (np.diff(day) != 0)))
    inside, outside = crew.inside[account], crew.outside[account]
    quiet = np.bincount(cell, weights=outside) > np.bincount(cell, weights=inside)
    first = np.flatnonzero(np.append(True, np.diff(cell) != 0))
    days = np.bincount(target[first], weights=quiet, minlength=size)
    there = quiet[cell] & outside
    pairs = np.unique(target[there] * uses.n_accounts + account[there])
    others = np.bincount(pairs // uses.n_accounts, minlength=size)
    return np.asarray((others >= PROMINENT) & (days >= PROMINENT_DAYS))
