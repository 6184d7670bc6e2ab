"""`chorusline simulate`: write a world with known answers, to test methods on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

_FAULT = (
    "Fault of the collection, in turn: minutes, seconds, sample:SHARE, keyword:TAG,TAG (or keyword:orders), "
    "gaps:SHARE, deletions:SHARE, duplicates:SHARE."
)


def command(
    out: Annotated[Path | None, typer.Argument(help="Folder to write to.", show_default=False)] = None,
    preset: Annotated[str, typer.Option(help="Ready-made world; see --list-presets.")] = "small",
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same seed gives the same files.")] = 0,
    evasion: Annotated[str, typer.Option(help="How operations hide: E0 to E7, or several as E1+E2.")] = "E0",
    generator: Annotated[str, typer.Option(help="Construction: cascade or hawkes.")] = "cascade",
    actions: Annotated[
        int | None,
        typer.Option(min=1, help="About how many ordinary actions (changes the number of accounts)."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Length, instead of the preset's.")] = None,
    fault: Annotated[list[str] | None, typer.Option(help=_FAULT)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    list_presets: Annotated[bool, typer.Option("--list-presets", help="List the presets and leave.")] = False,
) -> None:
    """Simulate an abstract event log with known answers (made-up tokens, no language) to test methods on."""
    from chorusline.errors import UsageError

    if list_presets:
        _list_presets(as_json)
        return
    if out is None:
        raise UsageError("Name the folder to write the world to: chorusline simulate OUT.")
    from chorusline.simulate.writing import write_world

    config = _config(preset, seed, evasion, generator, actions, days)
    summary = write_world(config, out, fault or ())
    if as_json:
        import json

        typer.echo(json.dumps({"folder": str(out), **summary}, indent=1))
    else:
        _tell(out, summary)


def _config(
    preset: str, seed: int, evasion: str, generator: str, actions: int | None, days: int | None
) -> Any:
    from chorusline.errors import UsageError
    from chorusline.simulate import evasion as dial
    from chorusline.simulate import presets

    if generator not in ("cascade", "hawkes"):
        raise UsageError(f"There is no generator {generator!r}: use cascade or hawkes.")
    config = dial.hide(presets.preset(preset, seed), evasion)
    config = config.model_copy(update={"generator": generator, **({"days": days} if days else {})})
    return presets.resized(config, actions) if actions else config


def _list_presets(as_json: bool) -> None:
    from chorusline.simulate.evasion import ABOUT
    from chorusline.simulate.presets import PRESETS

    if as_json:
        import json

        typer.echo(json.dumps({name: about for name, (about, _) in PRESETS.items()}, indent=1))
        return
    for name, (about, config) in PRESETS.items():
        typer.echo(f"{name:12} {about} (about {config.expected_actions():,.0f} ordinary actions)")
    typer.echo("\nEvasion:")
    for level, about in ABOUT.items():
        typer.echo(f"{level:12} {about}")


def _tell(out: Path, summary: dict[str, Any]) -> None:
    typer.echo(
        f"{summary['actions']:,} actions in {out / 'actions.parquet'}; the answers lie in {out / 'truth'}."
    )
    for kind, accounts in summary["accounts"].items():
        typer.echo(f"  {accounts:>9,} accounts: {kind}")
    if summary["orders"]:
        typer.echo(
            f"  {summary['orders']:,} orders to {summary['operators']:,} operators, "
            f"{summary['ordered_actions']:,} actions on orders."
        )
