"""Tables as CSV that a spreadsheet can open without carrying out what a stranger wrote into it."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"
"""Beginnings that make a spreadsheet read a cell as a formula (OWASP, CSV injection), full-width ones too."""

NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"
"""Cells that begin like a formula but are plain numbers, as the ids of Telegram channels are: left alone."""

_ROWS = 200_000


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV: UTF-8, RFC 4180 quoting, a header, one line feed a row.

    Cells of text that a spreadsheet would read as a formula get a leading apostrophe; columns of numbers
    stay as they are. Lists are joined with spaces, times are ISO 8601 in UTC, a missing value is an empty
    cell and an empty text is "". Works on 200,000 rows at a time, so memory stays flat.
    """
    header = pa.schema([pa.field(name, _column_type(table.schema.field(k).type))
                        for k, name in enumerate(_defused_names(table.column_names))])  # fmt: skip
    options = pa_csv.WriteOptions(quoting_style="needed", batch_size=8192)
    whole = [_whole_seconds(table.column(k)) for k in range(table.num_columns)]
    with pa_csv.CSVWriter(str(path), header, write_options=options) as writer:
        for start in range(0, table.num_rows, _ROWS):
            part = table.slice(start, _ROWS)
            columns = [_column(part.column(k), whole[k]) for k in range(part.num_columns)]
            writer.write_table(pa.table(columns, schema=header))


def defuse(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before each text that a spreadsheet would read as a formula."""
    armed = pc.and_(
        pc.match_substring_regex(text, FORMULA), pc.invert(pc.match_substring_regex(text, NUMBER))
    )
    return pc.if_else(pc.fill_null(armed, False), pc.binary_join_element_wise("'", text, ""), text)


def _defused_names(names: list[str]) -> list[str]:
    if not names:
        return []
    found: list[str] = defuse(pa.chunked_array([pa.array(names, pa.string())])).to_pylist()
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _stays(kind: pa.DataType) -> bool:
    """Whether a column goes into the file as it is: numbers and truth values."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _column_type(kind: pa.DataType) -> pa.DataType:
    return kind if _stays(kind) else pa.string()


def _whole_seconds(column: pa.ChunkedArray) -> bool:
    """Whether a column of times needs no fraction of a second anywhere."""
    if not pa.types.is_timestamp(column.type):
        return False
    floor = pc.floor_temporal(column, unit="second")
    return bool(pc.all(pc.equal(column, floor)).as_py() in (True, None))


def _column(column: pa.ChunkedArray, whole_seconds: bool) -> pa.ChunkedArray:
    kind = column.type
    if _stays(kind):
        return column
    if pa.types.is_dictionary(kind):
        return _column(column.cast(kind.value_type), whole_seconds)
    if pa.types.is_timestamp(kind):
        return _times(column, whole_seconds)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return defuse(_joined(column))
    if _is_text(kind):
        return defuse(column.cast(pa.string()))
    if pa.types.is_nested(kind):
        cells = [None if cell is None else json.dumps(cell, default=str) for cell in column.to_pylist()]
        return defuse(pa.chunked_array([pa.array(cells, pa.string())]))
    return defuse(column.cast(pa.string()))


def _times(column: pa.ChunkedArray, whole_seconds: bool) -> pa.ChunkedArray:
    """ISO 8601, with Z where the column has a time zone; whole columns are of one length."""
    utc = column.type.tz is not None
    text = pc.replace_substring(column.cast(pa.timestamp("us", column.type.tz)).cast(pa.string()), " ", "T")
    return pc.replace_substring_regex(text, r"\.0+(Z?)$", r"\1") if whole_seconds or not utc else text


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Join each list with spaces; a list that is missing stays missing, a missing element is left out."""
    if _is_text(column.type.value_type) and pc.list_flatten(column).null_count == 0:
        return pc.binary_join(column, " ").cast(pa.string())
    cells = [
        None if cell is None else " ".join(str(part) for part in cell if part is not None)
        for cell in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(cells, pa.string())])
