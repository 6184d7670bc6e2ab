"""Files that hold whole tables (workbooks, databases): one file a kind, and which of their tables is read.

What a table holds is the business of the formats, which see its columns as they see those of a CSV file; how it is
stored is the business of a `Store`. So a workbook saved from 4CAT's CSV is 4CAT's export still.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

import pyarrow as pa

from chorusline.actions import Rejected
from chorusline.errors import InputError, UsageError
from chorusline.sources import columns as names

GROUP = "chorusline.stores"
"""Entry point group in which kinds of file that hold tables are registered; another package may add its own."""

TABLE = "table"
"""Word by which the user names a table of the file: --map table=NAME."""

Run = tuple[Sequence[int], dict[str, pa.Array], list[Rejected]]
"""Row numbers from 1, columns by name, rows set aside."""


@dataclass(frozen=True)
class Stored:
    """One table in a file.

    columns : their names in order; the first of equal ones counts. read : yields runs of the columns asked for.
    notes : what the user should know of the file, as sentences.
    """

    name: str
    columns: list[str]
    read: Callable[[Sequence[str]], Iterator[Run]]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Store:
    """Declaration of a kind of file that holds tables.

    knows : whether a file is one, by its first bytes (and, where these leave it open, by a look inside).
    tables : the tables in it. Raises InputError where the file is damaged.
    """

    name: str
    about: str
    knows: Callable[[bytes, Path], bool]
    tables: Callable[[Path], list[Stored]]

    @property
    def known_by(self) -> str:
        """How a file is known to be one, as half a sentence."""
        said = (self.knows.__doc__ or "").strip().rstrip(".")
        return said[:1].lower() + said[1:]


@lru_cache(maxsize=1)
def stores() -> dict[str, Store]:
    """All registered kinds by name."""
    found: dict[str, Store] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        store: Store = point.load()
        found[store.name] = store
    return found


def find(head: bytes, path: Path, asked: str | None) -> tuple[Store, Stored] | None:
    """Return the kind of file and the table in it that is to be read, or None where it is no such file.

    asked : the table's name, where the user gave one; else the one in which most fields of an action are known by
    their names, an account and a time among them, is taken, the first of equal ones.
    Raises InputError where the file is damaged or holds no table, UsageError where it has none called so.
    """
    store = next((store for store in stores().values() if store.knows(head, path)), None)
    if store is None:
        return None
    tables = store.tables(path)
    if not tables:
        raise InputError(f"{path} is {store.about} without a table that has columns.")
    if asked is None:
        best = max(tables, key=_fields)
    else:
        found = [table for table in tables if table.name == asked]
        if not found:
            raise UsageError(
                f"{path} has no table '{asked}'; it has {names.listed(table.name for table in tables)}."
            )
        best = found[0]
    others = [table.name for table in tables if table is not best]
    if others and asked is None:
        best.notes.append(
            f"Of the file's {len(tables)} tables '{best.name}' was read; the others ({names.listed(others, 10)}) "
            f"can be named with --map {TABLE}=NAME."
        )
    return store, best


def _fields(table: Stored) -> tuple[bool, int]:
    known = names.match(table.columns)
    return {*names.NEEDED} <= known.keys(), len(known)


def strings(values: list[object]) -> pa.Array:
    """Values of any kind as strings: numbers keep their digits, bytes are read as UTF-8."""
    return pa.array([_string(value) for value in values], pa.large_string())


def _string(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return repr(value) if isinstance(value, (int, float)) else str(value)
