"""The truth about accounts: from a table of labels, or from the folder of a simulated world."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chorusline.errors import InputError, UsageError
from chorusline.sources import door, tabular
from chorusline.sources.base import Reading
from chorusline.sources.columns import HINTS, listed, spelling

FIELDS: dict[str, tuple[str, ...]] = {
    "account": HINTS["account"],
    "label": ("label", "labels", "is_io", "io", "is_troll", "troll", "is_coordinated", "coordinated",
              "inauthentic", "class"),
    "kind": ("kind", "role", "account_type", "account_category", "category"),
    "group": ("group", "group_id", "campaign", "operation", "community", "cluster"),
    "ordered_actions": ("ordered_actions",),
}  # fmt: skip
"""Column names by which each field of the truth is known, best first; case and punctuation aside."""

_YES = ("1", "1.0", "true", "t", "yes", "y", "io", "troll", "coordinated")
_NO = ("0", "0.0", "false", "f", "no", "n", "control", "organic", "honest", "genuine")


@dataclass(frozen=True)
class Truth:
    """What is known of accounts.

    accounts : Arrow table sorted by account: `account` (string), `label` (int8, 1 = works for an operation),
        and where the truth has them `kind`, `group` (string), `ordered_actions` (int64).
    columns : field -> column it was read from. tables : further tables of a simulated world, by name.
    """

    path: Path
    accounts: pa.Table
    columns: dict[str, str]
    tables: dict[str, Path] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the accounts' truth has this field."""
        return name in self.accounts.column_names

    def table(self, name: str) -> pa.Table:
        """Read a further table of a simulated world."""
        return pq.read_table(self.tables[name])

    @cached_property
    def label(self) -> npt.NDArray[np.bool_]:
        """Whether each account works for an operation, bool [n]."""
        return np.asarray(self.accounts["label"].to_numpy() == 1, dtype=np.bool_)

    def words(self, name: str) -> npt.NDArray[Any]:
        """A text field as an array of str [n]; "" where it isn't known."""
        return np.array(pc.fill_null(self.accounts[name], "").to_pylist(), dtype=np.str_)


def read(path: str | os.PathLike[str], asked: Mapping[str, str | None] | None = None) -> Truth:
    """Read the truth from a table (Parquet, CSV, TSV, JSON lines, packed or not) or a world's folder.

    asked : field (account, label, kind, group) -> column, where the name doesn't tell it.
    A table with many rows an account is taken together; raises InputError where two rows of one account
    disagree on its label, or nothing usable is found, UsageError where a column asked for isn't there.
    """
    place = Path(path)
    folder = _truth_folder(place)
    table_path = folder / "accounts.parquet" if folder else place
    if not folder and place.is_dir():
        raise InputError(f"{place} is a folder without truth/accounts.parquet: name the table of labels.")
    reading = Reading(table_path)
    columns = choose_columns(table_path, tabular.header(reading.head), asked)
    table = _one_row_each(table_path, _rows(reading, columns), columns)
    others = {p.stem: p for p in sorted(folder.glob("*.parquet"))} if folder else {}
    return Truth(place, table, columns, others)


def _truth_folder(place: Path) -> Path | None:
    for folder in (place / "truth", place):
        if (folder / "accounts.parquet").is_file() and folder.name == "truth":
            return folder
    return None


def choose_columns(
    path: Path, present: list[str], asked: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """Find the column of each field: those asked for, the others by name; a column guessed serves one field."""
    wishes = {name: column for name, column in (asked or {}).items() if column}
    for name, column in wishes.items():
        if column not in present:
            raise UsageError(
                f"{path} has no column '{column}' to read the {name} from; its columns are {listed(present)}."
            )
    found, taken = dict(wishes), set(wishes.values())
    by_spelling = {spelling(name): name for name in reversed(present)}
    for name, hints in FIELDS.items():
        names = [by_spelling[spelling(hint)] for hint in hints if spelling(hint) in by_spelling]
        names = [column for column in names if column not in taken]
        if name not in found and names:
            found[name] = names[0]
            taken.add(names[0])
    for name in ("account", "label"):
        if name not in found:
            raise InputError(
                f"{path} has no column that looks like the {name} of accounts; its columns are "
                f"{listed(present)}: name it with --{name}."
            )
    return {name: found[name] for name in FIELDS if name in found}


def _rows(reading: Reading, columns: Mapping[str, str]) -> pa.Table:
    """The wanted columns of all rows, as text, accounts spelled as the readers of exports spell them."""
    parts = []
    for chunk in tabular.chunks(reading, set(columns.values())):
        fields: dict[str, pa.Array] = {}
        for name, column in columns.items():
            values = chunk.columns.get(column, pa.nulls(len(chunk.rows), pa.string()))
            fields[name] = (
                door.ids(values, "account", reading, mend=True) if name == "account" else door.strings(values)
            )
        fields["row"] = chunk.rows
        parts.append(pa.table(fields))
    if not parts or not sum(part.num_rows for part in parts):
        raise InputError(f"{reading.path} has no rows to read labels from.")
    return pa.concat_tables(parts).combine_chunks()


def _one_row_each(path: Path, rows: pa.Table, columns: Mapping[str, str]) -> pa.Table:
    """Take the rows of each account together; the label must be one, of other fields the first is kept."""
    rows = rows.filter(pc.and_(pc.is_valid(rows["account"]), pc.is_valid(rows["label"])))
    label = _labels(path, rows["label"].combine_chunks(), columns["label"])
    rows = rows.set_column(rows.column_names.index("label"), "label", label)
    if not rows.num_rows:
        raise InputError(f"{path} has no row with both an account and a label.")
    rows = rows.sort_by([("account", "ascending"), ("row", "ascending")])
    account = rows["account"].combine_chunks()
    new = np.ones(len(account), dtype=bool)
    new[1:] = pc.not_equal(account[1:], account[:-1]).to_numpy(zero_copy_only=False)
    labels = rows["label"].to_numpy()
    first = labels[new][np.cumsum(new) - 1]
    if (clash := np.flatnonzero(labels != first)).size:
        name, row = account[int(clash[0])].as_py(), rows["row"][int(clash[0])].as_py()
        raise InputError(
            f"{path} contradicts itself: account '{name}' has the label {first[clash[0]]} first and "
            f"{labels[clash[0]]} in row {row} (column '{columns['label']}'); give each account one label."
        )
    table = rows.filter(pa.array(new)).drop_columns(["row"])
    if "ordered_actions" in table.column_names:
        place = table.column_names.index("ordered_actions")
        table = table.set_column(place, "ordered_actions", table["ordered_actions"].cast(pa.int64()))
    return table.combine_chunks()


def _labels(path: Path, words: pa.Array, column: str) -> pa.Array:
    """Read labels, int8: 1 and 0, true and false, yes and no."""
    small = pc.utf8_lower(words)
    yes, no = (pc.is_in(small, value_set=pa.array(known)) for known in (_YES, _NO))
    strange = pc.unique(words.filter(pc.invert(pc.or_(yes, no)))).to_pylist()
    if strange:
        raise InputError(
            f"{path} has values in the column '{column}' that are no label: {listed(map(str, strange), 5)}; a "
            f"label is 1 or 0, true or false. Name another column with --label."
        )
    return yes.cast(pa.int8())
