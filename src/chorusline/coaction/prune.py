"""Exact pruning: what can't reach the minimal weight is left out before any pair is looked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chorusline.traces.base import Uses


def prune(uses: Uses, min_weight: int, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> Uses:
    """Return the uses that can still take part in an edge of `min_weight` distinct objects.

    A use alone in its window can't co-act; an account with fewer than `min_weight` distinct objects can't
    reach that weight; an object with one surviving account makes no pair. Repeated to the fixpoint, so no
    edge is lost (docs/method.md, "Co-action"). low, high : window bounds [n] of kernel.window_bounds.
    """
    alive = high - low > 1
    while True:
        account, objects = uses.account[alive], uses.object[alive]
        # Distinct (object, account): the uses are sorted by object, so one sort of the pair keys will do.
        keys = np.unique(objects.astype(np.int64) * uses.n_accounts + account)
        key_object, key_account = keys // max(uses.n_accounts, 1), keys % max(uses.n_accounts, 1)
        objects_of = np.bincount(key_account, minlength=uses.n_accounts)
        accounts_of = np.bincount(key_object, minlength=len(uses.objects))
        fits = (objects_of[uses.account] >= min_weight) & (accounts_of[uses.object] >= 2)
        still = alive & fits
        if still.sum() == alive.sum():
            return uses.keep(still)
        alive = still
