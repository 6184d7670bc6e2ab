"""How right the targets are: those that were ordered come first, and pile-ons are on orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.ranking import average_precision, places
from chorusline.evaluate.truth import Truth
from chorusline.operation.pushed import target_uses

AFTER = timedelta(days=3)
"""Time after an order to address a target within which a pile-on on it is on that order."""


def score(case: Case, truth: Truth) -> Scored:
    """Score the targets and pile-ons of named accounts; users' lists and all members are left out."""
    names = _named(case)
    found = [
        {**row, "target": names.get(row["target"], row["target"])} for row in _of_named(case.table("targets"))
    ]
    piles = [
        {**row, "target": names.get(row["target"], row["target"])}
        for row in _of_named(case.table("pile_ons"))
        if not row["others_joined"]
    ]
    given = {row["order"]: row["time"] for row in truth.table("orders").to_pylist()}
    orders = [(row["account"], given[row["order"]]) for row in truth.table("targets").to_pylist()]
    true = {account for account, _ in orders}
    label = np.array([row["target"] in true for row in found], dtype=np.bool_)
    rank = places(np.array([row["q_value"] for row in found]), -np.array([row["members"] for row in found]))
    fdr = case.config.fdr
    shown = [row for row in found if row["q_value"] <= fdr]
    right = sum(any(_on(row, *order) for order in orders) for row in piles)
    seen = sum(any(_on(row, *order) for row in piles) for order in orders)
    figures: dict[str, Any] = {
        "ordered_targets": len(true),
        "average_precision": average_precision(label, rank) if label.any() else None,
        "beyond_prominence": share(sum(row["target"] in true for row in shown), len(shown)),
        "targets_found": share(len({row["target"] for row in shown} & true), len(true)),
        "pile_ons_right": share(right, len(piles)),
        "orders_seen": share(seen, len(orders)),
    }
    ap = figures["average_precision"]
    rows = (
        ("Targets that were ordered", f"{len(true):,}"),
        ("Average precision of the targets' order", "–" if ap is None else f"{ap:.3f}"),
        ("Beyond prominence: that were ordered", said(figures["beyond_prominence"])),
        ("Ordered: found beyond prominence", said(figures["targets_found"])),
        ("Pile-ons that were ordered", said(figures["pile_ons_right"])),
        ("Orders on a target that show as a pile-on", said(figures["orders_seen"])),
    )
    return Scored(figures, (Table("Targets", ("Figure", "value (95 % interval)"), rows),))


def _named(case: Case) -> dict[str, str]:
    """Accounts by the numbers that stand for them in the tables."""
    objects = target_uses(case.log(), case.config).objects.to_pylist()
    return {f"target {code}": name for code, name in enumerate(objects, start=1)}


def _of_named(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.filter(pc.equal(table["crew"], "named accounts")).to_pylist()
    return rows


def _on(row: dict[str, Any], account: str, given: Any) -> bool:
    """Whether a pile-on is on a target and goes on while an order on it is fresh."""
    return bool(row["target"] == account and row["end"] >= given and row["start"] <= given + AFTER)


SCORE = Score(
    name="targets",
    about="How right the targets are: whether those that were ordered come first, and pile-ons were ordered.",
    needs=("case:targets", "case:pile_ons", "truth:targets", "truth:orders"),
    function=score,
    place=50,
)
