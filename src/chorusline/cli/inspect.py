"""`chorusline inspect`: what a file is taken for and what can be asked of it, before anything is tested."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    from chorusline.inspection import Inspection


def command(
    file: Annotated[Path, typer.Argument(help="Export to look at.", show_default=False)],
    map_: options.Mapping = None,
    format_: options.Format = None,
    timezone: options.Timezone = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Say what a file is taken for, which rows would be set aside, and what it can and can't show."""
    import json

    from chorusline import sources
    from chorusline.errors import InputError, UsageError
    from chorusline.inspection import inspect

    if file.is_dir():
        raise UsageError(f"{file} is a folder; inspect takes one file.")
    mapping = options.mapping(map_)
    recognised = (
        sources.recognise(file, mapping, format=format_, timezone=timezone) if file.exists() else None
    )
    try:
        log = sources.read(file, mapping=mapping, format=format_, timezone=timezone)
    except InputError:
        # Where no row can be read, what the file was taken for is what one wants to know.
        if recognised is not None and not as_json:
            columns = [f"  {field} ← {column}" for field, column in recognised.mapping.items()]
            head = [f"{recognised.path or file}: {recognised.format}", f"  known because {recognised.reason}"]
            typer.echo(_plain([*head, *(["Columns:", *columns] if columns else [])]))
        raise
    assert recognised is not None  # read says so where the file doesn't exist
    found = inspect(log, recognised)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        typer.echo(page(found))


def page(found: Inspection) -> str:
    """Return what was found as lines for a terminal; characters of the data that would steer it are shown as marks."""
    from chorusline.inspection import WORDS

    n = found.counts
    clock = WORDS.get(found.resolution, f"{found.resolution:g} seconds")
    lines = [
        f"{found.path}: {found.format}, {found.about}",
        f"  known because {found.reason}",
        f"  {found.bytes:,} bytes, SHA-256 {found.sha256}",
        f"  {found.first} to {found.last}; times without a zone are read as {found.zone}; the clock keeps {clock}",
        f"  {n['actions']:,} actions of {n['accounts']:,} accounts: {n['post']:,} posts, {n['reshare']:,} reshares, "
        f"{n['reply']:,} replies, {n['quote']:,} quotes",
    ]
    sections = (
        ("Columns", [f"{field} ← {column}" for field, column in found.mapping.items()]),
        ("Set aside", [f"{rows:,} rows, first row {row}: {reason}" for reason, rows, row in found.set_aside]),
        ("Can show", found.supports),
        ("Can't show", found.lacks),
        ("Look at", [*found.odd, *found.warnings]),
    )
    for title, words in sections:
        if words:
            lines += [f"{title}:", *(f"  {sentence}" for sentence in words[:30])]
    return _plain(lines)


def _plain(lines: list[str]) -> str:
    return "\n".join("".join(c if c.isprintable() else "\ufffd" for c in line) for line in lines)
