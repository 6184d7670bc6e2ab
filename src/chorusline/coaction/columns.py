"""Uses from Parquet columns, all in memory: numbered by Arrow (reading.py), sorted here. What doesn't fit goes by
way of the disk (sorted_runs.py); direct.py says when columns can be read at all, and both give the same uses."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
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
from chorusline.coaction.prune import SMALL
from chorusline.coaction.reading import Begun, begin, columns
from chorusline.traces.base import Uses, cores

_MANY = 256
# Uses of an object from which NumPy's sort (vector instructions) is the faster one.


@dataclass(frozen=True)
class Read:
    """Uses as they were read, some of which may be repeats of one action.

    uses : of accounts in any order, actions none. words : the accounts, by their codes in `uses`. by_name : places of
    the words, sorted. spare : mask [n] of uses that are the same action as another; None where that can't be told, so
    that the log must be read. Both are still being found while others work on.
    """

    uses: Uses
    words: pa.Array
    by_name: Future[Array]
    spare: Future[Array | None]

    @property
    def names(self) -> pa.Array:
        """The accounts in the order of their names."""
        return self.words.take(pa.array(self.by_name.result()))

    @property
    def rank(self) -> Array:
        """Place of each account, by its code in `uses`, in the order of names: int32 [accounts]."""
        order = self.by_name.result()
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        return rank

    def alone(self) -> Uses | None:
        """The uses without what is spare; None where the log must be read."""
        spare = self.spare.result()
        if spare is None:
            return None
        return self.uses.keep(~spare) if spare.any() else self.uses


def read(found: Direct, words: bool = False) -> tuple[Uses, pa.Array] | None:
    """Read all uses and the accounts' names; None where the log must be read after all. words : see `begin_with`."""
    made = begin_with(found, begin(found), words)
    uses = made.alone() if made is not None else None
    if made is None or uses is None:
        return None
    objects, account, time = in_order(
        uses.object, made.rank[uses.account], uses.time, len(uses.objects), uses.n_accounts
    )
    return Uses(account, objects, time, uses.action, uses.objects, uses.n_accounts), made.names


def begin_with(found: Direct, begun: Begun, words: bool = False) -> Read | None:
    """Put the columns together and in order; None where the log must be read after all.

    begun : what reading.begin gave for the files. words : whether the objects are to be readable too.
    """
    one = np.zeros(1, np.int32)
    in_order(one, one, np.zeros(1, np.int64), 1, 1)  # loads what is compiled, while the columns are read
    accounts, items = begun.account.result(), begun.objects.result()
    if accounts is None or items is None:
        return None
    (account, named), (objects, readable) = accounts, items
    if not len(readable):
        return None
    moment = begun.others["time"].result().cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    time = moment.fill_null(FIRST_TIME - 1).to_numpy()
    wanted = (time >= FIRST_TIME) & (time < LAST_TIME) & (account >= 0) & (objects >= 0)
    if begun.itself:
        wanted &= _of_others(begun.others["post_id"].result(), objects, readable)
    if "kind" in begun.others:
        wanted &= _reshares(begun.others["kind"].result())
    rows = np.flatnonzero(wanted) if not wanted.all() else None
    del wanted, moment
    if rows is not None:
        account, objects, time = account[rows], objects[rows], time[rows]
    # Arrow's own memory can't be written to, and kernels would be compiled for it once more.
    objects, account, time = (np.require(each, requirements="W") for each in (objects, account, time))
    ordered = in_order(objects, account, time, len(readable), len(named))
    pool = ThreadPoolExecutor(1)
    spare = pool.submit(_spare, found, begun, rows, (objects, account, time), ordered)
    pool.shutdown(wait=False)
    action = np.broadcast_to(np.zeros(1, np.int64), len(time))
    shown = readable.cast(pa.string()) if words else pa.nulls(len(readable), pa.string())
    objects, account, time = ordered
    return Read(Uses(account, objects, time, action, shown, len(named)), named, begun.by_name, spare)


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
    threads = cores() if n > SMALL else 1
    runs = np.linspace(0, n, threads + 1).astype(np.int64).tolist()
    keys, ordered = (
        np.empty(n, np.int64),
        (np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)),
    )
    with ThreadPoolExecutor(threads) as pool:
        numbers = list(pool.map(partial(_numbers, objects, n_objects), runs[:-1], runs[1:]))
        start = np.zeros(n_objects + 1, np.int64)
        np.cumsum(sum(numbers), out=start[1:])
        after = start[:-1] + np.cumsum([np.zeros(n_objects, np.int64), *numbers[:-1]], axis=0)
        into = partial(_by_object, objects, account, time, earliest, bits, keys)
        list(pool.map(into, after, runs[:-1], runs[1:]))
        cuts = np.searchsorted(start, np.linspace(0, n, 4 * threads + 1)[1:-1]).tolist()
        many = np.flatnonzero(np.diff(start) > _MANY)

        def run(first: int, last: int) -> None:
            _sort_within(start, keys, first, last)
            for o in many[slice(*np.searchsorted(many, [first, last]))].tolist():
                keys[start[o] : start[o + 1]].sort()
            _unpacked(start, keys, first, last, earliest, bits, *ordered)

        list(pool.map(run, [0, *cuts], [*cuts, n_objects]))
    return ordered


@njit(cache=True, nogil=True)
def _numbers(objects: Array, n_objects: int, first: int, last: int) -> Array:  # pragma: no cover
    """How many of the uses from `first` to before `last` are of each object, int64 [n_objects]."""
    found = np.zeros(n_objects, np.int64)
    for o in objects[first:last]:
        found[o] += 1
    return found


@njit(cache=True, nogil=True)
def _by_object(
    objects: Array, account: Array, time: Array, earliest: int, bits: int, keys: Array, after: Array,
    first: int, last: int,
) -> None:  # fmt: skip  # pragma: no cover
    """Put time and account of the uses from `first` to before `last` in one word, int64, by object.

    after : int64 [n_objects], where the next word of each object goes.
    """
    for p in range(first, last):
        o = objects[p]
        keys[after[o]] = ((time[p] - earliest) << bits) | account[p]
        after[o] += 1


@njit(cache=True, nogil=True)
def _sort_within(start: Array, keys: Array, first: int, last: int) -> None:  # pragma: no cover
    """Sort the words of each object from `first` to before `last`, but those of more than _MANY uses."""
    for o in range(first, last):
        if 1 < start[o + 1] - start[o] <= _MANY:
            keys[start[o] : start[o + 1]].sort()


@njit(cache=True, nogil=True)
def _unpacked(
    start: Array, keys: Array, first: int, last: int, earliest: int, bits: int,
    objects: Array, account: Array, time: Array,
) -> None:  # fmt: skip  # pragma: no cover
    """Take the words of the objects from `first` to before `last` apart again."""
    for o in range(first, last):
        for p in range(start[o], start[o + 1]):
            objects[p] = o
            time[p] = (keys[p] >> bits) + earliest
            account[p] = keys[p] & ((1 << bits) - 1)


def _spare(
    found: Direct,
    begun: Begun,
    rows: Array | None,
    read: tuple[Array, Array, Array],
    ordered: tuple[Array, Array, Array],
) -> Array | None:
    """Mask [n] of the ordered uses that are the same action as another; None where post ids can't tell.

    read : objects, accounts and times as they were read. rows : their places in the files, where those aren't all.
    """
    again = direct.repeated(*ordered)
    if not again.any():
        return again
    if "post_id" not in begun.others:
        return None
    ties = ordered[0][again], ordered[1][again], ordered[2][again]
    tied = pc.indices_nonzero(pc.is_in(pa.array(read[2]), pa.array(np.unique(ties[2])))).to_numpy()
    at = tied if rows is None else rows[tied]
    posts = begun.others["post_id"].result().take(pa.array(at))
    mask = np.zeros(len(again), np.bool_)
    if _all_different(posts.cast(pa.string())):
        return mask  # no row is another's repeat; DuckDB isn't loaded for it
    import duckdb

    # The object is the same wherever its own field is compared; other references are few, and read for these rows.
    refs = [name for name in direct.references(found) if name != direct.COLUMN[found.trace]]
    known: dict[str, Any] = dict(
        zip(("object", "account", "moment"), (each[tied] for each in read), strict=True)
    )
    known |= {"post": posts.cast(pa.string())}
    if refs:
        said = columns(found, refs).take(pa.array(at))
        known |= {name: said[name] for name in refs}
    with duckdb.connect() as connection:
        connection.register("posts", pa.table(known))
        spare = direct.spare_among(connection, "SELECT * FROM posts", refs, *ties)
    if spare is None:
        return None
    mask[np.flatnonzero(again)[spare]] = True
    return mask


def _all_different(posts: pa.ChunkedArray) -> bool:
    """Whether post ids are all there, clean, and each but once."""
    if posts.null_count or pc.count_distinct(posts).as_py() < len(posts):
        return False
    absent = pc.is_in(pc.utf8_lower(posts), pa.array(direct.ABSENT))
    return not pc.any(pc.or_(absent, pc.match_substring_regex(posts, direct.UNCLEAN))).as_py()
