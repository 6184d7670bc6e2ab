"""The order of the log, repeated rows, and the parts of a post that came in several rows.

Everything is vectorised; only rows that share account, time and post id are compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import OBJECT_LISTS

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

REFERENCES = ("reshare_of", "reply_to", "quote_of")
WORDS = ("text", "language", "client")


class Keys:
    """The integer columns that order the log, all (n,)."""

    def __init__(self, time: Ints, account: Ints, source: Ints, row: Ints) -> None:
        self.time, self.account, self.source, self.row = time, account, source, row


def integers(table: pa.Table, name: str) -> Ints:
    """An integer or time column of a table: (n,) int64."""
    column = table[name].combine_chunks().cast(pa.int64())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)


def encode(values: pa.Array) -> Ints:
    """Codes of equal values, by rank of the value, nulls last: (n,) int64."""
    encoded = pc.dictionary_encode(values)
    size = len(encoded.dictionary)
    rank = np.empty(size + 1, dtype=np.int64)
    rank[np.asarray(pc.array_sort_indices(encoded.dictionary), dtype=np.int64)] = np.arange(size)
    rank[size] = size
    indices = pc.fill_null(encoded.indices.cast(pa.int64()), size)
    return np.asarray(rank[indices.to_numpy(zero_copy_only=False)], dtype=np.int64)


def take(column: pa.ChunkedArray, rows: Ints) -> pa.Array:
    """Take rows of a chunked column into one array, whatever its size in bytes."""
    taken = wide(column).take(pa.array(rows))
    return taken.cast(column.type) if taken.type != column.type else taken


def wide(column: pa.ChunkedArray) -> pa.Array:
    """One array of a column; strings get 64-bit offsets where 32 bits could overflow."""
    if column.nbytes >= 1 << 30 and pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
    elif column.nbytes >= 1 << 30 and pa.types.is_list(column.type):
        column = column.cast(pa.large_list(pa.large_string()))
    return column.combine_chunks()


class Runs:
    """Rows that share account, time and post id with another: their place in the table and their set."""

    def __init__(self, rows: Ints, group: Ints, unnamed: Bools) -> None:
        self.rows, self.group, self.unnamed = rows, group, unnamed


def in_order(keys: Keys, post_id: pa.ChunkedArray) -> tuple[Ints, Runs]:
    """Order by (time, account, post_id, source, row) and the rows that may be repeats or parts.

    Strings are compared only among rows that agree in time and account.
    """
    order = np.lexsort((keys.row, keys.source, keys.account, keys.time))
    time, account = keys.time[order], keys.account[order]
    same = (time[1:] == time[:-1]) & (account[1:] == account[:-1])
    tied = np.zeros(len(order), dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    rows = order[places]
    posts = take(post_id, rows)
    rank = encode(posts)
    inner = np.lexsort((keys.row[rows], keys.source[rows], rank, keys.account[rows], keys.time[rows]))
    rows, rank = rows[inner], rank[inner]
    order[places] = rows
    time, account = keys.time[rows], keys.account[rows]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (time[1:] != time[:-1]) | (account[1:] != account[:-1]) | (rank[1:] != rank[:-1])
    group = np.cumsum(fresh) - 1
    several = np.bincount(group, minlength=1)[group] > 1 if len(rows) else np.empty(0, dtype=bool)
    nameless = np.asarray(posts.is_null().to_numpy(zero_copy_only=False), dtype=bool)[inner]
    return order, Runs(rows[several], group[several], nameless[several])


class Parts:
    """Which rows of the table are repeats, which are parts of another's post, and what that one gains."""

    def __init__(self, n: int, inputs: int) -> None:
        self.repeated = np.zeros(n, dtype=bool)
        self.merged = np.zeros(n, dtype=bool)
        self.patches: dict[str, tuple[Ints, pa.Array]] = {}
        self.torn = np.zeros(inputs, dtype=np.int64)


def join(table: pa.Table, keys: Keys, runs: Runs, inputs: int) -> Parts:
    """Find repeats and join the parts of posts; see ActionLog.build for the rule."""
    parts = Parts(table.num_rows, inputs)
    if not len(runs.rows):
        return parts
    columns = {name: take(table[name], runs.rows) for name in (*WORDS, *REFERENCES, *OBJECT_LISTS)}
    codes = {name: encode(columns[name]) for name in (*WORDS, *REFERENCES)}
    codes["kind"] = integers(table, "kind")[runs.rows]
    identity = runs.group
    for name in ("kind", *REFERENCES):
        identity = _pair(identity, codes[name])
    content = identity
    for name in WORDS:
        content = _pair(content, codes[name])
    for name in OBJECT_LISTS:
        for code in _encode_lists(columns[name]):
            content = _pair(content, code)
    first = _is_first(content)
    parts.repeated[runs.rows[~first]] = True
    part = first & ~runs.unnamed
    rows, identity = runs.rows[part], identity[part]
    head = _is_first(identity)
    parts.merged[rows[~head]] = True
    several = np.bincount(identity, minlength=1)[identity] > 1
    chosen = np.flatnonzero(part)[several]
    rows, head, identity = rows[several], head[several], identity[several]
    if not len(rows):
        return parts
    heads = rows[head]
    place = np.empty(int(identity.max()) + 1, dtype=np.int64)
    place[identity[head]] = np.arange(len(heads))
    post = place[identity]
    for name in OBJECT_LISTS:
        parts.patches[name] = (heads, _union(columns[name].take(pa.array(chosen)), post, len(heads)))
    for name in WORDS:
        words = columns[name].take(pa.array(chosen))
        parts.patches[name] = (heads, _first_word(words, post, len(heads)))
    _count_torn(codes["text"][chosen], columns["text"].take(pa.array(chosen)), post, heads, keys, parts)
    return parts


def _pair(left: Ints, right: Ints) -> Ints:
    """Code of each pair (left, right): equal where both are equal; (n,) int64 from 0."""
    _, code = np.unique(left * (int(right.max(initial=0)) + 1) + right, return_inverse=True)
    return np.asarray(code, dtype=np.int64)


def _is_first(code: Ints) -> Bools:
    """True at the first occurrence of each code."""
    mask = np.zeros(len(code), dtype=bool)
    mask[np.unique(code, return_index=True)[1]] = True
    return mask


def _encode_lists(lists: pa.Array) -> tuple[Ints, Ints]:
    """Two codes that agree where two lists hold the same items in the same order; null is empty."""
    length = pc.fill_null(pc.list_value_length(lists), 0).cast(pa.int64())
    joined = pc.fill_null(pc.binary_join(lists, "\x1f"), "")
    return np.asarray(length.to_numpy(zero_copy_only=False), dtype=np.int64), encode(joined)


def _union(lists: pa.Array, post: Ints, posts: int) -> pa.Array:
    """Ordered union of the lists of each post: list array of `posts` rows."""
    flat = lists.flatten()
    parent = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
    owner = post[parent]
    at = np.sort(np.unique(_pair(owner, encode(flat)), return_index=True)[1]) if len(flat) else parent
    at = at[np.argsort(owner[at], kind="stable")]
    offsets = np.zeros(posts + 1, dtype=np.int32)
    np.cumsum(np.bincount(owner[at], minlength=posts), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), flat.take(pa.array(at)))


def _first_word(words: pa.Array, post: Ints, posts: int) -> pa.Array:
    """First value of each post that isn't null."""
    valid = np.flatnonzero(np.asarray(words.is_valid().to_numpy(zero_copy_only=False)))
    owner, at = np.unique(post[valid], return_index=True)
    where = np.full(posts, -1, dtype=np.int64)
    where[owner] = valid[at]
    return words.take(pa.array(where, mask=where < 0))


def _count_torn(code: Ints, words: pa.Array, post: Ints, heads: Ints, keys: Keys, parts: Parts) -> None:
    """Count the posts whose rows bear different texts, by the input of the row that was kept."""
    valid = np.asarray(words.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    owner = post[valid][_is_first(_pair(post[valid], code[valid]))]
    torn = np.flatnonzero(np.bincount(owner, minlength=len(heads)) > 1)
    parts.torn += np.bincount(keys.source[heads[torn]], minlength=len(parts.torn))
