"""Findings in, files out: the page, the tables, the graphs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chorusline.case import Case


def write(case: Case, folder: Path) -> Path:
    """Write `dossier.html` into a folder, from the case's manifest and tables; returns its path.

    The page is one file that asks the network for nothing. The same case gives the same bytes.
    """
    from chorusline.dossier.page import write as write_page

    return write_page(case, folder)
