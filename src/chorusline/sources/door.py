"""The last step of every reader: raw columns become a batch of actions, and the unsound rows go aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import DOOR_SCHEMA, Batch, Rejected, faults
from chorusline.sources import clock as clocks
from chorusline.sources import entities
from chorusline.sources.base import Reading

LISTS = pa.list_(pa.string())
IDS = ("post_id", "reshare_of", "reply_to", "quote_of")

DAMAGED = {
    "account": "{n} account ids were damaged by a spreadsheet (such as 9.06E+17), so that different accounts "
    "may look like one; use the original export if there is one.",
    "post_id": "{n} post ids were damaged by a spreadsheet (such as 9.06E+17) and were left out.",
    "reshare_of": "{n} ids of reshared posts were damaged (such as 9.06E+17) and were left out.",
    "reply_to": "{n} ids of posts replied to were damaged (such as 9.06E+17) and were left out.",
    "quote_of": "{n} ids of quoted posts were damaged by a spreadsheet (such as 9.06E+17) and were left out.",
}

_NOTATION = r"^[+-]?\d(\.\d+)?[eE]\+?\d+$"
_ROUNDED = r"^\d{16,}\.0*$"
_POINT_ZERO = r"\.0+$"
_ABSENT = pa.array(["", "nan", "none", "null", "na", "n/a", "absent", "<na>", "nat"])


def finish(
    columns: Mapping[str, pa.Array],
    reading: Reading,
    clock: clocks.Clock,
    raw: Callable[[int], str],
    rejected: list[Rejected] | None = None,
    facts: pa.Table | None = None,
) -> Batch:
    """Make a batch of columns in the fields of DOOR_SCHEMA; the time may have any type.

    `raw` gives the beginning of the row at a place, for the quarantine.
    """
    n = len(columns["row"])
    arrays = []
    for field in DOOR_SCHEMA:
        column = columns.get(field.name)
        if column is None:
            column = pa.nulls(n, field.type)
        elif field.name == "time":
            column = clock.read(column)
        arrays.append(column.cast(field.type) if column.type != field.type else column)
    table = pa.table(arrays, schema=pa.schema([f.with_nullable(True) for f in DOOR_SCHEMA]))
    sound, found = faults(table)
    aside = list(rejected or [])
    rows = table["row"]
    for place, reason in found:
        aside.append(Rejected(rows[place].as_py(), reason, raw(place)))
    if found:
        table = table.filter(pa.array(sound))
    return Batch(table, facts, aside)


def tell_clock(reading: Reading, clock: clocks.Clock) -> None:
    """Note, after all has been read, that times had no zone."""
    if clock.zoneless and clock.zone is None:
        reading.note(clocks.NO_ZONE)


def strings(column: pa.Array) -> pa.Array:
    """Any column as strings, trimmed; words for "nothing" become null."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _floats(column.cast(pa.float64(), safe=False))
    if pa.types.is_nested(kind):
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        column = pa.array([None if v is None else v.decode("utf-8", "replace") for v in column.to_pylist()])
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    absent = pc.is_in(pc.utf8_lower(text), value_set=_ABSENT)
    return pc.if_else(absent, pa.scalar(None, pa.string()), text)


def _floats(column: pa.Array) -> pa.Array:
    """Numbers that were ids: whole ones without a point, those beyond 2^53 in E notation, as damaged."""
    values = np.asarray(pc.fill_null(column, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
    sound = np.isfinite(values)
    whole = sound & (values == np.rint(values)) & (np.abs(values) <= 2**53)
    exact = pa.array(np.where(whole, values, 0).astype(np.int64)).cast(pa.string())
    other = pa.array(
        [f"{v:.16E}" if abs(v) > 2**53 else repr(v) for v in values[sound & ~whole].tolist()], pa.string()
    )
    spread = np.zeros(len(values), dtype=np.int64)
    spread[sound & ~whole] = np.arange(len(other))
    others = other.take(pa.array(spread)) if len(other) else pa.nulls(len(values), pa.string())
    result = pc.if_else(pa.array(whole), exact, others)
    return pc.if_else(pa.array(sound), result, pa.scalar(None, pa.string()))


def damaged(text: pa.Array) -> pa.Array:
    """Which ids went through a spreadsheet or a float: in E notation, or too long and with a point."""
    notation = pc.match_substring_regex(text, _NOTATION)
    rounded = pc.match_substring_regex(text, _ROUNDED)
    return pc.fill_null(pc.or_(notation, rounded), False)


def ids(column: pa.Array, field: str, reading: Reading, *, mend: bool = True) -> pa.Array:
    """A column of ids as strings: "123.0" is 123; ids in E notation are noted, and dropped for posts.

    With mend=False damaged ids stay as they are and nothing is noted: the format mends them itself.
    """
    text = strings(column)
    bad = damaged(text)
    text = pc.if_else(bad, text, pc.replace_substring_regex(text, _POINT_ZERO, ""))
    count = pc.sum(bad).as_py() or 0
    if count and mend:
        reading.note(DAMAGED[field], count)
        if field != "account":
            text = pc.if_else(bad, pa.scalar(None, pa.string()), text)
    return text


def lists(column: pa.Array, field: str, reading: Reading) -> pa.Array:
    """A column of lists, or of cells that list things, as list<string>; links that were cut are dropped."""
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        if not (pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type)):
            column = pa.array(
                [[str(x) for x in v if x is not None] if v else [] for v in column.to_pylist()], LISTS
            )
        column = column.cast(LISTS)
        flat = column.flatten()
        if field in ("hashtags", "mentions") and pc.any(pc.match_substring_regex(flat, "^[#@＃＠]")).as_py():
            column = pa.array([entities.clean(v or [], field) for v in column.to_pylist()], LISTS)
    else:
        column = entities.map_lists(strings(column), lambda cell: entities.split_cell(cell, field))
    if field == "links":
        column, cut = entities.drop_cut(column)
        reading.note(entities.CUT, cut)
    return column


FROM_TEXT: dict[str, tuple[Callable[[str], list[str]], str]] = {
    "hashtags": (entities.hashtags, "[#＃]"),
    "links": (entities.links, "://"),
    "mentions": (entities.mentions, "[@＠]"),
}
"""Lists that are read from the text where the input has none of its own."""


def from_text(text: pa.Array, field: str, reading: Reading) -> pa.Array:
    """Hashtags, links or mentions of a column of texts: list<string>."""
    read, wanted = FROM_TEXT[field]
    found = entities.map_lists(text, read, wanted)
    if field == "links":
        found, cut = entities.drop_cut(found)
        reading.note(entities.CUT, cut)
    return found
