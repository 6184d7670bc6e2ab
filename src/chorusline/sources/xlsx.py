"""Workbooks of Excel and its kin (.xlsx): a sheet is a table whose first row that holds anything names the columns.

Only values are read, as the workbook has them stored; nothing in it is computed or fetched. Excel keeps fifteen digits
of a number: longer ids that were typed or pasted as numbers have lost their ends, and count as damaged.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

from chorusline.actions import Rejected
from chorusline.errors import InputError
from chorusline.sources import opening
from chorusline.sources.base import BATCH
from chorusline.sources.stores import Run, Store, Stored, strings

ROWS = 1_048_576
"""Rows of a sheet at most, by the file format; what claims more isn't believed."""

PRECISE = 10**15
"""Whole numbers from here on can't be kept by Excel to the last digit."""

_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"))


def knows(head: bytes, path: Path) -> bool:
    """A ZIP file with a workbook inside."""
    return head.startswith(b"PK\x03\x04") and "xl/workbook.xml" in opening.members(path)


def tables(path: Path) -> list[Stored]:
    """The sheets with a row of column names."""
    opening.check_zip(path)
    book = _open(path)
    try:
        found = []
        for name in book.sheetnames:
            sheet = book[name]
            if hasattr(sheet, "reset_dimensions"):  # charts have no cells
                where, header = _header(path, sheet)
                if header:
                    found.append(Stored(name, header, partial(_read, path, name, where, header)))
        return found
    finally:
        book.close()


def _open(path: Path) -> Any:
    import openpyxl

    try:
        # A stream, since a path must end in .xlsx to be believed.
        return openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # openpyxl raises what it happens to stumble over
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputError:
    said = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
    return InputError(f"{path} begins as an Excel workbook but can't be read as one ({said}); save it anew.")


def _rows(path: Path, sheet: Any) -> Iterator[tuple[int, Sequence[Any]]]:
    """Rows with their number, up to the most that a sheet can have."""
    sheet.reset_dimensions()  # the file's own word on its size is not believed
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > ROWS:
                return
            yield number, row
    except (zipfile.BadZipFile, OSError, ValueError, TypeError, KeyError, SyntaxError, EOFError) as error:
        raise _damaged(path, error) from error
    except Exception as error:  # zlib.error and openpyxl's own
        raise _damaged(path, error) from error


def _header(path: Path, sheet: Any) -> tuple[int, list[str]]:
    for number, row in _rows(path, sheet):
        if any(cell is not None and str(cell).strip() for cell in row):
            names = ["" if cell is None else str(cell).strip() for cell in row]
            while names and not names[-1]:
                names.pop()
            return number, names
    return 0, []


def _read(path: Path, name: str, header_row: int, header: list[str], wanted: Sequence[str]) -> Iterator[Run]:
    places = [header.index(column) for column in wanted]
    book = _open(path)
    try:
        rows: list[int] = []
        data: list[list[Any]] = [[] for _ in wanted]
        for number, row in _rows(path, book[name]):
            if number <= header_row or not any(cell is not None for cell in row):
                continue
            rows.append(number)
            for values, place in zip(data, places, strict=True):
                values.append(_value(row[place]) if place < len(row) else None)
            if len(rows) >= BATCH:
                yield _run(rows, data, wanted)
                rows, data = [], [[] for _ in wanted]
        if rows:
            yield _run(rows, data, wanted)
    finally:
        book.close()


def _run(rows: list[int], data: list[list[Any]], wanted: Sequence[str]) -> Run:
    none: list[Rejected] = []
    return rows, {name: strings(values) for name, values in zip(wanted, data, strict=True)}, none


def _value(value: Any) -> Any:
    """A cell as text or number: times in ISO style, ids that lost digits in the notation that shows it."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    if isinstance(value, str):
        return None if value in _ERRORS else value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < PRECISE:
        return int(value)
    return f"{value:.14E}" if isinstance(value, int) and _lost(value) else value


def _lost(value: int) -> bool:
    """Whether a whole number may have lost digits: Excel's fifteen, or a double's 53 bits, would look like this."""
    digits = len(str(abs(value)))
    return digits > 15 and (
        value % 10 ** (digits - 15) == 0 or (abs(value) >= 2**53 and int(float(value)) == value)
    )


STORE = Store("xlsx", "an Excel workbook", knows, tables)
