"""A case for an analyst who isn't to know names yet: the whole case under pseudonyms, until the key is left aside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from chorusline import case as case_folder
from chorusline import dossier
from chorusline.case import LATER, OPERATION, TABLES, Case
from chorusline.dossier.explain import Explanation
from chorusline.errors import CaseError
from chorusline.exports.changes import ACCOUNT, KEPT, NAMES, NOWHERE, TEXT, Change, Terms, names_of
from chorusline.exports.pseudonyms import Key


def blind(case: Case, key: Key) -> Case:
    """Return the case with pseudonyms for accounts, in tables and in texts; figures, times and posts' rows stay.

    Ids of posts, and objects that are posts or accounts, are pseudonyms too, since a platform shows whose they are.
    """
    change = Change(case, key, Terms(text="quote", grain="second"))
    tables = {}
    for name in (*TABLES, *LATER, *OPERATION):
        try:
            table = case.table(name)
        except CaseError:
            continue
        tables[name] = change.table(
            table, {field.name: NAMES.get(field.name, _wordy(field)) for field in table.schema}
        )
    return Case(NOWHERE, {**case.manifest, "blind": True}, tables)


def _wordy(field: pa.Field) -> str:
    """How a blind case has a column without a name for it: words are masked, figures kept."""
    if field.name in ("input", "with_input"):
        return KEPT
    of = field.type.value_type if pa.types.is_list(field.type) else field.type
    return TEXT if pa.types.is_string(of) else KEPT


def blinded(case: Case, key: Key, told: Explanation) -> Explanation:
    """Return an explanation (dossier.explain) with pseudonyms."""
    change = Change(case, key, Terms(text="quote", grain="second"))
    return replace(
        told,
        accounts=[change.row(row) for row in told.accounts],
        contributions=[change.row(row) for row in told.contributions],
        evidence=[change.row(row) for row in told.evidence],
        edges=[change.row(row) for row in told.edges],
        shared=[
            {**change.row(row), "a": change.row(row["a"]), "b": change.row(row["b"])} for row in told.shared
        ],
    )


def real_names(case: Case, key: Key, names: Iterable[str]) -> list[str]:
    """Return the ids of accounts given by pseudonym; other names as they are."""
    names = list(names)
    if not any(name.startswith("A-") for name in names):
        return names
    known = {key.pseudonym(ACCOUNT, account): account for account, _ in names_of(case)}
    return [known.get(name, name) for name in names]


def rewrite_page(folder: str | os.PathLike[str], key: Key | None) -> Case:
    """Write a case's page anew, under pseudonyms where a key is given, else with names; the rest stays as it is."""
    case = Case.open(folder)
    manifest = {name: value for name, value in case.manifest.items() if name not in ("files", "blind")}
    if key is not None:
        manifest["blind"] = True
    with case_folder.writing(case.folder) as place:
        for path in sorted(case.folder.rglob("*")):
            target = place / path.relative_to(case.folder)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            elif path.name != case_folder.MARKER:
                shutil.copy2(path, target)
        write_page(Case(place, manifest), place, key)
        case_folder.seal(place, manifest)
    return Case.open(case.folder)


def write_page(case: Case, folder: Path, key: Key | None) -> None:
    """Write the page of a case, blind where a key is given."""
    dossier.write(case if key is None else blind(case, key), folder)
