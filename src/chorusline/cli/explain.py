"""`chorusline explain`: the evidence behind an account, or behind an edge, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chorusline.cli import options


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    account: Annotated[
        list[str],
        typer.Argument(help="Account, by id or user name; two for what joins them.", show_default=False),
    ],
    posts: Annotated[int, typer.Option(min=0, help="Posts to quote; 0 for all.")] = 10,
    blind: options.Blind = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
) -> None:
    """Say what is found of an account, or of two, down to the posts and the rows they were read from."""
    from chorusline.case import Case
    from chorusline.dossier.explain import explain, words

    opened, key = Case.open(case), options.key(blind, case)
    if key is not None:
        from chorusline.exports.blind import blinded, real_names

        told = explain(opened, *real_names(opened, key, account))
        told = blinded(opened, key, told)
    else:
        told = explain(opened, *account)
    if as_json:
        import json

        typer.echo(json.dumps(told.as_dict(), ensure_ascii=False))
    else:
        typer.echo(words(told, posts))
