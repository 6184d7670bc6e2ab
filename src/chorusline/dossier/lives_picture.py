"""Pictures of groups over time: a row for each group followed, and how many named accounts were there by period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 46, 12, 12, 30
LANE = 34
MOST_LANES = 10
"""Lives drawn of a group, those with most accounts over time first."""

MOST_ROWS = 150
"""Rows of the table beside a group's picture."""

BARS_HEIGHT = 150


@dataclass(frozen=True)
class Lives:
    """The lives of a group, drawn. height : of the picture.

    lanes : (label, y of the middle) each. all, named : paths of the blocks of accounts and of the named among them.
    silent : path of dashes. joins : path of the lines between rows. ends : path of crosses.
    below : (x, label) of the ticks. rows : what the picture shows, for the table, or the first `MOST_ROWS` of them.
    all_rows : how many there are. total : lives, drawn or not.
    """

    height: int
    lanes: list[tuple[str, float]]
    all: str
    named: str
    silent: str
    joins: str
    ends: str
    below: list[tuple[float, str]]
    rows: list[Mapping[str, Any]]
    all_rows: int
    drawn: int
    total: int


@dataclass(frozen=True)
class Course:
    """Named accounts by period: `active`, `together` are paths of bars; `below`, `beside` are ticks."""

    active: str
    together: str
    below: list[tuple[float, str]]
    beside: list[tuple[float, str]]
    most: int


def draw(lives: Sequence[Mapping[str, Any]], periods: Sequence[Mapping[str, Any]]) -> Lives | None:
    """Draw the rows of case.TABLES["lives"] of one group over its periods; None where there are none."""
    if not lives or not periods:
        return None
    weight: dict[int, int] = {}
    for row in lives:
        weight[row["life"]] = weight.get(row["life"], 0) + row["accounts"]
    chosen = sorted(sorted(weight, key=lambda life: (-weight[life], life))[:MOST_LANES])
    middle = {life: TOP + LANE * (k + 0.5) for k, life in enumerate(chosen)}
    rows = [row for row in lives if row["life"] in middle]
    most = max(row["accounts"] for row in rows)
    pitch = _pitch(periods)
    blocks, filled, silent, joins, ends = [], [], [], [], []
    for row in rows:
        x, y = LEFT + (row["period"] - 1) * pitch, middle[row["life"]]
        if row["accounts"]:
            blocks.append(_block(x, y, pitch, row["accounts"], most))
            if row["named"]:
                filled.append(_block(x, y, pitch, row["named"], most))
        elif row["event"] == "dormant":
            silent.append(f"M{x:.1f} {y:.1f}h{pitch:.1f}")
        elif row["event"] == "gone":
            ends.append(f"M{x + 2:.1f} {y - 4:.1f}l8 8m0 -8l-8 8")
        if row["event"] in ("merged", "split"):
            joins += [f"M{x:.1f} {y:.1f}V{middle[other]:.1f}" for other in row["others"] if other in middle]
    return Lives(
        TOP + LANE * len(chosen) + BOTTOM, [(str(life), middle[life]) for life in chosen],
        "".join(blocks), "".join(filled), "".join(silent), "".join(joins), "".join(ends),
        _below(periods, pitch), rows[:MOST_ROWS], len(rows), len(chosen), len(weight),
    )  # fmt: skip


def course(periods: Sequence[Mapping[str, Any]]) -> Course | None:
    """Draw named accounts by period: those with any action, and those that acted together; None without any."""
    most = max((row["named"] for row in periods), default=0)
    if not most:
        return None
    pitch, scale = _pitch(periods), (BARS_HEIGHT - TOP - BOTTOM) / most

    def bars(name: str) -> str:
        return "".join(
            f"M{LEFT + k * pitch:.1f} {BARS_HEIGHT - BOTTOM:.1f}v-{row[name] * scale:.1f}h{max(pitch - 1, 0.6):.1f}"
            f"v{row[name] * scale:.1f}z"
            for k, row in enumerate(periods)
            if row[name]
        )

    beside = [(float(BARS_HEIGHT - BOTTOM), "0"), (float(TOP), f"{most:,}")]
    return Course(bars("named"), bars("named_together"), _below(periods, pitch), beside, most)


def length(periods: Sequence[Mapping[str, Any]]) -> str:
    """Say how long a period is: '7 days', '6 hours'."""
    if not periods:
        return ""
    hours = round((periods[0]["end"] - periods[0]["start"]).total_seconds() / 3600, 2)
    count, word = (hours / 24, "day") if hours >= 24 else (hours, "hour")
    return f"{count:g} {word}{'' if count == 1 else 's'}"


def _pitch(periods: Sequence[Mapping[str, Any]]) -> float:
    return (WIDTH - LEFT - RIGHT) / len(periods)


def _block(x: float, y: float, width: float, count: int, most: int) -> str:
    height = max((LANE - 6) * count / most, 1.5)
    return f"M{x:.1f} {y - height / 2:.1f}h{max(width - 1, 0.6):.1f}v{height:.1f}h-{max(width - 1, 0.6):.1f}z"


def _below(periods: Sequence[Mapping[str, Any]], pitch: float) -> list[tuple[float, str]]:
    """Some six labels."""
    every = max(1, -(-len(periods) // 6))
    short = (periods[0]["end"] - periods[0]["start"]).total_seconds() < 86400

    def written(start: datetime) -> str:
        return f"{start:%m-%d %H:%M}" if short and (start.hour or start.minute) else f"{start:%Y-%m-%d}"

    places = [k for k in range(0, len(periods), every) if LEFT + k * pitch < WIDTH - 60]
    return [(round(LEFT + k * pitch, 1), written(periods[k]["start"])) for k in places]
