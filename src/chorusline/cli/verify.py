"""`chorusline verify`: a case's files against their digests, its tables against a second computation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chorusline.verification import Verification


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--inputs",
            help="File or folder the case was made from, wherever it lies now; may be given again. Known by SHA-256; "
            "everything is then computed from there.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every check as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Check a case: every file against its digest, every table made anew and compared byte by byte.

    Ends with code 5 where anything isn't the same bytes. Takes as long as the investigation did.
    """
    from chorusline.case import Case
    from chorusline.cli.progress import say_if_first, shown
    from chorusline.errors import VerificationError

    Case.open(case)
    from chorusline.verification import verify

    say_if_first(quiet or as_json)
    with shown(quiet) as tell:
        found = verify(case, inputs or None, progress=tell)
    if as_json:
        import json

        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    elif not quiet:
        _show(found)
    if not found.holds:
        wrong = sum(check.outcome not in ("same bytes", "not recomputed") for check in found.checks)
        raise VerificationError(f"{case} is not verified: {wrong:,} of {len(found.checks):,} checks failed.")


def _show(found: Verification) -> None:
    titles = {
        "file": "Files, against the digests in case.json",
        "input": "Inputs, by their SHA-256",
        "table": f"Tables, made anew from {found.recomputed_from}",
        "page": "The page, made anew from case.json and tables",
    }
    for what, title in titles.items():
        checks = [check for check in found.checks if check.what == what]
        if checks:
            typer.echo(f"{title}:")
        for check in checks:
            said = f" ({check.said})" if check.said else ""
            name = "".join(c if c.isprintable() else "\ufffd" for c in check.name)
            typer.echo(f"  {name}: {check.outcome}{said}")
    for note in found.notes:
        typer.echo(note)
    typer.echo(
        f"SHA-256 of case.json: {found.manifest_sha256}. Note it elsewhere: no file inside can vouch for it."
    )
    if found.holds:
        typer.echo("Verified: everything that was checked is the same bytes.")
