"""Keyed pseudonyms: HMAC-SHA256 under a key that lies outside the case and can be destroyed.

Without the key nobody can say which account a pseudonym is, or try names until one fits, as is easy with a bare hash.
Whoever deletes the key file makes that final. One key gives one account the same pseudonym in every case.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from chorusline.errors import UsageError

LENGTH = 12
"""Characters of a pseudonym, five bits each: among a million accounts, two are alike once in two million cases."""

LEAST = 32
"""Bytes of a key, at least."""


class Key:
    """A key, as read from its file."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < LEAST:
            raise UsageError(f"A key has {LEAST} bytes at least; this one has {len(secret)}.")
        self._secret = secret

    @classmethod
    def open(cls, path: Path, *, apart_from: Iterable[Path] = ()) -> Key:
        """Read a key, or make one where no file is: 64 hexadecimal digits that its owner alone may read.

        Raises UsageError where the file lies in a folder it must be `apart_from`, or holds no key.
        """
        for folder in apart_from:
            if path.resolve().is_relative_to(folder.resolve()):
                raise UsageError(
                    f"The key {path} lies in {folder}, which it is to keep secret: put it elsewhere."
                )
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        except OSError as error:
            raise UsageError(f"The key {path} can't be made: {error.strerror}.") from None
        else:
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(LEAST) + "\n")
        try:
            return cls(bytes.fromhex(path.read_text("ascii").strip()))
        except (OSError, ValueError):
            raise UsageError(
                f"{path} isn't a key: a key is a line of {2 * LEAST} hexadecimal digits."
            ) from None

    def pseudonym(self, kind: str, name: str) -> str:
        """Return the pseudonym of a name, such as A-7QX2M4KDP3ZT; kind : a letter that says what it is of."""
        digest = hmac.new(self._secret, f"{kind}\x1f{name}".encode(), hashlib.sha256).digest()
        return f"{kind}-{base64.b32encode(digest).decode('ascii')[:LENGTH]}"

    def column(self, kind: str, names: pa.ChunkedArray) -> pa.Array:
        """Return pseudonyms of a column of names; what is missing stays missing."""
        codes = names.combine_chunks().dictionary_encode()
        if isinstance(codes, pa.ChunkedArray):
            codes = codes.combine_chunks()
        made = [self.pseudonym(kind, name) for name in codes.dictionary.to_pylist()]
        return pa.array(made, pa.string()).take(codes.indices)


_LINK = re.compile(r"\b[a-z][a-z0-9+.-]*://([^\s/?#]+)\S*", re.IGNORECASE)
_WORD = re.compile(r"@?[\w.-]*\w", re.UNICODE)


class Mask:
    """Takes names out of texts: those of the case's accounts become pseudonyms, other @names and links are cut.

    known : name -> pseudonym, of ids and user names alike.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._words = {name.lower(): shown for name, shown in known.items() if _WORD.fullmatch(name)}
        odd = sorted(
            (name for name in known if name and not _WORD.fullmatch(name)),
            key=lambda name: (-len(name), name),
        )
        self._odd = re.compile("|".join(map(re.escape, odd)), re.IGNORECASE) if odd else None
        self._known = {name.lower(): shown for name, shown in known.items()}

    def __call__(self, text: str) -> str:
        """Return the text without names."""
        if self._odd is not None:
            text = self._odd.sub(lambda found: self._known.get(found.group().lower(), "[…]"), text)
        return _WORD.sub(self._word, _LINK.sub(r"[link to \1]", text))

    def _word(self, found: re.Match[str]) -> str:
        word = found.group()
        shown = self._words.get(word.lower().removeprefix("@"))
        if shown is not None:
            return shown
        if word.startswith("@"):
            return "@[…]"
        # A name may be a part of a host: ann.blogs.example.
        return ".".join(self._words.get(part.lower(), part) for part in word.split("."))

    def column(self, texts: pa.ChunkedArray) -> pa.Array:
        """Mask a column; what is missing stays missing."""
        codes = texts.combine_chunks().dictionary_encode()
        made = [self(text) for text in codes.dictionary.to_pylist()]
        return pa.array(made, pa.string()).take(codes.indices)
