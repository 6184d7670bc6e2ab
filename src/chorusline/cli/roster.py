"""`chorusline roster`: when a group works, and on which clocks."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, look
from chorusline.cli.options import Blind


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="Zone of the second heatmap: an offset such as +3:30, or a name such as Asia/Tehran."
        ),
    ] = None,
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find a group's working hours, breaks, shifts and days off, and the set of clocks that agree with them.

    Of groups only, never of single accounts. The tables and the dossier in the case folder are replaced by ones that
    show it; the findings stay as they are.
    """
    options: dict[str, Any] = {} if zone is None else {"zone": zone}
    look("roster", case, accounts, as_json, quiet, blind, **options)
