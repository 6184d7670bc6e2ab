"""Columns of Parquet files, read and numbered by Arrow in threads of their own, while compiled code is being loaded.

Nothing here imports numba, so that the reading begins before it is there. Each column that is numbered is one job,
from the file to codes: so two cores have about the same to do, and words are never all in memory as strings.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chorusline.coaction import direct
from chorusline.coaction.direct import Direct

NUMBERED = 80
"""Bytes of a use while it is numbered, sorted, pruned and put into blocks."""

LOADED = 120_000_000
"""Bytes that compiled code takes once it is there, which it isn't yet when the reading begins."""

_BATCH = 1 << 16
_THREADS = 2

Coded = tuple[npt.NDArray[Any], pa.Array] | None


@dataclass(frozen=True)
class Begun:
    """Columns that are being read. account, objects : see coded. by_name : places of the accounts' words, sorted.

    others : by field, as they are in the files. itself : whether a row may reshare itself, by the ranges of its ids.
    """

    account: Future[Coded]
    objects: Future[Coded]
    by_name: Future[npt.NDArray[Any]]
    others: dict[str, Future[pa.ChunkedArray]]
    itself: bool


def _fields(found: Direct) -> list[str]:
    """Fields that are read, in the order in which they are needed."""
    more = ("kind", "post_id") if found.trace == "reshare" else ("post_id",)
    return ["account", direct.COLUMN[found.trace], "time", *(name for name in more if name in found.columns)]


def needed(found: Direct) -> int:
    """Bytes that reading takes, about: rows, and the words of the columns as long as those of the first rows."""
    words = 0.0
    for name in _fields(found):
        with pq.ParquetFile(found.paths[0]) as file:
            first = next(file.iter_batches(_BATCH, columns=[found.columns[name]]), None)
        if first is not None:
            words += first.nbytes / max(first.num_rows, 1)
    return int(found.rows * (words + NUMBERED))


def begin(found: Direct) -> Begun:
    """Begin to read what the trace needs; nothing is waited for."""
    account_, item, *rest = _fields(found)
    pool = ThreadPoolExecutor(_THREADS)

    def objects() -> Coded:
        return coded(columns(found, [item], numbered=True)[item])

    def account() -> Coded:
        return coded(columns(found, [account_], numbered=True)[account_])

    def by_name() -> npt.NDArray[Any]:
        known = made[0].result()
        return np.asarray(pc.sort_indices(known[1])) if known else np.empty(0, np.uint64)

    def plain(name: str) -> pa.ChunkedArray:
        return columns(found, [name])[name]

    made = pool.submit(account), pool.submit(objects)
    others = {name: pool.submit(plain, name) for name in rest}
    last = pool.submit(by_name)  # asked for last, when the accounts are there
    pool.shutdown(wait=False)
    return Begun(*made, last, others, found.trace == "reshare" and "post_id" in rest and not _apart(found))


def columns(found: Direct, fields: list[str], numbered: bool = False) -> pa.Table:
    """Columns of all files under their fields' names.

    numbered : words as Arrow's dictionaries, where all are strings.
    """
    wanted = sorted({found.columns[name] for name in fields})
    tables = []
    numbered = numbered and all(
        pa.types.is_string(pq.read_schema(path).field(name).type) for path in found.paths for name in wanted
    )
    for path in found.paths:
        # Not read_table, which loads pyarrow.dataset for nothing.
        with pq.ParquetFile(path, read_dictionary=wanted if numbered else None) as file:
            part = file.read(columns=wanted, use_threads=False)
        tables.append(pa.table({name: part[found.columns[name]] for name in fields}))
    return pa.concat_tables(tables, promote_options="permissive")


def coded(column: pa.ChunkedArray) -> Coded:
    """Codes of a column's words, int32 [rows], -1 where there is none, and the words; None if one isn't clean."""
    known = pa.types.is_dictionary(column.type)
    each = column.unify_dictionaries() if known else column.dictionary_encode()
    if not each.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    words = each.chunk(each.num_chunks - 1).dictionary.cast(pa.string())
    here = pc.is_in(pc.utf8_lower(words), pa.array(direct.ABSENT))
    if pc.any(pc.and_(pc.match_substring_regex(words, direct.UNCLEAN), pc.invert(here))).as_py():
        return None
    codes = pa.chunked_array([chunk.indices for chunk in each.chunks]).fill_null(-1).to_numpy()
    if pc.any(here).as_py():
        kept = pc.indices_nonzero(pc.invert(here))
        return placed(codes, kept.to_numpy(), len(words)), words.take(kept)
    return codes, words


def placed(codes: npt.NDArray[Any], order: npt.NDArray[Any], among: int | None = None) -> npt.NDArray[Any]:
    """Places in `order` of codes, -1 for -1 and for what isn't there: int32."""
    place = np.full((len(order) if among is None else among) + 1, -1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(place[codes])


def _apart(found: Direct) -> bool:
    """Whether no post id is what its row reshares, by the least and the largest of both in each row group."""
    names = found.columns["post_id"], found.columns["reshare_of"]
    for path in found.paths:
        with pq.ParquetFile(path) as file:
            if not all(pa.types.is_string(file.schema_arrow.field(name).type) for name in names):
                return False
            places = [file.schema_arrow.get_field_index(name) for name in names]
            if file.metadata.num_columns != len(file.schema_arrow):
                return False  # nested columns: places are others
            for group in range(file.metadata.num_row_groups):
                both = [file.metadata.row_group(group).column(place).statistics for place in places]
                if not all(each is not None and each.has_min_max for each in both):
                    return False
                post, item = ((each.min_raw, each.max_raw) for each in both)
                if not all(isinstance(end, bytes) for end in (*post, *item)):
                    return False
                if post[0] <= item[1] and item[0] <= post[1]:
                    return False
    return True
