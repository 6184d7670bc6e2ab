"""How well the groups shown agree with the true groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.judged import judge
from chorusline.evaluate.partitions import adjusted_rand, contingency, v_measure
from chorusline.evaluate.truth import Truth

POPULATIONS = {
    "labelled": "Labelled accounts in a group",
    "named": "Labelled accounts that are named",
    "all": "All accounts in a group that have a true group",
}


def agreement(truth: npt.NDArray[Any], found: npt.NDArray[Any]) -> dict[str, Any]:
    """Return adjusted Rand, homogeneity, completeness and V-measure of two partitions [n] of the same accounts."""
    table = contingency(truth, found)
    homogeneity, completeness, v = v_measure(table)
    return {
        "accounts": len(truth),
        "true_groups": table.shape[0],
        "groups": table.shape[1],
        "adjusted_rand": adjusted_rand(table) if len(truth) else None,
        "homogeneity": homogeneity if len(truth) else None,
        "completeness": completeness if len(truth) else None,
        "v_measure": v if len(truth) else None,
    }


def score(case: Case, truth: Truth) -> Scored:
    """Score the case's groups."""
    j = judge(case, truth)
    true_group = truth.words("group")[j.rows]
    both = (j.group > 0) & (true_group != "")
    chosen = {"labelled": both & j.label, "named": both & j.label & j.named, "all": both}
    figures = {name: agreement(true_group[mask], j.group[mask]) for name, mask in chosen.items()}
    columns = (
        "Accounts",
        "true groups",
        "groups",
        "adjusted Rand",
        "homogeneity",
        "completeness",
        "V-measure",
    )
    rows = tuple(_row(POPULATIONS[name], found) for name, found in figures.items())
    lone = np.unique(true_group[chosen["labelled"]])
    notes: tuple[str, ...] = ()
    if len(lone) == 1:
        notes = ("All labelled accounts are of one true group, so homogeneity is 1 whatever was found.",)
    return Scored(figures, (Table("Groups", columns, rows),), notes=notes)


def _row(population: str, found: dict[str, Any]) -> tuple[str, ...]:
    scores = (found[key] for key in ("adjusted_rand", "homogeneity", "completeness", "v_measure"))
    words = ("–" if value is None else f"{value:.3f}" for value in scores)
    return (f"{population}: {found['accounts']:,}", str(found["true_groups"]), str(found["groups"]), *words)


SCORE = Score(
    name="groups",
    about="How well the groups shown agree with the true groups, as partitions of the same accounts.",
    needs=("case:accounts", "truth.group"),
    function=score,
    place=20,
)
