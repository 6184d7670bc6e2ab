"""Tables, however they are stored: the same runs of columns from CSV, TSV, Parquet and JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from chorusline.actions import Rejected
from chorusline.errors import InputError
from chorusline.sources import columns as names
from chorusline.sources import delimited, jsonlines
from chorusline.sources.base import BATCH, Head, Reading

if TYPE_CHECKING:
    from chorusline.sources.stores import Stored


@dataclass
class Chunk:
    """A run of rows of a table: columns by name, row numbers, rows set aside, and how a row looked."""

    columns: dict[str, pa.Array]
    rows: pa.Array
    raw: Callable[[int], str]
    rejected: list[Rejected] = field(default_factory=list)


def header(head: Head) -> list[str]:
    """Column names of a table; for JSON the keys of its first objects, nested ones with points."""
    if head.json:
        seen: dict[str, None] = {}
        for value in head.json:
            if isinstance(value, dict):
                seen.update(dict.fromkeys(flat(value)))
        return list(seen)
    return head.header


def flat(value: dict[str, Any], prefix: str = "", depth: int = 0) -> dict[str, Any]:
    """Nested objects as one, with names such as user.id."""
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and depth < 2:
            found.update(flat(inner, f"{prefix}{key}.", depth + 1))
        else:
            found[prefix + key] = inner
    return found


def chunks(reading: Reading, wanted: Collection[str]) -> Iterator[Chunk]:
    """Runs of up to 100,000 rows with the wanted columns."""
    if reading.head.stored is not None:
        return _stored(reading, reading.head.stored[1], wanted)
    if reading.head.parquet is not None:
        return _parquet(reading, wanted)
    if reading.head.json:
        return _json(reading, wanted)
    return _delimited(reading, wanted)


def _parquet(reading: Reading, wanted: Collection[str]) -> Iterator[Chunk]:
    import pyarrow.parquet as pq

    row = 1
    try:
        with pq.ParquetFile(reading.path) as file:
            order = [name for name in file.schema_arrow.names if name in wanted]
            for batch in file.iter_batches(BATCH, columns=order):
                found = dict(zip(batch.schema.names, batch.columns, strict=True))
                rows = pa.array(np.arange(row, row + batch.num_rows, dtype=np.int64))
                row += batch.num_rows
                yield Chunk(found, rows, partial(_parquet_row, batch))
    except (OSError, ValueError, pa.ArrowException) as error:  # a page that is damaged, or a footer that lies
        if isinstance(error, InputError):
            raise
        said = (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
        raise InputError(
            f"{reading.path} can't be read as Parquet beyond row {row - 1:,} ({said}); it is damaged."
        ) from error


def _stored(reading: Reading, table: Stored, wanted: Collection[str]) -> Iterator[Chunk]:
    """Rows of a table that lies in a workbook or a database."""
    for sentence in table.notes:
        reading.note(sentence)
    order = [name for name in dict.fromkeys(table.columns) if name in wanted]
    for rows, found, rejected in table.read(order):
        yield Chunk(found, pa.array(rows, pa.int64()), partial(_stored_row, found), rejected)


def _stored_row(found: dict[str, pa.Array], place: int) -> str:
    return str({name: column[place].as_py() for name, column in found.items()})


def _parquet_row(batch: pa.RecordBatch, place: int) -> str:
    return str(batch.slice(place, 1).to_pylist()[0])


def _delimited(reading: Reading, wanted: Collection[str]) -> Iterator[Chunk]:
    order = reading.head.header
    for run in delimited.records(reading):
        found = {}
        for name, values in zip(order, run.columns, strict=True):
            if name in wanted and name not in found:
                found[name] = pa.array(values, pa.large_string())
        yield Chunk(found, pa.array(run.rows, pa.int64()), run.raw, run.rejected)


def _json(reading: Reading, wanted: Collection[str]) -> Iterator[Chunk]:
    """JSON objects; keys that differ only in case and punctuation (userId, user_id) are one column."""
    by_spelling = {names.spelling(name): name for name in wanted}
    column_of: dict[str, str | None] = {name: name for name in wanted}
    data: dict[str, list[Any]] = {name: [] for name in wanted}
    rows: list[int] = []
    raws: list[Any] = []
    rejected: list[Rejected] = []
    for row, value in jsonlines.values(reading):
        if isinstance(value, Rejected):
            rejected.append(value)
        elif not isinstance(value, dict):
            rejected.append(Rejected(row, "not a JSON object", jsonlines.shown(value)))
        else:
            found: dict[str, Any] = {}
            for key, inner in flat(value).items():
                if key not in column_of:
                    column_of[key] = by_spelling.get(names.spelling(key))
                name = column_of[key]
                if name is not None and inner is not None and (name not in found or key == name):
                    found[name] = inner
            for name, values in data.items():
                values.append(found.get(name))
            rows.append(row)
            raws.append(value)
        if len(rows) >= BATCH:
            yield _json_chunk(data, rows, raws, rejected)
            data, rows, raws, rejected = {name: [] for name in wanted}, [], [], []
    if rows or rejected:
        yield _json_chunk(data, rows, raws, rejected)


def _json_chunk(
    data: dict[str, list[Any]], rows: list[int], raws: list[Any], rejected: list[Rejected]
) -> Chunk:
    found = {name: _json_column(values) for name, values in data.items()}
    return Chunk(found, pa.array(rows, pa.int64()), lambda place: jsonlines.shown(raws[place]), rejected)


def _json_column(values: list[Any]) -> pa.Array:
    """JSON values as strings, or as lists of strings where all are lists; numbers keep their digits."""
    if any(isinstance(value, list) for value in values) and all(
        v is None or isinstance(v, list) for v in values
    ):
        items = [None if v is None else [_said(x) for x in v if x is not None] for v in values]
        return pa.array(items, pa.list_(pa.string()))
    return pa.array([None if value is None else _said(value) for value in values], pa.large_string())


def _said(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (int, float)) else jsonlines.shown(value)
