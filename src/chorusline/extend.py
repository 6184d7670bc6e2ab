"""A finished case written anew with more tables and a dossier that shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chorusline import case as case_folder
from chorusline import dossier
from chorusline.case import Case
from chorusline.dossier.tables import write_csv


def extend(
    case: Case, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any], *, drop: Iterable[str] = ()
) -> Case:
    """Write a case anew with these tables and this manifest, whole or not at all; returns it as it is then.

    drop : names of tables that are left out of the new case unless they are among `tables`.
    """
    new = {f"{name}.{suffix}" for name in (*drop, *tables) for suffix in ("parquet", "csv")}
    with case_folder.writing(case.folder) as folder:
        for path in sorted(case.folder.rglob("*")):
            place = folder / path.relative_to(case.folder)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            elif path.name not in {*new, case_folder.MARKER}:
                shutil.copy2(path, place)
        put_tables(folder, tables)
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        (folder / case_folder.MARKER).write_text(text + "\n", "utf-8")
        dossier.write(Case(folder, dict(manifest)), folder)
    return Case.open(case.folder)


def put_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write tables into a case folder that is being written, as Parquet and as CSV."""
    for name, table in tables.items():
        pq.write_table(table, folder / "tables" / f"{name}.parquet")
        write_csv(table, folder / "tables" / f"{name}.csv")
