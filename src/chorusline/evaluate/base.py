"""What a score is: a declaration, and a function from a case and the truth to figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from chorusline.case import TABLES, Case
from chorusline.evaluate.truth import Truth


@dataclass(frozen=True)
class Table:
    """A small table for reading: title, column names, and rows of finished words."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """A small picture's data, drawn by `charts`.

    kind : "curve" (points in the order given) or "bars" (x are the left edges of bars of equal width).
    x, y : values. low, high : interval of each y, or empty. diagonal : draw y = x, the promised rate.
    log : both axes in powers of ten; points at or below 0 are drawn on the axis.
    """

    title: str
    about: str
    x_label: str
    y_label: str
    kind: Literal["curve", "bars"]
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    diagonal: bool = False
    log: bool = False


@dataclass(frozen=True)
class Scored:
    """What a score found: figures for machines, tables and charts for people, and what must be known first."""

    figures: dict[str, Any]
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """The declaration of a score.

    name : one word, as in the JSON. about : one sentence for the page and the docs.
    needs : what must be there, as "case:TABLE" (a table of the case), "truth:TABLE" (a table in the truth's
        folder) or "truth.COLUMN" (a column of the accounts' truth, such as kind or group).
    place : where it is shown; low numbers first.
    """

    name: str
    about: str
    needs: tuple[str, ...]
    function: Callable[[Case, Truth], Scored]
    place: int = 100


@dataclass(frozen=True)
class Evaluation:
    """All scores of one case: by name, and why the others were left out."""

    case: str
    truth: str
    columns: dict[str, str]
    scores: dict[str, Scored] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {
            "case": self.case,
            "truth": self.truth,
            "columns": self.columns,
            "scores": {name: scored.figures for name, scored in self.scores.items()},
            "left_out": self.skipped,
        }


def lacking(score: Score, case: Case, truth: Truth) -> str:
    """Say which of a score's needs is not there, as half a sentence; empty where all are."""
    for need in score.needs:
        home, mark, name = need.partition(":")
        if not mark:
            name = need.removeprefix("truth.")
            if not truth.has(name):
                return f"the truth has no column for the {name} of accounts"
        elif home == "case":
            # A table that every case has is missed aloud; one of a later analysis may simply not be there.
            if name not in TABLES and not (case.folder / "tables" / f"{name}.parquet").exists():
                return f"the case has no table '{name}'"
        elif name not in truth.tables:
            return f"the truth has no table '{name}'"
    return ""
