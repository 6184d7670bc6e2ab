"""SQLite databases: a table of one is read as a table; nothing in the file is carried out.

The file is opened read-only and as if nobody wrote to it; views and computed columns, whose contents are code, are
passed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote

from chorusline.errors import InputError
from chorusline.sources.base import BATCH
from chorusline.sources.stores import Run, Store, Stored, strings

MAGIC = b"SQLite format 3\0"
LONGEST = 1 << 28
"""Bytes of one cell at most."""


def knows(head: bytes, path: Path) -> bool:
    """The signature of its first bytes."""
    return head.startswith(MAGIC)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.execute("pragma trusted_schema = off")
    connection.execute("pragma query_only = on")
    connection.execute("pragma cell_size_check = on")
    return connection


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} begins as an SQLite database but can't be read as one ({error}).")


def tables(path: Path) -> list[Stored]:
    """The tables, in the order they were made; views, virtual tables and SQLite's own aside."""
    try:
        with closing(_connect(path)) as connection:
            made = connection.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' "
                "and sql not like 'create virtual%' order by rowid"
            ).fetchall()
            found = []
            for (name,) in made:
                described = connection.execute(f"pragma table_xinfo({_quoted(name)})").fetchall()
                columns = [column for _, column, _, _, _, _, hidden in described if not hidden]
                if columns:
                    found.append(Stored(name, columns, partial(_read, path, name)))
    except (sqlite3.Error, OverflowError, ValueError) as error:
        raise _damaged(path, error) from error
    waiting = path.with_name(path.name + "-wal")
    if waiting.exists() and waiting.stat().st_size:
        for table in found:
            table.notes.append(
                f"Beside the database lies {waiting.name} with changes that aren't in it yet and weren't read: "
                "close the program that writes to it, and read it again."
            )
    return found


def _read(path: Path, name: str, wanted: Sequence[str]) -> Iterator[Run]:
    row = 1
    try:
        with closing(_connect(path)) as connection:
            listed = ", ".join(map(_quoted, wanted)) or "1"
            cursor = connection.execute(f"select {listed} from {_quoted(name)}")
            while found := cursor.fetchmany(BATCH):
                columns = {
                    column: strings([record[k] for record in found]) for k, column in enumerate(wanted)
                }
                yield range(row, row + len(found)), columns, []
                row += len(found)
    except (sqlite3.Error, OverflowError, ValueError, MemoryError) as error:
        raise _damaged(path, error) from error


STORE = Store("sqlite", "an SQLite database", knows, tables)
