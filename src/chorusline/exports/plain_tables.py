"""The tables as CSV that a spreadsheet opens without carrying anything out, and as Parquet."""

from __future__ import annotations

from pathlib import Path

from chorusline.case import LATER, OPERATION, TABLES, Case, write_table
from chorusline.dossier.tables import write_csv
from chorusline.errors import CaseError
from chorusline.exports.base import Export


def _write(case: Case, folder: Path, ending: str) -> list[Path]:
    place = folder / "tables"
    place.mkdir(exist_ok=True)
    written = []
    for name in (*TABLES, *OPERATION, *LATER):
        try:
            table = case.table(name)
        except CaseError:  # an older case, or one without a sensitivity run
            continue
        path = place / f"{name}.{ending}"
        (write_csv if ending == "csv" else write_table)(table, path)
        written.append(path)
    return written


CSV = Export(
    "csv",
    "Every table as CSV; cells that a spreadsheet would take for a formula are defused.",
    lambda case, folder: _write(case, folder, "csv"),
)
PARQUET = Export("parquet", "Every table as Parquet.", lambda case, folder: _write(case, folder, "parquet"))
