"""The exact interval of a share (Clopper & Pearson 1934)."""

from __future__ import annotations


def clopper_pearson(hits: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval (low, high) of a share: hits of trials, by the tails of the beta distribution.

    The interval covers the true share with at least the stated confidence, whatever it is; (0, 1) for no trials.
    """
    from scipy.stats import beta

    if not 0 <= hits <= trials:
        raise ValueError(f"hits must lie between 0 and trials, not {hits} of {trials}")
    tail = (1 - confidence) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high
