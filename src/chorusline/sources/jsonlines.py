"""JSON, one value a line or one list (or one document) a file: values with their line or place."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from chorusline.actions import Rejected
from chorusline.sources import opening
from chorusline.sources.base import Reading
from chorusline.sources.delimited import tell_mended

CHUNK = 1 << 20
ITEM = 1 << 27
"""Characters of one item of a list at most."""

TOO_DEEP = "nested too deeply; what follows it in the file was not read"
TOO_LARGE = f"longer than {ITEM >> 20} MB; what follows it in the file was not read"

_DECODER = json.JSONDecoder()
_GAP = re.compile(r"[\s,\x1e]*")


def first(head: bytes, most: int = 50) -> list[Any]:
    """Up to `most` values from the beginning of a file; empty where it isn't JSON.

    A list is opened: its items are the values.
    """
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = head.decode(encoding, errors="ignore").lstrip()
    if not text.startswith(("{", "[")):
        return []
    values = [] if text.startswith("[") else _whole_lines(text, most)
    if values:
        return values
    if text.startswith("["):
        text = text[1:]
    at = 0
    while len(values) < most:
        at = _GAP.match(text, at).end()  # type: ignore[union-attr]
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        if isinstance(value, dict):
            values.append(value)
    return values or _opened(text)


def _whole_lines(text: str, most: int) -> list[Any]:
    """The objects among the first lines; a broken line among them is passed over here."""
    found: list[Any] = []
    for line in text.split("\n", most + 5)[: most + 5]:
        try:
            value = orjson.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found[:most]


def _opened(text: str) -> list[Any]:
    """The top-level keys of an object too large for the head, with null or their scalar values."""
    found = dict(re.findall(r'^\s{0,4}"(\w+)"\s*:\s*("[^"\n]*"|\d+|\[|\{)', text[:4000], re.MULTILINE))
    one = re.match(r'\{\s*"(\w+)"\s*:', text)
    if one:
        found.setdefault(one.group(1), "")
    return [{key: value.strip('"') for key, value in found.items()}] if found else []


def shown(value: Any) -> str:
    """The beginning of a JSON value as it stood in the file, for the quarantine."""
    try:
        return orjson.dumps(value).decode()[:2000]
    except (TypeError, RecursionError):
        pass
    try:
        return repr(value)[:2000]
    except RecursionError:
        return "(nested too deeply to be shown)"


def values(reading: Reading) -> Iterator[tuple[int, Any]]:
    """All values of a JSON file with their line, or their place in the list, from 1.

    What can't be read comes as a Rejected instead of a value.
    """
    opened = opening.open_bytes(reading.path)
    with opened.stream:
        start = opened.stream.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        whole = start == b"[" or not _is_by_line(reading.head.bytes)
        yield from _items(opened, reading) if whole else _lines(opened, reading)
    if opened.damage:
        reading.note(f"The file can't be unpacked to its end: {opened.damage}; what came before was read.")


def _is_by_line(head: bytes) -> bool:
    """Whether the first line that holds anything is a JSON value by itself, or lines follow that are."""
    lines = [line for line in head.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()][:5]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    for line in lines:
        try:
            orjson.loads(line.replace(b"\0", b""))
            return True
        except ValueError:
            continue
    return len(lines) == 1 or (len(lines) > 0 and len(lines[0]) > 200)


def _lines(opened: opening.Opened, reading: Reading) -> Iterator[tuple[int, Any]]:
    text = opening.TextLines(opened)
    for number, line in enumerate(text, 1):
        if isinstance(line, opening.Overlong):
            yield number, Rejected(number, f"a line longer than {opening.LINE >> 20} MB", line)
            continue
        line = line.strip(" \t\r\n\x1e")
        if not line:
            continue
        try:
            yield number, orjson.loads(line)
        except ValueError as error:
            yield number, Rejected(number, f"not a JSON value ({_short(error)})", line[:2000])
    tell_mended(reading, text)


def _short(error: ValueError) -> str:
    return str(error).split(":")[0]


def _items(opened: opening.Opened, reading: Reading) -> Iterator[tuple[int, Any]]:
    """Items of one JSON list, or the values that follow each other, without reading the file whole."""
    decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
    buffer, at, number, size, ended = "", 0, 0, CHUNK, False
    listed = False
    while True:
        at = _GAP.match(buffer, at).end()  # type: ignore[union-attr]
        if not number and not listed and buffer[at : at + 1] == "[":
            listed = True
            at += 1
            continue
        if buffer[at : at + 1] == "]" and listed:
            return
        try:
            if at >= len(buffer):
                raise ValueError
            value, at = _DECODER.raw_decode(buffer, at)
            number += 1
            size = CHUNK
            yield number, value
            continue
        except RecursionError:
            yield number + 1, Rejected(number + 1, TOO_DEEP, buffer[at : at + 2000])
            return
        except ValueError as error:
            if len(buffer) - at > ITEM:
                yield number + 1, Rejected(number + 1, TOO_LARGE, buffer[at : at + 2000])
                return
            if ended:
                rest = buffer[at:]
                if rest.strip():
                    yield number + 1, Rejected(number + 1, f"the JSON breaks off here ({error})", rest[:2000])
                elif listed:
                    reading.note(
                        "The list in the file isn't closed: the file breaks off after its last whole item."
                    )
                return
        block = opened.stream.read(size)
        size *= 2
        ended = not block
        buffer = buffer[at:] + decode(block, final=ended)
        at = 0


def members(
    reading: Reading, key: str, repair: Callable[[str], str] | None = None
) -> Iterator[tuple[int, str, Any]]:
    """Items of every list that stands under `key` in one large document, without reading it whole.

    Yields (row, before, value): `before` is the text between the last such list and this one, given
    once, with row 0 and no value, as each list begins; rows count the items of the file from 1.
    repair : mends the text before it is parsed, a run of whole lines at a time.
    """
    opened = opening.open_bytes(reading.path)
    start = re.compile(rf'"{re.escape(key)}"\s*:\s*\[')
    with opened.stream:
        text = _Text(opened, repair)
        row = 0
        while True:
            found = start.search(text.buffer)
            if found is None:
                if not text.more():
                    break
                continue
            yield 0, text.buffer[: found.start()], None
            text.buffer = text.buffer[found.end() :]
            for value in _listed(text, row):
                row += 1
                yield row, "", value
    if opened.damage:
        reading.note(f"The file can't be unpacked to its end: {opened.damage}; what came before was read.")


class _Text:
    """Text of a file that is drawn as it is needed, whole lines at a time."""

    def __init__(self, opened: opening.Opened, repair: Callable[[str], str] | None) -> None:
        self.buffer = ""
        self._opened, self._repair = opened, repair
        self._decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
        self._rest = ""
        self._size = CHUNK
        self._stopped = False

    def more(self) -> bool:
        """Draw more text; False at the end of the file."""
        if self._stopped:
            return False
        block = self._opened.stream.read(self._size)
        self._size = min(self._size * 2, 1 << 28)
        drawn = self._rest + self._decode(block, final=not block)
        cut = drawn.rfind("\n") + 1 if block else len(drawn)
        whole, self._rest = drawn[:cut], drawn[cut:]
        self.buffer += self._repair(whole) if self._repair else whole
        return bool(block) or bool(whole)

    def stop(self) -> None:
        """Read no more: where an item ends can't be told."""
        self.buffer = self._rest = ""
        self._stopped = True

    def drawn(self) -> None:
        """An item was read: small steps are enough again."""
        self._size = CHUNK


def _listed(text: _Text, row: int) -> Iterator[Any]:
    """Items of the list that the text stands in, up to its end."""
    at = 0
    while True:
        at = _GAP.match(text.buffer, at).end()  # type: ignore[union-attr]
        if text.buffer[at : at + 1] == "]":
            text.buffer = text.buffer[at + 1 :]
            return
        try:
            if at >= len(text.buffer):
                raise ValueError("the file breaks off")
            value, at = _DECODER.raw_decode(text.buffer, at)
            row += 1
            text.drawn()
            yield value
        except RecursionError:
            yield Rejected(row + 1, TOO_DEEP, text.buffer[at : at + 2000])
            text.stop()
            return
        except ValueError as error:
            text.buffer, at = text.buffer[at:], 0
            if len(text.buffer) > ITEM:
                yield Rejected(row + 1, TOO_LARGE, text.buffer[:2000])
                text.stop()
                return
            if not text.more():
                if text.buffer.strip():
                    yield Rejected(row + 1, f"the JSON breaks off here ({_short(error)})", text.buffer[:2000])
                text.buffer = ""
                return
