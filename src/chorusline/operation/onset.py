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

LEAST_STRAY, MOST_STRAY = 0.005, 0.3
"""Bounds of the share of uses that are no answer to the order; they may come at any time of a working day."""

ONE_HAND = 2.0
"""Minutes: uses that follow each other faster may be one hand's, and count once for the interval."""

HANDS = 0.4
"""What a use counts for the interval: accounts in one hand answer alike. Fitted to hold in 90 % (bench.orders)."""

MORNING = 0.2
"""Posterior share of the time since work began from which an order is dated there, and not to the evening before."""

_DAY, _REACH, _MOST = 480.0, 600.0, 48


@dataclass(frozen=True)
class Onset:
    """When an order was given, minutes on the crew's clock: posterior median and the 90 % interval.

    The interval ends with the first use that answers the order.
    answers : bool [n], uses more likely an answer to the order than stray.
    """

    middle: float
    low: float
    high: float
    answers: npt.NDArray[np.bool_]


def onset(used: Floats, stray: float = LEAST_STRAY, began: float | None = None) -> Onset:
    """Tell when an order was given.

    used : float64 [n], ascending, minutes worked at each member's first use. stray : share that is no answer, kept
    between LEAST_STRAY and MOST_STRAY. began : minutes worked when the working day of the first use began, if known.
    """
    stray = min(max(stray, LEAST_STRAY), MOST_STRAY)
    tau, share, best = _posterior(_thinned(used), stray, 1.0)
    middle = _at(tau, share, 0.5)
    if began is not None and middle < began:
        before = float(share[np.searchsorted(tau, began) - 1]) if began > tau[0] else 0.0
        if 1.0 - before >= MORNING:
            middle = _at(tau, share, before + (1.0 - before) / 2)
    runs = used[np.append(True, np.diff(used) > ONE_HAND)]
    tau, share, _ = _posterior(_thinned(runs), stray, HANDS)
    lag = used - middle
    answer = np.where(lag > 0, (1 - stray) * _density(np.maximum(lag, 1e-3), best), 0.0) > stray / _DAY
    answer = answer if answer.any() else lag == lag.max()
    return Onset(middle, min(_at(tau, share, 0.1), middle), max(float(used[answer][0]), middle), answer)


def _thinned(used: Floats) -> Floats:
    """At most _MOST of the uses, spread over all of them."""
    if len(used) <= _MOST:
        return used
    return np.asarray(used[np.linspace(0, len(used) - 1, _MOST).round().astype(int)])


def _posterior(used: Floats, stray: float, weight: float) -> tuple[Floats, Floats, float]:
    """Moments tried, ascending, the posterior share up to each, and the likeliest median lag.

    weight : what a use counts.
    """
    tau = _grid(used)
    step = np.linspace(-2.5, 2.5, 21)
    median = MEDIAN * np.exp(SPREAD * step)
    likelihood = weight * _mixed(used, tau, median, stray).sum(axis=2) - 0.5 * step**2
    posterior = np.exp(likelihood - likelihood.max()) * np.gradient(tau)[:, None]
    share = np.cumsum(posterior.sum(axis=1))
    return tau, share / share[-1], float(median[posterior.sum(axis=0).argmax()])


def _at(tau: Floats, share: Floats, part: float) -> float:
    return float(tau[min(int(np.searchsorted(share, part)), len(tau) - 1)])


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
