"""When an order was given, told from when it was taken up.

Lags between an order and its being taken up are taken for lognormal on the crew's clock, as they are in the released
archive of a state operation and in published orders of campaigns (docs/method.md, "Orders"), with a median that each
order has for itself. A small share of uses is stray: the object was used for no order. The posterior of the moment,
over all medians, gives the middle and the interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SIGMA = 1.1
"""Log standard deviation of the lags of one order."""

MEDIAN, SPREAD = 60.0, 1.0
"""Prior of an order's median lag: minutes worked, log standard deviation."""

STRAY = {"post": 0.1, "target": 0.1}
"""Share of uses that are no answer to the order, which may come at any time of a working day, by kind of object."""

STRAY_ELSE = 0.01
"""The same of tags, links and phrases: few would use them unasked."""

ONE_HAND = 2.0
"""Minutes: uses that follow each other faster may be one hand's, and count once."""

_DAY, _REACH, _MOST = 480.0, 600.0, 48


@dataclass(frozen=True)
class Onset:
    """When an order was given, minutes on the crew's clock: posterior median and the 90 % interval.

    answers : bool [n], uses more likely an answer to the order than stray.
    """

    middle: float
    low: float
    high: float
    answers: npt.NDArray[np.bool_]


def onset(used: Floats, stray: float = STRAY_ELSE) -> Onset:
    """Tell when an order was given.

    used : float64 [n], ascending, minutes worked at each member's first use. stray : share that is no answer.
    """
    runs = used[np.append(True, np.diff(used) > ONE_HAND)]
    if len(runs) > _MOST:  # spread over all of them
        runs = runs[np.linspace(0, len(runs) - 1, _MOST).round().astype(int)]
    tau = _grid(runs)
    median = np.exp(np.log(MEDIAN) + SPREAD * np.linspace(-2.5, 2.5, 21))
    prior = -0.5 * np.linspace(-2.5, 2.5, 21) ** 2
    likelihood = _mixed(runs, tau, median, stray).sum(axis=2) + prior[None, :]
    weight = np.exp(likelihood - likelihood.max())
    width = np.gradient(tau)
    over_tau = weight.sum(axis=1) * width
    share = np.cumsum(over_tau) / over_tau.sum()
    low, middle, high = (float(tau[np.searchsorted(share, q)]) for q in (0.05, 0.5, 0.95))
    best = median[int((weight * width[:, None]).sum(axis=0).argmax())]
    lag = used - middle
    answer = np.where(lag > 0, (1 - stray) * _density(np.maximum(lag, 1e-3), best), 0.0)
    return Onset(middle, low, high, answer > stray / _DAY)


def _grid(runs: Floats) -> Floats:
    """Moments to try: minutes before each of the first uses, fine near them, up to the middle use."""
    back = np.concatenate((np.arange(0.5, 20, 0.5), np.arange(20, 120, 2), np.arange(120, _REACH, 10)))
    last = runs[(len(runs) - 1) // 2]
    tried = np.concatenate([use - back for use in runs[runs <= last][:8]])
    return np.unique(np.round(tried[tried > runs[0] - _REACH], 2))


def _mixed(runs: Floats, tau: Floats, median: Floats, stray: float) -> Floats:
    """Log likelihood of each use [t, m, n] for moments tau [t] and medians [m]."""
    lag = runs[None, :] - tau[:, None]
    density = _density(np.maximum(lag, 1e-3)[:, None, :], median[None, :, None])
    return np.asarray(np.log(np.where(lag[:, None, :] > 0, (1 - stray) * density, 0.0) + stray / _DAY))


def _density(lag: Floats, median: Floats | float) -> Floats:
    """Lognormal density of lags, per minute."""
    z = np.log(lag / median) / SIGMA
    return np.asarray(np.exp(-0.5 * z * z) / (lag * SIGMA * np.sqrt(2 * np.pi)))
