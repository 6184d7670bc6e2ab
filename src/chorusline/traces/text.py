"""Trace `text`: two accounts write the same words (equality after normalisation)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of

# Leading reshare marks, links, mentions; then everything that is neither letter, mark, digit.
_RESHARE_MARK = r"^\s*rt\s+@\S+\s*:?\s*"
# Archives cut long posts, often in the middle of their last link.
_LINK = r"(?:https?:/|www\.)\S*|\bpic\.twitter\.com/\S*|\bht{1,2}p?s?:?(?:…|\.{2,3})?\s*$"
_MENTION = r"@[\p{L}\p{M}\p{N}_.\-]+"
_HASHTAG = r"#[\p{L}\p{M}\p{N}_]+"
_NOT_A_WORD = r"[^\p{L}\p{M}\p{N}]+"
# Zero-width and bidirectional control characters: invisible, and a cheap way to make equal texts differ.
_INVISIBLE = r"[\x{00AD}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{2066}-\x{2069}\x{FEFF}]"


def normalise(text: pa.Array, min_length: int) -> pa.Array:
    """Return normalised texts [n]; null where fewer than `min_length` characters of own words are left.

    HTML entities of punctuation, Unicode NFKC, lower case; without links, mentions, hashtags, invisible
    characters and punctuation. So posts of tags or mentions alone are no "same text", and a template that
    is sent out under changing tags is one.
    """
    text = pc.replace_substring_regex(text.cast(pa.string()), r"&(?:amp|lt|gt|quot|#39);", " ")
    text = pc.utf8_lower(pc.utf8_normalize(text, form="NFKC"))
    text = pc.replace_substring_regex(text, _INVISIBLE, "")
    for pattern in (_RESHARE_MARK, _LINK, _MENTION, _HASHTAG, _NOT_A_WORD):
        text = pc.replace_substring_regex(text, pattern, " ")
    text = pc.utf8_trim(text, " ")
    long_enough = pc.greater_equal(pc.utf8_length(text), min_length)
    return pc.if_else(long_enough, text, pa.scalar(None, pa.string()))


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of normalised texts in what accounts wrote themselves (reshares are left out)."""
    rows = np.flatnonzero(log.kinds != KINDS.index("reshare"))
    texts = log.actions["text"].take(pa.array(rows)).combine_chunks()
    return uses_of(log, rows, normalise(texts, config.min_text_length))


TRACE = Trace(
    name="text",
    about="The same words written, links and mentions apart (equality after normalisation).",
    object_word="text",
    precedence=10,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
)
