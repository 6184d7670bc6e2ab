"""How right the order book is: orders found rightly, missed, made up, and how far off their time is."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth
from chorusline.operation.base import of_named

Ints = npt.NDArray[np.int64]

SEEN_BY = 3
"""Accounts that must have acted on an order for it to count as one that could be found."""

TOLERANCE = 0.05
"""Share of a day's posts by which the figures of the share made may miss the truth and still count as holding it."""


def score(case: Case, truth: Truth) -> Scored:
    """Score the orders found of named accounts; bursts that count for none, and users' lists, are left out.

    An order found is right where half of its posts at least were made on one true order. Of several that show one
    true order, that with most of its posts is matched with it and the others are counted as parts.
    """
    found = of_named(case.table("orders"))
    found = found.filter(pc.equal(found["status"], "order"))
    true = {row["order"]: row for row in truth.table("orders").to_pylist()}
    acted, accounts, times = _acted(case, truth)
    posts: dict[tuple[int, int], Counter[int]] = {}
    for row in of_named(case.table("order_uses")).to_pylist():
        mine = posts.setdefault((row["group"], row["order"]), Counter())
        mine[acted.get((row["account"], row["time"]), -1)] += 1
    matched: dict[int, tuple[int, dict[str, Any]]] = {}
    right = 0
    for row in found.to_pylist():
        counts = posts[row["group"], row["order"]]
        order, most = max(counts.items(), key=lambda item: (item[1], -item[0]))
        if order < 0 or 2 * most < counts.total():
            continue
        right += 1
        if order not in matched or most > matched[order][0]:
            matched[order] = (most, row)
    could = [order for order in true if accounts.get(order, 0) >= SEEN_BY]
    late = {order: _minutes(row["given"], true[order]["time"]) for order, (_, row) in matched.items()}
    covered = {
        order: row["given_after"] <= true[order]["time"] <= row["given_before"]
        for order, (_, row) in matched.items()
    }
    off = [abs(minutes) for minutes in late.values()]
    made = _share_of_day(case, matched, times)
    figures: dict[str, Any] = {
        "orders": len(true),
        "found": found.num_rows,
        "distinct": len(matched),
        "parts": right - len(matched),
        "precision": share(right, found.num_rows),
        "recall": share(sum(order in matched for order in could), len(could)),
        "recall_of_all": share(len(matched), len(true)),
        "minutes_off_median": float(np.median(off)) if off else None,
        "within_30_minutes": share(sum(minutes <= 30 for minutes in off), len(off)),
        "interval_holds": share(sum(covered.values()), len(covered)),
        "share_holds": share(sum(made), len(made)),
        "by_kind": _by(true, could, matched, late, "kind"),
        "by_uptake": _by(true, could, matched, late, "uptake"),
    }
    return Scored(figures, _shown(figures), notes=_notes(figures))


def _acted(
    case: Case, truth: Truth
) -> tuple[dict[tuple[str, datetime], int], dict[int, int], dict[int, Ints]]:
    """Order of each (account, time) that acted on one in the case's log; by order, accounts that did and when.

    Not by post: where a target isn't named, the ids of posts to it aren't told.
    """
    log = case.log()
    made = truth.table("order_actions")
    place = pc.index_in(made["post_id"], value_set=log.actions["post_id"].combine_chunks())
    here = made.filter(pc.is_valid(place))
    rows = pc.drop_null(place).to_numpy()
    order = here["order"].to_numpy().astype(np.int64)
    pairs = np.unique(order * log.accounts.num_rows + log.account_codes[rows])
    orders, count = np.unique(pairs // max(log.accounts.num_rows, 1), return_counts=True)
    moments = log.actions["time"].take(pa.array(rows)).to_pylist()
    who = [log.names[code] for code in log.account_codes[rows].tolist()]
    acted = dict(zip(zip(who, moments, strict=True), order.tolist(), strict=True))
    times = {int(one): np.sort(log.times[rows[order == one]]) for one in np.unique(order)}
    return acted, dict(zip(orders.tolist(), count.tolist(), strict=True)), times


def _share_of_day(
    case: Case, matched: dict[int, tuple[int, dict[str, Any]]], times: dict[int, Ints]
) -> list[bool]:
    """Whether the true share of the first day's posts, made on the order, lies between the low and the high figure.

    The day's posts are counted by the quarters of an hour of the uptake curves, so TOLERANCE either way is allowed.
    """
    curves: dict[tuple[int, int], list[tuple[datetime, int]]] = {}
    for row in of_named(case.table("order_curves")).to_pylist():
        curves.setdefault((row["group"], row["order"]), []).append(
            (row["start"], row["members"] + row["others"])
        )
    result = []
    for order, (_, row) in matched.items():
        begin = row["first_use"] - timedelta(
            minutes=row["first_use"].minute % 15, seconds=row["first_use"].second
        )
        end = begin + timedelta(days=1)
        every = sum(n for start, n in curves.get((row["group"], row["order"]), []) if begin <= start < end)
        low, high = (int(when.timestamp() * 1e6) for when in (begin, end))
        made = int(np.searchsorted(times[order], high) - np.searchsorted(times[order], low))
        if every and row["share_day_low"] is not None:
            true = min(made / every, 1.0)
            result.append(row["share_day_low"] - TOLERANCE <= true <= row["share_day_high"] + TOLERANCE)
    return result


def _minutes(found: datetime, true: datetime) -> float:
    return (found - true).total_seconds() / 60.0


def _by(
    true: dict[int, dict[str, Any]],
    could: list[int],
    matched: dict[int, Any],
    late: dict[int, float],
    what: str,
) -> dict[str, Any]:
    """Recall and exactness of the time by what orders are."""
    result = {}
    for name in sorted({true[order][what] for order in could}):
        mine = [order for order in could if true[order][what] == name]
        off = [abs(late[order]) for order in mine if order in late]
        result[name] = {
            "recall": share(sum(order in matched for order in mine), len(mine)),
            "within_30_minutes": share(sum(minutes <= 30 for minutes in off), len(off)),
        }
    return result


def _shown(figures: dict[str, Any]) -> tuple[Table, ...]:
    off = figures["minutes_off_median"]
    rows = (
        ("Orders given", f"{figures['orders']:,}"),
        ("Orders found", f"{figures['found']:,}"),
        ("Precision: found that are right", said(figures["precision"])),
        (f"Recall: found, of those that {SEEN_BY} accounts or more acted on", said(figures["recall"])),
        ("Recall of all", said(figures["recall_of_all"])),
        ("Shown in several parts: parts too many", f"{figures['parts']:,}"),
        ("Time within 30 minutes", said(figures["within_30_minutes"])),
        ("Median error of the time", "–" if off is None else f"{off:.0f} minutes"),
        ("90 % interval of the time holds the truth", said(figures["interval_holds"])),
        ("Share made on the first day lies between low and high", said(figures["share_holds"])),
    )
    kinds = tuple(
        (name, said(found["recall"]), said(found["within_30_minutes"]))
        for group in ("by_kind", "by_uptake")
        for name, found in figures[group].items()
    )
    return (
        Table("Orders", ("Figure", "value (95 % interval)"), rows),
        Table("By kind and uptake", ("Orders", "recall", "time within 30 minutes"), kinds),
    )


def _notes(figures: dict[str, Any]) -> tuple[str, ...]:
    if not figures["orders"]:
        return ("No orders were given in this world, so every order found is made up.",)
    return ()


SCORE = Score(
    name="orders",
    about="How right the order book is: what was found of the orders given, what was made up, how exact the time is.",
    needs=("case:orders", "case:order_uses", "case:order_curves", "truth:orders", "truth:order_actions"),
    function=score,
    place=40,
)
