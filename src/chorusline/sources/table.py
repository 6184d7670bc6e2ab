"""Plain tables, however they are stored, their columns known by name or named by the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import DOOR_SCHEMA, Batch
from chorusline.sources import clock as clocks
from chorusline.sources import columns as names
from chorusline.sources import door, opening, tabular
from chorusline.sources.base import Head, Reading, Recognition, Source

Columns = dict[str, pa.Array]
Adjust = Callable[[Columns, tabular.Chunk, Reading], Columns]

KIND_WORDS: dict[str, str] = {
    **dict.fromkeys(("post", "original", "tweet", "status", "message", "submission", "video"), "post"),
    **dict.fromkeys(
        ("reshare", "repost", "retweet", "retweeted", "share", "shared", "rt", "boost", "reblog", "forward",
         "crosspost", "renote"),
        "reshare",
    ),
    **dict.fromkeys(("reply", "comment", "replied_to", "replied", "answer"), "reply"),
    **dict.fromkeys(("quote", "quoted", "quote_tweet", "quotetweet"), "quote"),
}  # fmt: skip
"""Words for the kinds of action, as tables spell them; case doesn't matter."""

_RETWEET_TEXT = r"^RT @\w+:? "


def recognise(head: Head, asked: Mapping[str, str] | None = None) -> Recognition | None:
    """Columns called as accounts and times are called; formats with a name of their own come first."""
    found = tabular.header(head)
    if not found:
        return None
    mapping = names.match(found, asked)
    if {"account", "time", "kind"} <= {c.lower() for c in found} and len(
        set(found) & set(DOOR_SCHEMA.names)
    ) > 5:
        return Recognition("table", 0.5, "its columns are those of Chorusline's own tables", mapping)
    stored = how_stored(head)
    return Recognition("table", 0.3, f"a plain table ({stored}), its columns known by their names", mapping)


def how_stored(head: Head) -> str:
    """In what kind of file a table lies, for a sentence."""
    if head.stored is not None:
        return f"{head.stored[0].about.split(' ', 1)[1]}, table '{head.stored[1].name}'"
    return "Parquet" if head.parquet is not None else "JSON" if head.json else "delimited text"


def read(reading: Reading) -> Iterator[Batch]:
    """Read a plain table; see `read_table`."""
    found = tabular.header(reading.head)
    return read_table(reading, names.match(found, reading.mapping))


def read_table(
    reading: Reading,
    mapping: Mapping[str, str],
    *,
    extra: Sequence[str] = (),
    adjust: Adjust | None = None,
    order: str | None = None,
    mends_ids: bool = False,
    zone: str | None = None,
) -> Iterator[Batch]:
    """Read a table whose columns are known.

    mapping : field -> column. extra : further columns that `adjust` wants in the chunk.
    adjust : last change to the fields of a chunk, by the format. order : "month" or "day" where the
    format fixes which comes first in a date. mends_ids : `adjust` sees to damaged ids.
    zone : zone of times without one, where the format fixes it and the user didn't say otherwise.

    Hashtags, links and mentions are read from the text where the table has no column for them.
    Raises InputError where the account or the time has no column.
    """
    present = tabular.header(reading.head)
    names.require(reading.path, present, mapping)
    reading.used.update(mapping)
    clock = clocks.Clock(reading.timezone or zone)
    _settle_order(reading, mapping["time"], clock, order)
    wanted = {*mapping.values(), *extra}
    for chunk in tabular.chunks(reading, wanted):
        fields = fields_of(chunk, mapping, reading, mends_ids)
        if adjust is not None:
            fields = adjust(fields, chunk, reading)
        yield door.finish(fields, reading, clock, chunk.raw, chunk.rejected)
    door.tell_clock(reading, clock)


def fields_of(
    chunk: tabular.Chunk, mapping: Mapping[str, str], reading: Reading, mends_ids: bool = False
) -> Columns:
    """The columns of a chunk as fields of an action; the time as it stands in the table."""
    fields: Columns = {"row": chunk.rows}
    for field, column in mapping.items():
        values = chunk.columns.get(column)
        if values is None:
            values = pa.nulls(len(chunk.rows), pa.string())
        if field in ("time", "kind"):
            fields[field] = values
        elif field == "account" or field in door.IDS:
            fields[field] = door.ids(values, field, reading, mend=not mends_ids)
        elif field in names.LISTS:
            fields[field] = door.lists(values, field, reading)
        elif field == "text":
            fields[field] = _text(values)
        else:
            fields[field] = door.strings(values)
    if "text" in fields:
        for field in door.FROM_TEXT:
            if field not in fields and reading.mapping.get(field) != "":
                fields[field] = door.from_text(fields["text"], field, reading)
    fields["kind"] = kinds(fields, reading)
    return fields


def _text(values: pa.Array) -> pa.Array:
    """Texts as they are; an empty one is no text."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        text = values.cast(pa.string())
        return pc.if_else(pc.equal(pc.utf8_trim_whitespace(text), ""), pa.scalar(None, pa.string()), text)
    return door.strings(values)


def kinds(fields: Columns, reading: Reading) -> pa.Array:
    """The kind of each action: as the table says, else by what it refers to, else by "RT @" before the text.

    The text decides only where the table says nothing about reshares at all.
    """
    n = len(fields["row"])
    derived: Any = pa.array(["post"] * n, pa.string())
    for field, kind in (("reply_to", "reply"), ("quote_of", "quote"), ("reshare_of", "reshare")):
        if field in fields:
            derived = pc.if_else(pc.is_valid(fields[field]), kind, derived)
    if "kind" not in fields and "reshare_of" not in fields and "text" in fields:
        retweet = pc.fill_null(pc.match_substring_regex(fields["text"], _RETWEET_TEXT), False)
        reading.note(
            "{n} texts begin with RT @ and were read as reshares; the table doesn't say of which post.",
            pc.sum(retweet).as_py() or 0,
        )
        derived = pc.if_else(retweet, "reshare", derived)
    if "kind" not in fields:
        return derived
    encoded = pc.dictionary_encode(pc.utf8_lower(door.strings(fields["kind"])))
    words = encoded.dictionary.to_pylist()
    if {*words} <= {"true", "false", "0", "1", "yes", "no", "t", "f"}:
        known = ["reshare" if word in ("true", "1", "yes", "t") else None for word in words]
    else:
        known = [KIND_WORDS.get(word) for word in words]
        unknown = [word for word, kind in zip(words, known, strict=True) if kind is None]
        if unknown:
            reading.note(
                f"The column for the kind of action has unknown words ({names.listed(unknown, 5)}); "
                "there, what the action refers to decides."
            )
    said = pa.array(known, pa.string()).take(encoded.indices)
    return pc.coalesce(said, derived)


def _settle_order(reading: Reading, column: str, clock: clocks.Clock, fixed: str | None) -> None:
    """Decide from the whole column whether 3/4/17 has the month or the day first."""
    if fixed is not None:
        clock.order = "day" if fixed == "day" else "month"
        return
    scratch = replace(reading, used={}, _notes=type(reading._notes)())
    verdict: list[tuple[int, int]] = []
    for number, chunk in enumerate(tabular.chunks(scratch, {column})):
        values = chunk.columns.get(column)
        if values is None or not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            return
        found = clocks.day_parts(values)
        if found is not None:
            verdict.append(found)
        elif number == 0:
            return
    if not verdict:
        return
    first, second = max(f for f, _ in verdict), max(s for _, s in verdict)
    clock.order = "day" if first > 12 >= second else "month"
    if (first > 12) == (second > 12):
        reading.note(clocks.AMBIGUOUS)


def declared(
    name: str,
    about: str,
    signature: Sequence[str],
    known: Mapping[str, str],
    reason: str,
    *,
    score: float = 0.9,
    extra: Sequence[str] = (),
    adjust: Adjust | None = None,
    order: str | None = None,
    zone: str | None = None,
    fallback: Mapping[str, str] | None = None,
) -> Source:
    """Declare a format that is a table with columns of its own.

    signature : columns that give it away, all of which must be there. known : field -> column.
    fallback : field -> column, where the table lacks the known one. The others are as for `read_table`.
    """

    def best(present: list[str]) -> dict[str, str]:
        there = {column.lower() for column in present}
        spare = fallback or {}
        return {
            field: column if column.lower() in there else spare.get(field, column)
            for field, column in known.items()
        }

    def sniff(head: Head) -> Recognition | None:
        if head.json or not head.has(*signature):
            return None
        return Recognition(name, score, reason, names.overlay(head.header, best(head.header)))

    def read(reading: Reading) -> Iterator[Batch]:
        present = tabular.header(reading.head)
        mapping = names.overlay(present, best(present), reading.mapping)
        return read_table(reading, mapping, extra=extra, adjust=adjust, order=order, zone=zone)

    return Source(name, about, sniff, read, tuple(known), tuple(signature))


SOURCE = Source(
    name="table",
    about="Plain table, one row an action: CSV, TSV, Parquet, JSON lines, Excel workbook, SQLite or DuckDB",
    sniff=recognise,
    read=read,
    gives=tuple(DOOR_SCHEMA.names),
)


def refuse(head: Head) -> str:
    """What to say of a file that no format knows, as a sentence without its path."""
    if not head.bytes:
        return "is empty"
    if head.binary:
        return f"is {opening.kind_of(head.bytes) or 'a binary file'}, not a table or a platform's export"
    return "is not in a format that is known here"
