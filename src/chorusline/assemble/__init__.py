"""How readers' batches become one action log: accounts numbered, rows sorted, repeats and parts joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ACTION_SCHEMA, QUARANTINE_SCHEMA, ActionLog, Input, InputSummary, resolution_of
from chorusline.assemble.intake import RAW_LENGTH, Intake
from chorusline.assemble.repeats import Bools, Ints, Keys, Parts, in_order, integers, join, take, wide

CHUNK = 1 << 20
"""Rows that are gathered at a time."""


def assemble(inputs: Sequence[Input], progress: Callable[[str, int], None] | None = None) -> ActionLog:
    """Make the log of `inputs`; `ActionLog.build` is the public name."""
    intake = Intake()
    for number, source in enumerate(inputs):
        drawn = 0
        for batch in source.batches:
            drawn += intake.take(number, source.path, batch)
            if progress is not None:
                progress(source.path, drawn)
    table = intake.table()
    codes, accounts = intake.accounts()
    account = codes[integers(table, "account")] if table.num_rows else np.empty(0, np.int64)
    keys = Keys(integers(table, "time"), account, integers(table, "source"), integers(table, "row"))
    order, runs = in_order(keys, table["post_id"])
    parts = join(table, keys, runs, len(inputs))
    kept = order[~(parts.repeated | parts.merged)[order]]
    repeats = _repeat_rows(table, accounts["name"], account, keys, parts.repeated, inputs)
    summaries = _summaries(inputs, keys, kept, parts, intake.set_aside)
    patches, n = parts.patches, table.num_rows
    columns = dict(zip(table.column_names, table.columns, strict=True))
    columns["account"] = pa.chunked_array([pa.array(account, pa.int32())])
    del table, parts, keys, order, runs, account  # so that a column goes when its rows are gathered
    return ActionLog(
        actions=_gather(columns, n, kept, patches),
        accounts=accounts,
        inputs=summaries,
        quarantine=pa.concat_tables([intake.quarantine(), repeats]).sort_by(
            [("input", "ascending"), ("row", "ascending"), ("reason", "ascending")]
        ),
    )


def _gather(
    columns: dict[str, pa.ChunkedArray], n: int, kept: Ints, patches: dict[str, tuple[Ints, pa.Array]]
) -> pa.Table:
    """Rows `kept` of the columns [n] in that order, with patched values; `columns` is emptied to spare memory."""
    arrays = []
    for field in ACTION_SCHEMA:
        column = columns.pop(field.name)
        rows = kept
        if field.name in patches:
            places, values = patches[field.name]
            where = np.arange(n, dtype=np.int64)
            where[places] = n + np.arange(len(places))
            rows = where[kept]
            column = pa.chunked_array([*column.chunks, values.cast(field.type)], type=field.type)
        whole = wide(column)
        del column
        chunks = [
            whole.take(pa.array(rows[start : start + CHUNK])).cast(field.type)
            for start in range(0, len(rows), CHUNK)
        ]
        del whole
        arrays.append(pa.chunked_array(chunks, type=field.type))
    return pa.table(arrays, schema=ACTION_SCHEMA)


def _repeat_rows(
    table: pa.Table,
    names: pa.ChunkedArray,
    account: Ints,
    keys: Keys,
    repeated: Bools,
    inputs: Sequence[Input],
) -> pa.Table:
    """The repeated rows as the quarantine lists them."""
    rows = np.flatnonzero(repeated)
    if not len(rows):
        return QUARANTINE_SCHEMA.empty_table()
    paths = pa.array([source.path for source in inputs], pa.string())
    raw = pc.binary_join_element_wise(
        take(names, account[rows]),
        pc.fill_null(take(table["post_id"], rows), ""),
        pc.fill_null(take(table["text"], rows), ""),
        " ",
    )
    columns = [
        paths.take(pa.array(keys.source[rows])),
        pa.array(keys.row[rows]),
        pa.array(["repeated row"] * len(rows)),
        pc.utf8_slice_codeunits(raw, 0, RAW_LENGTH),
    ]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def _summaries(
    inputs: Sequence[Input], keys: Keys, kept: Ints, parts: Parts, set_aside: dict[int, int]
) -> tuple[InputSummary, ...]:
    """Count what became of each input's rows and find its clock."""
    source = keys.source[kept]
    result = []
    for number, given in enumerate(inputs):
        mine = kept[source == number]
        resolution, share, clock = resolution_of(keys.time[mine], given.path.rsplit("/", 1)[-1])
        warnings = list(given.warnings)
        if clock:
            warnings.append(clock)
        if parts.torn[number]:
            warnings.append(
                f"{parts.torn[number]:,} posts came in several rows with different texts; the first was kept."
            )
        result.append(
            InputSummary(
                path=given.path,
                sha256=given.sha256,
                bytes=given.bytes,
                format=given.format,
                mapping=dict(given.mapping),
                rows_read=len(mine),
                rows_set_aside=set_aside.get(number, 0),
                rows_repeated=int(np.count_nonzero(parts.repeated & (keys.source == number))),
                rows_merged=int(np.count_nonzero(parts.merged & (keys.source == number))),
                resolution=resolution,
                share_on_coarse_clock=share,
                warnings=tuple(warnings),
                background=given.background,
            )
        )
    return tuple(result)
