"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from chorusline.errors import UsageError

Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", help="FIELD=COLUMN, for tables whose columns can't be told by their names."),
]
Format = Annotated[str | None, typer.Option("--format", help="Read every input as this format.")]
Timezone = Annotated[
    str | None,
    typer.Option("--timezone", help="Zone of times that have none, e.g. Europe/Tirane; UTC otherwise."),
]


Blind = Annotated[
    Path | None,
    typer.Option(
        "--blind",
        help="Key file: accounts appear under pseudonyms. Made where there is none; keep it outside the case.",
    ),
]


def key(path: Path | None, *apart_from: Path) -> Any:
    """Open the key of `--blind`, or make it; None where it isn't asked for."""
    if path is None:
        return None
    from chorusline.exports.pseudonyms import Key

    return Key.open(path, apart_from=apart_from)


def mapping(words: list[str] | None) -> dict[str, str] | None:
    """Read `--map account=user_name …`. Raises UsageError on a word that isn't FIELD=COLUMN."""
    if not words:
        return None
    pairs = {}
    for word in words:
        field, equals, column = word.partition("=")
        if not equals or not field or not column:
            raise UsageError(f"--map takes FIELD=COLUMN, such as account=user_name; '{word}' is not that.")
        pairs[field.strip()] = column.strip()
    return pairs


def size(word: str) -> int:
    """Read a size in bytes, such as 4GB or 500MB. Raises UsageError on anything else."""
    import re

    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kMGT]?)B?", word.strip(), re.IGNORECASE)
    if not found or float(found[1]) == 0:
        raise UsageError(f"--memory takes a size such as 4GB or 500MB; '{word}' is not that.")
    return int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " "))
