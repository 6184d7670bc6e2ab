"""`chorusline operators`: how many hands run a group's accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorusline.cli import options
from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, look
from chorusline.cli.options import Blind
from chorusline.errors import UsageError


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            help="Write the pairs of accounts that share a hand to this file, outside the case, which keeps its hash."
        ),
    ] = None,
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Estimate how many hands run a group's accounts, as an interval; accounts are linked to accounts, never to people.

    The table and the dossier in the case folder are replaced by ones that show it; the findings stay as they are. Pairs
    are shown nowhere; with --pairs they go into a file of their own.
    """
    if pairs is not None and accounts is not None:
        raise UsageError(
            "Pairs are written of a case's named accounts only, never of accounts of your choice."
        )
    look("operators", case, accounts, as_json, quiet, blind)
    if pairs is not None:
        from chorusline.annex import write_annex
        from chorusline.case import Case

        count = write_annex(Case.open(case), pairs, options.key(blind, case))
        if not quiet and not as_json:
            typer.echo(
                f"{count:,} pairs written to {pairs}, which you alone may read; the case keeps its SHA-256 only."
            )
