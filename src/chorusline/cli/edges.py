"""`chorusline edges`: the co-action network of one trace, exactly."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from chorusline.cli import options


def command(
    inputs: Annotated[
        list[str], typer.Argument(help="Exports: files, or folders of files.", show_default=False)
    ],
    to: Annotated[
        str,
        typer.Option("--out", "-o", help="File to write: .parquet, .csv or .graphml.", show_default=False),
    ],
    trace: Annotated[str, typer.Option(help="Trace: what two accounts must have in common.")] = "reshare",
    window: Annotated[float, typer.Option(help="Seconds within which both must use it, inclusive.")] = 60.0,
    count: Annotated[
        str, typer.Option(help="What weight counts: objects, or uses (pairs of uses).")
    ] = "objects",
    min_weight: Annotated[int, typer.Option(min=1, help="Leave out edges below this weight.")] = 1,
    memory: Annotated[
        str,
        typer.Option(help="Memory the whole run may take where it writes .parquet, such as 4GB."),
    ] = "4GB",
    engine: Annotated[
        str, typer.Option(help="What counts: local, or spark (a cluster; extra 'spark').")
    ] = "local",
    master: Annotated[
        str | None,
        typer.Option(
            help="With --engine spark: the cluster, such as local[2], yarn or spark://host:7077; as spark-submit or "
            "spark-defaults.conf have it when not given.",
            show_default=False,
        ),
    ] = None,
    spark_conf: Annotated[
        list[str] | None,
        typer.Option(help="With --engine spark: a Spark setting, NAME=VALUE.", show_default=False),
    ] = None,
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
    if engine == "spark":
        from chorusline.cli.spark_edges import count_edges

        local_only = {"--map": map_, "--format": format_, "--timezone": timezone}
        edges = count_edges(inputs, to, trace, window, count, min_weight, master, spark_conf, local_only)
        _report(edges, to, None, as_json, quiet)
        return
    if engine != "local" or master or spark_conf:
        raise UsageError("--engine is local or spark, and --master and --spark-conf go with spark.")
    out = Path(to)
    if out.suffix not in (".parquet", ".csv", ".graphml"):
        raise UsageError(f"{out} should end in .parquet, .csv or .graphml.")
    mapping, budget = options.mapping(map_), options.size(memory)
    from chorusline.cli.progress import say_if_first, shown
    from chorusline.coaction.arranged import arrange

    parts = out.with_name(out.name + ".parts") if out.suffix == ".parquet" else None
    with shown(quiet) as tell:
        tell("reading", 0.0)
        asked: Any = {"mapping": mapping, "format_": format_, "timezone": timezone, "folder": parts}
        asked["meanwhile"] = partial(say_if_first, quiet or as_json)
        made = arrange(map(Path, inputs), trace, window, min_weight, cast(Any, count), budget, **asked)
        from chorusline.coaction.local import as_named  # not before the reading has begun
        from chorusline.coaction.stored import write
        from chorusline.traces.base import cores

        tell("reading", 1.0)
        report = partial(tell, "counting", pairs=made.pairs)
        try:
            if parts is not None:
                edges = write(made.counting, made.names, out, budget, made.key, report)
            else:
                found = as_named(made.counting, made.names, cores(), report)
                from chorusline.dossier.graph_files import write_edges

                write_edges(found, out)
                edges = found.num_rows
        except KeyboardInterrupt:
            if parts is not None:
                kept = f"What is counted is kept in {parts}: the same command goes on from there."
                typer.echo(kept, err=True)
            raise
    _report(edges, out, made.uses, as_json, quiet)


def _report(edges: int, out: Path | str, uses: int | None, as_json: bool, quiet: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps({"out": str(out), **({} if uses is None else {"uses": uses}), "edges": edges}))
    elif not quiet:
        typer.echo(f"{edges:,} edges{'' if uses is None else f' from {uses:,} uses'}: {out}")
