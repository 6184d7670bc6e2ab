"""What a form of export is: a declaration and a function, registered by entry point `chorusline.exports`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from chorusline.case import Case
from chorusline.errors import UsageError
from chorusline.exports import aside

GROUP = "chorusline.exports"


@dataclass(frozen=True)
class Export:
    """One form of export.

    name : the word on the command line. about : one sentence. write : (case, folder) -> files written; it asks the
    case for tables and manifest alone, so that it serves a blind edition as well, and the same case gives the same
    bytes. extra, package : the optional dependencies it takes, and the module that shows whether they are there.
    """

    name: str
    about: str
    write: Callable[[Case, Path], list[Path]]
    extra: str = ""
    package: str = ""


@cache
def available() -> dict[str, Export]:
    """Return the forms registered, by name."""
    found = [point.load() for point in entry_points(group=GROUP)]
    return {export.name: export for export in sorted(found, key=lambda export: export.name)}


def chosen(names: list[str] | None) -> list[Export]:
    """Return the forms asked for, all where none is. Raises UsageError where one is unknown."""
    known = available()
    for name in names or ():
        if name not in known:
            raise UsageError(f"There is no export '{name}'; there are {', '.join(known)}.")
    return [known[name] for name in dict.fromkeys(names or known)]


def write(case: Case, to: str | os.PathLike[str], names: list[str] | None = None) -> list[Path]:
    """Write a case in the forms named into a new folder, whole or not at all; returns the files.

    Where none is named, all are written whose packages are installed. Raises UsageError where a form is unknown, its
    packages are missing, or something stands at `to`.
    """
    with aside.writing(to) as place:
        written = []
        for export in chosen(names):
            if not names and export.extra and find_spec(export.package) is None:
                continue
            written += export.write(case, place)
        return [Path(to) / path.relative_to(place) for path in written]
