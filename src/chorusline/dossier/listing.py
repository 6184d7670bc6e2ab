"""Long tables of the page: the first rows stand in it, the others come with its data and are sorted there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 300
"""Rows of a table that the page holds; the file beside it has all."""


@dataclass(frozen=True)
class Column:
    """label : in the head. kind : figure, when (a time), object (words from outside), text, or head (of its row)."""

    label: str
    kind: str = "figure"


@dataclass(frozen=True)
class Listing:
    """A table. key : unlike all others of the page. rows : cells as they are written. first : rows in the page itself.

    what : what the rows are, in the plural. file : where all are.
    """

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    first: int
    what: str
    file: str

    @property
    def caption(self) -> str:
        """Caption where the page's script doesn't run."""
        if len(self.rows) <= self.first:
            return self.what
        what = self.what[0].lower() + self.what[1:]
        return f"The first {self.first} of {len(self.rows):,} {what}; all are in {self.file}"

    @property
    def rest(self) -> list[list[str]]:
        """Rows for the page's data."""
        return [list(row) for row in self.rows[self.first : MOST]]

    @property
    def all_rows(self) -> int:
        """How many there are."""
        return len(self.rows)
