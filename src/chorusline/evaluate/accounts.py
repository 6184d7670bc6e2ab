"""Which accounts were named, against the truth: precision, recall, and above all the harm."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.case import Case
from chorusline.evaluate.base import Chart, Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.judged import NOT_PROPOSED, Bools, judge
from chorusline.evaluate.ranking import average_precision, places
from chorusline.evaluate.truth import Truth

ENOUGH_ORDERS = 10
"""Actions on orders from which an account counts as one that can be found at all."""

STATUSES = ("named", "few days", "nothing found", "not enough evidence", NOT_PROPOSED)


def naming(label: Bools, named: Bools) -> dict[str, Any]:
    """Return precision, recall and F1 of named [n] against label [n], with exact 95 % intervals.

    F1 has no binomial of its own and stands without an interval.
    """
    hits = int((label & named).sum())
    precision, recall = share(hits, int(named.sum())), share(hits, int(label.sum()))
    both = int(named.sum()) + int(label.sum())
    return {"precision": precision, "recall": recall, "f1": 2 * hits / both if both else None}


def by_kind(kind: npt.NDArray[Any], chosen: Bools, named: Bools) -> dict[str, Any]:
    """Return the share named of the chosen accounts of each kind, kinds with most accounts first."""
    words, count = np.unique(kind[chosen], return_counts=True)
    order = np.lexsort((words, -count))
    return {
        str(words[k]) or "not given": share(int((chosen & named & (kind == words[k])).sum()), int(count[k]))
        for k in order.tolist()
    }


def statuses(label: Bools, status: npt.NDArray[np.str_]) -> dict[str, dict[str, int]]:
    """Return how many labelled and honest accounts ended at each status."""
    return {
        name: {word: int((chosen & (status == word)).sum()) for word in STATUSES}
        for name, chosen in (("labelled", label), ("honest", ~label))
    }


def curve(label: Bools, rank: npt.NDArray[np.int64]) -> tuple[list[float], list[float]]:
    """Return recall and precision after each rank (ties together), rank 0 first."""
    size, hits = np.bincount(rank), np.bincount(rank, weights=label)
    kept = size > 0
    found, taken = np.cumsum(hits)[kept], np.cumsum(size)[kept]
    return (found / max(int(label.sum()), 1)).tolist(), (found / taken).tolist()


def score(case: Case, truth: Truth) -> Scored:
    """Score the accounts a case names."""
    j = judge(case, truth)
    rank = places(*j.evidence_keys())
    honest = ~j.label
    tellable = j.label & (j.status != "not enough evidence") & (j.status != NOT_PROPOSED)
    figures: dict[str, Any] = {
        "labelled": int(j.label.sum()),
        "honest": int(honest.sum()),
        **naming(j.label, j.named),
        "average_precision": average_precision(j.label, rank) if j.label.any() else None,
        "false_names": share(int((honest & j.named).sum()), int(honest.sum())),
        "recall_where_evidence_sufficed": share(int((tellable & j.named).sum()), int(tellable.sum())),
        "statuses": statuses(j.label, j.status),
        "labelled_not_in_log": j.absent[0],
        "honest_not_in_log": j.absent[1],
        "not_in_truth": j.unlabelled,
        "named_not_in_truth": j.unlabelled_named,
    }
    if truth.has("ordered_actions"):
        ordered = truth.accounts["ordered_actions"].to_numpy(zero_copy_only=False)[j.rows]
        busy = j.label & (ordered >= ENOUGH_ORDERS)
        figures["recall_of_ordered"] = share(int((busy & j.named).sum()), int(busy.sum()))
    if truth.has("kind"):
        kind = truth.words("kind")[j.rows]
        figures["false_names_by_kind"] = by_kind(kind, honest, j.named)
        figures["recall_by_kind"] = by_kind(kind, j.label, j.named)
    return Scored(figures, _tables(figures), _charts(j.label, rank), _notes(figures))


def _tables(figures: dict[str, Any]) -> tuple[Table, ...]:
    f1, average = figures["f1"], figures["average_precision"]
    rows = [
        ("Precision: of those named, labelled", said(figures["precision"])),
        ("Recall: of those labelled, named", said(figures["recall"])),
        ("F1", "none to count" if f1 is None else f"{f1:.3f}"),
        ("Average precision", "none to count" if average is None else f"{average:.3f}"),
        ("False names per 10,000 honest accounts", said(figures["false_names"], 1e4, "", 2)),
        ("Recall where evidence sufficed for a verdict", said(figures["recall_where_evidence_sufficed"])),
    ]
    if "recall_of_ordered" in figures:
        words = f"Recall of accounts with {ENOUGH_ORDERS} or more ordered actions"
        rows.append((words, said(figures["recall_of_ordered"])))
    tables = [Table("Accounts named", ("Score", "Value (95 % interval)"), tuple(rows))]
    split = figures["statuses"]
    tables.append(
        Table(
            "What was said of them",
            ("", *STATUSES),
            tuple(
                (name, *(f"{split[name][word]:,}" for word in STATUSES)) for name in ("labelled", "honest")
            ),
        )
    )
    if "false_names_by_kind" in figures:
        harm = [(k, said(v, 1e4, "", 2)) for k, v in figures["false_names_by_kind"].items()]
        tables.append(
            Table("False names per 10,000, by kind of honest account", ("Kind", "Rate"), tuple(harm))
        )
        found = [(k, said(v)) for k, v in figures["recall_by_kind"].items()]
        tables.append(Table("Recall by kind of labelled account", ("Kind", "Recall"), tuple(found)))
    return tuple(tables)


def _charts(label: Bools, rank: npt.NDArray[np.int64]) -> tuple[Chart, ...]:
    if not label.any():
        return ()
    recall, precision = curve(label, rank)
    about = (
        "Accounts ranked by evidence, then by resemblance to those that have it, ties taken together; "
        "the last point takes in everybody."
    )
    return (
        Chart("Precision and recall", about, "recall", "precision", "curve", tuple(recall), tuple(precision)),
    )


def _notes(figures: dict[str, Any]) -> tuple[str, ...]:
    notes = []
    missing = figures["labelled_not_in_log"] + figures["honest_not_in_log"]
    if missing:
        notes.append(
            f"{missing:,} accounts of the truth ({figures['labelled_not_in_log']:,} labelled) did nothing in the "
            f"log and are not counted."
        )
    if figures["not_in_truth"]:
        notes.append(
            f"{figures['not_in_truth']:,} accounts of the log have no label and are not counted; "
            f"{figures['named_not_in_truth']:,} of them are named."
        )
    return tuple(notes)


SCORE = Score(
    name="accounts",
    about="Which accounts were named, against the labels: how many rightly, how many wrongly, whom.",
    needs=("case:accounts",),
    function=score,
    place=10,
)
