"""`chorusline sensitivity`: how a case's findings move with settings, and with what is left out."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    from chorusline.case import Case


def command(
    case: Annotated[Path, typer.Argument(help="Case folder, as `investigate` wrote it.", show_default=False)],
    quick: Annotated[bool, typer.Option("--quick", help="About a third of the variants.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; two where processors and memory allow it.")
    ] = None,
    blind: options.Blind = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the variants as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Run a case's own actions with other settings and with parts left out, and say what still stands.

    The tables and the dossier in the case folder are replaced by ones that show it; the findings stay as they are.
    """
    from chorusline.case import Case
    from chorusline.cli.progress import say_if_first, shown

    opened = Case.open(case)
    from chorusline.sensitivity import sensitivity, workers_that_fit

    say_if_first(quiet or as_json)
    with shown(quiet) as tell:
        try:
            result = sensitivity(
                case, quick=quick, workers=workers or workers_that_fit(int(opened.manifest["counts"]["actions"])),
                blind=options.key(blind, case), command=shlex.join(["chorusline", *sys.argv[1:]]), progress=tell,
            )  # fmt: skip
        except KeyboardInterrupt:
            typer.echo("What is done is kept: the same command goes on from there.", err=True)
            raise
    if as_json:
        import json

        rows = result.table("variants").to_pylist() if result.manifest["sensitivity"]["variants"] else []
        typer.echo(json.dumps({"case": str(result.folder), "variants": rows}, ensure_ascii=False))
    elif not quiet:
        _summary(result)


def _summary(case: Case) -> None:
    if not case.manifest["sensitivity"]["variants"]:
        typer.echo("Nobody is named in this case, so there is nothing that could fall.")
        return
    import pyarrow.compute as pc

    rows, firm = case.table("variants").to_pylist(), case.table("robustness")
    accounts = firm.filter(pc.equal(firm["finding"], "account"))["robustness"].drop_null()
    shares = accounts.to_pylist()
    typer.echo(f"{len(rows)} variants of {len(shares):,} named accounts.")
    for least in (1.0, 0.9, 0.5):
        share = "all" if least == 1 else f"{least:.0%} or more".replace("%", " %")
        typer.echo(f"{sum(x >= least for x in shares):,} stand in {share} of them.")
    worst = min(rows, key=lambda row: (row["still_named"] / max(row["of"], 1), row["variant"]))
    typer.echo(f"Fewest stand where {worst['change']}: {worst['still_named']:,} of {worst['of']:,}.")
    typer.echo(f"Dossier: {case.folder / 'dossier.html'}")
