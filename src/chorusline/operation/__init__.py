"""Groups in, how they are run out: one file for each analysis of the inside of an operation.

An analysis is declared in a file of its own and registered under the entry point group
`chorusline.analyses`; another package can add one the same way.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from chorusline.errors import UsageError

if TYPE_CHECKING:
    from chorusline.operation.base import Analysis

__all__ = ["available", "choose"]


@cache
def available() -> dict[str, Analysis]:
    """Return every registered analysis by name, in the order in which they are run and shown."""
    found = [point.load() for point in entry_points(group="chorusline.analyses")]
    return {one.name: one for one in sorted(found, key=lambda one: (one.place, one.name))}


def choose(names: tuple[str, ...] | None) -> list[Analysis]:
    """Return the analyses of these names, all where not given; the word none stands for none.

    Raises UsageError on an unknown name.
    """
    known = available()
    if names is None:
        return list(known.values())
    for name in names:
        if name not in known and name != "none":
            raise UsageError(f"There is no analysis '{name}'; there are: {', '.join(known) or 'none'}.")
    return [one for name, one in known.items() if name in names]
