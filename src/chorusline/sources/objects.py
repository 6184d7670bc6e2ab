"""Exports made of JSON objects: each is made into actions by its format, and the misshapen go aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from chorusline.actions import ACCOUNT_FACTS, DOOR_SCHEMA, OBJECT_LISTS, Batch, Rejected
from chorusline.sources import clock as clocks
from chorusline.sources import entities, jsonlines
from chorusline.sources.base import BATCH, Reading
from chorusline.sources.door import finish, tell_clock

Add = Callable[[int, dict[str, Any], "ActionRows"], None]
"""Makes the object that stands at a row into actions."""


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
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
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
