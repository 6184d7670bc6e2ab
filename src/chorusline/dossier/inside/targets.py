"""Targets on the page: who is addressed beyond prominence, on which days, in pile-ons and in what words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import minute, number, percent, quoted, seconds, visible
from chorusline.dossier.listing import Column, Listing

TITLE = "Targets"

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 720, 300, 60, 40, 12, 16
MOST_ROWS, MOST_PILES, MOST_LANES = 30, 30, 12

LANE, LANE_LEFT, MOST_BINS = 34, 150, 110
"""Height of a target's lane and width of its label, pixels; bars in a lane, of one day or several each."""


@dataclass(frozen=True)
class Scatter:
    """Targets by accounts of others (x) and members (y) that address them, logarithmic from 0 at log(1 + n).

    dots : (x, y) of those beyond prominence, whole units. rest : of the others, those within two units drawn as one.
    line : points of what prominence explains, at the median share.
    """

    dots: list[tuple[int, int]]
    rest: list[tuple[int, int]]
    line: list[tuple[float, float]]
    below: list[tuple[float, str]]
    beside: list[tuple[float, str]]


@dataclass(frozen=True)
class Lane:
    """A target's days: SVG paths of bars for members and outlines for others, and marks (x) of pile-ons."""

    target: str
    floor: int
    members: str
    others: str
    marks: list[float]


@dataclass(frozen=True)
class Lanes:
    """Targets in time. below : labels of times. days : that a bar is long."""

    lanes: list[Lane]
    below: list[tuple[float, str]]
    height: int
    days: int


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the picture and the rows of one crew."""
    rows = rows_of(case, "targets", said).to_pylist()
    fdr = float(case.config.fdr)
    beyond = [row for row in rows if row["q_value"] <= fdr]
    shown = [row for row in rows if row["q_value"] <= fdr or row["pile_ons"] or row["pressure"]]
    detail = said["crew"] != "all members"
    words: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows_of(case, "target_words", said).to_pylist() if detail else ():
        words.setdefault(row["target"], []).append(row)
    every = rows_of(case, "pile_ons", said).sort_by("start").to_pylist()
    piles = [row for row in every if row["status"] == "pile-on"]
    days = rows_of(case, "target_days", said).to_pylist() if detail else []
    return {
        "beyond": len(beyond),
        "shown": len(shown),
        # A public edition has those alone of whom something is said.
        "scatter": scatter(rows, {row["target"] for row in beyond})
        if rows and not case.manifest.get("edition")
        else None,
        "lanes": lanes(days, piles) if days else None,
        "listings": {
            **({"targets": listing(shown, words, said)} if detail and shown else {}),
            **({"piles": piles_listed(piles, said)} if detail and piles else {}),
        },
        "no_piles": len(every) - len(piles),
        "private": sum(row["private"] for row in rows),
    }


def listing(
    shown: Sequence[Mapping[str, Any]],
    words: Mapping[str, Sequence[Mapping[str, Any]]],
    said: Mapping[str, Any],
) -> Listing:
    """Write the targets as a table."""
    columns = [
        Column("Target", "head"), Column("Members"), Column("Expected"), Column("Others"), Column("Posts"),
        Column("Of all"), Column("Pile-ons"), Column("Kept at it"), Column("Expected"),
        Column("Words used more than others do", "object"),
    ]  # fmt: skip
    rows = [
        [
            visible(row["target"]) + (f" ({quoted(row['role'], 60)})" if row["role"] else ""), number(row["members"]),
            number(row["expected"]), number(row["others"]), number(row["posts"]), percent(row["share"]),
            number(row["pile_ons"]), number(row["kept_members"]) + (", long pressure" if row["pressure"] else ""),
            "–" if row["kept_expected"] is None else number(row["kept_expected"]),
            ", ".join(quoted(word["word"], 40) for word in words.get(row["target"], ())[:8]),
        ]
        for row in shown
    ]  # fmt: skip
    what = "Targets of whom something is said"
    return Listing(f"targets-{said['group'] or 'list'}", columns, rows, MOST_ROWS, what, "tables/targets.csv")


def piles_listed(piles: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> Listing:
    """Write the pile-ons as a table."""
    columns = [
        Column("No."), Column("Target", "head"), Column("From (UTC)", "when"), Column("To (UTC)", "when"),
        Column("Members"), Column("At work"), Column("Posts"), Column("Densest", "text"), Column("Usual share"),
        Column("Others more than usual"),
    ]  # fmt: skip
    rows = [
        [
            str(row["pile_on"]), visible(row["target"]), minute(row["start"]), minute(row["end"]),
            number(row["members"]), number(row["at_work"]), number(row["posts"]), _densest(row),
            percent(row["usual_share"]), number(row["others_during"]),
        ]
        for row in piles
    ]  # fmt: skip
    return Listing(
        f"piles-{said['group'] or 'list'}", columns, rows, MOST_PILES, "Pile-ons", "tables/pile_ons.csv"
    )


def _densest(row: Mapping[str, Any]) -> str:
    if row["users_in_window"] is None:
        return f"{number(row['members_in_window'])} in {seconds(row['window'])}"
    return (
        f"{number(row['members_in_window'])} of {number(row['users_in_window'])} in {seconds(row['window'])}"
    )


def lanes(days: Sequence[Mapping[str, Any]], piles: Sequence[Mapping[str, Any]]) -> Lanes:
    """Draw the days of the first targets in `days`, at least one row, and pile-ons on them."""
    first: datetime = min(row["day"] for row in days)
    span = (max(row["day"] for row in days) - first).days + 1
    each = -(-span // MOST_BINS)
    bins = -(-span // each)
    step = (WIDTH - LANE_LEFT - RIGHT) / bins

    def x(when: datetime) -> float:
        return float(round(LANE_LEFT + (when - first).total_seconds() / 86400 / each * step, 1))

    result = []
    names = list(dict.fromkeys(row["target"] for row in days))[:MOST_LANES]
    for k, name in enumerate(names):
        mine = [row for row in days if row["target"] == name]
        top = max(max(row["members"], row["others"] or 0) for row in mine)
        floor = TOP + LANE * (k + 1) - 4
        paths = {}
        for side in ("members", "others"):
            most: dict[int, int] = {}
            for row in mine:
                place = (row["day"] - first).days // each
                most[place] = max(most.get(place, 0), row[side] or 0)
            paths[side] = "".join(
                f"M{LANE_LEFT + place * step:.4g} {floor}v{-count / top * (LANE - 10):.2g}h{step * 0.8:.2g}V{floor}z"
                for place, count in sorted(most.items())
                if count
            )
        marks = [x(row["start"]) for row in piles if row["target"] == name and row["start"] >= first]
        result.append(Lane(name, floor, paths["members"], paths["others"], marks))
    every = max(1, -(-span // 6))
    below = [
        (x(first + timedelta(days=k)), f"{first + timedelta(days=k):%Y-%m-%d}") for k in range(0, span, every)
    ]
    return Lanes(
        result, [(at, label) for at, label in below if at < WIDTH - 70], TOP + LANE * len(names) + 24, each
    )


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

    def places(chosen: bool, grid: int) -> list[tuple[int, int]]:
        return sorted(
            {(round(x(row["others"]) / grid) * grid, round(y(row["members"]) / grid) * grid)
             for row in rows if (row["target"] in beyond) == chosen}
        )  # fmt: skip

    marks = [0, *(10**k for k in range(7))]
    return Scatter(
        places(True, 1), places(False, 2), line,
        [(x(value), number(value)) for value in marks if value <= most_x],
        [(y(value), number(value)) for value in marks if value <= most_y],
    )  # fmt: skip
