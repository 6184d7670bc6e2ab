"""Folders written aside and moved into place when they are whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chorusline.case import beside, settle, sweep
from chorusline.errors import UsageError


@contextmanager
def writing(to: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a folder to write into, and put it in place when the block ends well.

    Raises UsageError where anything but an empty folder stands there: nothing is written over.
    """
    final = Path(to)
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise UsageError(f"{final} exists already; name a folder that doesn't.")
    final.parent.mkdir(parents=True, exist_ok=True)
    sweep(final)
    place = beside(final, "part")
    place.mkdir()
    try:
        yield place
        settle(place)
        place.rename(final)
        settle(final.parent, inside=False)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
