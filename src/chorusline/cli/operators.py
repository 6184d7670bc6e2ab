"""`chorusline operators`: how many hands, and how many accounts share one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, look
from chorusline.cli.options import Blind


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="Also write which accounts are linked, with each link's evidence, into this ZIP file outside the "
            "case, with a warning of its own; no case holds it."
        ),
    ] = None,
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find how many hands run a group's accounts, as an interval, and how many accounts share a hand.

    The tables and the dossier in the case folder are replaced by ones that show it, in counts only; the findings stay
    as they are.
    """
    if pairs is not None:
        from chorusline.annex import check_place

        check_place(case, pairs)
    look("operators", case, accounts, as_json, quiet, blind)
    if pairs is not None:
        from chorusline.annex import write_pairs

        number, seal = write_pairs(case, pairs, accounts, shlex.join(["chorusline", *sys.argv[1:]]))
        if not quiet:
            typer.echo(
                f"Annex: {pairs}, {number:,} linked pairs, SHA-256 {seal}. It is no part of the case: read "
                "its warning, and don't pass it on with the case.",
                err=True,
            )
