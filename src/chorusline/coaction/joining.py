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
from numba import njit

from chorusline.coaction.kernel import FIGURES, Array
from chorusline.coaction.local import EDGE_SCHEMA, with_names

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
        """Edges of a piece from `first` to before `last`: keys, and figures but the strength, [edges, FIGURES - 1]."""
        n, at = last - first, self.folder / f"{name}.figures"
        keys = np.fromfile(self.folder / f"{name}.keys", np.uint64, n, offset=8 * first)
        return keys, np.fromfile(at, np.int64, n * _STORED, offset=8 * _STORED * first).reshape(n, _STORED)


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
    # The second account goes through all names in each row group, so its range tells nothing and takes long to find.
    told = [name for name in SCHEMA.names if name != "account_b"]
    # No Arrow schema in the file: names are handed over as codes, and read back as strings.
    coded = pa.schema([f.with_type(_CODED) if f.name in plain[:2] else f for f in SCHEMA])
    with (
        pq.ParquetWriter(
            aside, coded, use_dictionary=plain, write_statistics=told, store_schema=False
        ) as writer,
        ThreadPoolExecutor(1) as pool,
    ):
        groups = _row_groups(parts, names, max(memory // _COPIES, ROW_GROUP))
        ahead = pool.submit(next, groups, None)
        while (table := ahead.result()) is not None:
            ahead = pool.submit(next, groups, None)
            writer.write_table(table, row_group_size=ROW_GROUP)
            written += table.num_rows
    aside.rename(out)
    return written


def _row_groups(parts: Parts, names: pa.Array, most: int) -> Iterator[pa.Table]:
    """Give the edges in order, ROW_GROUP at a time; some `most` edges are in memory."""
    waiting = (np.empty(0, np.uint64), np.empty((0, _STORED), np.int64))
    for first, last in _ranges(parts, len(names), min(most, 2 * ROW_GROUP)):
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
            yield _table(keys, figures, order[at : at + ROW_GROUP], names)
        waiting = keys[order[whole:]], figures[order[whole:]]
    if len(waiting[0]):
        yield _table(*waiting, np.arange(len(waiting[0])), names)


def _table(keys: Array, figures: Array, order: Array, names: pa.Array) -> pa.Table:
    """The edges at `order` as the file has them: names as codes of those that occur."""
    a, b, *rest = _ordered(keys, figures, order)
    columns = [_named(a, names), _named(b, names), *rest]
    fields = [(n, f.type) for n, f in zip(SCHEMA.names, SCHEMA, strict=True)]
    return pa.table(
        {
            n: c if isinstance(c, pa.Array) else pa.array(c).view(kind)
            for (n, kind), c in zip(fields, columns, strict=True)
        }
    )


@njit(cache=True, nogil=True)
def _ordered(keys: Array, figures: Array, order: Array) -> tuple[Array, ...]:  # pragma: no cover
    """Accounts, weight, pairs, lags, first and last use of the edges at `order`, as local.as_table has them."""
    n = len(order)
    a, b = np.empty(n, np.int32), np.empty(n, np.int32)
    weight, pairs = np.empty(n, np.int64), np.empty(n, np.int64)
    mean_lag, min_lag = np.empty(n, np.float64), np.empty(n, np.float64)
    first, last = np.empty(n, np.int64), np.empty(n, np.int64)
    for k in range(n):
        i = order[k]
        a[k] = keys[i] >> np.uint64(32)
        b[k] = keys[i] & np.uint64(0xFFFFFFFF)
        weight[k] = figures[i, 0]
        pairs[k] = figures[i, 1]
        mean_lag[k] = figures[i, 2] / max(figures[i, 1], 1) / 1e6
        min_lag[k] = figures[i, 3] / 1e6
        first[k] = figures[i, 4]
        last[k] = figures[i, 5]
    return a, b, weight, pairs, mean_lag, min_lag, first, last


def _named(codes: Array, names: pa.Array) -> pa.Array:
    """Names of accounts, as codes of those that occur."""
    seen = np.zeros(len(names), np.bool_)
    seen[codes] = True
    place = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    occurring = names.take(pa.array(np.flatnonzero(seen))).cast(pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(place[codes]), occurring)


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
