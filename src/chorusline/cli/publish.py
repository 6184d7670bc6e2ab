"""`chorusline publish`: the public edition of a case, and its sealed annex."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    to: Annotated[
        Path, typer.Option("--to", help="Folder to write, which must not exist.", show_default=False)
    ],
    key: Annotated[
        Path,
        typer.Option(
            help="Key file of the pseudonyms, outside the case; made where there is none.", show_default=False
        ),
    ],
    annex: Annotated[
        Path | None, typer.Option(help="Folder for the list of who is who, which must not exist.")
    ] = None,
    k: Annotated[int, typer.Option(help="Accounts behind every figure, at least.")] = 10,
    text: Annotated[str, typer.Option(help="Texts: hash, quote (names masked) or none.")] = "hash",
    times: Annotated[
        str, typer.Option(help="Times are rounded down to the second, minute, hour or day.")
    ] = "hour",
    format_: Annotated[
        list[str] | None,
        typer.Option("--format", help="Export to add, as in chorusline export; may be given again."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write an edition without names for the public, and a sealed annex that says who is who.

    Whoever deletes the key makes the pseudonyms final. A quoted text can be searched for on the platform.
    """
    from chorusline.case import Case
    from chorusline.errors import UsageError
    from chorusline.exports.changes import Terms
    from chorusline.exports.editions import publish
    from chorusline.exports.pseudonyms import Key

    opened, terms = Case.open(case), Terms(k, text, times)
    if annex is not None and (
        annex.resolve().is_relative_to(to.resolve()) or annex.resolve().is_relative_to(case.resolve())
    ):
        raise UsageError("The annex goes elsewhere than into the edition or the case.")
    publish(opened, to, Key.open(key, apart_from=(case, to)), terms=terms, annex=annex, formats=format_)
    if not quiet:
        typer.echo(f"Public edition: {to}")
        if annex is not None:
            typer.echo(f"Annex, for nobody but you: {annex}. The edition holds its SHA-256.")
