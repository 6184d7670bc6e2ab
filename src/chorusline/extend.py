"""A finished case written anew with more tables and a dossier that shows them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from chorusline import case as case_folder
from chorusline.case import Case
from chorusline.dossier.tables import write_csv
from chorusline.errors import UsageError
from chorusline.exports.blind import write_page
from chorusline.exports.pseudonyms import Key


def extend(
    case: Case, tables: Mapping[str, pa.Table], manifest: Mapping[str, Any], *, drop: Iterable[str] = (),
    blind: Key | None = None,
) -> Case:  # fmt: skip
    """Write a case anew with these tables and this manifest, whole or not at all; returns it as it is then.

    drop : names of tables that are left out of the new case unless they are among `tables`. blind : key of a page
    without names. Raises UsageError where the page has no names and no key is given.
    """
    needs_key(case, blind)
    new = {f"{name}.{suffix}" for name in (*drop, *tables) for suffix in ("parquet", "csv")}
    with case_folder.writing(case.folder) as folder:
        for path in sorted(case.folder.rglob("*")):
            place = folder / path.relative_to(case.folder)
            if path.is_dir():
                place.mkdir(exist_ok=True)
            elif path.name not in {*new, case_folder.MARKER}:
                shutil.copy2(path, place)
        put_tables(folder, tables)
        write_page(Case(folder, dict(manifest)), folder, blind)
        case_folder.seal(folder, dict(manifest))
    return Case.open(case.folder)


def needs_key(case: Case, blind: Key | None) -> None:
    """Raise UsageError where a case's page has pseudonyms in place of names and their key isn't given."""
    if case.manifest.get("blind") and blind is None:
        raise UsageError(
            f"The page of {case.folder} is blind: give its key with --blind, or write it with names first "
            "(chorusline dossier)."
        )


def put_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Write tables into a case folder that is being written, as Parquet and as CSV."""
    for name, table in tables.items():
        case_folder.write_table(table, folder / "tables" / f"{name}.parquet")
        write_csv(table, folder / "tables" / f"{name}.csv")
