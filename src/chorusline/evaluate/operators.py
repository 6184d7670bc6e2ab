"""Hands against the truth: are pairs that share one told from others, and does the interval hold their number?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth
from chorusline.operation import operators
from chorusline.operation.base import NAMED, Crew
from chorusline.operation.crews import crews_of
from chorusline.operation.operators import Study

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def area(label: Bools, score: Floats) -> float | None:
    """Area under the ROC curve: chance that a labelled one scores above another, ties by half; None without both."""
    from scipy.stats import rankdata

    hits, others = int(label.sum()), int((~label).sum())
    if not hits or not others:
        return None
    return float((rankdata(score)[label].sum() - hits * (hits + 1) / 2) / (hits * others))


def hands_of(table: pa.Table) -> dict[str, frozenset[str]]:
    """Hands of each account, from the truth's table operators; an account may be in several."""
    found: dict[str, set[str]] = {}
    for account, hand in zip(table["account"].to_pylist(), table["operator"].to_pylist(), strict=True):
        found.setdefault(account, set()).add(hand)
    return {account: frozenset(hands) for account, hands in found.items()}


def together(s: Study, crew: Crew, hands: Mapping[str, frozenset[str]]) -> Bools:
    """Whether the two accounts of each pair share a hand, bool [pairs]; accounts without any share none."""
    mine = [hands.get(crew.log.names[code], frozenset()) for code in s.gathered.accounts.tolist()]
    i, j = s.gathered.upper
    return np.array(
        [bool(mine[a] & mine[b]) for a, b in zip(i.tolist(), j.tolist(), strict=True)], dtype=bool
    )


def figures_of(s: Study, crew: Crew, hands: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    """What a study got right of a crew whose hands are known."""
    assert s.linked is not None
    same, linked = together(s, crew, hands), operators.shared(s, crew.config)
    bits = s.linked.bits.sum(axis=1)
    names = [crew.log.names[code] for code in s.gathered.accounts.tolist()]
    true = len(frozenset().union(*(hands.get(name, frozenset({name})) for name in names)))
    return {
        "accounts": len(names), "hands": true, "low": s.low, "middle": s.middle, "high": s.high,
        "covered": bool(s.low <= true <= s.high), "reason": s.reason, "verdict": operators.verdict(s, crew.config),
        "pairs": len(same), "sharing": int(same.sum()), "judged": int(s.judged.sum()),
        "judged_sharing": int((same & s.judged).sum()), "linked": int(linked.sum()),
        "right": int((same & linked).sum()),
        "auc": area(same, bits), "auc_judged": area(same[s.judged], bits[s.judged]),
        "scheduled": s.gathered.machine,
        "estimates": [(e.reckoning, e.low, e.value, e.high) for e in s.estimates],
    }  # fmt: skip


def score(case: Case, truth: Truth) -> Scored:
    """Score the hands of groups that are mostly an operation's; pairs are reckoned anew, since no case holds them."""
    hands = hands_of(truth.table("operators"))
    log = case.log()
    ordered = truth.table("order_actions")["post_id"]
    found, on_order, made = [], 0, 0
    for crew in crews_of(log, case.table("accounts"), case.config):
        names = [log.names[code] for code in crew.members.tolist()]
        if crew.basis != NAMED or 2 * sum(name in hands for name in names) <= len(names):
            continue
        s = operators.study(crew) if len(crew.members) >= operators.ANALYSIS.members else "too few"
        if isinstance(s, str) or s.linked is None:
            continue
        found.append(figures_of(s, crew, hands))
        rows = np.flatnonzero(crew.inside[log.account_codes])
        made += len(rows)
        posts = log.actions["post_id"].take(pa.array(rows))
        on_order += int(pc.sum(pc.is_in(posts, value_set=ordered)).as_py() or 0)
    return _scored(found, on_order, made)


def _scored(found: list[dict[str, Any]], on_order: int, made: int) -> Scored:
    right, linked = sum(f["right"] for f in found), sum(f["linked"] for f in found)
    figures: dict[str, Any] = {
        "groups": len(found),
        "hands_covered": share(sum(f["covered"] for f in found), len(found)),
        "links_that_are": share(right, linked),
        "sharing_pairs_linked": share(right, sum(f["sharing"] for f in found)),
        "pairs_judged": share(sum(f["judged"] for f in found), sum(f["pairs"] for f in found)),
        "pair_auc": [f["auc"] for f in found], "pair_auc_judged": [f["auc_judged"] for f in found],
        "hands": [(f["hands"], f["low"], f["middle"], f["high"]) for f in found],
        "ordered_share": share(on_order, made), "scheduled_share": [f["scheduled"] for f in found],
    }  # fmt: skip
    rows = [
        ("True number of hands within the 90 % interval", said(figures["hands_covered"])),
        ("Linked pairs that share a hand", said(figures["links_that_are"])),
        ("Pairs that share a hand and are linked", said(figures["sharing_pairs_linked"])),
        ("Pairs judged", said(figures["pairs_judged"])),
        ("Actions made on orders", said(figures["ordered_share"])),
    ]
    for f in found:
        auc = "none" if f["auc"] is None else f"{f['auc']:.3f}"
        middle = "no middle" if f["middle"] is None else f"middle {f['middle']:.0f}"
        rows.append(
            (
                f"A group of {f['accounts']:,}: {f['hands']:,} hands",
                f"{f['low']:.0f} to {f['high']:.0f}, {middle}; AUC over all its pairs {auc}; timers "
                f"{100 * f['scheduled']:.0f} %",
            )
        )
    notes = (
        "Over all pairs the AUC is that of the evidence, judged or not. It hangs on how an operation works: read it "
        "with the share of ordered and of scheduled actions.",
    )
    return Scored(figures, (Table("Hands", ("", "value"), tuple(rows)),), notes=notes)


SCORE = Score(
    name="operators",
    about="Whether linked accounts share a hand, and whether the interval holds the number of hands.",
    needs=("case:operators", "truth:operators", "truth:order_actions"),
    function=score,
    place=75,
)
