"""The section on hands: what each way of counting gives, as a picture of intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import number

TITLE = "Hands"

LEFT, RIGHT, TOP, LANE = 190, 700, 12, 30


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the figures for one crew."""
    rows = rows_of(case, "operators", said).to_pylist()
    return {"row": rows[0], "picture": intervals(rows[0])} if rows else {}


def intervals(row: Mapping[str, Any]) -> dict[str, Any]:
    """Draw each count as a line from low to high on one axis of hands, with a mark where there is a best guess."""
    lanes: list[tuple[str, float, float, float | None]] = [
        ("told, at 90 %", row["low"], row["high"], row["linked"]),
        ("accounts at once: at least", row["at_once"], row["accounts"], None),
        ("busiest hour: at least", row["throughput"], row["accounts"], None),
    ]
    if row["linked"] is not None:
        lanes.append(("linked accounts", row["linked_low"], row["linked_high"], row["linked"]))
    if row["chao"] is not None:
        lanes.append(("capture, recapture", row["chao"], row["chao"], row["chao"]))
    most = float(max(row["accounts"], row["high"], row["chao"] or 0, 1))

    def across(hands: float) -> float:
        return LEFT + (RIGHT - LEFT) * hands / most

    lines, marks, labels, table = [], [], [], []
    for k, (word, low, high, guess) in enumerate(lanes):
        y = TOP + LANE * (k + 0.5)
        lines.append(f"M{across(low):.1f} {y - 5:.1f}v10m0 -5H{across(high):.1f}m0 -5v10")
        if guess is not None:
            marks.append(f"M{across(guess) - 4:.1f} {y - 4:.1f}h8v8h-8z")
        labels.append((word, y + 4))
        table.append((word, number(low), number(high), "–" if guess is None else number(guess)))
    bottom = TOP + LANE * len(lanes)
    step = max(1, -(-int(most) // 6))
    return {
        "lines": "".join(lines), "marks": "".join(marks), "labels": labels, "table": table, "bottom": bottom,
        "height": bottom + 26,
        "below": [(round(across(n), 1), number(n)) for n in range(0, int(most) + 1, step)],
    }  # fmt: skip
