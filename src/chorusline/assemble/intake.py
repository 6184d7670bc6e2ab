"""Batches on their way in: sound rows with provisional account numbers, facts, rows set aside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import (
    ACCOUNT_FACTS,
    ACTION_SCHEMA,
    DOOR_SCHEMA,
    KINDS,
    QUARANTINE_SCHEMA,
    Batch,
    faults,
)

Ints = np.ndarray[Any, np.dtype[np.int64]]
RAW_LENGTH = 2000
"""Characters of a row that the quarantine keeps."""


class Intake:
    """Collects batches: sound rows with provisional account numbers, facts, rows set aside."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._tables: list[pa.Table] = []
        self._handles: list[pa.Table] = []
        self._facts: list[pa.Table] = []
        self._aside: dict[str, list[Any]] = {name: [] for name in QUARANTINE_SCHEMA.names}
        self.set_aside: dict[int, int] = {}

    def take(self, number: int, path: str, batch: Batch) -> int:
        """Take one batch of input `number`; returns how many rows it held."""
        table = conform(batch.actions, DOOR_SCHEMA)
        sound, found = faults(table)
        for rejected in batch.rejected:
            self._set_aside(path, rejected.row, rejected.reason, rejected.raw)
        for place, reason in found:
            raw = {k: v for k, v in table.slice(place, 1).to_pylist()[0].items() if v is not None}
            self._set_aside(path, raw.get("row", 0), reason, str(raw))
        self.set_aside[number] = self.set_aside.get(number, 0) + len(batch.rejected) + len(found)
        rows: int = table.num_rows + len(batch.rejected)
        if found:
            table = table.filter(pa.array(sound))
        if batch.facts is not None and batch.facts.num_rows:
            self._facts.append(conform(batch.facts, ACCOUNT_FACTS))
        if table.num_rows:
            self._add(number, table)
        return rows

    def _set_aside(self, path: str, row: int, reason: str, raw: str) -> None:
        for name, value in zip(QUARANTINE_SCHEMA.names, (path, row, reason, raw[:RAW_LENGTH]), strict=True):
            self._aside[name].append(value)

    def _add(self, number: int, table: pa.Table) -> None:
        encoded = pc.dictionary_encode(table["account"].combine_chunks())
        numbers = self._numbers
        places = [numbers.setdefault(name, len(numbers)) for name in encoded.dictionary.to_pylist()]
        account = np.asarray(places, dtype=np.int32)[encoded.indices.to_numpy(zero_copy_only=False)]
        if table["handle"].null_count < table.num_rows:
            seen = pa.table({"account": account, "time": table["time"], "handle": table["handle"]})
            self._handles.append(_latest(seen.filter(pc.is_valid(seen["handle"]))))
        kind = pc.index_in(table["kind"].combine_chunks(), value_set=pa.array(KINDS)).cast(pa.int8())
        columns = {"account": pa.array(account), "source": pa.array(np.full(len(account), number, np.int16))}
        arrays = [
            kind if name == "kind" else columns[name] if name in columns else table[name]
            for name in ACTION_SCHEMA.names
        ]
        self._tables.append(pa.table(arrays, schema=ACTION_SCHEMA))

    def table(self) -> pa.Table:
        """All sound rows in the order they came, ACTION_SCHEMA with provisional account numbers."""
        table = pa.concat_tables(self._tables) if self._tables else ACTION_SCHEMA.empty_table()
        self._tables.clear()
        return table

    def accounts(self) -> tuple[Ints, pa.Table]:
        """Final code of each provisional number, and the accounts table (see ActionLog).

        An account's handle is the last one seen with an action, else the one among its facts; where
        facts were given more than once, the earliest creation and the largest counts stand.
        """
        names = sorted(self._numbers)
        codes = np.empty(len(names), dtype=np.int64)
        codes[[self._numbers[name] for name in names]] = np.arange(len(names))
        handles: list[str | None] = [None] * len(names)
        facts: dict[str, list[Any]] = {
            field.name: [None] * len(names)
            for field in ACCOUNT_FACTS
            if field.name not in ("account", "handle")
        }
        code_of = dict(zip(names, range(len(names)), strict=True))
        if self._facts:
            found = pa.concat_tables(self._facts)
            counts = [(name, "min" if name == "created" else "max") for name in facts]
            found = found.group_by("account").aggregate([("handle", "max"), *counts])
            for row in found.to_pylist():
                code = code_of.get(row["account"])
                if code is not None:
                    handles[code] = row["handle_max"]
                    for name, how in counts:
                        facts[name][code] = row[f"{name}_{how}"]
        if self._handles:
            last = _latest(pa.concat_tables(self._handles))
            for number, handle in zip(last["account"].to_pylist(), last["handle"].to_pylist(), strict=True):
                handles[codes[number]] = handle
        columns: dict[str, Any] = {
            "name": pa.array(names, pa.string()),
            "handle": pa.array(handles, pa.string()),
        }
        for name, values in facts.items():
            columns[name] = pa.array(values, ACCOUNT_FACTS.field(name).type)
        return codes, pa.table(columns)

    def quarantine(self) -> pa.Table:
        """The rows set aside, QUARANTINE_SCHEMA."""
        return pa.table(self._aside, schema=QUARANTINE_SCHEMA)


def conform(batch: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Give a batch exactly the columns of `schema`; what it doesn't have is null."""
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    arrays = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=pa.schema([field.with_nullable(True) for field in schema]))


def _latest(seen: pa.Table) -> pa.Table:
    """The row with the latest time of each account; between equals, the last handle in the alphabet."""
    order = pc.sort_indices(
        seen, sort_keys=[("account", "ascending"), ("time", "ascending"), ("handle", "ascending")]
    )
    seen = seen.take(order)
    account = seen["account"].to_numpy()
    return seen.filter(pa.array(np.append(account[1:] != account[:-1], True)[: len(account)]))
