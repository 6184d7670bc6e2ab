"""Shares with their exact intervals, for the JSON and in words."""

from __future__ import annotations

from typing import Any

from chorusline.intervals import clopper_pearson


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
