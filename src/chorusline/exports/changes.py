"""Names, posts, texts and times of a case put in other terms, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chorusline.case import Case
from chorusline.dossier.material import table_of
from chorusline.errors import UsageError
from chorusline.exports.pseudonyms import Key, Mask

ACCOUNT, HANDLE, POST, OBJECT, TEXT, INPUT, TIME, KEPT = "A", "handle", "P", "O", "T", "input", "time", "kept"
"""What a column is."""

NAMES = {
    **dict.fromkeys(
        ("account", "account_a", "account_b", "with_account", "first_account", "target"), ACCOUNT
    ),
    **dict.fromkeys(("post_id", "with_post_id"), POST),
    **dict.fromkeys(("object", "objects"), OBJECT),
    "handle": HANDLE,
}
"""Columns that a blind case has under pseudonyms, whatever the table; names in other words are masked."""

QUOTABLE = (
    "hashtag", "hashtag-sequence", "hashtag-pair", "domain", "text", "near-text", "template", "media", "tag", "phrase",
)  # fmt: skip
"""Traces, and kinds of orders, whose objects may be quoted. The objects of others are somebody's post, account or
program, and are hashed."""

GRAINS = ("second", "minute", "hour", "day")
TEXTS = ("hash", "quote", "none")

NOWHERE = Path("an edition in memory")
"""Folder of an edition: none, so that a table it doesn't hold isn't taken from the case."""


@dataclass(frozen=True)
class Terms:
    """The terms of a public edition. k : least accounts behind a figure. text : one of TEXTS. grain : one of GRAINS."""

    k: int = 10
    text: str = "hash"
    grain: str = "hour"

    def __post_init__(self) -> None:
        if self.k < 2:
            raise UsageError("k is 2 at least: a group of one is one account.")
        if self.text not in TEXTS:
            raise UsageError(f"Texts are {', '.join(TEXTS)}, not '{self.text}'.")
        if self.grain not in GRAINS:
            raise UsageError(f"Times are rounded to a {', '.join(GRAINS)}, not '{self.grain}'.")


class Change:
    """Puts pseudonyms, hashes and rounded times in place, column by column."""

    def __init__(self, case: Case, key: Key, terms: Terms) -> None:
        self.key, self.terms = key, terms
        self.mask = Mask(
            {
                name: key.pseudonym(ACCOUNT, account)
                for account, *both in names_of(case)
                for name in (account, *both)
                if name
            }
        )
        self.inputs = {
            given["path"]: f"input-{number}"
            for number, given in enumerate(case.manifest.get("inputs") or [], 1)
        }

    def table(self, table: pa.Table, kinds: Mapping[str, str]) -> pa.Table:
        """Change the columns that `kinds` lists; the others are left out."""
        of = next((name for name in ("trace", "kind") if name in table.column_names), None)
        traces = table[of] if of else None
        fields, columns = [], []
        for field in table.schema:
            if field.name in kinds:
                column = self.column(kinds[field.name], table[field.name], traces)
                columns.append(column)
                fields.append(field.with_nullable(True))
        return pa.table(columns, schema=pa.schema(fields))

    def column(self, kind: str, column: pa.ChunkedArray, traces: pa.ChunkedArray | None) -> Any:
        """Change one column. traces : the table's column `trace` or `kind`, where it has one."""
        if kind == HANDLE:
            return pa.nulls(len(column), column.type)
        if kind in (ACCOUNT, POST):
            return self.key.column(kind, column)
        if kind == INPUT:
            return pa.array([self.inputs.get(path, "input") for path in column.to_pylist()], pa.string())
        if kind == TIME and self.terms.grain != "second":
            return pc.floor_temporal(column, unit=self.terms.grain)
        if kind == TEXT:
            return self._text(column)
        if kind == OBJECT:
            return self._object(column, traces)
        return column

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """One row of a blind explanation."""
        made = dict(row)
        for name, value in row.items():
            kind = NAMES.get(name)
            if (
                value is None
                or not isinstance(value, str)
                or name in ("input", "with_input", "trace", "rung", "status")
            ):
                continue
            if kind == HANDLE:
                made[name] = None
            elif kind in (ACCOUNT, POST) or (kind == OBJECT and row.get("trace") not in QUOTABLE):
                made[name] = self.key.pseudonym(kind, value)
            else:
                made[name] = self.mask(value)
        return made

    def _text(self, column: pa.ChunkedArray) -> Any:
        if self.terms.text == "quote" and pa.types.is_list(column.type):
            cells = [
                None if cell is None else [self.mask(word) for word in cell] for cell in column.to_pylist()
            ]
            return pa.array(cells, column.type)
        if self.terms.text == "quote":
            return self.mask.column(column)
        if self.terms.text == "hash":
            return self.key.column(TEXT, column)
        return pa.array(
            ["[left out]" if text is not None else None for text in column.to_pylist()], pa.string()
        )

    def _object(self, column: pa.ChunkedArray, traces: pa.ChunkedArray | None) -> Any:
        if pa.types.is_list(column.type):  # of several kinds in one cell
            cells = column.to_pylist()
            hidden = [
                None if cell is None else [self.key.pseudonym(OBJECT, name) for name in cell]
                for cell in cells
            ]
            return pa.array(hidden, column.type)
        hashed = self.key.column(OBJECT, column)
        if self.terms.text != "quote" or traces is None:
            return hashed
        quotable = pc.is_in(traces, value_set=pa.array(QUOTABLE, pa.string()))
        return pc.if_else(quotable, self.mask.column(column), hashed)


def names_of(case: Case) -> list[tuple[str, str | None]]:
    """Id and user name of every account of the log; of the tables, where the case is without its log."""
    try:
        table = pq.read_table(case.folder / "accounts.parquet", columns=["name", "handle"])
        return list(zip(table["name"].to_pylist(), table["handle"].to_pylist(), strict=True))
    except (OSError, KeyError, pa.ArrowInvalid):
        accounts = table_of(case, "accounts")
        known = dict(zip(accounts["account"].to_pylist(), accounts["handle"].to_pylist(), strict=True))
        for name in table_of(case, "evidence")["with_account"].to_pylist():
            known.setdefault(name, None)
        return list(known.items())
