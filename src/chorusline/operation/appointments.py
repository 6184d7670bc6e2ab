"""Appointments: what comes at one hour of one weekday, week after week, was announced and needs no order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chorusline.units import DAY, HOUR

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

WEEKS = 3
"""Weeks in which something must have come at an hour of the week for that to be an appointment."""

NEAR = HOUR
"""Microseconds either way that count as the same hour: clocks change in between, and people are late."""

MOST_WEEKS = 0.5
"""Share of the weeks in which it must have come at least."""


def weekly(begun: Ints, at_work: Ints, fdr: float) -> Bools:
    """Which bursts come at an hour of the week at which they come nearly every week, and on other days hardly.

    begun : int64 [n], microseconds of their first uses. at_work : int64, days since 1970 on which the crew was at work.
    At one hour of one weekday there are bursts in m of w weeks; on the other days at work at that hour in a share r of
    them. P(Binomial(w, r) >= m) must be within `fdr` over n. Orders that come several a day have a large r.
    """
    from scipy.stats import binom

    result = np.zeros(len(begun), dtype=np.bool_)
    at_work = np.unique(at_work)
    for k, moment in enumerate(begun.tolist()):
        # Days are counted from half a day before the moment's hour, so that its hour is in the middle of each.
        origin = moment - DAY // 2
        away = np.abs((begun - origin) % DAY - DAY // 2) <= NEAR
        day = (begun[away] - origin) // DAY
        # A working day reaches into two of these; it is taken for the one that holds its noon, UTC.
        there = np.unique((at_work * DAY + DAY // 2 - origin) // DAY)
        mine, others = there[there % 7 == 0], there[there % 7 != 0]
        weeks = np.union1d(mine, day[day % 7 == 0])
        came = len(np.unique(day[day % 7 == 0]))
        if came < max(WEEKS, MOST_WEEKS * len(weeks)):
            continue
        rate = (np.isin(others, day).sum() + 1.0) / (len(others) + 2.0)
        result[k] = binom.sf(came - 1, len(weeks), rate) <= fdr / len(begun)
    return result
