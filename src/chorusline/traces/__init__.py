"""Actions in, uses out: one file for each behaviour that accounts can have in common.

A trace is declared in a file of its own and registered under the entry point group
`chorusline.traces`; another package can add one the same way.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from chorusline.errors import UsageError

if TYPE_CHECKING:
    from chorusline.traces.base import Trace

__all__ = ["available", "choose"]


@cache
def available() -> dict[str, Trace]:
    """Return every registered trace by name, in alphabetical order."""
    points = sorted(entry_points(group="chorusline.traces"), key=lambda point: point.name)
    return {point.name: point.load() for point in points}


def choose(names: tuple[str, ...] | None) -> list[Trace]:
    """Return the traces of these names; for None all that no other covers. Raises UsageError on an unknown name."""
    traces = available()
    if names is None:
        covered = {name for trace in traces.values() for name in trace.covers}
        return [trace for trace in traces.values() if trace.name not in covered]
    unknown = [name for name in names if name not in traces]
    if unknown:
        raise UsageError(f"There is no trace '{unknown[0]}'; there are: {', '.join(traces)}.")
    return [traces[name] for name in dict.fromkeys(names)]
