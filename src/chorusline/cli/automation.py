"""`chorusline automation`: hands or machines."""

from __future__ import annotations

from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, look
from chorusline.cli.options import Blind


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say of each account of a group whether it is automated, run by hand, or neither can be told, and why.

    The table and the dossier in the case folder are replaced by ones that show it; the findings stay as they are.
    """
    look("automation", case, accounts, as_json, quiet, blind)
