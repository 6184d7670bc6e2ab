"""The section on effort: person-hours by day as a band, sums, and what they hang on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import number

TITLE = "Effort"

LEFT, RIGHT, TOP, BOTTOM, HEIGHT = 60, 708, 14, 160, 190
MOST_BARS = 160


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the tables for one crew."""
    days = rows_of(case, "effort_days", said).to_pylist()
    return {
        "picture": band(days),
        "sums": [_written(row) for row in rows_of(case, "effort", said).to_pylist()],
        "kinds": [
            {**row, **{name: number(row[f"hours_{name}"]) for name in ("low", "middle", "high")}}
            for row in rows_of(case, "effort_kinds", said).to_pylist()
        ],
        "gaps": [
            {**row, "each": number(row["hours_each_account"]), "one": number(row["hours_one_hand"])}
            for row in rows_of(case, "effort_gaps", said).to_pylist()
        ],
    }


def band(days: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Draw hours at work by day, or by several days: bars from low to high, and the middle as a line; None without."""
    if not days:
        return None
    step = -(-len(days) // MOST_BARS)
    parts = [days[k : k + step] for k in range(0, len(days), step)]
    # Days that a public edition leaves out have no bar.
    sums = [
        None if any(row["hours_high"] is None for row in part)
        else [sum(row[f"hours_{name}"] for row in part) for name in ("low", "middle", "high")]
        for part in parts
    ]  # fmt: skip
    most = max((row[2] for row in sums if row), default=0.0) or 1.0
    pitch, scale = (RIGHT - LEFT) / max(len(sums), 12), (BOTTOM - TOP) / most
    bars, line = [], []
    for k, figures in enumerate(sums):
        if figures is None:
            continue
        low, middle, high = figures
        x = LEFT + k * pitch
        wide = max(pitch - 0.8, 0.6)
        bars.append(
            f"M{x:.1f} {BOTTOM - high * scale:.1f}h{wide:.1f}V{BOTTOM - low * scale:.1f}h-{wide:.1f}z"
        )
        line.append(f"M{x:.1f} {BOTTOM - middle * scale:.1f}h{wide:.1f}")
    every = max(1, -(-len(sums) // 6))
    return {
        "bars": "".join(bars),
        "line": "".join(line),
        "below": [
            (round(LEFT + k * pitch, 1), str(days[k * step]["day"]))
            for k in range(0, len(sums), every)
            if LEFT + k * pitch < RIGHT - 60
        ],
        "most": number(most),
        "left_out": sum(row is None for row in sums),
        "step": "day" if step == 1 else f"{step} days",
    }


def _written(row: Mapping[str, Any]) -> dict[str, Any]:
    result = {"measure": row["measure"], "currency": row["currency"] or "", "costs": row["wage"] is not None}
    for level in ("low", "middle", "high"):
        result[f"hours_{level}"] = number(row[f"hours_{level}"])
        result[f"full_{level}"] = number(row[f"full_time_{level}"], 2)
        cost = row[f"cost_{level}"]
        result[f"cost_{level}"] = "–" if cost is None else number(cost, 0)
    return result
