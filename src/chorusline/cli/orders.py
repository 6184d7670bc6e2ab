"""`chorusline orders`: what a group was told to push, and when."""

from __future__ import annotations

from chorusline.cli.inside import Accounts, AsJson, CaseFolder, Quiet, Roles, Unmask, look, read_roles
from chorusline.cli.options import Blind


def command(
    case: CaseFolder,
    accounts: Accounts = None,
    roles: Roles = None,
    unmask: Unmask = False,
    blind: Blind = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List what a group pushed on orders and when they were given, and how much of each trend it made.

    The tables and the dossier in the case folder are replaced by ones that show it; the findings stay as they are.
    """
    look("orders", case, accounts, as_json, quiet, blind, roles=read_roles(roles), unmask=unmask)
