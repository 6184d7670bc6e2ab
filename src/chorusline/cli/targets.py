"""`chorusline targets`: whom a group addresses, and how."""

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
    """Say whom a group addresses more than their prominence explains, in pile-ons or again and again, in what words.

    The tables and the dossier in the case folder are replaced by ones that show it; the findings stay as they are.
    """
    look("targets", case, accounts, as_json, quiet, blind, roles=read_roles(roles), unmask=unmask)
