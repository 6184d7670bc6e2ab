"""How right the targets are: those that were ordered come first, and pile-ons are on orders."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.ranking import average_precision, places
from chorusline.evaluate.truth import Truth
from chorusline.operation.base import of_named
from chorusline.operation.pile_ons import FEWEST, PILE_ON
from chorusline.operation.pushed import target_uses


def score(case: Case, truth: Truth) -> Scored:
    """Score the targets and pile-ons of named accounts; users' lists and all members are left out.

    A pile-on is right where half of its posts at least were made on one order to address a target. Orders count that
    FEWEST accounts or more acted on, that being what a pile-on has at least. Long pressure is right where its target
    was ordered at all.
    """
    names = _named(case)
    found = [
        {**row, "target": names.get(row["target"], row["target"])}
        for row in of_named(case.table("targets")).to_pylist()
    ]
    given = {row["order"] for row in truth.table("targets").to_pylist()}
    true = set(truth.table("targets")["account"].to_pylist())
    acted, accounts = _acted(case, truth, given)
    label = np.array([row["target"] in true for row in found], dtype=np.bool_)
    rank = places(np.array([row["q_value"] for row in found]), -np.array([row["members"] for row in found]))
    shown = [row for row in found if row["q_value"] <= case.config.fdr]
    pressed = [row for row in found if row["pressure"]]
    piles = {
        (row["group"], row["pile_on"])
        for row in of_named(case.table("pile_ons")).to_pylist()
        if row["status"] == PILE_ON
    }
    right, seen = _matched(of_named(case.table("pile_on_uses")).to_pylist(), piles, acted)
    could = {order for order in given if accounts.get(order, 0) >= FEWEST}
    figures: dict[str, Any] = {
        "ordered_targets": len(true),
        "average_precision": average_precision(label, rank) if label.any() else None,
        "beyond_prominence": share(sum(row["target"] in true for row in shown), len(shown)),
        "targets_found": share(len({row["target"] for row in shown} & true), len(true)),
        "pile_ons_right": share(right, len(piles)),
        "orders_seen": share(len(seen & could), len(could)),
        "pressure_right": share(sum(row["target"] in true for row in pressed), len(pressed)),
    }
    ap = figures["average_precision"]
    rows = (
        ("Targets that were ordered", f"{len(true):,}"),
        ("Average precision of the targets' order", "–" if ap is None else f"{ap:.3f}"),
        ("Beyond prominence: that were ordered", said(figures["beyond_prominence"])),
        ("Ordered: found beyond prominence", said(figures["targets_found"])),
        ("Pile-ons that were ordered", said(figures["pile_ons_right"])),
        (
            f"Orders on a target, {FEWEST} accounts or more acting, that show as a pile-on",
            said(figures["orders_seen"]),
        ),
        ("Long pressure: on targets that were ordered", said(figures["pressure_right"])),
    )
    notes = () if true else ("No target was ordered in this world, so all that is found is made up.",)
    return Scored(figures, (Table("Targets", ("Figure", "value (95 % interval)"), rows),), notes=notes)


def _named(case: Case) -> dict[str, str]:
    """Accounts by the numbers that stand for them in the tables."""
    objects = target_uses(case.log(), case.config).objects.to_pylist()
    return {f"target {code}": name for code, name in enumerate(objects, start=1)}


def _acted(
    case: Case, truth: Truth, given: set[int]
) -> tuple[dict[tuple[str, datetime], int], dict[int, int]]:
    """Order of each (account, time) that acted on one of those given, in the case's log; accounts by order."""
    log = case.log()
    made = truth.table("order_actions")
    made = made.filter(
        pc.is_in(made["order"], value_set=pa.array(sorted(given), made.schema.field("order").type))
    )
    place = pc.index_in(made["post_id"], value_set=log.actions["post_id"].combine_chunks())
    here = made.filter(pc.is_valid(place))["order"].to_pylist()
    rows = pc.drop_null(place).to_numpy()
    times = log.actions["time"].take(pa.array(rows)).to_pylist()
    who = [log.names[code] for code in log.account_codes[rows].tolist()]
    pairs = set(zip(here, who, strict=True))
    acted = dict(zip(zip(who, times, strict=True), here, strict=True))
    return acted, dict(Counter(order for order, _ in pairs))


def _matched(
    uses: list[dict[str, Any]], piles: set[tuple[int, int]], acted: dict[tuple[str, datetime], int]
) -> tuple[int, set[int]]:
    """How many pile-ons are on orders, and on which."""
    orders: dict[tuple[int, int], Counter[int]] = {pile: Counter() for pile in piles}
    for row in uses:
        pile = (row["group"], row["pile_on"])
        if pile in orders:
            orders[pile][acted.get((row["account"], row["time"]), -1)] += 1
    best = [
        (max(count.items(), key=lambda item: (item[1], -item[0])), count.total())
        for count in orders.values()
        if count
    ]
    good = [order for (order, most), total in best if order >= 0 and 2 * most >= total]
    return len(good), set(good)


SCORE = Score(
    name="targets",
    about="How right the targets are: whether those that were ordered come first, and pile-ons were ordered.",
    needs=("case:targets", "case:pile_ons", "case:pile_on_uses", "truth:targets", "truth:order_actions"),
    function=score,
    place=50,
)
