"""The order book on the page: orders in time, how the foremost were taken up, and a table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chorusline.case import Case
from chorusline.dossier.inside import rows_of
from chorusline.dossier.lettering import minute, number, percent, plural, quoted, visible
from chorusline.dossier.listing import Column, Listing

TITLE = "Orders"

WIDTH, LEFT, RIGHT, TOP, LANE = 720, 70, 12, 8, 22
LANES = ("tag", "phrase", "link", "target", "post")
CURVE_WIDTH, CURVE_HEIGHT, CURVE_LEFT, CURVE_RIGHT, CURVE_BOTTOM = 340, 150, 44, 18, 24

MOST_ROWS, MOST_CURVES = 60, 6
HOURS_BEFORE, HOURS = 6, 30
"""Hours shown of an uptake curve: before the first use, and in all."""


@dataclass(frozen=True)
class Lanes:
    """Orders in time: marks (x, y, width of the interval, x of the middle) and labels of lanes and times."""

    marks: list[tuple[float, int, float, float]]
    beside: list[tuple[int, str]]
    below: list[tuple[float, str]]
    height: int


@dataclass(frozen=True)
class Curve:
    """How one order was taken up: SVG paths of posts so far, the interval in which it was given, and labels."""

    row: Mapping[str, Any]
    members: str
    others: str
    given: tuple[float, float]
    beside: list[tuple[float, str]]
    below: list[tuple[float, str]]


def blocks(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pictures and rows of one crew."""
    rows = rows_of(case, "orders", said).sort_by("order").to_pylist()
    orders = [row for row in rows if row["status"] == "order"]
    detail = said["crew"] != "all members"
    foremost = (
        sorted(orders, key=lambda row: (-row["complied"], row["order"]))[:MOST_CURVES] if detail else []
    )
    points: dict[int, list[dict[str, Any]]] = {row["order"]: [] for row in foremost}
    if foremost:
        for point in rows_of(case, "order_curves", said).to_pylist():
            if point["order"] in points:
                points[point["order"]].append(point)
    return {
        "orders": len(orders),
        "lanes": lanes(orders) if orders else None,
        "curves": [
            curve(row, points[row["order"]])
            for row in sorted(foremost, key=lambda row: row["order"])
            if points[row["order"]]
        ],
        "listings": {"orders": listing(orders, said)} if detail and orders else {},
        "others": [row for row in rows if row["status"] != "order"],
    }


def listing(orders: Sequence[Mapping[str, Any]], said: Mapping[str, Any]) -> Listing:
    """Write the orders as a table."""
    columns = [
        Column("No."), Column("Kind", "text"), Column("What", "head"), Column("Given between (UTC)", "when"),
        Column("First use (UTC)", "when"), Column("Took it up"), Column("At work"), Column("Median answer, min"),
        Column("Made, first hour"), Column("Made, first day"), Column("Others after"),
        Column("Earliest captured", "object"),
    ]  # fmt: skip
    rows = []
    for row in orders:
        others = len(row["objects"] or ()) - 1
        kind = row["kind"] + (f", with {plural(others, 'other')}" if others > 0 else "")
        first = {None: "left out", False: "another account"}.get(row["first_by_member"])
        rows.append([
            str(row["order"]), kind, quoted(row["object"] or "", 90),
            f"{minute(row['given_after'])}\nto {minute(row['given_before'])}", minute(row["first_use"]),
            number(row["complied"]), number(row["on_duty"]), number(round(row["lag_median"])),
            *(_share(row[f"share_{span}_low"], row[f"share_{span}_high"]) for span in ("hour", "day")),
            number(row["others_after"]), first or visible(row["first_account"]),
        ])  # fmt: skip
    return Listing(
        f"orders-{said['group'] or 'list'}", columns, rows, MOST_ROWS, "Orders", "tables/orders.csv"
    )


def _share(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{percent(low)} to {percent(high)}"


def lanes(orders: Sequence[Mapping[str, Any]]) -> Lanes:
    """Draw the orders, at least one, by time and kind."""
    first: datetime = min(row["given_after"] for row in orders)
    last: datetime = max(row["first_use"] for row in orders)
    span = max((last - first).total_seconds(), 3600.0)
    scale = (WIDTH - LEFT - RIGHT) / span

    def x(when: datetime) -> float:
        return round(LEFT + float((when - first).total_seconds()) * scale, 1)

    shown = [kind for kind in LANES if any(row["kind"] == kind for row in orders)]
    y = {kind: TOP + LANE * k + LANE // 2 for k, kind in enumerate(shown)}
    marks = [
        (x(row["given_after"]), y[row["kind"]], max(round(x(row["given_before"]) - x(row["given_after"]), 1), 0.8),
         x(row["given"]))
        for row in orders
    ]  # fmt: skip
    return Lanes(
        marks, [(y[kind], f"{kind}s") for kind in shown], _days(first, last, x), TOP + LANE * len(shown) + 26
    )


def _days(first: datetime, last: datetime, x: Any) -> list[tuple[float, str]]:
    """Some six labels at midnights, or at both ends where there are none between."""
    day = datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=1)
    days = [day + timedelta(days=k) for k in range(max((last - day).days + 1, 0))]
    every = max(1, -(-len(days) // 6))
    found = [(x(day), f"{day:%Y-%m-%d}") for day in days[::every] if LEFT <= x(day) < WIDTH - 60]
    return found or [(float(LEFT), f"{first:%Y-%m-%d %H:%M}")]


def curve(row: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> Curve:
    """Draw posts so far, by members and by others, around an order's first use."""
    begin = row["first_use"] - timedelta(hours=HOURS_BEFORE)
    scale = (CURVE_WIDTH - CURVE_LEFT - CURVE_RIGHT) / (HOURS * 3600.0)

    def x(when: datetime) -> float:
        place = min(max(float((when - begin).total_seconds()), 0.0), HOURS * 3600.0)
        return round(CURVE_LEFT + place * scale, 1)

    inside = [point for point in points if (point["start"] - begin).total_seconds() < HOURS * 3600]
    top = max(sum(p["members"] for p in inside), sum(p["others"] for p in inside), 1)
    floor = CURVE_HEIGHT - CURVE_BOTTOM

    def path(name: str) -> str:
        so_far, at, words = 0, floor, [f"M{CURVE_LEFT} {floor}"]
        for point in sorted(inside, key=lambda point: point["start"]):
            so_far += point[name]
            height = round(floor - so_far * (floor - 10) / top)
            if height != at:
                words.append(f"H{round(x(point['start']))}V{height}")
                at = height
        return "".join([*words, f"H{CURVE_WIDTH - CURVE_RIGHT}"])

    below = [
        (x(row["first_use"] + timedelta(hours=hours)), f"{hours:+d} h" if hours else "first use")
        for hours in (-6, 0, 6, 12, 18, 24)
    ]
    given = (x(row["given_after"]), x(row["given_before"]))
    return Curve(
        row, path("members"), path("others"), given, [(float(floor), "0"), (10.0, number(top))], below
    )
