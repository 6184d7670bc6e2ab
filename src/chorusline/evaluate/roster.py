"""Rosters against the truth's shifts: were hours found, their boundaries, and a staff claimed of honest accounts?"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import NAMED_RUNGS, Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth
from chorusline.operation.base import NAMED

MINUTE = 60_000_000
DAY = 1440


def true_hours(
    starts: np.ndarray[Any, Any],
    ends: np.ndarray[Any, Any],
    operators: list[str],
    days: tuple[date, date] | None = None,
) -> list[tuple[float, float]]:
    """Median start and end of each shift in the truth, minutes after midnight UTC; empty where nobody worked.

    starts, ends : uninterrupted work, int64 microseconds [n]; operators : whose, [n]. Work with less than three hours
    between is one day's. Operators whose days begin within three hours of each other keep one shift. days : first and
    last day to look at, between two changes of the clocks; the first fortnight where not given.
    """
    order = np.lexsort((starts, np.array(operators)))
    who, s, e = np.array(operators)[order], starts[order], ends[order]
    new = np.append(True, (who[1:] != who[:-1]) | (s[1:] - e[:-1] > 180 * MINUTE))
    begin, last = s[new], np.append(np.flatnonzero(new)[1:] - 1, len(s) - 1)
    finish, hand = e[last], who[new]
    if days is None:
        early = begin < begin.min() + 14 * DAY * MINUTE
    else:
        low, high = ((day - date(1970, 1, 1)).days * DAY * MINUTE for day in days)
        early = (begin >= low) & (begin < high + DAY * MINUTE)
    at = {h: float(np.median(begin[early & (hand == h)] // MINUTE % DAY)) for h in np.unique(hand[early])}
    shifts: list[tuple[float, float]] = []
    left = dict(sorted(at.items(), key=lambda item: item[1]))
    while left:
        first = next(iter(left.values()))
        mine = [h for h, minute in left.items() if apart(minute, first) <= 180]
        chosen = early & np.isin(hand, mine)
        start = float(np.median((begin[chosen] // MINUTE - first + DAY / 2) % DAY) + first - DAY / 2) % DAY
        length = float(np.median((finish[chosen] - begin[chosen]) / MINUTE))
        shifts.append((start, (start + length) % DAY))
        left = {h: minute for h, minute in left.items() if h not in mine}
    return shifts


def apart(a: float, b: float) -> float:
    """Minutes between two times of day."""
    return abs((a - b + DAY / 2) % DAY - DAY / 2)


def score(case: Case, truth: Truth) -> Scored:
    """Score the rosters of the groups' named accounts."""
    roster = case.table("roster").to_pylist()
    periods = case.table("roster_periods").to_pylist()
    accounts = case.table("accounts")
    rows = truth.table("shifts")
    label = dict(zip(truth.accounts["account"].to_pylist(), truth.label.tolist(), strict=True))
    operation = dict(
        zip(*(truth.table("operators")[c].to_pylist() for c in ("account", "operation")), strict=True)
    )
    found: list[dict[str, Any]] = []
    for row in roster:
        if row["crew"] != NAMED:
            continue
        named = pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS))
        names = accounts.filter(pc.and_(pc.equal(accounts["group"], row["group"]), named))
        mine = Counter(bool(label.get(name, False)) for name in names["account"].to_pylist())
        staff = Counter(operation[n] for n in names["account"].to_pylist() if n in operation)
        entry = {
            "group": row["group"],
            "verdict": row["verdict"],
            "worked": mine[True] > mine[False],
            "errors": [],
        }
        if entry["worked"] and staff:
            whose = staff.most_common(1)[0][0]
            hands = truth.table("operators").filter(pc.equal(truth.table("operators")["operation"], whose))[
                "operator"
            ]
            work = rows.filter(pc.is_in(rows["operator"], value_set=pc.unique(hands)))
            micro = _micro(work["start"]), _micro(work["end"]), work["operator"].to_pylist()
            for told in (p for p in periods if p["group"] == row["group"] and p["crew"] == row["crew"]):
                true = true_hours(*micro, days=(told["first_day"], told["last_day"]))
                if true:
                    near = min(true, key=lambda t: apart(t[0], told["start"]))
                    entry["errors"] += [apart(near[0], told["start"]), apart(near[1], told["end"])]
        found.append(entry)
    return _scored(found)


def _micro(column: pa.ChunkedArray) -> np.ndarray[Any, Any]:
    return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy())


def _scored(found: list[dict[str, Any]]) -> Scored:
    staffed = "staffed hours"
    working = [f for f in found if f["worked"]]
    honest = [f for f in found if not f["worked"]]
    errors = [e for f in working for e in f["errors"]]
    figures: dict[str, Any] = {
        "groups": len(found),
        "operations_with_hours_found": share(sum(f["verdict"] == staffed for f in working), len(working)),
        "honest_groups_called_staffed": share(sum(f["verdict"] == staffed for f in honest), len(honest)),
        "boundaries_within_30_minutes": share(sum(e <= 30 for e in errors), len(errors)),
        "median_boundary_error_minutes": float(np.median(errors)) if errors else None,
    }
    rows = (
        ("Groups of an operation with staffed hours", said(figures["operations_with_hours_found"])),
        ("Honest groups called staffed", said(figures["honest_groups_called_staffed"])),
        ("Boundaries of shifts within 30 minutes", said(figures["boundaries_within_30_minutes"])),
    )
    return Scored(figures, (Table("Rosters", ("", "share"), rows),))


SCORE = Score(
    name="roster",
    about="Whether the hours of an operation are found and right, and whether honest groups are called staffed.",
    needs=("case:roster", "case:roster_periods", "truth:shifts", "truth:operators"),
    function=score,
    place=70,
)
