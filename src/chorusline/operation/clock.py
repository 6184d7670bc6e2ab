"""The crew's clock: it runs while the crew is at work, and stands still while it isn't.

Measured on it, the time between an order and its being carried out doesn't count the night.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.units import SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BIN = 900 * SECOND
"""Width of the bins in which the crew's work is counted, microseconds."""

_SMOOTH = 3
_TYPICAL = 0.6
_SLOWEST = 0.01


@dataclass(frozen=True)
class CrewClock:
    """Working time of a crew.

    edges : int64 [b + 1], ends of the bins, microseconds since 1970 UTC. worked : float64 [b + 1], minutes worked
    until each. The clock's speed in a bin is the number of members at work, over three quarters of an hour, by that of
    a typical busy bin, at most 1 and at least 0.01, so that it can be read both ways.
    """

    edges: Ints
    worked: Floats

    @classmethod
    def of(cls, time: Ints, account: npt.NDArray[np.integer]) -> CrewClock:
        """Make the clock of a crew's actions: time int64 [n], account [n], at least one."""
        low = int(time.min()) // BIN - 4 * 24
        size = int(time.max()) // BIN + 4 * 24 - low + 1
        cell = np.unique((time // BIN - low) * (int(account.max()) + 1) + account)
        there = np.bincount(cell // (int(account.max()) + 1), minlength=size).astype(np.float64)
        there = np.convolve(there, np.ones(_SMOOTH) / _SMOOTH, mode="same")
        busy = float(np.quantile(there[there > 0], _TYPICAL))
        speed = np.clip(there / busy, _SLOWEST, 1.0)
        worked = np.concatenate(([0.0], np.cumsum(speed) * (BIN / SECOND / 60.0)))
        return cls((low + np.arange(size + 1, dtype=np.int64)) * BIN, worked)

    def at(self, time: Ints) -> Floats:
        """Minutes worked until each instant, float64 like `time`."""
        return np.interp(time.astype(np.float64), self.edges.astype(np.float64), self.worked)

    def instant(self, worked: Floats) -> Ints:
        """Instants at which so many minutes were worked, int64 microseconds."""
        return np.interp(worked, self.worked, self.edges.astype(np.float64)).astype(np.int64)
