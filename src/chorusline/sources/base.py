"""What a format declares, and what a reader is given: the parts every file in this room is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorusline.actions import Batch
from chorusline.errors import InputError, UsageError
from chorusline.sources import opening

if TYPE_CHECKING:
    from chorusline.sources.stores import Store, Stored

GROUP = "chorusline.sources"
"""Entry point group in which formats are registered; another package may add its own."""

BATCH = 100_000
"""Rows a batch."""


@dataclass(frozen=True)
class Recognition:
    """What a file was taken for: shown to the user before it is read.

    score : 0 to 1; the format with the highest score reads the file.
    mapping : field of the action -> column or key of the input it is read from.
    zone : how times without a zone are read.
    reason : what gave the format away, as half a sentence.
    """

    format: str
    score: float
    reason: str
    mapping: dict[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    path: str = ""


@dataclass
class Reading:
    """One file being read: the request, and what the reader has noticed on the way.

    mapping : columns the user named, field -> column ("" leaves a field out).
    used : the mapping in force, filled by the reader.
    table : the table of a workbook or database that the user named.
    """

    path: Path
    mapping: dict[str, str] = field(default_factory=dict)
    timezone: str | None = None
    table: str | None = None
    used: dict[str, str] = field(default_factory=dict)
    _notes: Counter[str] = field(default_factory=Counter)

    def note(self, sentence: str, count: int = 1) -> None:
        """Count something worth telling; `sentence` may hold {n} for the count in the end."""
        if count:
            self._notes[sentence] += count

    def warnings(self) -> list[str]:
        """What was noticed, as sentences, in the order it was first met."""
        return [sentence.replace("{n}", f"{count:,}") for sentence, count in self._notes.items()]

    @cached_property
    def head(self) -> Head:
        """The beginning of the file."""
        return Head(self.path, self.table)


class Head:
    """The beginning of a file, unpacked, and what it looks like; each look is taken once."""

    SIZE = 1 << 18

    def __init__(self, path: Path, table: str | None = None) -> None:
        self.path = path
        self.table = table

    @cached_property
    def bytes(self) -> bytes:
        """The first 256 KB, unpacked."""
        return opening.head(self.path, self.SIZE)

    @cached_property
    def parquet(self) -> Any:
        """Arrow schema of a Parquet file, or None."""
        if not self.bytes.startswith(b"PAR1"):
            return None
        import pyarrow.parquet as pq

        try:
            return pq.read_schema(self.path)
        except Exception as error:  # pyarrow raises several kinds for a damaged footer
            raise InputError(
                f"{self.path} begins as a Parquet file but can't be read as one ({_first_line(error)}); "
                "it may have been cut off while it was copied."
            ) from error

    @cached_property
    def stored(self) -> tuple[Store, Stored] | None:
        """The workbook or database that the file is, and the table of it that is read; None for other files."""
        from chorusline.sources import stores

        return stores.find(self.bytes[:64], self.path, self.table)

    @cached_property
    def binary(self) -> bool:
        """Whether this is neither text nor a table that can be read."""
        return self.stored is None and opening.looks_binary(self.bytes)

    @cached_property
    def header(self) -> list[str]:
        """Column names, where the file is a table, however stored; else empty."""
        if self.stored is not None:
            return list(self.stored[1].columns)
        if self.parquet is not None:
            return list(self.parquet.names)
        if self.binary or self.json:
            return []
        from chorusline.sources import delimited

        return delimited.sniff(self.bytes).header

    @cached_property
    def json(self) -> list[Any]:
        """The first JSON values of the file (lines, or items of a list), or none."""
        from chorusline.sources import jsonlines

        return jsonlines.first(self.bytes)

    def has(self, *columns: str) -> bool:
        """Whether the table has all these columns, spelled so (case aside)."""
        return {c.lower() for c in columns} <= {c.lower().strip() for c in self.header}


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


@dataclass(frozen=True)
class Source:
    """Declaration of one input format.

    sniff : looks at the beginning of a file and says what it makes of it, or None.
    read : yields batches of actions; rows it can't read come as Batch.rejected, never as exceptions.
    signature : columns that give it away, where it is a table with columns of its own.
    """

    name: str
    about: str
    sniff: Callable[[Head], Recognition | None]
    read: Callable[[Reading], Iterator[Batch]]
    gives: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()

    @property
    def known_by(self) -> str:
        """How a file is known to be of this format, as half a sentence."""
        if self.signature:
            return f"the columns {', '.join(self.signature)}"
        said = (self.sniff.__doc__ or "").split("\n\n")[0].strip().rstrip(".")
        return " ".join((said[:1].lower() + said[1:]).split())


@lru_cache(maxsize=1)
def formats() -> dict[str, Source]:
    """All registered formats by name."""
    found: dict[str, Source] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        source: Source = point.load()
        found[source.name] = source
    return found


def named(name: str) -> Source:
    """The format called `name`. Raises UsageError where there is none."""
    source = formats().get(name)
    if source is None:
        raise UsageError(
            f"There is no input format '{name}'; the formats are {', '.join(sorted(formats()))}."
        )
    return source
