"""A public edition of a case, and its sealed annex.

It holds named accounts alone, under pseudonyms, in groups of k at least, with times rounded and texts hashed or quoted
without names; every figure that would tell of fewer than k is left out, with as many others as would give it away.
Columns and tables that aren't listed here, or in `inside` for what happens inside groups, are left out too. The annex
holds who is who, and what the case says of the inside in full.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chorusline import case as case_folder
from chorusline import dossier
from chorusline.case import LATER, OPERATION, TABLES, Case
from chorusline.dossier import alternatives
from chorusline.dossier.material import table_of
from chorusline.dossier.tables import write_csv
from chorusline.errors import CaseError, UsageError
from chorusline.exports import aside, inside
from chorusline.exports.base import Export, chosen
from chorusline.exports.changes import (
    ACCOUNT,
    HANDLE,
    INPUT,
    KEPT,
    NOWHERE,
    OBJECT,
    POST,
    TEXT,
    TIME,
    Change,
    Terms,
)
from chorusline.exports.pseudonyms import Key

_ABOUT_TWO = {"account_a": ACCOUNT, "account_b": ACCOUNT}
_TESTED = ("group", "trace", "test", "window", "held_out_uses", "observed", "expected", "e_value")

COLUMNS: dict[str, dict[str, str]] = {
    "accounts": {"account": ACCOUNT, "handle": HANDLE, **dict.fromkeys(
        ("group", "rung", "status", "p_value", "q_value", "e_value", "e_value_any_days", "held_out_uses", "observed",
         "expected", "actions", "reason"), KEPT)},
    "account_traces": {"account": ACCOUNT, **dict.fromkeys((*_TESTED, "split", "part"), KEPT)},
    "contributions": {"account": ACCOUNT, **dict.fromkeys((*_TESTED, "log10_factor"), KEPT)},
    "groups": {"first": TIME, "last": TIME, **dict.fromkeys(
        ("group", "accounts", "named", "few_days", "not_enough", "rung", "actions", "edges", "density", "stability",
         "found_by", "traces", "sentence"), KEPT)},
    "edges": {**_ABOUT_TWO, "first": TIME, "last": TIME, **dict.fromkeys(
        ("group", "trace", "weight", "coactions", "expected", "p_value", "mean_lag", "min_lag"), KEPT)},
    "evidence": {"account": ACCOUNT, "with_account": ACCOUNT, "post_id": POST, "with_post_id": POST, "object": OBJECT,
                 "text": TEXT, "input": INPUT, "with_input": INPUT, "time": TIME, "with_time": TIME, **dict.fromkeys(
        ("group", "trace", "test", "row", "with_row", "lag", "chance"), KEPT)},
    "templates": {"skeleton": TEXT, "object": TEXT,
                  **dict.fromkeys(("group", "slots", "texts", "uses", "accounts"), KEPT)},
    "robustness": {"account": ACCOUNT, **dict.fromkeys(
        ("finding", "group", "variants", "stands", "robustness"), KEPT)},
    "alternatives": dict.fromkeys(alternatives.COLUMNS, KEPT),
}  # fmt: skip
"""What a public edition shows, table by table, and what each column is. Anything else is left out."""

_ANNEX = pa.schema([("pseudonym", pa.string()), ("account", pa.string()), ("handle", pa.string())])


def public(case: Case, key: Key, terms: Terms | None = None) -> Case:
    """Return the public edition of a case, in memory. Raises UsageError where fewer than k accounts are named."""
    terms = terms or Terms()
    groups = table_of(case, "groups")
    shown = groups.filter(pc.greater_equal(groups["named"], terms.k))
    if not shown.num_rows:
        raise UsageError(
            f"No group has {terms.k} named accounts, so that nothing can be shown of fewer than {terms.k}: there is "
            "no public edition of this case on these terms."
        )
    change = Change(case, key, terms)
    named = table_of(case, "accounts")
    named = named.filter(pc.and_(pc.equal(named["status"], "named"), _among(named["group"], shown["group"])))
    tables: dict[str, pa.Table] = {}
    for name, kinds in COLUMNS.items():
        try:
            table = case.table(name)
        except CaseError:
            continue
        table = _rows(name, table, shown["group"], named["account"], terms.k)
        tables[name] = change.table(table, kinds)
    tables["groups"] = _suppressed(tables["groups"], terms.k)
    within = inside.public(
        case, dict(zip(shown["group"].to_pylist(), shown["named"].to_pylist(), strict=True)), change, terms.k
    )
    tables |= {name: table for name, table in within.tables.items() if table.num_rows}
    for name, schema in TABLES.items():
        tables.setdefault(name, schema.empty_table())
    manifest = _manifest(case, change, terms, tables, [*COLUMNS, *inside.COLUMNS])
    if within.record:
        manifest["operation"] = within.record
    return Case(NOWHERE, manifest, tables)


def publish(
    case: Case, to: str | os.PathLike[str], key: Key, *, terms: Terms | None = None,
    annex: str | os.PathLike[str] | None = None, formats: list[str] | None = None,
) -> Path:  # fmt: skip
    """Write the public edition of a case into a new folder, and its annex into another; returns the first.

    The annex says which account each pseudonym is, and holds the case's tables on the inside of groups in full; the
    edition holds the SHA-256 of each of its files, so that whoever opens it later can show that it is the one that was
    sealed. formats : exports to add (base.available), of the edition.
    """
    terms = terms or Terms()
    edition = public(case, key, terms)
    forms: list[Export] = chosen(formats) if formats else []
    sealed: dict[str, str] = {}
    with ExitStack() as both:  # where the edition can't be written, there is no annex either
        if annex is not None:
            sealed = _annex(case, key, both.enter_context(aside.writing(annex)))
        place = both.enter_context(aside.writing(to))
        (place / "tables").mkdir()
        for name, table in edition._tables.items():
            if table.num_rows or name in COLUMNS:
                case_folder.write_table(table, place / "tables" / f"{name}.parquet")
                write_csv(table, place / "tables" / f"{name}.csv")
        manifest = {
            **edition.manifest,
            "edition": {
                **edition.manifest["edition"],
                "annex_sha256": sealed.get("accounts.csv"),
                "annex": sealed,
            },
        }
        ready = Case(place, manifest, edition._tables)
        dossier.write(ready, place)
        for form in forms:
            form.write(ready, place)
        case_folder.seal(place, manifest)
    return Path(to)


def _among(column: pa.ChunkedArray, values: pa.ChunkedArray) -> Any:
    return pc.fill_null(pc.is_in(column, value_set=values.combine_chunks()), False)


def _rows(name: str, table: pa.Table, groups: pa.ChunkedArray, named: pa.ChunkedArray, k: int) -> pa.Table:
    """Rows of groups that are shown, about named accounts alone, with k accounts behind each."""
    table = table.filter(_among(table["group"], groups.cast(table.schema.field("group").type)))
    for column in ("account", "account_a", "account_b"):
        if column in table.column_names and name != "robustness":
            table = table.filter(_among(table[column], named))
    if name == "robustness":
        table = table.filter(pc.or_(pc.is_null(table["account"]), _among(table["account"], named)))
    if name == "alternatives":  # the one that counts accounts, however few
        table = table.filter(pc.not_equal(table["alternative"], "Imitation"))
    if name == "templates":
        table = table.filter(pc.greater_equal(table["accounts"], k))
    return table


def _suppressed(groups: pa.Table, k: int) -> pa.Table:
    """Leave out counts of fewer than k, and as many others as would give them away.

    A group's accounts are the named, few days, not enough and nothing found. Where one of the last three is of 1 to
    k - 1, all three are left out, since the total gives the third; where they are together, the total is left out too.
    """
    rows = groups.to_pylist()
    for row in rows:
        rest = row["accounts"] - row["named"]
        parts = (row["few_days"], row["not_enough"], rest - row["few_days"] - row["not_enough"])
        if any(0 < part < k for part in parts):
            row["few_days"] = row["not_enough"] = None
            if 0 < rest < k:
                row["accounts"] = row["density"] = None
            row["sentence"] = (
                f"{row['named']} accounts act in concert beyond chance (highest rung: {row['rung']}), on material "
                "not used to find the group."
            )
    return pa.Table.from_pylist(rows, schema=groups.schema)


def _manifest(
    case: Case, change: Change, terms: Terms, tables: Mapping[str, pa.Table], kept: list[str]
) -> dict[str, Any]:
    """The manifest without paths, commands and small counts; what was left out is said."""
    given = case.manifest
    groups = tables["groups"]
    counts = {
        name: value
        for name, value in (given.get("counts") or {}).items()
        if not (name.startswith("accounts") and 0 < value < terms.k)
    }
    counts |= {
        "accounts_named": int(pc.sum(groups["named"]).as_py()), "groups": groups.num_rows,
        "groups_with_named": groups.num_rows,
    }  # fmt: skip
    inputs = [
        {**one, "path": change.inputs[one["path"]], "mapping": {}, "warnings": []}
        for one in given.get("inputs") or []
    ]
    left = [name for name in (*TABLES, *OPERATION, *LATER) if name not in kept]
    config = {
        name: None if name in ("shorteners", "media_folder") else v for name, v in given["config"].items()
    }
    return {
        **{name: given[name] for name in ("case_format", "chorusline", "created", "versions", "period", "resolution",
                                          "effective_window", "traces") if name in given},
        "command": None,
        "config": config,
        "inputs": inputs,
        "counts": counts,
        "warnings": [
            f"This is a public edition: accounts are pseudonyms, groups with fewer than {terms.k} named accounts and "
            f"counts of fewer than {terms.k} are left out of every figure, and times are rounded down to the "
            f"{terms.grain}.",
            *[_anonymous(str(warning), change) for warning in given.get("warnings") or []],
        ],
        "edition": {
            "k": terms.k, "text": terms.text, "times": terms.grain, "tables_left_out": left,
            "case_json_sha256": case_folder.sha256(case.folder / case_folder.MARKER)
            if (case.folder / case_folder.MARKER).exists() else None,
        },
    }  # fmt: skip


def _anonymous(warning: str, change: Change) -> str:
    for path, name in change.inputs.items():
        warning = warning.replace(path, name).replace(Path(path).name, name)
    return warning


def _annex(case: Case, key: Key, place: Path) -> dict[str, str]:
    """Write which account each pseudonym of a named account is, and the inside in full; returns SHA-256 by file."""
    accounts = table_of(case, "accounts")
    named = accounts.filter(pc.equal(accounts["status"], "named")).sort_by("account").to_pylist()
    path = place / "accounts.csv"
    # A seal that nobody opens by trying names: without the key its first row can't be guessed.
    rows = [
        {
            "pseudonym": "seal",
            "account": key.pseudonym("S", str(case.manifest.get("created"))),
            "handle": None,
        }
    ]
    rows += [
        {
            "pseudonym": key.pseudonym(ACCOUNT, row["account"]),
            "account": row["account"],
            "handle": row["handle"],
        }
        for row in named
    ]
    write_csv(pa.Table.from_pylist(rows, schema=_ANNEX), path)
    (place / "inside").mkdir()
    for name in OPERATION:
        table = table_of(case, name)
        if table.num_rows:
            case_folder.write_table(table, place / "inside" / f"{name}.parquet")
    files = [path, *sorted((place / "inside").iterdir())]
    digests = {one.relative_to(place).as_posix(): case_folder.sha256(one) for one in files}
    said = {**digests, "created": case.manifest.get("created")}
    (place / "annex.json").write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    for one in (*files, place / "annex.json"):
        one.chmod(0o600)
    for one in (place / "inside", place):
        one.chmod(0o700)
    return digests
