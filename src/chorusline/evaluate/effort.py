"""Effort against the truth: do the intervals hold the hours worked, at work and on duty?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS
from chorusline.case import NAMED_RUNGS, Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth
from chorusline.operation.base import NAMED
from chorusline.simulate.factory import SERVICE

FROM_BANK, CHANGE = 20.0, 25.0
"""Seconds that the simulator takes for a text from an order's bank, and for a change of accounts, on average."""


def at_work(
    kinds: np.ndarray[Any, Any],
    ordered: np.ndarray[Any, Any],
    hand: np.ndarray[Any, Any],
    account: np.ndarray[Any, Any],
) -> float:
    """Expected hours of work of the simulator's actions [n], in order of time, by its own rules.

    kinds : places in KINDS; ordered : whether on an order; hand, account : codes. Work has a lognormal spread of .35.
    """
    post = KINDS.index("post")
    work = np.where(ordered & (kinds == post), FROM_BANK, SERVICE[kinds]) * np.exp(0.35**2 / 2)
    order = np.argsort(hand, kind="stable")
    h, a = hand[order], account[order]
    changed = np.append(False, (h[1:] == h[:-1]) & (a[1:] != a[:-1]))[: len(h)]
    return float(work.sum() + CHANGE * changed.sum()) / 3600.0


def score(case: Case, truth: Truth) -> Scored:
    """Score the effort of groups that are mostly an operation's, scaled to the members that are in them."""
    operators, shifts = truth.table("operators"), truth.table("shifts")
    log, accounts = case.log(), case.table("accounts")
    micros = pc.subtract(shifts["end"].cast(pa.int64()), shifts["start"].cast(pa.int64())).to_numpy()
    on_duty: dict[str, float] = {}
    for operator, worked in zip(shifts["operator"].to_pylist(), (micros / 3.6e9).tolist(), strict=True):
        on_duty[operator] = on_duty.get(operator, 0.0) + worked
    hand_of: dict[str, str] = {}
    for account, operator in zip(
        operators["account"].to_pylist(), operators["operator"].to_pylist(), strict=True
    ):
        hand_of.setdefault(account, operator)
    orders = pc.is_in(log.actions["post_id"], value_set=truth.table("order_actions")["post_id"])
    ordered = np.asarray(orders.combine_chunks().to_numpy(zero_copy_only=False), dtype=bool)
    found = []
    named = pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS))
    code = {name: k for k, name in enumerate(log.names)}
    effort = [row for row in case.table("effort").to_pylist() if row["crew"] == NAMED]
    for group in sorted({row["group"] for row in effort}):
        mine = pc.and_(pc.equal(accounts["group"], group), named)
        names = accounts.filter(mine)["account"].to_pylist()
        theirs = {hand_of[name] for name in names if name in hand_of}
        if 2 * sum(name in hand_of for name in names) <= len(names):
            continue
        rows = np.flatnonzero(np.isin(log.account_codes, [code[name] for name in names]))
        hands = {name: k for k, name in enumerate(sorted({hand_of.get(n, n) for n in names}))}
        by = np.array(
            [hands[hand_of.get(log.names[c], log.names[c])] for c in log.account_codes[rows].tolist()]
        )
        work = at_work(log.kinds[rows].astype(np.int64), ordered[rows], by, log.account_codes[rows])
        true = {"at work": work, "on duty": sum(on_duty.get(operator, 0.0) for operator in theirs)}
        for row in effort:
            if row["group"] == group:
                low, middle, high = (row[f"hours_{level}"] for level in ("low", "middle", "high"))
                found.append((row["measure"], true[row["measure"]], low, middle, high))
    return _scored(found)


def _scored(found: list[tuple[str, float, float, float, float]]) -> Scored:
    figures: dict[str, Any] = {}
    rows = []
    for measure in ("at work", "on duty"):
        mine = [f for f in found if f[0] == measure]
        key = measure.replace(" ", "_")
        figures[f"{key}_covered"] = share(
            sum(low <= true <= high for _, true, low, _, high in mine), len(mine)
        )
        figures[f"{key}_middle_over_truth"] = [middle / true for _, true, _, middle, _ in mine if true]
        figures[f"{key}_high_over_low"] = [high / low for _, _, low, _, high in mine if low]
        rows.append((f"True hours {measure} within low and high", said(figures[f"{key}_covered"])))
    return Scored(figures, (Table("Effort", ("", "share"), tuple(rows)),))


SCORE = Score(
    name="effort",
    about="Whether the hours worked, by the simulator's own rules, lie between low and high.",
    needs=("case:effort", "truth:shifts", "truth:operators", "truth:order_actions"),
    function=score,
    place=80,
)
