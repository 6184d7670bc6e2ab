"""Uses from Parquet columns, all in memory: numbered by Arrow, sorted here. What doesn't fit goes by way of the disk
(sorted_runs.py); direct.py says when columns can be read at all, and both give the same uses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numba import njit

from chorusline.actions import FIRST_TIME, LAST_TIME
from chorusline.coaction import direct
from chorusline.coaction.direct import Direct
from chorusline.coaction.kernel import Array
from chorusline.traces.base import Uses, cores

NUMBERED = 80
"""Bytes of a use while it is numbered, sorted, pruned and put into blocks."""

_BATCH = 1 << 16
_MANY = 256
# Uses of an object from which NumPy's sort (vector instructions) is the faster one.


def _fields(found: Direct) -> list[str]:
    """Fields that are read."""
    more = ("post_id", "kind") if found.trace == "reshare" else ("post_id",)
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


def read(found: Direct, words: bool = False) -> tuple[Uses, pa.Array] | None:
    """Read all uses and the accounts' names; None where the log must be read after all.

    words : whether the objects are to be readable too. Actions the uses have none: nothing here asks for them.
    """
    item = direct.COLUMN[found.trace]
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(_columns, found, _fields(found))
        one = np.zeros(1, np.int32)
        in_order(one, one, np.zeros(1, np.int64), 1, 1)  # loads what is compiled, while the columns are read
        table = reading.result()
        coded = list(pool.map(_coded, (table["account"], table[item])))
    if any(each is None for each in coded):
        return None
    (account, names), (objects, readable) = (each for each in coded if each is not None)
    if not len(readable):
        return None
    order = pc.sort_indices(names)
    account = _placed(account, order.to_numpy())
    moment = table["time"].cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    time = moment.fill_null(FIRST_TIME - 1).to_numpy()
    wanted = (time >= FIRST_TIME) & (time < LAST_TIME) & (account >= 0) & (objects >= 0)
    if found.trace == "reshare":
        wanted &= _reshares(table)
    rows = np.flatnonzero(wanted)
    account, objects, time = account[rows], objects[rows], time[rows]
    posts = table.select([name for name in table.column_names if name == "post_id"])
    del table, moment, wanted
    ordered = in_order(objects, account, time, len(readable), len(names))
    again = direct.repeated(*ordered)
    if again.any():
        ties = ordered[0][again], ordered[1][again], ordered[2][again]
        tied = pc.indices_nonzero(pc.is_in(pa.array(time), pa.array(np.unique(ties[2])))).to_numpy()
        here = objects[tied], account[tied], time[tied]
        spare = _spare(found, posts.take(rows[tied]), rows[tied], here, ties)
        if spare is None:
            return None
        keep = np.ones(len(rows), np.bool_)
        keep[np.flatnonzero(again)[spare]] = False
        ordered = ordered[0][keep], ordered[1][keep], ordered[2][keep]
    objects, account, time = ordered
    action = np.broadcast_to(np.zeros(1, np.int64), len(time))
    shown = readable.cast(pa.string()) if words else pa.nulls(len(readable), pa.string())
    return Uses(account, objects, time, action, shown, len(names)), names.take(order).cast(pa.string())


def _columns(found: Direct, fields: list[str]) -> pa.Table:
    """Columns of all files under their fields' names."""
    tables = []
    for path in found.paths:
        # Not read_table, which loads pyarrow.dataset for nothing.
        with pq.ParquetFile(path) as file:
            part = file.read(columns=sorted({found.columns[name] for name in fields}))
        tables.append(pa.table({name: part[found.columns[name]] for name in fields}))
    return pa.concat_tables(tables, promote_options="permissive")


def _coded(column: pa.ChunkedArray) -> tuple[Array, pa.Array] | None:
    """Codes of a column's words, int32 [rows], -1 where there is none, and the words; None if one isn't clean."""
    coded = column.dictionary_encode()
    if not coded.num_chunks:
        return np.empty(0, np.int32), pa.array([], pa.string())
    words = coded.chunk(coded.num_chunks - 1).dictionary.cast(pa.string())
    here = pc.is_in(pc.utf8_lower(words), pa.array(direct.ABSENT))
    if pc.any(pc.and_(pc.match_substring_regex(words, direct.UNCLEAN), pc.invert(here))).as_py():
        return None
    codes = pa.chunked_array([chunk.indices for chunk in coded.chunks]).fill_null(-1).to_numpy()
    if pc.any(here).as_py():
        kept = pc.indices_nonzero(pc.invert(here))
        return _placed(codes, kept.to_numpy(), len(words)), words.take(kept)
    return codes, words


def _placed(codes: Array, order: Array, among: int | None = None) -> Array:
    """Places in `order` of codes, -1 for -1 and for what isn't there: int32."""
    place = np.full((len(order) if among is None else among) + 1, -1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return np.asarray(place[codes])


def _reshares(table: pa.Table) -> Array:
    """Mask of rows that are reshares: as their kind says, and not of themselves (see sources/table.py)."""
    mask = np.ones(len(table), np.bool_)
    if "post_id" in table.column_names:
        post, item = (table[name].cast(pa.string()) for name in ("post_id", "reshare_of"))
        mask &= pc.not_equal(post, item).fill_null(True).to_numpy()
    if "kind" in table.column_names:
        from chorusline.sources.table import KIND_WORDS

        kind = table["kind"].cast(pa.string()).dictionary_encode().combine_chunks()
        words = pc.utf8_lower(pc.ascii_trim(kind.dictionary, " ")).to_pylist()
        known = {word for word in words if word not in direct.ABSENT}
        if not known <= direct.YES_OR_NO:
            other = [word in known and KIND_WORDS.get(word, "reshare") != "reshare" for word in words]
            mask &= ~np.array([*other, False])[kind.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return mask


def in_order(
    objects: Array, account: Array, time: Array, n_objects: int, n_accounts: int
) -> tuple[Array, Array, Array]:
    """Return objects, accounts and times in the order of object, time and account.

    objects, account : int32 [n] below n_objects and n_accounts. time : int64 [n], µs.
    """
    n, bits = len(time), max(n_accounts - 1, 0).bit_length()
    earliest = int(time.min()) if n else 0
    if n and int(time.max()) - earliest >= 1 << (63 - bits):
        order = np.lexsort((account, time, objects))
        return objects[order], account[order], time[order]
    start, keys = _by_object(objects, account, time, n_objects, earliest, bits)
    cuts = np.searchsorted(start, np.linspace(0, n, 4 * cores() + 1)[1:-1]).tolist()
    many = np.flatnonzero(np.diff(start) > _MANY)
    with ThreadPoolExecutor(cores()) as pool:
        few = pool.map(partial(_sort_within, start, keys), [0, *cuts], [*cuts, n_objects])
        for o in many.tolist():
            keys[start[o] : start[o + 1]].sort()
        list(few)
    return _unpacked(start, keys, earliest, bits)


@njit(cache=True, nogil=True)
def _by_object(
    objects: Array, account: Array, time: Array, n_objects: int, earliest: int, bits: int
) -> tuple[Array, Array]:  # pragma: no cover
    """Where each object begins, int64 [n_objects + 1], and time and account in one word, int64 [n], by object."""
    start = np.zeros(n_objects + 1, np.int64)
    for o in objects:
        start[o + 1] += 1
    start = np.cumsum(start)
    after = start[:-1].copy()
    keys = np.empty(len(time), np.int64)
    for p in range(len(time)):
        o = objects[p]
        keys[after[o]] = ((time[p] - earliest) << bits) | account[p]
        after[o] += 1
    return start, keys


@njit(cache=True, nogil=True)
def _sort_within(start: Array, keys: Array, first: int, last: int) -> None:  # pragma: no cover
    """Sort the words of each object from `first` to before `last`, but those of more than _MANY uses."""
    for o in range(first, last):
        if 1 < start[o + 1] - start[o] <= _MANY:
            keys[start[o] : start[o + 1]].sort()


@njit(cache=True, nogil=True)
def _unpacked(
    start: Array, keys: Array, earliest: int, bits: int
) -> tuple[Array, Array, Array]:  # pragma: no cover
    n = len(keys)
    objects, account, time = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)
    for o in range(len(start) - 1):
        for p in range(start[o], start[o + 1]):
            objects[p] = o
            time[p] = (keys[p] >> bits) + earliest
            account[p] = keys[p] & ((1 << bits) - 1)
    return objects, account, time


def _spare(
    found: Direct,
    posts: pa.Table,
    rows: Array,
    here: tuple[Array, Array, Array],
    again: tuple[Array, Array, Array],
) -> Array | None:
    """Mask of repeats [k] that are the same action as another; see direct.spare.

    here : objects, accounts and times of all rows at moments of `again`. posts : their post ids, if known. rows :
    their places in the files.
    """
    if not posts.num_columns:
        return None
    import duckdb

    # The object is the same wherever its own field is compared; other references are few, and read for these rows.
    refs = [name for name in direct.references(found) if name != direct.COLUMN[found.trace]]
    columns = dict(zip(("object", "account", "moment"), here, strict=True))
    known = {"post": posts["post_id"].cast(pa.string())}
    if refs:
        said = _columns(found, refs).take(rows)
        known |= {name: said[name] for name in refs}
    with duckdb.connect() as connection:
        connection.register("posts", pa.table({**columns, **known}))
        return direct.spare_among(connection, "SELECT * FROM posts", refs, *again)
