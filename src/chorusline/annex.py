"""The annex of linked accounts: a sealed file of its own, written on request only and never into a case."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import chorusline
from chorusline.case import Case
from chorusline.dossier.tables import write_csv
from chorusline.errors import InputError, UsageError
from chorusline.operation import operators
from chorusline.operation.base import NAMED, Crew
from chorusline.operation.crews import crew_of_list, crews_of, read_list

WARNING = """READ THIS FIRST

This annex lists pairs of accounts that a statistical method takes to be run by the same hand. It was made on request,
apart from the case it belongs to, and is no part of it.

- It links accounts to accounts. It says nothing of who is behind any of them, and mustn't be used to find out.
- Each link has a posterior below 1, and rests on assumptions that the case's data can't test. Some links are wrong. Two
  people who sit side by side, share a device or hand over a shift, members of a household, and one person's two open
  accounts can all look like this.
- A pair that isn't listed isn't cleared: of most pairs nothing can be said.
- Publishing a link can expose people who are innocent, or who would be in danger. Don't publish it, don't pass it on
  with the case, and delete it when it has served.

The figures: bits_... is what each sort of evidence adds to the log2 odds that the two share a hand; with bits_prior
they add up to those of the posterior. predicted and seen: actions too close for one hand, as two hands' rates predict
them, and as they were. docs/method.md, "Operators", says how.
"""


def write_pairs(
    folder: str | os.PathLike[str], file: str | os.PathLike[str], accounts: str | os.PathLike[str] | None = None,
    command: str | None = None,
) -> tuple[int, str]:  # fmt: skip
    """Write the linked pairs of a case's crews into a sealed annex, a ZIP with a warning of its own.

    folder : the case; nothing is written there. file : the annex; it must end in .zip, must not be there yet and
    must lie outside the case. accounts : list of accounts that the user chose. Returns the pairs written and the seal:
    the SHA-256 of the annex. Raises UsageError where the place won't do, InputError where it can't be written.
    """
    place = check_place(folder, file)
    case = Case.open(folder)
    log, table = case.log(), case.table("accounts")
    if accounts is None:
        crews = [c for c in crews_of(log, table, case.config) if c.basis == NAMED]
    else:
        crews = [crew_of_list(log, read_list(accounts, log)[0], case.config, table)]
    found = [
        (crew, operators.links(crew)) for crew in crews if len(crew.members) >= operators.ANALYSIS.members
    ]
    return sum(t.num_rows for _, t in found), _seal(place, case, found, command)


def check_place(folder: str | os.PathLike[str], file: str | os.PathLike[str]) -> Path:
    """Refuse a place where the annex would be taken for a part of the case, or overwrite something."""
    place, case = Path(file).absolute(), Path(folder).resolve()
    if place.suffix != ".zip":
        raise UsageError(
            f"{file} must end in .zip: the annex is an archive, so that its warning stays with it."
        )
    if place.resolve().is_relative_to(case):
        raise UsageError(
            f"{file} lies in the case folder: the annex must lie elsewhere, or it is passed on with the case."
        )
    if place.exists() or place.is_symlink():
        raise UsageError(f"{file} is there already, and annexes aren't overwritten; name another file.")
    if not place.parent.is_dir():
        raise UsageError(f"The folder of {file} doesn't exist.")
    return place


def _seal(place: Path, case: Case, found: list[tuple[Crew, pa.Table]], command: str | None) -> str:
    """Write the archive, readable by its owner alone, and return its SHA-256."""
    from tempfile import TemporaryDirectory

    files: dict[str, bytes] = {"READ-THIS-FIRST.txt": WARNING.encode()}
    with TemporaryDirectory() as spare:
        for crew, table in found:
            name = "list" if crew.group is None else f"group-{crew.group}"
            write_csv(table, Path(spare) / "pairs.csv")
            files[f"{name}.csv"] = (Path(spare) / "pairs.csv").read_bytes()
            held = BytesIO()
            pq.write_table(table, held)
            files[f"{name}.parquet"] = held.getvalue()
    about = {
        "what": "linked accounts; an annex, no part of a case", "chorusline": chorusline.__version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"), "command": command, "case": str(case.folder),
        "case_created": case.manifest.get("created"), "posterior": case.config.same_hand,
        "pairs": {("list" if c.group is None else f"group-{c.group}"): t.num_rows for c, t in found},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }  # fmt: skip
    files["about.json"] = (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(held.getvalue())
    except OSError as error:
        raise InputError(f"{place} can't be written: {error.strerror or error}.") from None
    return hashlib.sha256(held.getvalue()).hexdigest()
