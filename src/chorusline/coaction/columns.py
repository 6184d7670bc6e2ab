"""Uses from Parquet columns, all in memory: numbered by Arrow (reading.py), sorted here. What doesn't fit goes by
way of the disk (sorted_runs.py); direct.py says when columns can be read at all, and both give the same uses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from chorusline.actions import FIRST_TIME, LAST_TIME
from chorusline.coaction import direct
from chorusline.coaction.direct import Direct
from chorusline.coaction.kernel import Array
from chorusline.coaction.reading import Begun, begin, columns
from chorusline.traces.base import Uses, cores

_MANY = 256
# Uses of an object from which NumPy's sort (vector instructions) is the faster one.


def read(found: Direct, words: bool = False, begun: Begun | None = None) -> tuple[Uses, pa.Array] | None:
    """Read all uses and the accounts' names; None where the log must be read after all.

    words : whether the objects are to be readable too. begun : what reading.begin gave for the same files. Actions the
    uses have none: nothing here asks for them.
    """
    begun = begun or begin(found)
    one = np.zeros(1, np.int32)
    in_order(one, one, np.zeros(1, np.int64), 1, 1)  # loads what is compiled, while the columns are read
    accounts, items = begun.account.result(), begun.objects.result()
    if accounts is None or items is None:
        return None
    (account, names), (objects, readable) = accounts, items
    if not len(readable):
        return None
    moment = begun.others["time"].result().cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    time = moment.fill_null(FIRST_TIME - 1).to_numpy()
    wanted = (time >= FIRST_TIME) & (time < LAST_TIME) & (account >= 0) & (objects >= 0)
    if begun.itself:
        wanted &= _of_others(begun.others["post_id"].result(), objects, readable)
    if "kind" in begun.others:
        wanted &= _reshares(begun.others["kind"].result())
    rows = np.flatnonzero(wanted)
    if len(rows) < len(wanted):
        account, objects, time = account[rows], objects[rows], time[rows]
    # Arrow's own memory can't be written to, and kernels would be compiled for it once more.
    objects, account, time = (np.require(each, requirements="W") for each in (objects, account, time))
    del moment, wanted
    ordered = in_order(objects, account, time, len(readable), len(names))
    again = direct.repeated(*ordered)
    if again.any():
        ties = ordered[0][again], ordered[1][again], ordered[2][again]
        tied = pc.indices_nonzero(pc.is_in(pa.array(time), pa.array(np.unique(ties[2])))).to_numpy()
        here = objects[tied], account[tied], time[tied]
        posts = begun.others["post_id"].result().take(rows[tied]) if "post_id" in begun.others else None
        spare = _spare(found, posts, rows[tied], here, ties)
        if spare is None:
            return None
        keep = np.ones(len(rows), np.bool_)
        keep[np.flatnonzero(again)[spare]] = False
        ordered = ordered[0][keep], ordered[1][keep], ordered[2][keep]
    objects, account, time = ordered
    action = np.broadcast_to(np.zeros(1, np.int64), len(time))
    shown = readable.cast(pa.string()) if words else pa.nulls(len(readable), pa.string())
    return Uses(account, objects, time, action, shown, len(names)), names


def _of_others(posts: pa.ChunkedArray, objects: Array, readable: pa.Array) -> Array:
    """Mask of rows that don't reshare themselves."""
    items = readable.cast(pa.string()).take(pa.array(objects, mask=objects < 0))
    return np.asarray(pc.not_equal(posts.cast(pa.string()), items).fill_null(True).to_numpy())


def _reshares(kinds: pa.ChunkedArray) -> Array:
    """Mask of rows that are reshares as their kind says (see sources/table.py)."""
    from chorusline.sources.table import KIND_WORDS

    kind = kinds.cast(pa.string()).dictionary_encode().combine_chunks()
    words = pc.utf8_lower(pc.ascii_trim(kind.dictionary, " ")).to_pylist()
    known = {word for word in words if word not in direct.ABSENT}
    if known <= direct.YES_OR_NO:
        return np.ones(len(kind), np.bool_)
    other = [word in known and KIND_WORDS.get(word, "reshare") != "reshare" for word in words]
    mask: Array = ~np.array([*other, False])[kind.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
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
    posts: pa.ChunkedArray | None,
    rows: Array,
    here: tuple[Array, Array, Array],
    again: tuple[Array, Array, Array],
) -> Array | None:
    """Mask of repeats [k] that are the same action as another; see direct.spare.

    here : objects, accounts and times of all rows at moments of `again`. posts : their post ids, if there are any.
    rows : their places in the files.
    """
    if posts is None:
        return None
    if _all_different(posts.cast(pa.string())):
        return np.zeros(len(again[0]), np.bool_)  # no row is another's repeat; DuckDB isn't loaded for it
    import duckdb

    # The object is the same wherever its own field is compared; other references are few, and read for these rows.
    refs = [name for name in direct.references(found) if name != direct.COLUMN[found.trace]]
    known: dict[str, Any] = dict(zip(("object", "account", "moment"), here, strict=True))
    known |= {"post": posts.cast(pa.string())}
    if refs:
        said = columns(found, refs).take(rows)
        known |= {name: said[name] for name in refs}
    with duckdb.connect() as connection:
        connection.register("posts", pa.table(known))
        return direct.spare_among(connection, "SELECT * FROM posts", refs, *again)


def _all_different(posts: pa.ChunkedArray) -> bool:
    """Whether post ids are all there, clean, and each but once."""
    if posts.null_count or pc.count_distinct(posts).as_py() < len(posts):
        return False
    absent = pc.is_in(pc.utf8_lower(posts), pa.array(direct.ABSENT))
    return not pc.any(pc.or_(absent, pc.match_substring_regex(posts, direct.UNCLEAN))).as_py()
