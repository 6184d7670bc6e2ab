"""Opening files: gzip and zstd unpacked on the way, damage noticed, hashes taken, text decoded."""

from __future__ import annotations

import hashlib
import io
import zipfile
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

SWELL = 200
"""Times its own size to which a packed file may grow; posts packed as tightly as can be grow some thirty times."""

BELIEVED = 1 << 28
"""Bytes up to which no unpacked size is held against a file."""

GZIP_STEP, ZSTD_STEP = 1 << 16, 1 << 12
"""Packed bytes that are unpacked at a time: at the most that each way of packing allows, 64 and 128 MB."""

LINE = 1 << 26
"""Bytes of a line that are read at most."""

ZIP = b"PK\x03\x04"

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


def swollen(packed: int, unpacked: int) -> bool:
    """Whether a file grows in unpacking as only one does that was made to fill memory (both in bytes)."""
    return unpacked > BELIEVED and unpacked > SWELL * packed


def bomb(path: object) -> InputError:
    """Return the error for a file that grows beyond belief."""
    return InputError(
        f"{path} unpacks to more than {SWELL} times its own size, as a decompression bomb does, and was not read; "
        "unpack it yourself where you trust it."
    )


class _Unpacked(io.RawIOBase):
    """A gzip or zstd stream that gives all that can be unpacked, then remembers how it ended.

    step : bytes that are unpacked at a time, so few that what they can become fits into memory.
    Raises InputError where the stream swells (`swollen`).
    """

    def __init__(self, path: Path, raw: BinaryIO, start: Callable[[], Any], magic: bytes, step: int) -> None:
        self._path, self._raw, self._start, self._magic, self._step = path, raw, start, magic, step
        self._engine: Any = start()
        self._block, self._at = b"", 0
        self._drawn = self._given = 0
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
        if self._at >= len(self._block):
            self._block, self._at = self._raw.read(BLOCK), 0
            self._drawn += len(self._block)
        if self._engine is None:
            rest = self._block[self._at :].lstrip(b"\0")
            if not rest.startswith(self._magic):
                return False
            self._at = len(self._block) - len(rest)
            self._engine = self._start()
        piece = self._block[self._at : self._at + self._step]
        self._at += len(piece)
        if not piece:
            self.damage = "it breaks off before the end of the packed data"
            return False
        try:
            self._ready = memoryview(self._engine.decompress(piece))
        except Exception as error:  # zlib.error, zstandard.ZstdError: the rest can't be unpacked
            self.damage = f"its packed data are damaged ({error})"
            return False
        self._given += len(self._ready)
        if swollen(self._drawn, self._given):
            raise bomb(self._path)
        if self._engine.eof:
            self._at -= len(self._engine.unused_data)
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
        unpacked = _Unpacked(path, raw, lambda: zlib.decompressobj(wbits=31), GZIP, GZIP_STEP)
    elif magic == ZSTD:
        import zstandard

        engine = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        unpacked = _Unpacked(path, raw, engine.decompressobj, ZSTD, ZSTD_STEP)
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


class Overlong(str):
    """The beginning of a line that is longer than `LINE`; the rest of it is passed over."""

    __slots__ = ()


@dataclass
class TextLines:
    """Lines of a text file, with their line ends; counts what had to be mended.

    UTF-8 with or without byte-order mark, UTF-16 with one; a line that isn't UTF-8 is read as
    Windows-1252. NUL bytes are taken out. Of a line beyond `LINE` the beginning comes, as an `Overlong`.
    """

    opened: Opened
    foreign: int = 0
    nuls: int = 0

    def __iter__(self) -> Iterator[str]:
        stream = self.opened.stream
        start = stream.peek(3)[:3]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            yield from self._wrapped("utf-16")
            return
        if start == b"\xef\xbb\xbf":
            stream.read(3)
        peek = stream.peek(BLOCK)
        if b"\r" in peek and b"\n" not in peek:
            yield from self._wrapped("utf-8")
            return
        while line := stream.readline(LINE):
            whole = line
            if len(line) == LINE and not line.endswith(b"\n"):
                while whole and not whole.endswith(b"\n"):
                    whole = stream.readline(LINE)
                yield Overlong(foreign(line[:2000]).replace("\n", " ") + "\n")
                continue
            if b"\0" in line:
                self.nuls += line.count(b"\0")
                line = line.replace(b"\0", b"")
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError:
                self.foreign += 1
                yield foreign(line)

    def _wrapped(self, encoding: str) -> Iterator[str]:
        text = io.TextIOWrapper(self.opened.stream, encoding=encoding, errors="replace", newline="")
        while line := text.readline(LINE):
            if len(line) == LINE and line[-1] not in "\r\n":
                rest = line
                while rest and rest[-1] not in "\r\n":
                    rest = text.readline(LINE)
                line = Overlong(line[:2000] + "\n")
            yield line


def foreign(line: bytes) -> str:
    """Decode a line that isn't UTF-8: Windows-1252, and Latin-1 for the five bytes that lacks."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def members(path: Path) -> list[str]:
    """Names of what a ZIP file holds; none where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def check_zip(path: Path) -> None:
    """Raise InputError where a ZIP file would swell in unpacking; what it says of its sizes binds its reader."""
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path} begins as a ZIP archive but can't be read as one ({error}).") from error
    if swollen(path.stat().st_size, unpacked):
        raise bomb(path)
