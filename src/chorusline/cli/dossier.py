"""`chorusline dossier`: the page of a case written anew, with names or blind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorusline.cli import options


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    blind: options.Blind = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write the page of a case anew: with names, or with --blind under pseudonyms. Tables stay as they are."""
    from chorusline.case import Case

    opened = Case.open(case)
    from chorusline.exports.blind import rewrite_page

    rewrite_page(case, options.key(blind, case))
    if not quiet:
        names = "under pseudonyms" if blind or opened.manifest.get("edition") else "with names"
        typer.echo(f"Dossier {names}: {case / 'dossier.html'}")
