"""Trace `text`: two accounts write the same words (equality after normalisation)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, cores, uses_of
from chorusline.traces.link import canonical_links

Bools = npt.NDArray[np.bool_]

RUN = 1 << 18
"""Texts normalised at a time."""

# Leading reshare marks, links, mentions; then everything that is neither letter, mark, digit.
_RESHARE_MARK = r"^\s*rt\s+@\S+\s*:?\s*"
# Archives cut long posts, often in the middle of their last link.
_LINK = r"(?:https?:/|www\.)\S*|\bpic\.twitter\.com/\S*|\bht{1,2}p?s?:?(?:…|\.{2,3})?\s*$"
_MENTION = r"@[\p{L}\p{M}\p{N}_.\-]+"
_HASHTAG = r"#[\p{L}\p{M}\p{N}_]+"
_NOT_A_WORD = r"[^\p{L}\p{M}\p{N}]+"
# Zero-width and bidirectional control characters, fillers, and what only chooses how an emoji is drawn: invisible,
# and a cheap way to make equal texts differ. (Fillers are letters and selectors are marks to Unicode.)
_INVISIBLE = (
    r"[\x{00AD}\x{034F}\x{061C}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{180B}-\x{180F}\x{200B}-\x{200F}\x{202A}-\x{202E}"
    r"\x{2060}-\x{2064}\x{2066}-\x{206F}\x{20E3}\x{FE00}-\x{FE0F}\x{FEFF}\x{E0100}-\x{E01EF}]"
)


def normalise(text: pa.Array, min_length: int) -> pa.Array:
    """Return normalised texts [n]; null where fewer than `min_length` characters of own words are left.

    HTML entities of punctuation, Unicode NFKC, lower case; without links, mentions, hashtags, invisible
    characters and punctuation. So posts of tags or mentions alone are no "same text", and a template that
    is sent out under changing tags is one.
    """
    text = _replaced(text.cast(pa.string()), r"&(?:amp|lt|gt|quot|#39);", " ", "&")
    # Nothing but lower case happens to ASCII in Unicode's normal forms, and no invisible character is of it.
    plain = pc.fill_null(pc.string_is_ascii(text), True)
    text = _by_parts(text, plain, pc.utf8_lower, _visible)
    for pattern, signs in ((_RESHARE_MARK, "@"), (_LINK, None), (_MENTION, "@"), (_HASHTAG, "#")):
        text = _replaced(text, pattern, " ", signs) if signs else _without_links(text)
    text = _by_parts(
        text, pc.fill_null(pc.string_is_ascii(text), True), _words,
        lambda other: pc.utf8_trim(pc.replace_substring_regex(other, _NOT_A_WORD, " "), " "),
    )  # fmt: skip
    long_enough = pc.greater_equal(pc.utf8_length(text), min_length)
    return pc.if_else(long_enough, text, pa.scalar(None, pa.string()))


def _by_parts(
    text: pa.Array, mask: pa.Array, chosen: Callable[[pa.Array], pa.Array], other: Callable[[pa.Array], pa.Array]
) -> pa.Array:  # fmt: skip
    """Change the texts under a mask in one way and the others in another."""
    if pc.all(mask).as_py() is not False:
        return chosen(text)
    rest = pc.invert(mask)
    return pc.replace_with_mask(chosen(text), rest, other(text.filter(rest)))


def _visible(text: pa.Array) -> pa.Array:
    text = pc.utf8_lower(pc.utf8_normalize(text, form="NFKC"))
    return pc.replace_substring_regex(text, _INVISIBLE, "")


def _replaced(text: pa.Array, pattern: str, by: str, sign: str) -> pa.Array:
    """Replace a pattern in the texts that have a sign without which it can't be there."""
    mask = pc.fill_null(pc.match_substring(text, sign), False)
    if not pc.any(mask).as_py():
        return text
    return pc.replace_with_mask(text, mask, pc.replace_substring_regex(text.filter(mask), pattern, by))


def _without_links(text: pa.Array) -> pa.Array:
    """Replace links, in texts that can have any: the search for a link cut off at the end is slow."""
    tail = pc.utf8_slice_codeunits(pc.utf8_rtrim_whitespace(text), -9)
    mask = pc.match_substring(tail, "ht")
    for sign in (":/", "www.", "pic.twitter.com/"):
        mask = pc.or_(mask, pc.match_substring(text, sign))
    mask = pc.fill_null(mask, False)
    return pc.replace_with_mask(text, mask, pc.replace_substring_regex(text.filter(mask), _LINK, " "))


def _words(text: pa.Array) -> pa.Array:
    """Lower-case ASCII texts with a single space for whatever is neither letter nor digit, and none at the ends."""
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)[text.offset : text.offset + len(text) + 1]
    data = np.frombuffer(text.buffers()[2] or b"", dtype=np.uint8)
    ends, kept = _squeezed(offsets, data)
    found = pa.StringArray.from_buffers(len(text), pa.py_buffer(ends), pa.py_buffer(kept))
    return pc.if_else(pc.is_valid(text), found, pa.scalar(None, pa.string())) if text.null_count else found


@njit(cache=True, nogil=True)
def _squeezed(offsets: Any, data: Any) -> tuple[Any, Any]:  # pragma: no cover
    ends = np.zeros(len(offsets), np.int32)
    kept = np.empty(offsets[-1] - offsets[0], np.uint8)
    at = 0
    for k in range(len(offsets) - 1):
        begin = at
        apart = False
        for p in range(offsets[k], offsets[k + 1]):
            sign = data[p]
            if (97 <= sign <= 122) or (48 <= sign <= 57):
                if apart and at > begin:
                    kept[at] = 32
                    at += 1
                kept[at] = sign
                at += 1
                apart = False
            else:
                apart = True
        ends[k + 1] = at
    return ends, kept[:at].copy()


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of normalised texts in what accounts wrote themselves (reshares are left out).

    A text that mostly comes with the same link is a headline: a share button, a feed or an agency's wire puts
    the same words there for everyone. It counts as a use of the link (trace `link`), not as words.
    """
    rows = np.flatnonzero(log.kinds != KINDS.index("reshare"))
    uses = uses_of(log, rows, normalised(log, rows, config))
    return without_headlines(uses, log, config)


def normalised(log: ActionLog, rows: npt.NDArray[np.int64], config: Config) -> pa.ChunkedArray:
    """Return the normalised texts of some rows of the log [k], ascending, run after run on all cores."""
    column = log.actions["text"]

    def run(start: int) -> pa.Array:
        mine = rows[start : start + RUN]
        piece = column.slice(mine[0], mine[-1] - mine[0] + 1).combine_chunks()
        return normalise(piece.take(pa.array(mine - mine[0])), config.min_text_length)

    with ThreadPoolExecutor(cores()) as pool:
        return pa.chunked_array(pool.map(run, range(0, len(rows), RUN)), pa.string())


def without_headlines(uses: Uses, log: ActionLog, config: Config) -> Uses:
    """Return the uses of texts that are no headlines: several posts have those, mostly with the same first link."""
    return uses.keep(~_headlines(uses, log, config)[uses.object]) if len(uses) else uses


def _headlines(uses: Uses, log: ActionLog, config: Config) -> Bools:
    """Which texts [m] are headlines."""
    length = pc.fill_null(pc.list_value_length(log.actions["links"]), 0).to_numpy().astype(np.int64)
    links = canonical_links(log, config).indices.fill_null(-1).to_numpy(zero_copy_only=False)
    link_of = np.full(len(log), -1, dtype=np.int64)
    link_of[length > 0] = links[(np.cumsum(length) - length)[length > 0]]
    return _mostly_with_one(uses.object, link_of[uses.action], len(uses.objects))


def _mostly_with_one(texts: npt.NDArray[np.int32], link: npt.NDArray[np.int64], n_texts: int) -> Bools:
    """Which texts [n_texts] several posts have, half of them and most of those with a link with the same one.

    texts : text of each post [n]. link : its first link [n], -1 for none. Half will do, since people cut
    links off and exports lose them.
    """
    posts = np.bincount(texts, minlength=n_texts)
    # What one post alone has is no headline, and is nearly everything.
    linked_posts = (link >= 0) & (posts[texts] > 1)
    text, link = texts[linked_posts].astype(np.int64), link[linked_posts]
    linked = np.bincount(text, minlength=n_texts)
    n_links = int(link.max(initial=-1)) + 1
    pairs, with_it = np.unique(text * max(n_links, 1) + link, return_counts=True)
    most = np.zeros(n_texts, dtype=np.int64)
    np.maximum.at(most, pairs // max(n_links, 1), with_it)
    return np.asarray((posts > 1) & (2 * most >= posts) & (2 * most > linked))


TRACE = Trace(
    name="text",
    about="The same words written, links and mentions apart (equality after normalisation).",
    object_word="text",
    precedence=10,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    columns=("text", "links"),
)
