"""Headcounts against the truth: does the interval hold the number of operators behind a group?"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import NAMED_RUNGS, Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth


def score(case: Case, truth: Truth) -> Scored:
    """Score the headcounts of groups that are mostly an operation's."""
    accounts = case.table("accounts")
    table = truth.table("operators")
    hand_of: dict[str, str] = {}
    for account, operator in zip(table["account"].to_pylist(), table["operator"].to_pylist(), strict=True):
        hand_of.setdefault(account, operator)
    named = pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS))
    found: list[tuple[int, dict[str, Any]]] = []
    for row in case.table("operators").to_pylist():
        if row["crew"] != "named accounts":
            continue
        mine = accounts.filter(pc.and_(pc.equal(accounts["group"], row["group"]), named))[
            "account"
        ].to_pylist()
        hands = {hand_of[name] for name in mine if name in hand_of}
        if 2 * sum(name in hand_of for name in mine) > len(mine):
            found.append((len(hands), row))
    linked = [(true, row) for true, row in found if row["linked"] is not None]
    figures: dict[str, Any] = {
        "groups": len(found),
        "covered": share(sum(row["low"] <= true <= row["high"] for true, row in found), len(found)),
        "covered_where_linked": share(
            sum(row["low"] <= true <= row["high"] for true, row in linked), len(linked)
        ),
        "guess_over_truth": [row["linked"] / true for true, row in linked],
    }
    rows = (
        ("True number of hands within low and high", said(figures["covered"])),
        ("The same, where accounts were linked", said(figures["covered_where_linked"])),
    )
    return Scored(figures, (Table("Hands", ("", "share"), rows),))


SCORE = Score(
    name="operators",
    about="Whether the interval told holds the number of operators behind a group's accounts.",
    needs=("case:operators", "truth:operators"),
    function=score,
    place=75,
)
