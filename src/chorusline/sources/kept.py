"""Inputs read before: what a reader made of a file is kept, and the file isn't read again while it is the same.

A case grows by files: each new day, the files of the days before are the same bytes. What was read of a file is kept
under a key of everything it hangs on: the file's SHA-256, the format, the columns and the zone asked for, the code of
the readers and the version of Arrow. So what comes out of the folder is what reading would give, and a folder from
another version, or one that is damaged, costs a new reading and no more.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.actions import ACCOUNT_FACTS, DOOR_SCHEMA, Batch, Rejected
from chorusline.assemble.intake import conform
from chorusline.errors import UsageError
from chorusline.sources.base import BATCH, Reading, Source

MARKER = "reading.json"
"""Written last: a folder without it is a reading that broke off."""


class Kept:
    """A folder of readings, one folder each."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder} is a file; --keep takes a folder.")
        self.folder = folder

    def batches(self, source: Source, reading: Reading, digest: str) -> Iterator[Batch]:
        """Yield what the source reads of a file, from the folder where it is kept there; else read and keep it.

        digest : SHA-256 of the file. Fills the reading's mapping and notes as the source does.
        """
        place = self.folder / _key(source, reading, digest)
        known = _load(place)
        if known is None:
            yield from _keeping(source, reading, place)
            return
        said, actions, facts = known
        reading.used.update(said["used"])
        for sentence in said["warnings"]:
            reading.note(sentence)
        rejected = [Rejected(**row) for row in said["rejected"]]
        yield Batch(DOOR_SCHEMA.empty_table(), facts, rejected)
        for batch in actions.to_batches(max_chunksize=BATCH):
            yield Batch(batch)


def _keeping(source: Source, reading: Reading, place: Path) -> Iterator[Batch]:
    """Read, and keep a copy of what was handed on once all has been read."""
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    facts, rejected = [], []
    schema = pa.schema([field.with_nullable(True) for field in DOOR_SCHEMA])
    try:
        with pq.ParquetWriter(
            aside / "actions.parquet", schema, compression="zstd", compression_level=1, use_dictionary=False,
        ) as writer:  # fmt: skip
            for batch in source.read(reading):
                table = conform(batch.actions, DOOR_SCHEMA)
                writer.write_table(table)
                rejected += [asdict(row) for row in batch.rejected]
                if batch.facts is not None and batch.facts.num_rows:
                    facts.append(conform(batch.facts, ACCOUNT_FACTS))
                yield Batch(table, batch.facts, batch.rejected)
        if facts:
            pq.write_table(pa.concat_tables(facts), aside / "facts.parquet")
        files = {path.name: _digest(path) for path in sorted(aside.iterdir())}
        said = {
            "used": reading.used,
            "warnings": reading.warnings(),
            "rejected": rejected,
            "files": files,
        }
        (aside / MARKER).write_text(json.dumps(said, default=int), "utf-8")
        shutil.rmtree(place, ignore_errors=True)
        aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _load(place: Path) -> tuple[dict[str, Any], pa.Table, pa.Table | None] | None:
    """Return what is kept of a reading, or None where nothing whole is."""
    try:
        said = json.loads((place / MARKER).read_text("utf-8"))
        if any(_digest(place / name) != digest for name, digest in said["files"].items()):
            return None
        actions = pq.read_table(place / "actions.parquet")
        facts = pq.read_table(place / "facts.parquet") if "facts.parquet" in said["files"] else None
    except (OSError, ValueError, KeyError, TypeError):  # Arrow's own errors are among these
        return None
    return said, actions, facts


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").hexdigest()


def _key(source: Source, reading: Reading, digest: str) -> str:
    module = Path(sys.modules[source.read.__module__].__file__ or "")
    asked = [
        digest, source.name, sorted(reading.mapping.items()), reading.timezone, reading.table, _code(module),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]


@cache
def _code(module: Path) -> str:
    """Digest of all code that has a say in what is read: the readers', that of the format, and Arrow's version."""
    room = Path(__file__).parent
    files = [*sorted(room.glob("*.py")), room.parent / "actions.py", module]
    found = hashlib.sha256(pa.__version__.encode() + sys.version.encode())
    for path in files:
        found.update(path.read_bytes())
    return found.hexdigest()
