"""Counting to a file: edges in bounded memory, and a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.coaction.local import EDGE_SCHEMA, Counting, cores, with_names
from chorusline.coaction.plan import EDGE_BYTES, fixed_memory
from chorusline.errors import UsageError
from chorusline.traces.base import Uses

ROW_GROUP = 1_000_000
_COPIES = 4
# An edge may stand in memory so many times: while its array grows, and as a table that is being written.
_LEAST = 100_000
# Pairs of a run, at least.


def count_to_file(
    uses: Uses, window: float, names: pa.Array | pa.ChunkedArray, out: Path, memory: int, *,
    min_weight: int = 1, count: Literal["objects", "uses"] = "objects",
    progress: Callable[[float], None] | None = None,
) -> int:  # fmt: skip
    """Write the edges of `coactions`, with the accounts' names, to a Parquet file; returns how many.

    memory : bytes the counting may take, the uses included; what was read before comes on top. Finished runs
    of accounts are kept beside `out` (OUT.parts) until all are done, so that the same call after a stop counts
    only what is missing. The bytes written depend neither on stops nor on memory or cores.
    Raises UsageError where even one thread wouldn't fit.
    """
    counting = Counting.of(uses, window, min_weight, count)
    threads, most = _fitting(uses, counting, memory)
    runs = counting.runs(-(-int(counting.total[-1]) // most))
    parts = out.with_name(out.name + ".parts")
    _begin(parts, _key(uses, window, min_weight, count, runs))
    missing = [k for k in range(len(runs)) if not _part(parts, k).exists()]

    def work(k: int) -> int:
        edges = with_names(counting.table([counting.rows(*runs[k])]), names)
        aside = _part(parts, k).with_suffix(".unfinished")
        pq.write_table(edges, aside)
        aside.rename(_part(parts, k))
        return k

    pool = ThreadPoolExecutor(threads)
    try:
        done = len(runs) - len(missing)
        for job in as_completed([pool.submit(work, k) for k in missing]):
            job.result()
            done += 1
            if progress is not None:
                progress(done / len(runs))
    finally:
        pool.shutdown(cancel_futures=True)
    written = _join([_part(parts, k) for k in range(len(runs))], out)
    shutil.rmtree(parts)
    return written


def _fitting(uses: Uses, counting: Counting, memory: int) -> tuple[int, int]:
    """Threads, and pairs a run may look at, so that uses, accumulators and edges stay within `memory` bytes."""
    for threads in range(cores(), 0, -1):
        rest = memory - fixed_memory(uses, counting.kept, threads)
        most = rest // (threads * _COPIES * EDGE_BYTES)
        if most >= _LEAST:
            return threads, int(most)
    least = fixed_memory(uses, counting.kept, 1) + _LEAST * _COPIES * EDGE_BYTES
    raise UsageError(
        f"Counting {len(uses):,} uses of {uses.n_accounts:,} accounts takes {least / 1e6:,.0f} MB at least, "
        f"and --memory gives {memory / 1e6:,.0f} MB; give more, or raise --min-weight."
    )


def _key(uses: Uses, window: float, min_weight: int, count: str, runs: list[tuple[int, int]]) -> str:
    """Fingerprint of what is counted and how it is cut."""
    digest = hashlib.blake2b(json.dumps([window, min_weight, count, runs, len(uses.objects)]).encode())
    for column in (uses.account, uses.object, uses.time):
        digest.update(column.data.cast("B"))
    return digest.hexdigest()


def _begin(parts: Path, key: str) -> None:
    """Make the folder of finished runs; runs of another count are thrown away."""
    marker = parts / "count.json"
    if marker.exists() and json.loads(marker.read_text("utf-8")).get("key") == key:
        return
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    marker.write_text(json.dumps({"key": key}), "utf-8")


def _part(parts: Path, number: int) -> Path:
    return parts / f"{number:06d}.parquet"


def _join(parts: list[Path], out: Path) -> int:
    """Put the runs together in row groups of one size, written aside and moved whole."""
    aside = out.with_name(out.name + ".unfinished")
    written = 0
    schema = with_names(EDGE_SCHEMA.empty_table(), pa.array([], pa.string())).schema
    with pq.ParquetWriter(aside, schema) as writer:
        for group in _row_groups(parts, schema):
            writer.write_table(group, row_group_size=ROW_GROUP)
            written += group.num_rows
    aside.rename(out)
    return written


def _row_groups(parts: list[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    waiting = schema.empty_table()
    for path in parts:
        for batch in pq.ParquetFile(path).iter_batches(ROW_GROUP):
            waiting = pa.concat_tables([waiting, pa.table(batch)])
            while waiting.num_rows >= ROW_GROUP:
                yield waiting.slice(0, ROW_GROUP).combine_chunks()
                waiting = waiting.slice(ROW_GROUP)
    if waiting.num_rows:
        yield waiting.combine_chunks()
