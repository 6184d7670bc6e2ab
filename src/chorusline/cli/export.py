"""`chorusline export`: a case in the forms that other programs and people take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorusline.cli import options


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    to: Annotated[
        Path, typer.Option("--to", help="Folder to write, which must not exist.", show_default=False)
    ],
    format_: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="csv, parquet, gexf, graphml, stix, indicators or summary; may be given again. All when not given, "
            "those aside whose packages aren't installed.",
        ),
    ] = None,
    blind: options.Blind = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write a case as tables, networks, a STIX bundle, an indicator list and a summary to paste.

    The print of the browser makes a PDF of the dossier; `chorusline bag` writes the case whole.
    """
    from chorusline.case import Case
    from chorusline.exports.base import write

    opened, key = Case.open(case), options.key(blind, case, to)
    if key is not None:
        from chorusline.exports.blind import blind as blinded

        opened = blinded(opened, key)
    for path in write(opened, to, format_):
        if not quiet:
            typer.echo(str(path))
