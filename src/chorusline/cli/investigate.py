"""`chorusline investigate`: from exports to a case with a dossier."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    from chorusline.case import Case
    from chorusline.config import Config


def command(
    inputs: Annotated[
        list[Path], typer.Argument(help="Exports: files, or folders of files.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Case folder to write.", show_default=False)],
    trace: Annotated[
        list[str] | None,
        typer.Option(
            help="Use this trace only; may be given again. The word default stands for those used otherwise."
        ),
    ] = None,
    analysis: Annotated[
        list[str] | None,
        typer.Option(
            help="Make this analysis of the groups' inside only; may be given again. The word none stands for none."
        ),
    ] = None,
    window: Annotated[float | None, typer.Option(help="Co-action window W, seconds (60).")] = None,
    fdr: Annotated[
        float | None, typer.Option(help="False-discovery rate over all accounts tested (0.01).")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice (0).")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE, any other setting; see docs/reference.md.")
    ] = None,
    map_: options.Mapping = None,
    format_: options.Format = None,
    timezone: options.Timezone = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="Folder to keep what is read in, so that a file that is the same isn't read again."
        ),
    ] = None,
    background: Annotated[
        list[Path] | None,
        typer.Option(
            help="A sample of ordinary accounts, to compare with only: none of them is tested, listed or named. "
            "May be given again.",
            show_default=False,
        ),
    ] = None,
    blind: options.Blind = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the case's manifest as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Find which accounts act in concert, confirm it on held-out material, and write a dossier."""
    from chorusline.case import check_place
    from chorusline.cli.progress import say_if_first, shown

    config = _config(trace, analysis, window, fdr, seed, set_)
    mapping = options.mapping(map_)
    check_place(out)
    key = options.key(blind, out)
    if not quiet and not as_json:
        _announce([*inputs, *(background or [])], mapping, format_, timezone)
    from chorusline.investigation import investigate

    say_if_first(quiet or as_json)
    with shown(quiet) as tell:
        case = investigate(
            inputs, out, config=config, mapping=mapping, format=format_, timezone=timezone, keep=keep,
            background=background, blind=key, command=shlex.join(["chorusline", *sys.argv[1:]]), progress=tell,
        )  # fmt: skip
    if as_json:
        import json

        typer.echo(json.dumps({"case": str(case.folder), **case.manifest}, ensure_ascii=False))
    elif not quiet:
        _summary(case)


def _config(
    trace: list[str] | None,
    analysis: list[str] | None,
    window: float | None,
    fdr: float | None,
    seed: int | None,
    settings: list[str] | None,
) -> Config:
    """Make the config of the options given. Raises UsageError where a value doesn't fit."""
    from pydantic import ValidationError

    from chorusline.config import Config
    from chorusline.errors import UsageError

    given: dict[str, Any] = {
        "traces": tuple(trace) if trace else None,
        "analyses": tuple(analysis) if analysis else None,
        "window": window,
        "fdr": fdr,
        "seed": seed,
    }
    for word in settings or []:
        name, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--set takes NAME=VALUE, such as splits=3; '{word}' is not that.")
        given[name] = value
    try:
        return Config.model_validate({name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise UsageError(f"Setting '{place}': {fault['msg'].lower()} (given: {fault['input']!r}).") from None


def _announce(
    inputs: list[Path], mapping: dict[str, str] | None, format_: str | None, timezone: str | None
) -> None:
    """Show what each file is taken for, before it is read."""
    from chorusline.errors import InputError
    from chorusline.sources import files, recognise

    for path, named in files(inputs):
        try:
            found = recognise(path, mapping, format=format_, timezone=timezone)
        except InputError:
            if named:
                raise
            continue
        columns = ", ".join(f"{field} ← {column}" for field, column in found.mapping.items())
        typer.echo(f"{path}: {found.format}" + (f" ({columns})" if columns else ""), err=True)


def _summary(case: Case) -> None:
    """Say in a few lines what was found, error rate included."""
    counts, config = case.manifest["counts"], case.manifest["config"]
    rows = counts["rows_set_aside"] + counts["rows_repeated"]
    beside = (
        f", and {counts['accounts_background']:,} to compare with" if counts["accounts_background"] else ""
    )
    typer.echo(f"Read {counts['actions']:,} actions of {counts['accounts']:,} accounts{beside}.")
    if rows:
        typer.echo(
            f"Set aside {counts['rows_set_aside']:,} unreadable and {counts['rows_repeated']:,} repeated rows "
            f"(see {case.folder / 'quarantine.csv'})."
        )
    for sentence in case.manifest["warnings"]:
        typer.echo(f"Note: {sentence}")
    drawn_in = counts["accounts_drawn_in"]
    typer.echo(
        f"{counts['accounts_proposed']:,} accounts share more than popularity explains"
        + (f", {drawn_in:,} more resemble a confirmed group" if drawn_in else "")
        + f"; {counts['accounts_tested']:,} had enough held-out material to be tested."
    )
    typer.echo(
        f"{counts['accounts_named']:,} accounts in {counts['groups_with_named']:,} groups are named at a "
        f"false-discovery rate of {config['fdr']:g}."
    )
    if counts["accounts_few_days"]:
        typer.echo(
            f"{counts['accounts_few_days']:,} more acted together on too few days to tell an event from a habit; "
            f"they are not named."
        )
    from chorusline.operation.base import NAMED

    for name, entry in case.manifest["operation"].items():
        if entry["skipped"] and counts["accounts_named"]:
            typer.echo(f"No {name}: {entry['skipped']}.")
        for said in entry["crews"]:
            if said["crew"] == NAMED:
                typer.echo(
                    " ".join(said["sentences"][:1])
                    or f"No {name} of group {said['group']}: {said['reason']}."
                )
    typer.echo(f"Dossier: {case.folder / 'dossier.html'}")
