"""DuckDB databases: a table of one is read as a table; views, whose contents are code, are passed over.

The file is opened read-only, and its reach ends at the file: no other file, no network, no extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from chorusline.errors import InputError
from chorusline.sources.base import BATCH
from chorusline.sources.stores import Run, Store, Stored

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "lock_configuration": "true",
    "threads": "1",
    "preserve_insertion_order": "true",
}


def knows(head: bytes, path: Path) -> bool:
    """The signature after its first eight bytes."""
    return head[8:12] == b"DUCK"


def _connect(path: Path) -> Any:
    import duckdb

    try:
        return duckdb.connect(str(path), read_only=True, config=_SETTINGS)
    except Exception as error:  # duckdb's kinds of error are many, and newer files raise others
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
    return InputError(
        f"{path} begins as a DuckDB database but can't be read as one ({said}); write the table to Parquet with "
        "the program that made it."
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def tables(path: Path) -> list[Stored]:
    """The tables of all schemas but DuckDB's own, by schema and name."""
    with closing(_connect(path)) as connection:
        try:
            found = connection.execute(
                "select schema_name, table_name, list(column_name order by column_index) from duckdb_columns() "
                "join duckdb_tables() using (database_oid, schema_name, table_name) "
                "where not duckdb_tables.internal and not duckdb_tables.temporary "
                "group by schema_name, table_name order by schema_name <> 'main', schema_name, table_name"
            ).fetchall()
        except Exception as error:
            raise _damaged(path, error) from error
    return [
        Stored(name if schema == "main" else f"{schema}.{name}", columns, partial(_read, path, schema, name))
        for schema, name, columns in found
    ]


def _read(path: Path, schema: str, name: str, wanted: Sequence[str]) -> Iterator[Run]:
    row = 1
    with closing(_connect(path)) as connection:
        try:
            listed = ", ".join(map(_quoted, wanted)) or "1"
            found = connection.sql(f"select {listed} from {_quoted(schema)}.{_quoted(name)}")
            # Older versions know no to_arrow_reader, newer ones warn of fetch_record_batch.
            give = found.to_arrow_reader if hasattr(found, "to_arrow_reader") else found.fetch_record_batch
            for batch in give(BATCH):
                columns = dict(zip(wanted, batch.columns, strict=False))
                yield range(row, row + batch.num_rows), columns, []
                row += batch.num_rows
        except Exception as error:
            raise _damaged(path, error) from error


STORE = Store("duckdb", "a DuckDB database", knows, tables)
