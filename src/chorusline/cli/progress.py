"""Progress on a terminal, silence in a pipe; and a word before the first run, which compiles."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import typer


class Tell(Protocol):
    """What a stage calls to say how far it is."""

    def __call__(self, stage: str, share: float, pairs: int = 0) -> None:
        """Say that `share` of the stage is done; pairs : how many it counts in all, 0 for none."""


def seen(quiet: bool) -> bool:
    """Whether anybody looks at the progress."""
    return not quiet and sys.stderr.isatty()


@contextmanager
def shown(quiet: bool = False) -> Iterator[Tell]:
    """Give a function (stage, share done, pairs) that draws a bar with time left on a terminal's standard error.

    pairs : how many pairs of uses the whole stage counts; where it is given, pairs a second are shown.
    """
    if not seen(quiet):
        yield lambda stage, share, pairs=0: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}
        begun: dict[str, float] = {}

        def tell(stage: str, share: float, pairs: int = 0) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=1.0)
                begun[stage] = time.perf_counter()
            speed = rate(pairs * share, time.perf_counter() - begun[stage])
            bars.update(tasks[stage], completed=share, description=f"{stage}{speed}")

        yield tell


def rate(pairs: float, seconds: float) -> str:
    """Say how many pairs a second were counted; nothing where there is nothing to say yet."""
    if pairs <= 0 or seconds <= 0:
        return ""
    speed = pairs / seconds
    return f", {speed / 1e6:,.1f} M pairs/s" if speed >= 1e5 else f", {speed:,.0f} pairs/s"


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
