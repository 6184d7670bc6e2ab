"""The section on hands or machines: a strip of accounts by how much of their time lies on a clock grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of

TITLE = "Hands or machines"

LEFT, RIGHT, TOP, LANE = 130, 708, 12, 40
VERDICTS = ("automated", "run by hand", "can't tell")
MOST_ROWS = 40
"""Accounts shown in the table, automated first; the file has all."""


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the rows of the table for one crew."""
    rows = rows_of(case, "automation", said).to_pylist()
    rows.sort(key=lambda row: (VERDICTS.index(row["verdict"]), -row["actions"], row["account"]))
    return {"rows": rows[:MOST_ROWS], "total": len(rows), "picture": strip(rows)}


def strip(rows: list[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Draw accounts as ticks by the share of their moments on a clock grid, a lane a verdict; None without any.

    Returns `ticks` (a path), `ranges` (a path of the intervals), `lanes` (label, y), `below` (x, label), `height`.
    """
    drawn = [row for row in rows if row["grid_share"] is not None]
    if not drawn:
        return None

    def across(share: float) -> float:
        return LEFT + (RIGHT - LEFT) * share

    # Of many, those within one unit are one tick.
    digits = 1 if len(drawn) <= 60 else 0
    ticks: dict[str, None] = {}
    ranges = []
    for row in drawn:
        y = TOP + LANE * VERDICTS.index(row["verdict"]) + LANE // 2
        ticks[f"M{across(row['grid_share']):.{digits}f} {y - 9}v18"] = None
        if len(drawn) <= 60:
            ranges.append(f"M{across(row['grid_low']):.1f} {y}H{across(row['grid_high']):.1f}")
    bottom = TOP + LANE * len(VERDICTS)
    count = [sum(row["verdict"] == word for row in rows) for word in VERDICTS]
    return {
        "ticks": "".join(ticks),
        "ranges": "".join(ranges),
        "lanes": [
            (f"{word}: {n:,}", TOP + LANE * k + LANE // 2)
            for k, (word, n) in enumerate(zip(VERDICTS, count, strict=True))
        ],
        "below": [(across(x / 4), f"{25 * x} %") for x in range(5)],
        "bottom": bottom,
        "height": bottom + 26,
    }
