"""Exact intervals for shares (Clopper & Pearson 1934)."""

from __future__ import annotations

from typing import Any


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


def share(hits: int, trials: int) -> dict[str, Any]:
    """Return a share with its 95 % interval for the JSON; value is None where there was nothing to count."""
    low, high = clopper_pearson(hits, trials)
    return {"value": hits / trials if trials else None, "low": low, "high": high, "hits": hits, "of": trials}


def said(figure: dict[str, Any], scale: float = 100.0, unit: str = " %", digits: int = 1) -> str:
    """Word a share: "93.1 % (90.0-95.4), 325 of 349"."""
    if figure["value"] is None:
        return "none to count"
    value, low, high = (f"{scale * figure[name]:,.{digits}f}" for name in ("value", "low", "high"))
    return f"{value}{unit} ({low}–{high}), {figure['hits']:,} of {figure['of']:,}"
