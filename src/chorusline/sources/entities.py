"""Hashtags, links and mentions: from the text of a post, or from a cell that lists them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SHORT_CODE = 8
"""Letters of the shortest real t.co link; a shorter one was cut off."""

CUT = "{n} links were cut short in the input (such as http://t.co/…) and were left out."

_URL = re.compile(r"https?://(?:t\.co(?:/[A-Za-z0-9]*)?…?|[^\s<>\"“”«»‹›„{}|\\^`]+)|https?://", re.IGNORECASE)
_LINK_FIRST = r"https?://[^\s<>\"“”«»]*|"
"""Passes over links, so that what looks like a tag or a name inside one isn't taken for it."""

_MENTION = re.compile(
    _LINK_FIRST + r"(?<![\w@/+\-])(?<!\w\.)[@＠]([A-Za-z0-9_]{1,50})(?![\w@])", re.IGNORECASE
)
_SHORT = re.compile(r"https?://t\.co(?![^/])/*([a-z0-9]*)")
_CODE = re.compile(r"https?://t\.co/(?:[A-Za-z0-9]{10}(?=[^A-Za-z0-9])|[A-Za-z0-9]{8,9}(?=[^A-Za-z0-9…â]))")
_HOST = re.compile(r"https?://[^\s/?#]+\.[^\s/?#.]{2,}|https?://(?:localhost|\[|\d)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _hashtag() -> re.Pattern[str]:
    """A hashtag: # and word characters of any script, with their combining marks, not digits alone."""
    marks = [chr(c) for c in range(0x300, 0x10000) if unicodedata.category(chr(c)) in ("Mn", "Mc")]
    body = rf"\w\u200c\u200d\u00b7{''.join(marks)}"
    return re.compile(_LINK_FIRST + rf"(?<![\w&/#＃])[#＃]((?=[{body}]*[^\W\d_])[{body}]+)")


def hashtags(text: str) -> list[str]:
    """Hashtags of a text, in order, without the #, otherwise as written."""
    if "#" not in text and "＃" not in text:
        return []
    return [tag.strip("\u200c\u200d") for tag in _hashtag().findall(text) if tag]


def mentions(text: str) -> list[str]:
    """User names mentioned in a text with @, in order, without the @."""
    if "@" not in text and "＠" not in text:
        return []
    return [name for name in _MENTION.findall(text) if name]


def links(text: str) -> list[str]:
    """Links of a text, in order, as written; one that was cut short keeps its '…' (see `is_cut`)."""
    if "://" not in text:
        return []
    return [_trimmed(url) for url in _URL.findall(text)]


def _trimmed(url: str) -> str:
    """Take the punctuation of the sentence off the end of a link."""
    code = _CODE.match(url)
    if code:
        return code[0]
    while url and not url[-1].isalnum():
        last = url[-1]
        stop = last in ".,;:!?'’\"،؛。、" and not url.endswith("...")
        opener = {")": "(", "]": "["}.get(last)
        if not stop and (opener is None or url.count(last) <= url.count(opener)):
            break
        url = url[:-1]
    return url


def is_cut(link: str) -> bool:
    """Whether a link was cut short: ends in an ellipsis, has no host, or is shorter than t.co makes them.

    What doesn't begin with http:// or https:// isn't judged: some tables hold ids in place of links.
    """
    low = link.lower()
    if link.endswith(("…", "...", "\u00e2\u20ac\u00a6")):  # the last is "…" after a wrong decoding
        return True
    if not low.startswith(("http://", "https://")):
        return low in ("http:", "https:", "http:/", "https:/", "http", "https")
    if not _HOST.match(link):
        return True
    short = _SHORT.match(low)
    return short is not None and len(short[1]) < SHORT_CODE


def whole_links(found: Iterable[str]) -> tuple[list[str], int]:
    """The links that are whole, and how many were cut short."""
    items = list(found)
    kept = [link for link in items if not is_cut(link)]
    return kept, len(items) - len(kept)


_SPLITS = {
    "hashtags": re.compile(r"[|,;\s]+"),
    "mentions": re.compile(r"[|,;\s]+"),
    "domains": re.compile(r"[|,;\s]+"),
    "media": re.compile(r"\s*\|\s*|[\s,;]+(?=https?://)"),
    "links": re.compile(r"\s*\|\s*(?=https?://|$)|[\s,;]+(?=https?://)|\s+"),
}
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_EMPTY = {"", "none", "null", "nan", "na", "n/a", "absent", "[]", "{}"}


def split_cell(cell: str, field: str) -> list[str]:
    """Items of a cell: "a|b", "a, b", "a b", "[a, b]" or "['a', 'b']"; for hashtags and mentions bare."""
    cell = cell.strip()
    if cell.lower() in _EMPTY:
        return []
    if cell[0] in "[{(" and cell[-1] in "]})":
        inner = cell[1:-1].strip()
        quoted = [(one or two) for one, two in _QUOTED.findall(inner)] if inner[:1] in "'\"" else []
        items = quoted or re.split(r"\s*,\s+|\s*,(?=https?://)" if field == "links" else r"\s*,\s*", inner)
    elif field in ("links", "media") and "|" in cell and "://" not in cell:
        items = cell.split("|")
    else:
        items = _SPLITS[field].split(cell)
    return clean((item.strip().strip("'\"") for item in items), field)


def clean(items: Iterable[str], field: str) -> list[str]:
    """Drop empty items; take # off hashtags and @ off mentions."""
    sign = {"hashtags": "#＃", "mentions": "@＠"}.get(field, "")
    bare = (item.strip().lstrip(sign) for item in items if item)
    if field == "links":
        bare = (_trimmed(item) if "://" in item else item for item in bare)
    return [item for item in bare if item and item.lower() not in _EMPTY]


def map_lists(column: pa.Array, read: Callable[[str], list[str]], wanted: str | None = None) -> pa.Array:
    """Lists read from each distinct string of a column: list<string> array, empty where it is null.

    `wanted` is a character without which there is nothing to read, so that such rows are passed over.
    """
    strings = column.cast(pa.large_string())
    if wanted is not None:
        strings = pc.if_else(
            pc.match_substring_regex(strings, wanted), strings, pa.scalar(None, pa.large_string())
        )
    encoded = pc.dictionary_encode(strings)
    lists = pa.array([read(value) for value in encoded.dictionary.to_pylist()], pa.list_(pa.string()))
    empty = pa.array([[]], pa.list_(pa.string()))
    whole = pa.concat_arrays([lists, empty])
    return whole.take(pc.fill_null(encoded.indices.cast(pa.int64()), len(lists)))


def drop_cut(lists: pa.Array) -> tuple[pa.Array, int]:
    """Take links that were cut short out of a list array; returns it and how many there were."""
    flat = lists.flatten()
    encoded = pc.dictionary_encode(flat)
    cut = np.array([is_cut(link) if link else True for link in encoded.dictionary.to_pylist()], dtype=bool)
    if not cut.any() and not flat.null_count:
        return lists, 0
    codes = pc.fill_null(encoded.indices.cast(pa.int64()), len(cut)).to_numpy(zero_copy_only=False)
    bad = np.append(cut, True)[codes]
    parent = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum(np.bincount(parent[~bad], minlength=len(lists)), out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), flat.filter(pa.array(~bad))), int(bad.sum())
