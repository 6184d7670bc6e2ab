"""`chorusline evaluate`: how right a finished case is, where the truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chorusline.evaluate.base import Evaluation

Column = str | None


def command(
    case: Annotated[Path, typer.Argument(help="Case folder.", show_default=False)],
    truth: Annotated[
        Path,
        typer.Option(help="Table with a label for each account, or a simulated world.", show_default=False),
    ],
    label: Annotated[Column, typer.Option(help="Column with the label, 1 or 0.")] = None,
    account: Annotated[Column, typer.Option(help="Column with the account.")] = None,
    kind: Annotated[Column, typer.Option(help="Column with the kind or role of account.")] = None,
    group: Annotated[Column, typer.Option(help="Column with the true group.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for evaluation.html and evaluation.json.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Score a finished case against labels: who was named rightly, who wrongly, and whether the rates hold."""
    from chorusline.case import Case
    from chorusline.evaluate import evaluate
    from chorusline.evaluate.truth import read

    opened = Case.open(case)
    asked = {"account": account, "label": label, "kind": kind, "group": group}
    known = read(truth, asked)
    if not quiet:
        columns = ", ".join(f"{field} ← {column}" for field, column in known.columns.items())
        typer.echo(f"{truth}: {known.accounts.num_rows:,} accounts ({columns})", err=True)
    found = evaluate(opened, known)
    if out is not None:
        from chorusline.evaluate.page import write

        write(found, out)
    if as_json:
        import json

        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    elif not quiet:
        _show(found, out)


def _show(found: Evaluation, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from chorusline.evaluate import available

    console = Console(highlight=False)
    for name, scored in found.scores.items():
        console.print(f"\n[bold]{name}[/bold]  {available()[name].about}")
        for table in scored.tables:
            shown = Table(*table.columns, title=table.title, title_justify="left")
            for row in table.rows:
                shown.add_row(*row)
            console.print(shown)
        for note in scored.notes:
            console.print(f"Note: {note}")
    for name, reason in found.skipped.items():
        console.print(f"\n{name}: left out, because {reason}.")
    if out is not None:
        console.print(f"\nWritten: {out / 'evaluation.html'}, {out / 'evaluation.json'}")
