"""The section on rosters: heatmaps by hour of the week, shifts, days off, and the clocks that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import percent

TITLE = "Hours of work"

LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 60, 12, 27, 20
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEVELS = (0.08, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Opacities of a heatmap's cells, faintest first."""

MOST_CLOCKS = 12


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return pictures and tables for one crew."""
    hours = rows_of(case, "roster_hours", said).to_pylist()
    names = list(dict.fromkeys(row["clock"] for row in hours))
    clocks = rows_of(case, "roster_clocks", said).to_pylist()
    shifts = rows_of(case, "roster_shifts", said).to_pylist()
    return {
        "maps": [heatmap(name, [row for row in hours if row["clock"] == name]) for name in names],
        "lanes": lanes(shifts),
        "shifts": [_shift(row) for row in shifts],
        "weekdays": [
            {**row, "words": percent(row["activity"]), "low": percent(row["low"]), "high": percent(row["high"]),
             "outside": percent(row["outsiders"])}
            for row in rows_of(case, "roster_weekdays", said).to_pylist()
        ],
        "clocks": [{**row, "chance": percent(row["probability"])} for row in clocks[:MOST_CLOCKS]],
        "all_clocks": len(clocks),
        "silent": rows_of(case, "roster_silent", said).to_pylist(),
    }  # fmt: skip


def heatmap(name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw 168 hours of the week as cells: `cells` are (opacity, path), darker for more of the group's activity."""
    # A share that a public edition leaves out is no cell.
    rows = [row for row in rows if row["share"] is not None]
    most = max((row["share"] for row in rows), default=0.0) or 1.0
    paths: dict[float, list[str]] = {level: [] for level in LEVELS}
    for row in rows:
        if not row["share"]:
            continue
        level = next(level for level in LEVELS if row["share"] <= level * most + 1e-12)
        x, y = LEFT + row["hour"] % 24 * CELL_WIDTH, TOP + row["hour"] // 24 * CELL_HEIGHT
        paths[level].append(f"M{x + 1} {y + 1}h{CELL_WIDTH - 2}v{CELL_HEIGHT - 2}h-{CELL_WIDTH - 2}z")
    busiest = max(rows, key=lambda row: (row["share"], -row["hour"]), default=None)
    bottom = TOP + 7 * CELL_HEIGHT
    return {
        "clock": name,
        "cells": [(level, "".join(path)) for level, path in paths.items() if path],
        "days": [(day, TOP + (k + 0.5) * CELL_HEIGHT + 4) for k, day in enumerate(DAYS)],
        "below": [(LEFT + hour * CELL_WIDTH, f"{hour:02d}") for hour in range(0, 25, 3)],
        "bottom": bottom,
        "height": bottom + 26,
        "busiest": f"{DAYS[busiest['hour'] // 24]} {busiest['hour'] % 24:02d}:00" if busiest else "",
        "share": percent(busiest["share"]) if busiest else "",
    }


def lanes(shifts: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Draw each shift as a bar on the day (UTC in winter), with its break left out and intervals as lines."""
    if not shifts:
        return None
    work, ranges, labels = [], [], []
    for k, row in enumerate(shifts):
        y = TOP + 30 * k
        labels.append((f"shift {row['shift']}" if len(shifts) > 1 else "hours", y + 15))
        parts = [(row["start"], row["end"])]
        if row["pause_start"] is not None:
            parts = [(row["start"], row["pause_start"]), (row["pause_end"], row["end"])]
        for a, b in parts:
            for begin, end in _on_day(a, b):
                work.append(f"M{_x(begin):.1f} {y}H{_x(end):.1f}v22H{_x(begin):.1f}z")
        for name in ("start", "end", "pause_start", "pause_end"):
            if row[name] is not None:
                for begin, end in _on_day(row[f"{name}_low"], row[f"{name}_high"]):
                    ranges.append(f"M{_x(begin):.1f} {y + 11}H{_x(end):.1f}")
    bottom = TOP + 30 * len(shifts)
    return {
        "work": "".join(work), "ranges": "".join(ranges), "labels": labels, "bottom": bottom, "height": bottom + 24,
        "below": [(_x(hour * 60), f"{hour:02d}") for hour in range(0, 25, 3)],
    }  # fmt: skip


def _x(minutes: float) -> float:
    return LEFT + minutes / 60 * CELL_WIDTH


def _on_day(start: float, end: float) -> list[tuple[float, float]]:
    """A span of minutes as one or two on the day from 0 to 1440."""
    length = (end - start) % 1440
    start %= 1440
    if start + length <= 1440:
        return [(start, start + length)]
    return [(start, 1440.0), (0.0, start + length - 1440)]


def _shift(row: Mapping[str, Any]) -> dict[str, Any]:
    def written(name: str) -> str:
        if row[name] is None:
            return "–"
        return f"{_clock(row[name])} ({_clock(row[f'{name}_low'])}–{_clock(row[f'{name}_high'])})"

    names = ("start", "end", "pause_start", "pause_end")
    return {"shift": row["shift"], "accounts": row["accounts"], **{name: written(name) for name in names}}


def _clock(minutes: float) -> str:
    whole = round(minutes) % 1440
    return f"{whole // 60:02d}:{whole % 60:02d}"
