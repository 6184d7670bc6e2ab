"""Trace `text`: two accounts write the same words (equality after normalisation)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.traces.link import canonical

Bools = npt.NDArray[np.bool_]

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
    """Uses of normalised texts in what accounts wrote themselves (reshares are left out).

    A text that mostly comes with the same link is a headline: a share button, a feed or an agency's wire puts
    the same words there for everyone. It counts as a use of the link (trace `link`), not as words.
    """
    rows = np.flatnonzero(log.kinds != KINDS.index("reshare"))
    taken = pa.array(rows)
    texts = log.actions["text"].take(taken).combine_chunks()
    uses = uses_of(log, rows, normalise(texts, config.min_text_length))
    return without_headlines(uses, log, config)


def without_headlines(uses: Uses, log: ActionLog, config: Config) -> Uses:
    """Return the uses of texts that are no headlines: several posts have those, mostly with the same first link."""
    return uses.keep(~_headlines(uses, log, config)[uses.object]) if len(uses) else uses


def _headlines(uses: Uses, log: ActionLog, config: Config) -> Bools:
    """Which texts [m] are headlines."""
    lists = log.actions["links"].combine_chunks()
    has_link = pc.fill_null(pc.greater(pc.list_value_length(lists), 0), False)
    links = pc.list_element(lists.filter(has_link), 0).dictionary_encode()
    tracking = frozenset(config.tracking_parameters)
    known = [None if link is None else canonical(link, tracking) for link in links.dictionary.to_pylist()]
    encoded = pa.array(known, pa.string()).dictionary_encode()
    place = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    link_of = np.full(len(log), -1, dtype=np.int64)
    if len(place):
        link_of[has_link.to_numpy(zero_copy_only=False)] = place[links.indices.to_numpy(zero_copy_only=False)]
    return _mostly_with_one(uses.object, link_of[uses.action], len(uses.objects))


def _mostly_with_one(texts: npt.NDArray[np.int32], link: npt.NDArray[np.int64], n_texts: int) -> Bools:
    """Which texts [n_texts] several posts have, half of them and most of those with a link with the same one.

    texts : text of each post [n]. link : its first link [n], -1 for none. Half will do, since people cut
    links off and exports lose them.
    """
    posts = np.bincount(texts, minlength=n_texts)
    linked = np.bincount(texts[link >= 0], minlength=n_texts)
    pairs, with_it = np.unique(np.stack([texts[link >= 0], link[link >= 0]]), axis=1, return_counts=True)
    most = np.zeros(n_texts, dtype=np.int64)
    np.maximum.at(most, pairs[0], with_it)
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
