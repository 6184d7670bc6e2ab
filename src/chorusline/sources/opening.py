"""Opening files: gzip and zstd unpacked on the way, damage noticed, hashes taken, text decoded."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from chorusline.errors import InputError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
BLOCK = 1 << 20
WINDOW = 2**31
"""Largest zstd window accepted, bytes: the Reddit dumps were packed with --long=31."""

MAGIC = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"SQLite format 3": "an SQLite database",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"\x7fELF": "a program",
}


def sha256(path: Path) -> str:
    """SHA-256 of the file as it is stored, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            digest.update(block)
    return digest.hexdigest()


class _Unpacked(io.RawIOBase):
    """A gzip or zstd stream that gives all that can be unpacked, then remembers how it ended."""

    def __init__(self, raw: BinaryIO, start: Callable[[], Any], magic: bytes) -> None:
        self._raw, self._start, self._magic = raw, start, magic
        self._engine: Any = start()
        self._waiting = b""
        self._ready = memoryview(b"")
        self.damage: str | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready and self._more():
            pass
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _more(self) -> bool:
        """Unpack another block; False at the end, whole or not."""
        if self.damage:
            return False
        block = self._waiting or self._raw.read(BLOCK)
        self._waiting = b""
        if self._engine is None:
            block = block.lstrip(b"\0")
            if not block.startswith(self._magic):
                return False
            self._engine = self._start()
        if not block:
            self.damage = "it breaks off before the end of the packed data"
            return False
        try:
            self._ready = memoryview(self._engine.decompress(block))
        except Exception as error:  # zlib.error, zstandard.ZstdError: the rest can't be unpacked
            self.damage = f"its packed data are damaged ({error})"
            return False
        if self._engine.eof:
            self._waiting = self._engine.unused_data
            self._engine = None
        return True

    def close(self) -> None:
        self._raw.close()
        super().close()


@dataclass
class Opened:
    """An open file: its bytes, unpacked, and after reading, whether its packing was damaged."""

    stream: io.BufferedReader
    _unpacked: _Unpacked | None = None

    @property
    def damage(self) -> str | None:
        """How the packed data were found damaged so far, as half a sentence, or None."""
        return self._unpacked.damage if self._unpacked else None


def open_bytes(path: Path) -> Opened:
    """Open a file, unpacking gzip and zstd by their content. Raises InputError where it can't be opened."""
    try:
        raw = path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{path} doesn't exist.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, not a file.") from None
    except OSError as error:
        raise InputError(f"{path} can't be opened: {error.strerror}.") from None
    magic = raw.read(4)
    raw.seek(0)
    unpacked = None
    if magic.startswith(GZIP):
        unpacked = _Unpacked(raw, lambda: zlib.decompressobj(wbits=31), GZIP)
    elif magic == ZSTD:
        import zstandard

        engine = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        unpacked = _Unpacked(raw, engine.decompressobj, ZSTD)
    if unpacked is None:
        return Opened(raw)
    return Opened(io.BufferedReader(unpacked, BLOCK), unpacked)


def head(path: Path, size: int) -> bytes:
    """The first `size` bytes of a file, unpacked."""
    with open_bytes(path).stream as stream:
        return stream.read(size)


def looks_binary(data: bytes) -> bool:
    """Whether these bytes are no text: a known signature, or many control characters."""
    if kind_of(data) is not None:
        return True
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    sample = data[:65536]
    control = sum(sample.count(code) for code in range(32) if code not in (9, 10, 12, 13, 27))
    share = control / max(len(sample), 1)
    return share > 0.1 or (share > 0.02 and control > 30)


def kind_of(data: bytes) -> str | None:
    """What a file that isn't text is, as far as its first bytes say."""
    return next((name for magic, name in MAGIC.items() if data.startswith(magic)), None)


@dataclass
class TextLines:
    """Lines of a text file, with their line ends; counts what had to be mended.

    UTF-8 with or without byte-order mark, UTF-16 with one; a line that isn't UTF-8 is read as
    Windows-1252. NUL bytes are taken out.
    """

    opened: Opened
    foreign: int = 0
    nuls: int = 0

    def __iter__(self) -> Iterator[str]:
        stream = self.opened.stream
        start = stream.peek(3)[:3]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield from io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline="")
            return
        if start == b"\xef\xbb\xbf":
            stream.read(3)
        peek = stream.peek(BLOCK)
        if b"\r" in peek and b"\n" not in peek:
            yield from io.TextIOWrapper(stream, encoding="utf-8", errors="replace", newline="")
            return
        for line in stream:
            if b"\0" in line:
                self.nuls += line.count(b"\0")
                line = line.replace(b"\0", b"")
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                self.foreign += 1
                yield foreign(line)


def foreign(line: bytes) -> str:
    """Decode a line that isn't UTF-8: Windows-1252, and Latin-1 for the five bytes that lacks."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")
