"""Delimited text (CSV, TSV and kin): the dialect found by content, records with their line numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from chorusline.actions import Rejected
from chorusline.sources import opening
from chorusline.sources.base import BATCH, Reading

DELIMITERS = (",", "\t", ";", "|")
RETURN = "\ue00d"
"""Stands for a carriage return within a cell, which the CSV parser would refuse where it isn't quoted."""

TOO_LONG = f"a line longer than {opening.LINE >> 20} MB"
REREAD = 5_000_000
"""Lines that are read again after open quotation marks, at most, in one file."""

csv.field_size_limit(1 << 28)


@dataclass(frozen=True)
class Dialect:
    """Delimiter and column names of a delimited table."""

    delimiter: str
    header: list[str]


def sniff(head: bytes) -> Dialect:
    """Find the delimiter: the one that cuts the first records into most columns, alike in all of them."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="ignore")
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").decode("utf-8", errors="replace")
    lines = text.splitlines(keepends=True)[:200]
    best: tuple[float, int, Dialect] | None = None
    for delimiter in DELIMITERS:
        try:
            records = [r for r in csv.reader(lines, delimiter=delimiter) if r]
        except csv.Error:
            continue
        if not records:
            continue
        width = len(records[0])
        body = records[1:-1] or records[1:]
        alike = sum(len(r) == width for r in body) / len(body) if body else 1.0
        score = (alike if width > 1 else 0.0, width, Dialect(delimiter, [c.strip() for c in records[0]]))
        if best is None or (score[0] * score[1], score[1]) > (best[0] * best[1], best[1]):
            best = score
    return best[2] if best else Dialect(",", [])


@dataclass
class Records:
    """A run of records: values by column, the line each begins on, and those that were set aside."""

    columns: list[list[str]]
    rows: list[int]
    rejected: list[Rejected] = field(default_factory=list)

    def raw(self, place: int) -> str:
        """The values of one record, joined, for the quarantine."""
        return ",".join(column[place] for column in self.columns)[:2000]


class _Feed:
    """Lines for the CSV parser, which keeps those of the record in hand so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.kept: list[str] = []
        self.again: list[str] = []
        self.returns = False
        self.overlong = False

    def __iter__(self) -> Iterator[str]:
        while True:
            line = self.again.pop() if self.again else next(self.lines, None)
            if line is None:
                return
            self.kept.append(line)
            if type(line) is not str:  # an Overlong
                self.overlong = True
            if "\r" in line[:-2]:
                self.returns = True
                end = line[len(line.rstrip("\r\n")) :]
                line = line.rstrip("\r\n").replace("\r", RETURN) + end
            yield line


def records(reading: Reading) -> Iterator[Records]:
    """Read a delimited file in runs of up to 100,000 records.

    A record with too few or too many cells is set aside. Where an open quotation mark has swallowed
    the lines after it, only its own line is set aside and the others are read again. In a packed file
    that breaks off, the last line is set aside too, since its last cell may be half a cell.
    """
    dialect = sniff(reading.head.bytes)
    opened = opening.open_bytes(reading.path)
    text = opening.TextLines(opened)
    with opened.stream:
        yield from _runs(text, dialect)
    if opened.damage:
        reading.note(f"The file can't be unpacked to its end: {opened.damage}; what came before was read.")
    tell_mended(reading, text)


def tell_mended(reading: Reading, text: opening.TextLines) -> None:
    """Note what had to be mended to read the text."""
    reading.note("{n} lines are not UTF-8 and were read as Windows-1252 (Latin-1).", text.foreign)
    reading.note("{n} NUL bytes were taken out.", text.nuls)


def _runs(text: opening.TextLines, dialect: Dialect) -> Iterator[Records]:
    width = len(dialect.header)
    feed = _Feed(iter(text))
    rows: list[list[str]] = []
    lines: list[int] = []
    rejected: list[Rejected] = []
    line = 1
    header_seen = False
    reread = 0
    parser = csv.reader(feed, delimiter=dialect.delimiter, strict=True)
    while True:
        fault = None
        try:
            record = next(parser, None)
        except csv.Error as error:
            # Strictness shows where a quotation mark was left open; a stray one within a line is forgiven.
            record, fault = _forgiven(feed.kept, dialect), f"not readable as a table row ({error})"
            fault = None if record else fault
            parser = csv.reader(feed, delimiter=dialect.delimiter, strict=True)
        start, kept = line, feed.kept
        if record is None:
            break
        if fault is None and len(record) != width and record:
            while len(record) > width and not record[-1].strip():
                record.pop()
            if len(record) != width:
                fault = f"{len(record)} cells where the header has {width}"
        if feed.overlong:
            fault, feed.overlong = TOO_LONG, False
        if fault is not None and header_seen:
            if len(kept) > 1 and reread < REREAD:
                reread += len(kept)
                feed.again.extend(reversed(kept[1:]))
                parser = csv.reader(feed, delimiter=dialect.delimiter, strict=True)
                fault += ", after a quotation mark that isn't closed"
                line += 1
            else:
                line += len(kept)
            rejected.append(Rejected(start, fault, kept[0].rstrip("\r\n")[:2000] if kept else ""))
        else:
            line += len(kept)
            if record and header_seen:
                rows.append(record)
                lines.append(start)
            header_seen = header_seen or bool(record)
        feed.kept.clear()
        if len(rows) >= BATCH:
            yield _run(rows, lines, rejected, width, feed.returns)
            rows, lines, rejected = [], [], []
    if text.opened.damage and lines and not (rejected and rejected[-1].row > lines[-1]):
        rejected.append(
            Rejected(lines.pop(), "the file breaks off in this line", ",".join(rows.pop())[:2000])
        )
    if rows or rejected:
        yield _run(rows, lines, rejected, width, feed.returns)


def _forgiven(kept: list[str], dialect: Dialect) -> list[str]:
    """Cells of a single line with a stray quotation mark, or none where they don't come to the header's."""
    try:
        record = next(csv.reader(kept, delimiter=dialect.delimiter), [])
    except csv.Error:
        return []
    return record if len(kept) == 1 and len(record) == len(dialect.header) and not _open(kept[0]) else []


def _open(line: str) -> bool:
    return line.count('"') % 2 == 1


def _run(
    rows: list[list[str]], lines: list[int], rejected: list[Rejected], width: int, returns: bool
) -> Records:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    if returns:
        columns = [[cell.replace(RETURN, "\r") for cell in column] for column in columns]
    return Records(columns, lines, rejected)
