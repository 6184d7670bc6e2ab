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


DEFAULT = "default"
"""Stands for the traces used unless others are asked for, so that one can be added to them."""


def choose(names: tuple[str, ...] | None) -> list[Trace]:
    """Return the traces of these names, "default" standing for those used unless asked otherwise, as None does.

    Used by default are the traces declared so that no other of these, nor one asked for beside them, covers. Raises
    UsageError on an unknown name.
    """
    traces = available()
    usual = {name: trace for name, trace in traces.items() if trace.default}
    asked = [trace for name, trace in traces.items() if name in (names or ())]
    covered = {name for trace in (*usual.values(), *asked) for name in trace.covers}
    wanted: dict[str, None] = {}
    for name in names or (DEFAULT,):
        if name == DEFAULT:
            wanted |= dict.fromkeys(name for name in usual if name not in covered)
        elif name in traces:
            wanted[name] = None
        else:
            raise UsageError(f"There is no trace '{name}'; there are: {', '.join(traces)}.")
    return [traces[name] for name in wanted]
