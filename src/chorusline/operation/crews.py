"""Whom the analyses are run on: the groups of a case, or a list of accounts that the user names."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import NAMED_RUNGS
from chorusline.config import Config
from chorusline.errors import InputError
from chorusline.operation.base import LIST, NAMED, Codes, Crew
from chorusline.sources.columns import HINTS, spelling

KINDRED = 0.95
"""Resemblance to a group's accounts with evidence from which one of it that isn't named is kindred; 1 is as alike as
those are among themselves. Set on seeds 7002, 7003, 7006, 7008 and 7010 of `small` at E1 (docs/method.md, "Orders")."""

LISTED = "listed"
"""Role of an account on a list that gives none."""

_MOST = 50_000_000
"""Bytes from which a file is no list of accounts."""


def crews_of(
    log: ActionLog, accounts: pa.Table, config: Config, resembling: pa.Table | None = None
) -> list[Crew]:
    """Return the crews of a case: of each group with named accounts these, then all members where that is more.

    accounts, resembling : the case's tables of these names (case.TABLES); without the latter nobody is kindred, nor
        where fewer than `min_group` accounts are named.
    """
    code = _codes(log, accounts["account"])
    group = accounts["group"].to_numpy()
    named = pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS)).to_numpy().astype(np.bool_)
    outsiders = _outsiders(log, code)
    alike = _kindred(log, resembling)
    crews = []
    for number in np.unique(group[named]).tolist():
        mine = group == number
        core = np.unique(code[mine & named]).astype(np.int32)
        everybody = np.unique(code[mine]).astype(np.int32)
        # An account or two that a test got wrong shouldn't give a whole crowd's pushes the name of orders.
        near = alike.get(number, core) if len(core) >= config.min_group else core
        kindred = np.setdiff1d(np.intersect1d(everybody, near), core)
        crews.append(Crew(log, config, core, outsiders, number, NAMED, kindred.astype(np.int32)))
        if len(everybody) > len(core):
            crews.append(Crew(log, config, everybody, outsiders, number, "all members"))
    return crews


def crew_of_list(log: ActionLog, listed: Codes, config: Config, accounts: pa.Table | None = None) -> Crew:
    """Return the crew of accounts that the user chose; the others are compared with, but for those in groups.

    listed : int32 [m], account codes. accounts : the case's table of that name, where there is a case.
    """
    members = np.unique(listed).astype(np.int32)
    grouped: npt.NDArray[Any] = (
        members if accounts is None else np.concatenate((members, _codes(log, accounts["account"])))
    )
    return Crew(log, config, members, _outsiders(log, grouped), None, LIST)


def read_list(path: str | os.PathLike[str], log: ActionLog) -> tuple[Codes, list[str]]:
    """Read a list of accounts: ids or user names, one a line, or a table with a column for them.

    Lines that begin with # are left out. Returns the codes of the accounts found, ascending, and the words that no
    account of the log goes by. Raises InputError where the file can't be read, a user name is that of several
    accounts, or no account is found.
    """
    words = list(_rows(Path(path), HINTS["account"], HINTS["handle"]))
    place = pc.fill_null(pc.index_in(pa.array(words, pa.string()), value_set=log.accounts["name"]), -1)
    codes = place.to_numpy().astype(np.int64)
    handles = _handles(log)
    missing = []
    for k in np.flatnonzero(codes < 0).tolist():
        same = handles.get(words[k].removeprefix("@").casefold(), [])
        if len(same) > 1:
            raise InputError(
                f"{path}: the user name '{words[k]}' is that of {len(same)} accounts; give their ids."
            )
        if same:
            codes[k] = same[0]
        else:
            missing.append(words[k])
    if not (codes >= 0).any():
        raise InputError(f"{path} names {len(words):,} accounts, none of which is in the case.")
    return np.unique(codes[codes >= 0]).astype(np.int32), missing


def read_roles(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read a list of public people: accounts, one a line, or a table with columns for the account and its `role`
    or `category`.

    Returns the role of each id or user name; "listed" where none is given. Raises InputError as `read_list` does.
    """
    return _rows(Path(path), HINTS["account"], HINTS["handle"])


def _rows(path: Path, *columns: tuple[str, ...]) -> dict[str, str]:
    """Accounts named in a file, in its order, and the role beside each; "listed" where there is none."""
    try:
        if path.stat().st_size > _MOST:
            raise InputError(f"{path} is too large for a list of accounts; give one account a line.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8; give a list with one account a line.") from None
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from None
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path} names no account; give one a line.")
    known = {spelling(name) for hints in columns for name in hints}
    found: dict[str, str] = {}
    for mark in ("\t", ";", ","):
        head = [spelling(cell) for cell in next(csv.reader([lines[0]], delimiter=mark))]
        place = next((k for k, cell in enumerate(head) if cell in known), None)
        if place is not None:
            role = next((head.index(word) for word in ("role", "category") if word in head), None)
            for row in csv.reader(lines[1:], delimiter=mark):
                if len(row) > place and row[place].strip():
                    said = row[role].strip() if role is not None and len(row) > role else ""
                    found.setdefault(row[place].strip(), said or LISTED)
            break
    else:
        found = dict.fromkeys(lines, LISTED)
    if not found:
        raise InputError(f"{path} has a heading for accounts and none below it.")
    return found


def _handles(log: ActionLog) -> dict[str, list[int]]:
    """Account codes by user name, case aside."""
    found: dict[str, list[int]] = {}
    if "handle" in log.accounts.column_names:
        for code, handle in enumerate(log.accounts["handle"].to_pylist()):
            if handle:
                found.setdefault(handle.removeprefix("@").casefold(), []).append(code)
    return found


def _codes(log: ActionLog, names: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    place = pc.drop_null(pc.index_in(names, value_set=log.accounts["name"]))
    return np.asarray(place.to_numpy(), dtype=np.int64)


def _kindred(log: ActionLog, resembling: pa.Table | None) -> dict[int, npt.NDArray[np.int64]]:
    """Accounts by the group that they resemble, KINDRED at least."""
    if resembling is None:
        return {}
    alike = resembling.filter(pc.greater_equal(resembling["resemblance"], KINDRED))
    group = alike["group"].to_numpy()
    return {
        number: _codes(log, alike.filter(pa.array(group == number))["account"])
        for number in np.unique(group).tolist()
    }


def _outsiders(log: ActionLog, grouped: npt.NDArray[Any]) -> Codes:
    """Accounts with actions that are in no group."""
    there = np.bincount(log.account_codes, minlength=log.accounts.num_rows) > 0
    there[grouped] = False
    return np.flatnonzero(there).astype(np.int32)
