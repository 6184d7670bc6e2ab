"""`chorusline formats`: what can be read, and how it is known."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List the input formats, where each comes from and how a file is known to be one."""
    import json

    from chorusline.sources.base import formats
    from chorusline.sources.stores import stores

    known = [(name, source.about, "content", source.known_by) for name, source in sorted(formats().items())]
    known += [(name, store.about, "storage", store.known_by) for name, store in sorted(stores().items())]
    if as_json:
        keys = ("format", "about", "what", "known_by")
        typer.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in known], ensure_ascii=False))
        return
    width = max(len(name) for name, *_ in known)
    for what, title in (
        ("content", "What a file holds"),
        ("storage", "Files that hold tables of any of these"),
    ):
        typer.echo(f"{title}:")
        for name, about, kind, known_by in known:
            if kind == what:
                typer.echo(f"  {name:<{width}}  {about}\n  {'':<{width}}  known by {known_by}")
    typer.echo("Text may be packed with gzip or zstd; a ZIP archive is read as the folder it would make.")
