"""Targets on the page: who is addressed beyond prominence, with a picture of members against others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import number

TITLE = "Targets"

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 300, 60, 40, 12, 16
MOST_ROWS, MOST_PILES = 30, 30


@dataclass(frozen=True)
class Scatter:
    """Targets by accounts of others (x) and members (y) that address them, logarithmic from 0 at log(1 + n).

    dots : (x, y) of those beyond prominence. rest : of the others. line : points of what prominence explains, at the
    median share.
    """

    dots: list[tuple[float, float]]
    rest: list[tuple[float, float]]
    line: list[tuple[float, float]]
    below: list[tuple[float, str]]
    beside: list[tuple[float, str]]


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the rows of one crew."""
    rows = rows_of(case, "targets", said).to_pylist()
    fdr = float(case.config.fdr)
    beyond = [row for row in rows if row["q_value"] <= fdr]
    detail = said["crew"] != "all members"
    words: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows_of(case, "target_words", said).to_pylist() if detail else ():
        words.setdefault(row["target"], []).append(row)
    piles = rows_of(case, "pile_ons", said).sort_by("start").to_pylist()
    return {
        "beyond": len(beyond),
        "scatter": scatter(rows, {row["target"] for row in beyond}) if rows else None,
        "rows": beyond[:MOST_ROWS] if detail else [],
        "words": words,
        "piles": piles[:MOST_PILES] if detail else [],
        "all_piles": len(piles),
    }


def scatter(rows: Sequence[Mapping[str, Any]], beyond: set[str]) -> Scatter:
    """Draw the targets, at least one."""
    most_x = max(*(row["others"] for row in rows), 10)
    most_y = max(*(row["members"] for row in rows), 4)

    def x(value: float) -> float:
        return float(round(LEFT + math.log1p(value) / math.log1p(most_x) * (WIDTH - LEFT - RIGHT), 1))

    def y(value: float) -> float:
        return float(
            round(HEIGHT - BOTTOM - math.log1p(value) / math.log1p(most_y) * (HEIGHT - BOTTOM - TOP), 1)
        )

    share = median(row["expected"] / (row["members"] + row["others"]) for row in rows)
    odds = share / (1 - share) if share < 1 else 0.0
    points = [most_x * k / 40 for k in range(41)]
    line = [(x(others), y(min(others * odds, most_y))) for others in points]
    places = {name: {(x(row["others"]), y(row["members"])) for row in rows if (row["target"] in beyond) == chosen}
              for name, chosen in (("dots", True), ("rest", False))}  # fmt: skip
    marks = [0, *(10**k for k in range(7))]
    return Scatter(
        sorted(places["dots"]), sorted(places["rest"]), line,
        [(x(value), number(value)) for value in marks if value <= most_x],
        [(y(value), number(value)) for value in marks if value <= most_y],
    )  # fmt: skip
