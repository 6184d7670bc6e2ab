"""`chorusline power`: what could have been seen, before anybody writes "we found nothing"."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from chorusline.config import Config
    from chorusline.evaluate.power import Chance, Described


def command(
    case: Annotated[
        Path | None,
        typer.Option(help="Case whose size, length, clock and settings are taken.", show_default=False),
    ] = None,
    accounts: Annotated[int, typer.Option(min=3, help="Accounts of the operation.")] = 20,
    orders: Annotated[float, typer.Option(help="Orders a day.")] = 3.0,
    uptake: Annotated[
        str, typer.Option(help="How fast orders are taken up: measured (median 2.5 h), fast, burst.")
    ] = "measured",
    jitter: Annotated[float, typer.Option(help="Shift of ordered actions, ± minutes.")] = 0.0,
    camouflage: Annotated[float, typer.Option(help="Share of its actions unrelated to orders.")] = 0.3,
    active: Annotated[
        int | None, typer.Option(help="Days it works, at the end of the collection; all if not given.")
    ] = None,
    evasion: Annotated[str, typer.Option(help="How it hides besides: E0 to E7, as in simulate.")] = "E0",
    days: Annotated[int | None, typer.Option(min=1, help="Length of the collection, days [30].")] = None,
    actions: Annotated[
        int | None, typer.Option(min=1, help="Ordinary actions in the collection, about [40,000].")
    ] = None,
    others: Annotated[
        int | None, typer.Option(min=1, help="Ordinary accounts in the collection, about [1,500].")
    ] = None,
    sample: Annotated[float, typer.Option(help="Share of all posts that was collected.")] = 1.0,
    resolution: Annotated[float | None, typer.Option(help="Seconds that its clock keeps [1].")] = None,
    worlds: Annotated[int, typer.Option(min=1, help="Worlds simulated for each chance.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same answer.")] = 0,
    search: Annotated[bool, typer.Option(help="Also look for the smallest operation seen.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Say how likely a described operation would have been seen, and the smallest one that would."""
    from chorusline.config import Config
    from chorusline.evaluate import power

    data, config = _of_case(case) if case else ({}, Config())
    given = {"days": days, "actions": actions, "others": others, "resolution": resolution}
    data |= {name: value for name, value in given.items() if value is not None}
    described = power.Described(
        accounts=accounts, orders=orders, uptake=uptake, jitter=jitter, camouflage=camouflage,
        evasion=evasion, active=active, sample=sample, **data,
    ).checked()  # fmt: skip
    asked, size, tried = _run(described, worlds, seed, config, search, as_json)
    if as_json:
        import json

        answer = {"asked": asked.as_dict(), "worlds": worlds, "seed": seed}
        if search:
            answer |= {"smallest": size, "wanted": power.WANTED, "tried": [c.as_dict() for c in tried]}
        typer.echo(json.dumps(answer))
    else:
        _tell(asked, worlds, size, tried, search)


def _of_case(folder: Path) -> tuple[dict[str, Any], Config]:
    """Size, length and clock of a case's data, and the settings it was made with."""
    from datetime import datetime

    from chorusline.case import Case
    from chorusline.errors import UsageError

    case = Case.open(folder)
    period = case.manifest["period"]
    if not period["first"]:
        raise UsageError(f"{folder} holds no actions, so nothing can be said of what it could have shown.")
    span = datetime.fromisoformat(period["last"]) - datetime.fromisoformat(period["first"])
    return {
        "actions": case.manifest["counts"]["actions"],
        "others": case.manifest["counts"]["accounts"],
        "days": span.days + 1,
        "resolution": case.manifest["resolution"],
    }, case.config


def _run(
    described: Described, worlds: int, seed: int, config: Config, search: bool, silent: bool
) -> tuple[Chance, int | None, list[Chance]]:
    import sys

    from rich.console import Console
    from rich.progress import Progress

    from chorusline.evaluate import power

    hidden = silent or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as progress:
        task = progress.add_task("as described", total=1.0)
        asked = power.chance(
            described, worlds=worlds, seed=seed, config=config,
            progress=lambda share: progress.update(task, completed=share),
        )  # fmt: skip
        if not search:
            return asked, None, []
        progress.update(task, total=None)
        return (
            asked,
            *power.smallest(
                described, worlds=worlds, seed=seed, config=config,
                progress=lambda size: progress.update(task, description=f"with {size} accounts"),
            ),
        )  # fmt: skip


def _tell(asked: Chance, worlds: int, size: int | None, tried: list[Chance], search: bool) -> None:
    from chorusline.evaluate.intervals import said
    from chorusline.evaluate.power import MOST_ACTIONS, SEEN_FROM, SIZES, WANTED

    of = asked.described
    typer.echo(
        f"An operation of {of.accounts} accounts with {of.orders:g} orders a day, {of.camouflage:.0%} camouflage, "
        f"evasion {of.evasion}, over {of.days} days, among {asked.actions:,.0f} actions of "
        f"{asked.others:,.0f} ordinary accounts:"
    )
    typer.echo(f"  seen (at least {SEEN_FROM} accounts named)  {said(asked.seen)} worlds")
    typer.echo(f"  its accounts named             {said(asked.recall)}")
    typer.echo(f"  others named, per 10,000       {said(asked.false_names, 1e4, '', 2)}")
    if search:
        for chance in tried:
            typer.echo(f"  with {chance.described.accounts:>3} accounts: seen in {said(chance.seen)} worlds")
        if size is None:
            typer.echo(
                f"Not even one of {SIZES[-1]} accounts is seen in {WANTED:.0%} of the worlds: that nobody is "
                f"named says little here."
            )
        else:
            typer.echo(
                f"The smallest operation seen in {WANTED:.0%} of the worlds or more has about {size} accounts."
            )
    if of.actions > MOST_ACTIONS:
        typer.echo(f"The collection is stood for by {MOST_ACTIONS:,} ordinary actions.")
    typer.echo(
        f"Measured on {worlds} simulated worlds a figure; real operations differ from simulated ones, so take these "
        f"for orders of magnitude."
    )
