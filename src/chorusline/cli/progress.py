"""Progress on a terminal, silence in a pipe; and a word before the first run, which compiles."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer


@contextmanager
def shown(quiet: bool = False) -> Iterator[Callable[[str, float], None]]:
    """Give a function (stage, share done) that draws a bar with time left on a terminal's standard error."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, share: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
            bars.update(tasks[stage], completed=share)

        yield tell


def say_if_first(quiet: bool = False) -> None:
    """Tell that this run takes longer, where nothing is compiled for this machine yet."""
    if quiet:
        return
    from chorusline.coaction import kernel

    # Where numba keeps what it compiled: beside the module, in the user's cache, or in NUMBA_CACHE_DIR.
    counting: Any = kernel.count_rows
    kept = Path(counting._cache.cache_path)
    if not any(kept.glob("kernel.count_rows-*.nbi")):
        typer.echo(
            "First run on this machine: the counting is compiled now, which takes up to a minute, and kept.",
            err=True,
        )
