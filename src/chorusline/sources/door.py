"""The last step of every reader: raw columns become a batch of actions, and the unsound rows go aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ACCOUNT_FACTS, DOOR_SCHEMA, OBJECT_LISTS, Batch, Rejected, faults
from chorusline.sources import clock as clocks
from chorusline.sources import entities, jsonlines
from chorusline.sources.base import BATCH, Reading

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


Add = Callable[[int, dict[str, Any], "ActionRows"], None]
"""Makes the object that stands at a row into actions."""


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


def read_objects(reading: Reading, mapping: Mapping[str, str], add: Add) -> Iterator[Batch]:
    """Read a file of JSON objects; `add` makes each into actions, or sets it aside.

    mapping : field -> where it lies in the objects, for the user to see.
    """
    return read_values(reading, mapping, jsonlines.values(reading), add)


def read_values(
    reading: Reading,
    mapping: Mapping[str, str],
    values: Iterable[tuple[int, Any]],
    add: Add,
) -> Iterator[Batch]:
    """Make batches of numbered JSON values; see `read_objects`."""
    reading.used.update(mapping)
    rows = ActionRows(reading)
    for row, value in values:
        if isinstance(value, Rejected):
            rows.reject(value)
        elif not isinstance(value, dict):
            rows.reject(Rejected(row, "not a JSON object", jsonlines.shown(value)))
        else:
            attempt(add, row, value, rows)
        if rows.full():
            yield rows.batch()
    yield rows.batch()
    tell_clock(reading, rows.clock)


def attempt(add: Add, row: int, value: dict[str, Any], rows: ActionRows) -> None:
    """Make one object into an action, or set it aside where it isn't shaped as its format says."""
    try:
        add(row, value, rows)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        reason = f"not shaped as expected ({type(error).__name__}: {error})"[:200]
        rows.reject(Rejected(row, reason, jsonlines.shown(value)))


class ActionRows:
    """Collects actions one by one, for formats that are read object by object."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.clock = clocks.Clock(reading.timezone)
        self._columns: dict[str, list[Any]] = {name: [] for name in DOOR_SCHEMA.names}
        self._raws: list[Any] = []
        self._rejected: list[Rejected] = []
        self._facts: dict[str, dict[str, Any]] = {}

    def add(self, row: int, *, raw: Any = None, **fields: Any) -> None:
        """Add an action; fields are those of DOOR_SCHEMA, the time in any style of text or number."""
        whole: dict[str, Any] = {"row": row, "time": fields.get("time")}
        for name in DOOR_SCHEMA.names:
            value = fields.get(name)
            if name in OBJECT_LISTS:
                whole[name] = [sound(item) for item in value or [] if item is not None]
            elif name not in whole:
                whole[name] = None if value is None or value == "" else sound(value)
        whole["links"], cut = entities.whole_links(whole["links"])
        self.reading.note(entities.CUT, cut)
        for name, column in self._columns.items():
            column.append(whole[name])
        self._raws.append(raw)

    def reject(self, rejected: Rejected) -> None:
        """Set a row aside."""
        self._rejected.append(rejected)

    def fact(self, account: str, **facts: Any) -> None:
        """Note facts about an account, in the columns of ACCOUNT_FACTS; the last say stands in a batch."""
        self._facts[account] = {"account": account, **facts}

    def full(self) -> bool:
        """Whether it is time to hand a batch on."""
        return len(self._raws) >= BATCH // 4

    def batch(self) -> Batch:
        """Hand on what has been collected and begin anew."""
        given = self._columns
        columns: dict[str, pa.Array] = {
            name: pa.array(values, DOOR_SCHEMA.field(name).type)
            for name, values in given.items()
            if name != "time"
        }
        columns["time"] = _times(given["time"])
        raws = self._raws

        def raw(place: int) -> str:
            return jsonlines.shown(raws[place])

        batch = finish(columns, self.reading, self.clock, raw, self._rejected, self._facts_table())
        self._columns = {name: [] for name in DOOR_SCHEMA.names}
        self._raws, self._rejected, self._facts = [], [], {}
        return batch

    def _facts_table(self) -> pa.Table | None:
        """The facts collected so far, in ACCOUNT_FACTS."""
        if not self._facts:
            return None
        given = list(self._facts.values())
        columns = []
        for field in ACCOUNT_FACTS:
            values = [fact.get(field.name) for fact in given]
            if field.name == "created":
                columns.append(clocks.Clock("UTC").read(_times(values)))
            elif pa.types.is_integer(field.type):
                columns.append(pa.array([_count(value) for value in values], field.type))
            else:
                columns.append(pa.array([None if v is None else sound(v) for v in values], field.type))
        return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in ACCOUNT_FACTS]))


def sound(value: Any) -> str:
    """A JSON value as a string that can be stored: what is no whole character is replaced."""
    text = value if isinstance(value, str) else jsonlines.shown(value)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _count(value: Any) -> int | None:
    """A count as a whole number below 2^63, or None."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**63 else None


def _times(values: list[Any]) -> pa.Array:
    """A list of texts and numbers as one column of strings; numbers keep all their digits."""
    return pa.array(
        [sound(v) if isinstance(v, str) else repr(v) if _is_number(v) else None for v in values],
        pa.string(),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
