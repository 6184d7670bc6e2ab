"""`chorusline effort`: person-hours, and what they would cost."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, look
from chorusline.cli.options import Blind


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    wage: Annotated[
        float | None, typer.Option(help="What an hour of such work costs, for the replacement cost.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Currency of the wage, such as EUR.")] = "",
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Reckon how many person-hours a group's activity took, low, middle and high, and what the work would cost.

    The tables and the dossier in the case folder are replaced by ones that show it; the findings stay as they are.
    """
    options: dict[str, Any] = {} if wage is None else {"wage": wage, "currency": currency[:12]}
    look("effort", case, accounts, as_json, quiet, blind, **options)
