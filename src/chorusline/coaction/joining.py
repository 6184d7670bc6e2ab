"""Edges of finished pieces, put in order and written to one Parquet file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.coaction.kernel import FIGURES, Array
from chorusline.coaction.local import EDGE_SCHEMA, as_table, with_names

ROW_GROUP = 250_000
"""Edges of a row group of the file."""

_STORED = FIGURES - 1  # all but the strength, which no file shows
_RUN = 250_000
_COPIES = 6 * 8 * (FIGURES + 1)
# Bytes of an edge while it is put in order and written.

_CODED = pa.dictionary(pa.int32(), pa.string())
SCHEMA = with_names(EDGE_SCHEMA.empty_table(), pa.array([], pa.string())).schema
"""Columns of the file."""


@dataclass(frozen=True)
class Parts:
    """The folder of finished pieces: keys and figures of each in two files; the keys come last."""

    folder: Path

    def keep(self, name: str, keys: Array, figures: Array) -> None:
        """Keep a piece; it is there whole or not at all."""
        for ending, values in (("figures", figures[:, :_STORED]), ("keys", keys)):
            aside = self.folder / f"{name}.{ending}.unfinished"
            np.ascontiguousarray(values).tofile(aside)
            aside.rename(self.folder / f"{name}.{ending}")

    def has(self, name: str) -> bool:
        """Whether a piece is finished."""
        return (self.folder / f"{name}.keys").exists()

    def keep_pair(self, pair: str) -> None:
        """Note that all pieces of a pair of blocks are finished."""
        (self.folder / f"{pair}.done").touch()

    def has_pair(self, i: int, j: int) -> bool:
        """Whether all pieces of a pair of blocks are finished."""
        return (self.folder / f"{i:04d}-{j:04d}.done").exists()

    def pairs(self) -> list[Path]:
        """Finished pairs of blocks."""
        return sorted(self.folder.glob("*.done"))

    def names(self) -> list[str]:
        """Finished pieces that hold edges."""
        return sorted(path.stem for path in self.folder.glob("*.keys") if path.stat().st_size)

    def keys(self, name: str) -> Array:
        """Keys of a piece, ascending, mapped and not read."""
        return np.memmap(self.folder / f"{name}.keys", np.uint64, "r")

    def read(self, name: str, first: int, last: int) -> tuple[Array, Array]:
        """Edges of a piece from `first` to before `last`: keys, and figures with a strength of nothing."""
        n = last - first
        keys = np.fromfile(self.folder / f"{name}.keys", np.uint64, n, offset=8 * first)
        figures = np.zeros((n, FIGURES), np.int64)
        stored = np.fromfile(
            self.folder / f"{name}.figures", np.int64, n * _STORED, offset=8 * _STORED * first
        )
        figures[:, :_STORED] = stored.reshape(n, _STORED)
        return keys, figures


def join(parts: Parts, names: pa.Array | pa.ChunkedArray, out: Path, memory: int) -> int:
    """Write the edges of all pieces in order of their accounts; returns how many.

    memory : bytes that this may take, about. The file is written aside and moved whole; its row groups have one
    size, so that its bytes don't depend on how the work was cut.
    """
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    aside = out.with_name(out.name + ".unfinished")
    written = 0
    plain = ["account_a", "account_b", "weight", "coactions"]
    # No Arrow schema in the file: names are handed over as codes, and read back as strings.
    coded = pa.schema([f.with_type(_CODED) if f.name in plain[:2] else f for f in SCHEMA])
    with (
        pq.ParquetWriter(aside, coded, use_dictionary=plain, store_schema=False) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        groups = _row_groups(parts, len(names), max(memory // _COPIES, ROW_GROUP))
        ahead = pool.submit(next, groups, None)
        while (group := ahead.result()) is not None:
            ahead = pool.submit(next, groups, None)
            table = _named(as_table(*group), names)
            writer.write_table(table, row_group_size=ROW_GROUP)
            written += table.num_rows
    aside.rename(out)
    return written


def _row_groups(parts: Parts, n_accounts: int, most: int) -> Iterator[tuple[Array, Array]]:
    """Give the edges in order, ROW_GROUP at a time; some `most` edges are in memory."""
    waiting = (np.empty(0, np.uint64), np.empty((0, FIGURES), np.int64))
    for first, last in _ranges(parts, n_accounts, min(most, 8 * ROW_GROUP)):
        found = [waiting]
        for name in parts.names():
            keys = parts.keys(name)
            span = np.searchsorted(keys, np.array([first, last]).astype(np.uint64) << np.uint64(32)).tolist()
            if span[0] < span[1]:
                found.append(parts.read(name, *span))
        keys = np.concatenate([each[0] for each in found])
        figures = np.concatenate([each[1] for each in found])
        order = np.argsort(keys)
        whole = len(keys) // ROW_GROUP * ROW_GROUP
        for at in range(0, whole, ROW_GROUP):
            mine = order[at : at + ROW_GROUP]
            yield keys[mine], figures[mine]
        waiting = keys[order[whole:]], figures[order[whole:]]
    if len(waiting[0]):
        yield waiting


def _ranges(parts: Parts, n_accounts: int, most: int) -> list[tuple[int, int]]:
    """Cut the accounts so that each range has some `most` edges by their smaller account: (first, after the last)."""
    edges = np.zeros(n_accounts, np.int64)
    for name in parts.names():
        path = parts.folder / f"{name}.keys"
        for at in range(0, path.stat().st_size, 8 * _RUN):
            keys = np.fromfile(path, np.uint64, _RUN, offset=at)
            here = (keys >> np.uint64(32)).astype(np.int64)
            edges[here[0] : here[-1] + 1] += np.bincount(here - here[0])
    total = np.concatenate([[0], np.cumsum(edges)])
    inner = np.searchsorted(total, np.arange(most, int(total[-1]), most))
    cuts = np.unique(np.concatenate([[0], inner, [n_accounts]])).tolist()
    return list(itertools.pairwise(cuts))


def _named(edges: pa.Table, names: pa.Array) -> pa.Table:
    """Edges with names for codes, as `with_names` gives them, but the names as codes of those that occur."""
    columns = {}
    for name, code in (("account_a", "a"), ("account_b", "b")):
        codes = edges[code].to_numpy()
        seen = np.zeros(len(names), np.bool_)
        seen[codes] = True
        occurring = np.flatnonzero(seen)
        place = np.cumsum(seen, dtype=np.int32) - np.int32(1)
        columns[name] = pa.DictionaryArray.from_arrays(
            pa.array(place[codes]), names.take(pa.array(occurring)).cast(pa.string())
        )
    rest = SCHEMA.names[2:]
    return pa.table({**columns, **{name: edges[name] for name in rest}})
