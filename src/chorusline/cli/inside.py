"""What the commands that look inside a group have in common: options, the run, and what is printed."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    from chorusline.case import Case

CaseFolder = Annotated[
    Path, typer.Argument(help="Case folder, as `investigate` wrote it.", show_default=False)
]
Accounts = Annotated[
    Path | None,
    typer.Option(
        help="File with accounts of your choice, one a line, in place of the case's groups; marked as yours throughout."
    ),
]
Roles = Annotated[
    Path | None,
    typer.Option(
        "--targets",
        "--roles",
        help="List of public people (officials, journalists): accounts, or a table with account and role. They are "
        "named where they are targets, as are prominent accounts; all other targets are numbered.",
    ),
]
Unmask = Annotated[
    bool,
    typer.Option(
        "--show-private", "--unmask", help="Name all targets, private people too: not for publication."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def look(
    name: str, case: Path, accounts: Path | None, as_json: bool, quiet: bool, blind: Path | None = None,
    **asked: Any,
) -> None:  # fmt: skip
    """Run the analysis of this name on a case and print what it says, abstentions included.

    blind : key file of a page without names. asked : options of the analysis.
    """
    from chorusline.cli.progress import say_if_first, shown
    from chorusline.inside import look_inside

    say_if_first(quiet or as_json)
    with shown(quiet) as tell:
        result = look_inside(
            case, name, accounts=accounts, options=asked, blind=options.key(blind, case),
            command=shlex.join(["chorusline", *sys.argv[1:]]), progress=tell,
        )  # fmt: skip
    if as_json:
        _print_json(name, result)
    elif not quiet:
        _print(name, result)


def read_roles(path: Path | None) -> dict[str, str] | None:
    """Read the list of public people, where one is given."""
    if path is None:
        return None
    from chorusline.operation.crews import read_roles as read

    return read(path)


def _print_json(name: str, case: Case) -> None:
    import json

    entry = case.manifest["operation"][name]
    tables = {table: case.table(table).to_pylist() for table in entry["tables"]}
    typer.echo(
        json.dumps({"case": str(case.folder), name: entry, **tables}, ensure_ascii=False, default=_plain)
    )


def _plain(value: Any) -> Any:
    """Times as ISO 8601."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _print(name: str, case: Case) -> None:
    entry = case.manifest["operation"][name]
    if entry["skipped"]:
        typer.echo(f"Left out: {entry['skipped']}.")
    for said in entry["crews"]:
        whom = (
            "Accounts of your choice" if said["group"] is None else f"Group {said['group']}, {said['crew']}"
        )
        typer.echo(f"{whom} ({said['accounts']:,}):")
        for sentence in said["sentences"]:
            typer.echo(f"  {sentence}")
        if said["reason"]:
            typer.echo(f"  Nothing is said: {said['reason']}.")
    typer.echo(f"Dossier: {case.folder / 'dossier.html'}")
