"""`chorusline bag`: a case as a BagIt bag with RO-Crate metadata, for an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    to: Annotated[Path, typer.Argument(help="Folder to write, which must not exist.", show_default=False)],
    licence: Annotated[
        str | None, typer.Option(help="URL of the terms under which the case may be used.")
    ] = None,
    contact: Annotated[str | None, typer.Option(help="Desk or institution that stands for the case.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a case as a BagIt bag that an archive can check, described by RO-Crate metadata.

    It holds the names of accounts and their posts: it is for an archive that keeps it safe, not for publication.
    """
    from chorusline.exports.bag import bag

    bag(case, to, licence=licence, contact=contact)
    if not quiet:
        typer.echo(f"{to}: a BagIt bag with the case in data/ and {to / 'data' / 'ro-crate-metadata.json'}")
