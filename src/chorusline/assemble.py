"""How readers' batches become one action log: accounts numbered, rows sorted, repeats and parts joined.

Everything is vectorised; only columns of rows that share account, time and post id are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import (
    ACCOUNT_FACTS,
    ACTION_SCHEMA,
    DOOR_SCHEMA,
    KINDS,
    OBJECT_LISTS,
    QUARANTINE_SCHEMA,
    ActionLog,
    Input,
    InputSummary,
    faults,
    resolution_of,
)

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

REFERENCES = ("reshare_of", "reply_to", "quote_of")
WORDS = ("text", "language", "client")
RAW_LENGTH = 2000
CHUNK = 1 << 20


def assemble(inputs: Sequence[Input], progress: Callable[[str, int], None] | None = None) -> ActionLog:
    """Make the log of `inputs`; `ActionLog.build` is the public name."""
    intake = _Intake()
    for number, source in enumerate(inputs):
        drawn = 0
        for batch in source.batches:
            drawn += intake.take(number, source.path, batch)
            if progress is not None:
                progress(source.path, drawn)
    table = intake.table()
    codes, accounts = intake.accounts()
    account = codes[_integers(table, "account")] if table.num_rows else np.empty(0, np.int64)
    keys = _Keys(_integers(table, "time"), account, _integers(table, "source"), _integers(table, "row"))
    order, runs = _sorted(keys, table["post_id"])
    parts = _join(table, keys, runs, len(inputs))
    kept = order[~(parts.repeated | parts.merged)[order]]
    repeats = _repeat_rows(table, accounts["name"], account, keys, parts.repeated, inputs)
    summaries = _summaries(inputs, keys, kept, parts, intake.set_aside)
    table = table.set_column(0, ACTION_SCHEMA.field("account"), pa.array(account, pa.int32()))
    return ActionLog(
        actions=_gather(table, kept, parts.patches),
        accounts=accounts,
        inputs=summaries,
        quarantine=pa.concat_tables([intake.quarantine(), repeats]).sort_by(
            [("input", "ascending"), ("row", "ascending"), ("reason", "ascending")]
        ),
    )


class _Keys:
    """The integer columns that order the log, all (n,)."""

    def __init__(self, time: Ints, account: Ints, source: Ints, row: Ints) -> None:
        self.time, self.account, self.source, self.row = time, account, source, row


class _Intake:
    """Collects batches: sound rows with provisional account numbers, facts, rows set aside."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._tables: list[pa.Table] = []
        self._handles: list[pa.Table] = []
        self._facts: list[pa.Table] = []
        self._aside: dict[str, list[Any]] = {name: [] for name in QUARANTINE_SCHEMA.names}
        self.set_aside: dict[int, int] = {}

    def take(self, number: int, path: str, batch: Any) -> int:
        """Take one batch of input `number`; returns how many rows it held."""
        table = _conform(batch.actions, DOOR_SCHEMA)
        sound, found = faults(table)
        for rejected in batch.rejected:
            self._set_aside(path, rejected.row, rejected.reason, rejected.raw)
        for place, reason in found:
            raw = {k: v for k, v in table.slice(place, 1).to_pylist()[0].items() if v is not None}
            self._set_aside(path, raw.get("row", 0), reason, str(raw))
        self.set_aside[number] = self.set_aside.get(number, 0) + len(batch.rejected) + len(found)
        rows: int = table.num_rows + len(batch.rejected)
        if found:
            table = table.filter(pa.array(sound))
        if batch.facts is not None and batch.facts.num_rows:
            self._facts.append(_conform(batch.facts, ACCOUNT_FACTS))
        if table.num_rows:
            self._add(number, table)
        return rows

    def _set_aside(self, path: str, row: int, reason: str, raw: str) -> None:
        for name, value in zip(QUARANTINE_SCHEMA.names, (path, row, reason, raw[:RAW_LENGTH]), strict=True):
            self._aside[name].append(value)

    def _add(self, number: int, table: pa.Table) -> None:
        encoded = pc.dictionary_encode(table["account"].combine_chunks())
        numbers = self._numbers
        places = [numbers.setdefault(name, len(numbers)) for name in encoded.dictionary.to_pylist()]
        account = np.asarray(places, dtype=np.int32)[encoded.indices.to_numpy(zero_copy_only=False)]
        if table["handle"].null_count < table.num_rows:
            seen = pa.table({"account": account, "time": table["time"], "handle": table["handle"]})
            self._handles.append(_latest(seen.filter(pc.is_valid(seen["handle"]))))
        kind = pc.index_in(table["kind"].combine_chunks(), value_set=pa.array(KINDS)).cast(pa.int8())
        columns = {"account": pa.array(account), "source": pa.array(np.full(len(account), number, np.int16))}
        arrays = [
            kind if name == "kind" else columns[name] if name in columns else table[name]
            for name in ACTION_SCHEMA.names
        ]
        self._tables.append(pa.table(arrays, schema=ACTION_SCHEMA))

    def table(self) -> pa.Table:
        """All sound rows in the order they came, ACTION_SCHEMA with provisional account numbers."""
        table = pa.concat_tables(self._tables) if self._tables else ACTION_SCHEMA.empty_table()
        self._tables.clear()
        return table

    def accounts(self) -> tuple[Ints, pa.Table]:
        """Final code of each provisional number, and the accounts table (see ActionLog).

        An account's handle is the last one seen with an action, else the one among its facts; where
        facts were given more than once, the earliest creation and the largest counts stand.
        """
        names = sorted(self._numbers)
        codes = np.empty(len(names), dtype=np.int64)
        codes[[self._numbers[name] for name in names]] = np.arange(len(names))
        handles: list[str | None] = [None] * len(names)
        facts: dict[str, list[Any]] = {
            field.name: [None] * len(names)
            for field in ACCOUNT_FACTS
            if field.name not in ("account", "handle")
        }
        code_of = dict(zip(names, range(len(names)), strict=True))
        if self._facts:
            found = pa.concat_tables(self._facts)
            counts = [(name, "min" if name == "created" else "max") for name in facts]
            found = found.group_by("account").aggregate([("handle", "max"), *counts])
            for row in found.to_pylist():
                code = code_of.get(row["account"])
                if code is not None:
                    handles[code] = row["handle_max"]
                    for name, how in counts:
                        facts[name][code] = row[f"{name}_{how}"]
        if self._handles:
            last = _latest(pa.concat_tables(self._handles))
            for number, handle in zip(last["account"].to_pylist(), last["handle"].to_pylist(), strict=True):
                handles[codes[number]] = handle
        columns: dict[str, Any] = {
            "name": pa.array(names, pa.string()),
            "handle": pa.array(handles, pa.string()),
        }
        for name, values in facts.items():
            columns[name] = pa.array(values, ACCOUNT_FACTS.field(name).type)
        return codes, pa.table(columns)

    def quarantine(self) -> pa.Table:
        """The rows set aside, QUARANTINE_SCHEMA."""
        return pa.table(self._aside, schema=QUARANTINE_SCHEMA)


def _conform(batch: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.Table:
    """Give a batch exactly the columns of `schema`; what it doesn't have is null."""
    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    arrays = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=pa.schema([field.with_nullable(True) for field in schema]))


def _latest(seen: pa.Table) -> pa.Table:
    """The row with the latest time of each account; between equals, the last handle in the alphabet."""
    order = pc.sort_indices(
        seen, sort_keys=[("account", "ascending"), ("time", "ascending"), ("handle", "ascending")]
    )
    seen = seen.take(order)
    account = seen["account"].to_numpy()
    return seen.filter(pa.array(np.append(account[1:] != account[:-1], True)[: len(account)]))


def _integers(table: pa.Table, name: str) -> Ints:
    column = table[name].combine_chunks().cast(pa.int64())
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)


def _encode(values: pa.Array) -> Ints:
    """Codes of equal values, by rank of the value, nulls last: (n,) int64."""
    encoded = pc.dictionary_encode(values)
    size = len(encoded.dictionary)
    rank = np.empty(size + 1, dtype=np.int64)
    rank[np.asarray(pc.array_sort_indices(encoded.dictionary), dtype=np.int64)] = np.arange(size)
    rank[size] = size
    indices = pc.fill_null(encoded.indices.cast(pa.int64()), size)
    return np.asarray(rank[indices.to_numpy(zero_copy_only=False)], dtype=np.int64)


class _Runs:
    """Rows that share account, time and post id with another: their place in the table and their set."""

    def __init__(self, rows: Ints, group: Ints, unnamed: Bools) -> None:
        self.rows, self.group, self.unnamed = rows, group, unnamed


def _sorted(keys: _Keys, post_id: pa.ChunkedArray) -> tuple[Ints, _Runs]:
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
    posts = _take(post_id, rows)
    rank = _encode(posts)
    inner = np.lexsort((keys.row[rows], keys.source[rows], rank, keys.account[rows], keys.time[rows]))
    rows, rank = rows[inner], rank[inner]
    order[places] = rows
    time, account = keys.time[rows], keys.account[rows]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (time[1:] != time[:-1]) | (account[1:] != account[:-1]) | (rank[1:] != rank[:-1])
    group = np.cumsum(fresh) - 1
    several = np.bincount(group, minlength=1)[group] > 1 if len(rows) else np.empty(0, dtype=bool)
    nameless = np.asarray(posts.is_null().to_numpy(zero_copy_only=False), dtype=bool)[inner]
    return order, _Runs(rows[several], group[several], nameless[several])


class _Parts:
    """Which rows of the table are repeats, which are parts of another's post, and what that one gains."""

    def __init__(self, n: int, inputs: int) -> None:
        self.repeated = np.zeros(n, dtype=bool)
        self.merged = np.zeros(n, dtype=bool)
        self.patches: dict[str, tuple[Ints, pa.Array]] = {}
        self.torn = np.zeros(inputs, dtype=np.int64)


def _join(table: pa.Table, keys: _Keys, runs: _Runs, inputs: int) -> _Parts:
    """Find repeats and join the parts of posts; see ActionLog.build for the rule."""
    parts = _Parts(table.num_rows, inputs)
    if not len(runs.rows):
        return parts
    columns = {name: _take(table[name], runs.rows) for name in (*WORDS, *REFERENCES, *OBJECT_LISTS)}
    codes = {name: _encode(columns[name]) for name in (*WORDS, *REFERENCES)}
    codes["kind"] = _integers(table, "kind")[runs.rows]
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
    return np.asarray(length.to_numpy(zero_copy_only=False), dtype=np.int64), _encode(joined)


def _union(lists: pa.Array, post: Ints, posts: int) -> pa.Array:
    """Ordered union of the lists of each post: list array of `posts` rows."""
    flat = lists.flatten()
    parent = np.asarray(pc.list_parent_indices(lists).to_numpy(zero_copy_only=False), dtype=np.int64)
    owner = post[parent]
    at = np.sort(np.unique(_pair(owner, _encode(flat)), return_index=True)[1]) if len(flat) else parent
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


def _count_torn(code: Ints, words: pa.Array, post: Ints, heads: Ints, keys: _Keys, parts: _Parts) -> None:
    """Count the posts whose rows bear different texts, by the input of the row that was kept."""
    valid = np.asarray(words.is_valid().to_numpy(zero_copy_only=False), dtype=bool)
    owner = post[valid][_is_first(_pair(post[valid], code[valid]))]
    torn = np.flatnonzero(np.bincount(owner, minlength=len(heads)) > 1)
    parts.torn += np.bincount(keys.source[heads[torn]], minlength=len(parts.torn))


def _take(column: pa.ChunkedArray, rows: Ints) -> pa.Array:
    """Take rows of a chunked column into one array, whatever its size in bytes."""
    taken = _wide(column).take(pa.array(rows))
    return taken.cast(column.type) if taken.type != column.type else taken


def _wide(column: pa.ChunkedArray) -> pa.Array:
    """One array of a column; strings get 64-bit offsets where 32 bits could overflow."""
    if column.nbytes >= 1 << 30 and pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
    elif column.nbytes >= 1 << 30 and pa.types.is_list(column.type):
        column = column.cast(pa.large_list(pa.large_string()))
    return column.combine_chunks()


def _gather(table: pa.Table, kept: Ints, patches: dict[str, tuple[Ints, pa.Array]]) -> pa.Table:
    """Rows `kept` of the table in that order, with patched values, column by column to spare memory."""
    arrays = []
    for field in ACTION_SCHEMA:
        column = table[field.name]
        rows = kept
        if field.name in patches:
            places, values = patches[field.name]
            where = np.arange(table.num_rows, dtype=np.int64)
            where[places] = table.num_rows + np.arange(len(places))
            rows = where[kept]
            column = pa.chunked_array([*column.chunks, values.cast(field.type)], type=field.type)
        whole = _wide(column)
        chunks = [
            whole.take(pa.array(rows[start : start + CHUNK])).cast(field.type)
            for start in range(0, len(rows), CHUNK)
        ]
        arrays.append(pa.chunked_array(chunks, type=field.type))
    return pa.table(arrays, schema=ACTION_SCHEMA)


def _repeat_rows(
    table: pa.Table,
    names: pa.ChunkedArray,
    account: Ints,
    keys: _Keys,
    repeated: Bools,
    inputs: Sequence[Input],
) -> pa.Table:
    """The repeated rows as the quarantine lists them."""
    rows = np.flatnonzero(repeated)
    if not len(rows):
        return QUARANTINE_SCHEMA.empty_table()
    paths = pa.array([source.path for source in inputs], pa.string())
    raw = pc.binary_join_element_wise(
        _take(names, account[rows]),
        pc.fill_null(_take(table["post_id"], rows), ""),
        pc.fill_null(_take(table["text"], rows), ""),
        " ",
    )
    columns = [
        paths.take(pa.array(keys.source[rows])),
        pa.array(keys.row[rows]),
        pa.array(["repeated row"] * len(rows)),
        pc.utf8_slice_codeunits(raw, 0, RAW_LENGTH),
    ]
    return pa.table(columns, schema=QUARANTINE_SCHEMA)


def _summaries(
    inputs: Sequence[Input], keys: _Keys, kept: Ints, parts: _Parts, set_aside: dict[int, int]
) -> tuple[InputSummary, ...]:
    """Count what became of each input's rows and find its clock."""
    source = keys.source[kept]
    result = []
    for number, given in enumerate(inputs):
        mine = kept[source == number]
        resolution, share, clock = resolution_of(keys.time[mine], given.path.rsplit("/", 1)[-1])
        warnings = list(given.warnings)
        if clock:
            warnings.append(clock)
        if parts.torn[number]:
            warnings.append(
                f"{parts.torn[number]:,} posts came in several rows with different texts; the first was kept."
            )
        result.append(
            InputSummary(
                path=given.path,
                sha256=given.sha256,
                bytes=given.bytes,
                format=given.format,
                mapping=dict(given.mapping),
                rows_read=len(mine),
                rows_set_aside=set_aside.get(number, 0),
                rows_repeated=int(np.count_nonzero(parts.repeated & (keys.source == number))),
                rows_merged=int(np.count_nonzero(parts.merged & (keys.source == number))),
                resolution=resolution,
                share_on_coarse_clock=share,
                warnings=tuple(warnings),
            )
        )
    return tuple(result)
