"""Counting to a file: edges in bounded memory, and a run that was stopped goes on where it was.

Each piece of the work leaves its edges in a file of its own beside the output; they are put in order at the end.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from chorusline.coaction import joining
from chorusline.coaction.asked import microseconds
from chorusline.coaction.blocks import USE_BYTES, Piece
from chorusline.coaction.joining import Parts
from chorusline.coaction.kernel import FIGURES
from chorusline.coaction.local import Counting, counted
from chorusline.coaction.memory import resident
from chorusline.errors import UsageError
from chorusline.traces.base import Uses, cores

EDGE_BYTES = 8 + 8 * FIGURES
"""Bytes of an edge before it is a table."""

CELL_BYTES = 9
"""Bytes of a possible partner in each thread's accumulator."""

MOST = 20_000_000
"""Pairs looked at in one piece, at most."""

_COPIES = 3
# An edge may stand in memory so many times: while its array grows, and while its piece is put in order.
_LEAST = 100_000
# Pairs of a piece that a budget must leave room for.


def count_to_file(
    uses: Uses, window: float, names: pa.Array | pa.ChunkedArray, out: Path, memory: int, *,
    min_weight: int = 1, count: Literal["objects", "uses"] = "objects",
    progress: Callable[[float], None] | None = None,
) -> int:  # fmt: skip
    """Write the edges of `coactions`, with the accounts' names, to a Parquet file; returns how many.

    memory : bytes the process may take, with all it holds already. See `write` for what is kept after a stop.
    Raises UsageError where even one thread wouldn't fit.
    """
    counting = Counting.of(uses, window, min_weight, count)
    asked = [microseconds(window), min_weight, count, len(uses.objects)]
    return write(counting, names, out, memory, _key(uses, asked), progress)


def write(
    counting: Counting, names: pa.Array | pa.ChunkedArray, out: Path, memory: int, key: str,
    progress: Callable[[float], None] | None = None,
) -> int:  # fmt: skip
    """Count and write what is arranged already; returns the number of edges.

    key : tells what is counted. Finished pieces are kept beside `out` (OUT.parts) until all are done, so that the
    same call after a stop counts only what is missing. The bytes written depend neither on stops nor on memory or
    cores. Raises UsageError where even one thread wouldn't fit.
    """
    threads, most = fitting(counting, memory)
    parts = Parts(out.with_name(out.name + ".parts"))
    most = _begin(parts, _cut(counting, key), most)

    def work(piece: Piece) -> None:
        if not parts.has(piece.name):
            parts.keep(piece.name, *counting.count(piece))

    left: dict[str, int] = {}
    whole = len(counting.blocks) * (len(counting.blocks) + 1) / 2
    done = len(parts.pairs()) / whole
    for piece, _ in counted(counting, most, threads, work, parts.has_pair, left):
        done += piece.share
        pair = piece.name.rpartition("-")[0]
        left[pair] -= 1
        if not left[pair]:
            parts.keep_pair(pair)
        if progress is not None:
            progress(min(done, 1.0))
    if progress is not None:
        progress(1.0)
    written = joining.join(parts, names, out, _room(memory))
    shutil.rmtree(parts.folder)
    return written


def fitting(counting: Counting, memory: int) -> tuple[int, int]:
    """Threads, and pairs a piece may look at, so that the process stays within `memory` bytes."""
    for threads in range(cores(), 0, -1):
        room = memory - resident() - needed(counting, threads)
        most = room // (threads * _COPIES * EDGE_BYTES)
        if most >= _LEAST:
            return threads, min(int(most), MOST)
    least = resident() + needed(counting, 1) + _LEAST * _COPIES * EDGE_BYTES
    raise UsageError(
        f"Counting {counting.kept:,} uses of {len(counting.blocks.accounts):,} accounts takes "
        f"{least / 1e6:,.0f} MB at least, and --memory gives {memory / 1e6:,.0f} MB; give more, or raise --min-weight."
    )


def needed(counting: Counting, threads: int) -> int:
    """Return the bytes that counting takes besides its edges and what is in memory already."""
    largest = max((uses for uses, _ in counting.blocks.sizes), default=0)
    widest = max((accounts for _, accounts in counting.blocks.sizes), default=0)
    # Blocks in memory gain their order by account, and windows of up to three pairs of blocks at a time.
    uses = 24 * counting.kept + 3 * 16 * largest if counting.blocks.held else 2 * USE_BYTES * largest
    return uses + threads * CELL_BYTES * widest


def _room(memory: int) -> int:
    """Bytes for putting edges in order."""
    return max(memory - resident(), 0)


def _key(uses: Uses, asked: list[Any]) -> str:
    """Fingerprint of what is counted."""
    digest = hashlib.blake2b(json.dumps(asked).encode())
    for column in (uses.account, uses.object, uses.time):
        digest.update(column.data.cast("B"))
    return digest.hexdigest()


def _cut(counting: Counting, key: str) -> str:
    """Fingerprint of what is counted and of its blocks: pieces of other blocks have the same names and other pairs."""
    digest = hashlib.blake2b(json.dumps([key, counting.blocks.sizes]).encode())
    digest.update(np.ascontiguousarray(counting.blocks.accounts).data)
    return digest.hexdigest()


def _begin(parts: Parts, key: str, most: int) -> int:
    """Make the folder of finished pieces; those of another count are thrown away. Returns pairs of a piece.

    A run that goes on cuts its pieces as it did before, whatever memory there is now.
    """
    marker = parts.folder / "count.json"
    if marker.exists():
        known = json.loads(marker.read_text("utf-8"))
        if known.get("key") == key:
            return int(known["most"])
    for path in parts.folder.glob("*") if parts.folder.exists() else ():
        if path.is_file():
            path.unlink()
    parts.folder.mkdir(parents=True, exist_ok=True)
    aside = marker.with_suffix(".unfinished")
    aside.write_text(json.dumps({"key": key, "most": most}), "utf-8")
    aside.rename(marker)
    return most
