"""Analyses of the inside of an operation, on a finished case's groups or on accounts that the user names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from chorusline.case import Case
from chorusline.errors import CaseError
from chorusline.exports.pseudonyms import Key
from chorusline.extend import extend, needs_key
from chorusline.operation import choose
from chorusline.operation.crews import crew_of_list, crews_of, read_list
from chorusline.operation.run import Ran, joined, run

Progress = Callable[[str, float], None]


def look_inside(
    folder: str | os.PathLike[str], name: str, *, accounts: str | os.PathLike[str] | None = None,
    options: Mapping[str, Any] | None = None, blind: Key | None = None, command: str | None = None,
    progress: Progress | None = None,
) -> Case:  # fmt: skip
    """Run one analysis on a case and put the case in its place with the tables, the record and the dossier.

    name : of a registered analysis. accounts : file of accounts that the user chose (`read_list`); the groups of
    the case where not given. blind : key of a page without names.
    What an earlier run said of the others (the groups, or a list) stays. Returns the case as it is then.
    Raises CaseError where the folder is no case, InputError where the list is of no use, UsageError where the page is
    blind and its key isn't given.
    """
    tell = progress or (lambda stage, share: None)
    case = Case.open(folder)
    needs_key(case, blind)
    log, table = case.log(), case.table("accounts")
    notes: dict[str, Any] = {"command": command}
    if accounts is None:
        crews = crews_of(log, table, case.config, case.table("resembling"))
    else:
        listed, missing = read_list(accounts, log)
        crews = [crew_of_list(log, listed, case.config, table)]
        notes |= {"list": os.fspath(accounts), "not_in_case": len(missing)}
    tell(name, 0.0)
    found = run(
        choose((name,)), crews, options={name: dict(options or {})}, progress=lambda share: tell(name, share)
    )
    result = joined(_earlier(case, found), found)
    result.record[name] |= notes
    return extend(case, result.tables, {**case.manifest, "operation": result.record}, blind=blind)


def _earlier(case: Case, found: Ran) -> Ran:
    """What the case holds of the same analyses."""
    tables = {}
    for name in found.tables:
        try:
            tables[name] = case.table(name)
        except CaseError:
            continue
        if tables[name].schema != found.tables[name].schema:  # of an older version
            del tables[name]
    return Ran(tables, dict(case.manifest.get("operation") or {}))
