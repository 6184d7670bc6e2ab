"""`chorusline edges`: the co-action network of one trace, exactly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chorusline.cli import options

if TYPE_CHECKING:
    import pyarrow as pa


def command(
    inputs: Annotated[
        list[Path], typer.Argument(help="Exports: files, or folders of files.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", help="File to write: .parquet, .csv or .graphml.", show_default=False),
    ],
    trace: Annotated[str, typer.Option(help="Trace: what two accounts must have in common.")] = "reshare",
    window: Annotated[float, typer.Option(help="Seconds within which both must use it, inclusive.")] = 60.0,
    count: Annotated[
        str, typer.Option(help="What weight counts: objects, or uses (pairs of uses).")
    ] = "objects",
    min_weight: Annotated[int, typer.Option(min=1, help="Leave out edges below this weight.")] = 1,
    map_: options.Mapping = None,
    format_: options.Format = None,
    timezone: options.Timezone = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write which accounts used the same objects within a window, how often and how closely."""
    from chorusline.errors import UsageError

    if count not in ("objects", "uses"):
        raise UsageError(f"--count is objects or uses, not '{count}'.")
    if out.suffix not in (".parquet", ".csv", ".graphml"):
        raise UsageError(f"{out} should end in .parquet, .csv or .graphml.")
    mapping = options.mapping(map_)
    from chorusline import sources
    from chorusline.cli.progress import shown
    from chorusline.coaction import coactions, with_names
    from chorusline.config import Config
    from chorusline.dossier.graph_files import write_edges
    from chorusline.traces import choose

    chosen = choose((trace,))[0]
    with shown(quiet) as tell:
        tell("reading", 0.0)
        log = sources.read(inputs, mapping=mapping, format=format_, timezone=timezone)
        tell("reading", 1.0)
        uses = chosen.extract(log, Config())
        found = coactions(
            uses, window, min_weight=min_weight,
            count="uses" if count == "uses" else "objects", progress=lambda share: tell("counting", share),
        )  # fmt: skip
    edges = with_names(found, log.accounts["name"])
    write_edges(edges, out)
    _report(edges, out, len(uses), as_json, quiet)


def _report(edges: pa.Table, out: Path, uses: int, as_json: bool, quiet: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps({"out": str(out), "uses": uses, "edges": edges.num_rows}))
    elif not quiet:
        typer.echo(f"{edges.num_rows:,} edges from {uses:,} uses: {out}")
