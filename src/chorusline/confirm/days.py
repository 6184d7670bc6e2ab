"""An event is no habit: how many days a group's evidence is really spread over."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_DAY = 86_400_000_000


def effective_days(owner: Array, time: Array, hit: Array, n_groups: int) -> npt.NDArray[np.float64]:
    """Return for each group [n_groups] the effective number of UTC days of its successes, (Σh)² / Σh².

    owner : group of each trial [k]; time : int64 [k] µs; hit : bool [k]; h : successes on a day. A group with
    the same number on each of d days has d; one with nearly all on one day has about 1. (Inverse Simpson
    index, Hill's number of order 2.) Festivals, debates, earthquakes and open calls make many people do the
    same thing on a day or two; what runs on orders does it again and again.
    """
    result = np.zeros(n_groups)
    if not hit.any():
        return result
    day = time[hit] // _DAY
    day = day - day.min()
    span = int(day.max()) + 1
    cells, successes = np.unique(owner[hit].astype(np.int64) * span + day, return_counts=True)
    total = np.bincount(cells // span, weights=successes, minlength=n_groups)
    squares = np.bincount(cells // span, weights=successes.astype(np.float64) ** 2, minlength=n_groups)
    has = squares > 0
    result[has] = total[has] ** 2 / squares[has]
    return result
