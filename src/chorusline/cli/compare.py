"""`chorusline compare`: two sides of a quarrel, looked at with identical settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    first: Annotated[Path, typer.Argument(help="Case of one side.", show_default=False)],
    second: Annotated[
        Path, typer.Argument(help="Case of the other, made with the same settings.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show two cases side by side, the error rate on honest look-alikes first; refused where settings differ."""
    from chorusline.case import Case

    for side in (first, second):
        Case.open(side)
    from chorusline.comparison import compare, words

    found = compare(first, second)
    if as_json:
        import json

        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        typer.echo(words(found))
