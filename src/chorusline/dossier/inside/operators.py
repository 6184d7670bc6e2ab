"""The section on hands: the reckonings of the headcount side by side, and what the evidence weighs. Counts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import number, percent

TITLE = "Hands"

LEFT, RIGHT, TOP, LANE = 210, 700, 14, 30
WORDS = {
    "at once": "active at once",
    "apart": "apart, two by two",
    "throughput": "the busiest hour's work",
    "linkage": "linked accounts",
    "capture-recapture": "clusters, and those unseen",
    "accounts": "accounts",
}


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the tables for one crew."""
    summary = rows_of(case, "operators", said).to_pylist()
    estimates = rows_of(case, "operators_estimates", said).to_pylist()
    evidence = rows_of(case, "operators_evidence", said).to_pylist()
    row = summary[0] if summary else None
    return {
        "row": None if row is None else {**row, "timers": percent(row["scheduled"])},
        "picture": None if row is None else ladder(estimates, row),
        "estimates": [
            {**e, "words": WORDS.get(e["reckoning"], e["reckoning"]), "at": number(e["value"]),
             "range": "–" if e["bound"] != "estimate" else f"{number(e['low'])} to {number(e['high'])}"}
            for e in estimates
        ],
        "evidence": [{**e, "bits": f"{e['weight']:+.1f}".replace("-", "−")} for e in evidence],
    }  # fmt: skip


def ladder(estimates: Sequence[Mapping[str, Any]], row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Draw the reckonings, one lane each, over the 90 % interval as a band; None without any.

    Lower bounds are open to the right and the upper bound to the left; estimates are ticks on their interval.
    """
    if not estimates:
        return None
    most = max(max(e["high"] for e in estimates), row["hands_high"], 1.0)

    def across(hands: float) -> float:
        return float(LEFT + (RIGHT - LEFT) * hands / most)

    marks, ranges, lanes = [], [], []
    for k, e in enumerate(estimates):
        y = TOP + LANE * (k + 0.5)
        x = across(e["value"])
        if e["bound"] == "estimate":
            ranges.append(f"M{across(e['low']):.1f} {y:.1f}H{across(e['high']):.1f}")
            marks.append(f"M{x:.1f} {y - 8:.1f}v16")
        elif e["bound"].startswith("lower bound"):
            marks.append(f"M{x:.1f} {y - 8:.1f}v16M{x:.1f} {y:.1f}h12m-5 -4l5 4l-5 4")
        else:
            marks.append(f"M{x:.1f} {y - 8:.1f}v16M{x:.1f} {y:.1f}h-12m5 -4l-5 4l5 4")
        word = WORDS.get(e["reckoning"], e["reckoning"])
        lanes.append((f"{word}: {number(e['value'])}", y + 4))
    bottom = TOP + LANE * len(estimates)
    low, high = across(row["hands_low"]), across(row["hands_high"])
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if most / s <= 8), 1000)
    return {
        "marks": "".join(marks), "ranges": "".join(ranges), "lanes": lanes, "bottom": bottom, "height": bottom + 26,
        "band": f"M{low:.1f} {TOP}H{max(high, low + 1):.1f}V{bottom}H{low:.1f}z",
        "below": [(round(across(x), 1), str(x)) for x in range(0, int(most) + 1, step)],
        "low": number(row["hands_low"]), "high": number(row["hands_high"]),
    }  # fmt: skip
