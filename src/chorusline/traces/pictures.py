"""Perceptual hashes of picture files, for data that name their media but hold no hash (extra `media`)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from chorusline.errors import UsageError

MOST_PIXELS = 200_000_000
"""A file that unpacks to more is left alone: it is made to fill memory."""


@lru_cache(maxsize=2)
def hashes(folder: str) -> tuple[dict[str, str], int]:
    """Return the pHash (64 bits, 16 hexadecimals) of each picture in a folder by its name without suffix.

    Also the number of files that are no pictures or can't be read. Only this folder's own files are opened, never
    a path that the data name. Raises UsageError where the folder isn't there or the extra `media` isn't installed.
    """
    try:
        import imagehash
        from PIL import Image
    except ImportError:
        raise UsageError(
            "Hashes of pictures need the extra media: pip install 'chorusline[media]', or leave media_folder out."
        ) from None
    place = Path(folder)
    if not place.is_dir():
        raise UsageError(f"The folder of pictures {folder} isn't there.")
    found: dict[str, str] = {}
    unread = 0
    for path in sorted(place.iterdir()):
        if not path.is_file() or path.is_symlink() or path.name.startswith("."):
            continue
        try:
            with Image.open(path) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    unread += 1
                    continue
                found.setdefault(path.stem, str(imagehash.phash(picture.convert("RGB"))))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            unread += 1
    return found, unread
