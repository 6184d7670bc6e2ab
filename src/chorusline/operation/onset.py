"""When an order was given, told from when it was taken up.

Lags between an order and its being taken up are taken for lognormal on the crew's clock, as they are in the released
archive of a state operation and in published orders of campaigns (docs/method.md, "Orders"), with a median that each
order has for itself. A small share of uses is stray: the object was used for no order. The posterior of the moment,
over all medians, gives the interval and, as the moment told, the middle of the most probable hour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.operation.clock import CrewClock
from chorusline.units import MINUTE

Floats = npt.NDArray[np.float64]

SIGMA = 1.1
"""Log standard deviation of the lags of one order."""

MEDIAN, SPREAD = 60.0, 1.0
"""Prior of an order's median lag: minutes worked, log standard deviation."""

STEPS = np.linspace(-2.5, 2.5, 21)
"""Medians tried, in log standard deviations from MEDIAN."""

LOG_PRIOR = -0.5 * STEPS**2
"""Log prior of each, up to a constant, before anything is learned of the crew."""

LEAST_STRAY, MOST_STRAY = 0.005, 0.3
"""Bounds of the share of uses that are no answer to the order; they may come at any time of a working day."""

ONE_HAND = 2.0
"""Minutes: uses that follow each other faster may be one hand's, and count once for the interval."""

HANDS = 0.4
"""What a use counts for the interval: accounts in one hand answer alike. Fitted to hold in 90 % (bench.orders)."""

HALF = 30.0
"""Minutes either way of the moment told: it is the middle of the most probable hour."""

NEARLY = 0.005
"""Hours this much less probable than the best one are as good: of all of them the middle one is taken."""

_DAY, _REACH, _MOST = 480.0, 600.0, 48


@dataclass(frozen=True)
class Onset:
    """When an order was given, minutes on the crew's clock: the middle of the most probable hour and the 90 % interval.

    The interval ends with the first use that answers the order.
    answers : bool [n], uses more likely an answer to the order than stray.
    """

    middle: float
    low: float
    high: float
    answers: npt.NDArray[np.bool_]


def onset(
    used: Floats, stray: float = LEAST_STRAY, clock: CrewClock | None = None,
    counts: npt.NDArray[np.bool_] | None = None, log_prior: Floats = LOG_PRIOR,
) -> Onset:  # fmt: skip
    """Tell when an order was given.

    used : float64 [n], ascending, minutes worked at each member's first use. stray : share that is no answer, kept
    between LEAST_STRAY and MOST_STRAY. clock : on which they were read; without one, minutes worked are taken for those
    of any clock. counts : bool [n], uses that count for the middle, all where not given: the first of each hand.
    log_prior : of median lags (`answers.learned`).
    """
    stray = min(max(stray, LEAST_STRAY), MOST_STRAY)
    tau, share, best = _posterior(_thinned(used if counts is None else used[counts]), stray, 1.0, log_prior)
    middle = min(_hour(tau, share, clock), float(used[-1]))
    runs = used[np.append(True, np.diff(used) > ONE_HAND)]
    tau, share, _ = _posterior(_thinned(runs), stray, HANDS, LOG_PRIOR)
    lag = used - middle
    answer = np.where(lag > 0, (1 - stray) * _density(np.maximum(lag, 1e-3), best), 0.0) > stray / _DAY
    answer = answer if answer.any() else lag == lag.max()
    return Onset(middle, min(_at(tau, share, 0.1), middle), max(float(used[answer][0]), middle), answer)


def medians_of(used: Floats, stray: float) -> Floats:
    """Likelihood of each median in STEPS, float64, the largest 1, summed over moments. used, stray : as in `onset`."""
    used = _thinned(used)
    tau = _grid(used)
    stray = min(max(stray, LEAST_STRAY), MOST_STRAY)
    found = _mixed(used, tau, MEDIAN * np.exp(SPREAD * STEPS), stray).sum(axis=2)
    each = (np.exp(found - found.max()) * np.gradient(tau)[:, None]).sum(axis=0)
    return np.asarray(each / each.max())


def _hour(tau: Floats, share: Floats, clock: CrewClock | None) -> float:
    """Minutes worked at the middle of the most probable hour of everybody's clock: nights have little of it."""
    at = tau if clock is None else clock.instant(tau) / MINUTE
    tried = np.arange(np.floor(at[0]), at[-1] + HALF, 2.0)
    held = np.interp(tried + HALF, at, share, left=0.0, right=1.0) - np.interp(
        tried - HALF, at, share, left=0.0, right=1.0
    )
    middle = float(np.median(tried[held >= held.max() - NEARLY]))
    return middle if clock is None else float(clock.at(np.array([middle * MINUTE]))[0])


def _thinned(used: Floats) -> Floats:
    """At most _MOST of the uses, spread over all of them."""
    if len(used) <= _MOST:
        return used
    return np.asarray(used[np.linspace(0, len(used) - 1, _MOST).round().astype(int)])


def _posterior(used: Floats, stray: float, weight: float, log_prior: Floats) -> tuple[Floats, Floats, float]:
    """Moments tried, ascending, the posterior share up to each, and the likeliest median lag.

    weight : what a use counts. log_prior : of medians.
    """
    tau = _grid(used)
    median = MEDIAN * np.exp(SPREAD * STEPS)
    likelihood = weight * _mixed(used, tau, median, stray).sum(axis=2) + log_prior
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
