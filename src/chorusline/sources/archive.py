"""ZIP archives, as platforms hand them out: each file inside is an input of its own.

A member's name is shown and never used as a path: what is unpacked lies in a folder of its own under a number, so a
name such as ../../etc/passwd leads nowhere. What swells in unpacking, is packed twice or is locked isn't read.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chorusline.errors import InputError
from chorusline.sources import opening

MOST = 10_000
"""Files in one archive at most."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of the disk that is written to, not of the archive."""

PACKED = (opening.ZIP, opening.GZIP, opening.ZSTD, b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"Rar!")


@dataclass(frozen=True)
class Part:
    """A file to read: one named or found in a folder, or a member of an archive, unpacked.

    shown : its name; for a member the archive's path, a slash and the member's name. path : where its bytes lie.
    named : whether the user named it, so that it must be readable. sha256, bytes : of the file the user has,
    which for a member is the archive. digest : SHA-256 of its own bytes. refused : why it isn't read.
    """

    shown: str
    path: Path
    named: bool
    sha256: str
    bytes: int
    digest: str
    refused: str = ""

    def told(self, error: InputError) -> InputError:
        """Return an error in which the file is called as the user knows it."""
        return InputError(str(error).replace(str(self.path), self.shown))


def is_one(path: Path) -> bool:
    """Whether a file is a ZIP archive of other files, rather than a workbook or another document."""
    try:
        with path.open("rb") as stream:
            if not stream.read(4).startswith((opening.ZIP, b"PK\x05\x06")):
                return False
    except OSError:
        return False
    return not any(name == "[Content_Types].xml" or name == "mimetype" for name in opening.members(path))


def readable(path: Path) -> int:
    """How many files an archive holds, hidden ones aside. Raises InputError where it is damaged or swells."""
    opening.check_zip(path)
    return len(_members(path))


def _members(path: Path) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(path) as archive:
        found = [
            info
            for info in archive.infolist()
            if not info.is_dir()
            and not any(p.startswith((".", "__MACOSX")) and p.strip(".") for p in _steps(info))
        ]
    if len(found) > MOST:
        raise InputError(f"{path} holds {len(found):,} files; an archive of up to {MOST:,} is read.")
    return found


def _steps(info: zipfile.ZipInfo) -> list[str]:
    return info.filename.replace("\\", "/").split("/")


def label(name: str) -> str:
    """A member's name as it is shown: without control characters, and without steps upwards."""
    steps = [step for step in name.replace("\\", "/").split("/") if step not in ("", ".", "..")]
    return "".join(c if c.isprintable() else "\ufffd" for c in "/".join(steps))[:300] or "(no name)"


@contextmanager
def unpacked(files: Iterable[tuple[Path, bool]]) -> Iterator[Iterator[Part]]:
    """Give the files to read, archives opened; what was unpacked is there until the block ends."""
    with tempfile.TemporaryDirectory(prefix="chorusline-") as folder:
        yield _parts(files, Path(folder))


def _parts(files: Iterable[tuple[Path, bool]], folder: Path) -> Iterator[Part]:
    for number, (path, named) in enumerate(files):
        if is_one(path):
            yield from _opened(path, folder / str(number), named)
            continue
        digest = opening.sha256(path)
        yield Part(str(path), path, named, digest, path.stat().st_size, digest)


def _opened(path: Path, folder: Path, named: bool) -> Iterator[Part]:
    whole, size = opening.sha256(path), path.stat().st_size
    try:
        opening.check_zip(path)
        members = _members(path)
        if not members:
            raise InputError(f"The archive {path} holds no files.")
    except InputError as error:
        yield Part(str(path), path, named, whole, size, whole, str(error))
        return
    folder.mkdir()
    with zipfile.ZipFile(path) as archive:
        for number, info in enumerate(members):
            target = folder / str(number)
            shown = f"{path}/{label(info.filename)}"
            refused = _unpack(archive, info, target, shown)
            digest = "" if refused else opening.sha256(target)
            yield Part(shown, target, False, whole, size, digest, refused)


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, shown: str) -> str:
    """Unpack one member; returns why it can't be, or nothing."""
    if info.flag_bits & 1:
        return f"{shown} is locked with a password; unpack it first."
    try:
        with archive.open(info) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, opening.BLOCK)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        return f"{shown} can't be unpacked ({error})."
    except (
        Exception
    ) as error:  # zlib.error, lzma.LZMAError: what the ways of packing raise; a full disk isn't theirs
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        return f"{shown} can't be unpacked ({error})."
    with target.open("rb") as stream:
        if stream.read(6).startswith(PACKED) and "xl/workbook.xml" not in opening.members(target):
            return f"{shown} is packed a second time; unpack it first."
    return ""
