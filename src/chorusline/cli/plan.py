"""`chorusline plan`: what counting co-actions would cost, before anything is counted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    from chorusline.coaction.plan import Plan
    from chorusline.traces.base import Uses


HEAVY = 50_000
"""Pairs from which a single object is told of."""


def command(
    inputs: Annotated[
        list[Path], typer.Argument(help="Exports: files, or folders of files.", show_default=False)
    ],
    trace: Annotated[
        list[str] | None, typer.Option(help="Trace to plan for; all that the data have if not given.")
    ] = None,
    window: Annotated[float, typer.Option(help="Seconds within which both must use it, inclusive.")] = 60.0,
    min_weight: Annotated[int, typer.Option(min=1, help="Leave out edges below this weight.")] = 1,
    map_: options.Mapping = None,
    format_: options.Format = None,
    timezone: options.Timezone = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the plan.")] = False,
) -> None:
    """Say how many pairs each trace holds, which objects make them, and the time and memory counting takes."""
    from chorusline.errors import UsageError

    if window < 0:
        raise UsageError(f"A window is zero seconds or more, not {window:g}.")
    mapping = options.mapping(map_)
    from chorusline import sources
    from chorusline.cli.progress import say_if_first, shown
    from chorusline.coaction import columns
    from chorusline.coaction.direct import directly
    from chorusline.coaction.plan import plan
    from chorusline.config import Config
    from chorusline.traces import choose

    chosen = choose(tuple(trace) if trace else None)
    plans: dict[str, Plan] = {}
    log = None

    def straight(name: str) -> Uses | None:
        """Uses of a trace read from their columns alone, where that gives the same."""
        found = directly(inputs, mapping, format_, timezone, name)
        read = columns.read(found, words=True) if found else None
        return read[0] if read else None

    say_if_first(quiet or as_json)
    with shown(quiet or as_json) as tell:
        tell("reading", 0.0)
        for done, each in enumerate(chosen):
            uses = straight(each.name) if trace else None
            if uses is None:
                log = log or sources.read(inputs, mapping=mapping, format=format_, timezone=timezone)
                uses = each.extract(log, Config())
            tell("reading", 1.0)
            tell("planning", done / len(chosen))
            if len(uses):
                plans[each.name] = plan(uses, window, min_weight)
        tell("planning", 1.0)
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({"window": window, "traces": {name: asdict(p) for name, p in plans.items()}}))
    else:
        _tell(plans, window)


def _tell(plans: dict[str, Plan], window: float) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from chorusline.dossier.lettering import visible

    console = Console(highlight=False)
    console.width = max(console.width, 110)  # figures that are cut off are none
    if not plans:
        console.print("No trace has any use in these data, so there is nothing to count.")
        return
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1))
    for word in ("Trace", "Uses", "Objects", "Accounts", "Pairs", "Edges, ~", "Seconds", "MB"):
        table.add_column(word, justify="left" if word == "Trace" else "right", no_wrap=True)
    for name, p in plans.items():
        figures = (f"{p.uses:,}", f"{p.objects:,}", f"{p.accounts:,}", f"{p.pairs:,}", f"{p.edges:,}")
        table.add_row(name, *figures, f"{p.seconds:,.1f}", f"{p.memory / 1e6:,.0f}")
    console.print(table)
    heavy = [(name, p, *row) for name, p in plans.items() for row in p.largest if row[2] >= HEAVY]
    for name, p, text, uses, pairs in heavy:
        console.print(
            f"{name} {escape(visible(text[:80]))}: {uses:,} uses make {pairs:,} pairs, {pairs / p.pairs:.0%} of all."
        )
    if heavy:
        console.print("Objects as popular as these are kept; nothing is dropped.")
    console.print(
        f"Pairs within {window:g} s are exact; edges, seconds and memory are extrapolated from a trial run here."
    )
