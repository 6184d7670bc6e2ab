"""Trace `near-text`: two accounts write nearly the same words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces import text
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.traces.similar import leaders

# Letters and digits that are written in several ways, or with marks that may be left out.
_VARIANTS = (
    *((chr(0x0660 + digit), str(digit)) for digit in range(10)),
    *((chr(0x06F0 + digit), str(digit)) for digit in range(10)),
    *((chr(0x0966 + digit), str(digit)) for digit in range(10)),
    ("[\u0643]", "\u06a9"), ("[\u064a\u0649]", "\u06cc"), ("[\u0623\u0625\u0622\u0671]", "\u0627"),
    ("\u0629", "\u0647"), ("[\u0640\u064b-\u065f\u0670]", ""), ("\u0451", "\u0435"), ("\u0131", "i"),
    ("\u0307", ""),
)  # fmt: skip


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of clusters of near-duplicate texts in what accounts wrote themselves, each named by its leading text.

    Texts as in trace `text`, headlines left out. Digits of any script are one, and so are the ways to write one
    letter in Arabic and Persian, Russian and Turkish; vowel marks are none. Clusters: `traces.similar`, at
    `config.text_similarity`. A cluster that mostly comes with one link is a headline with small changes, and is
    left out as well.
    """
    exact = text.extract(log, config)
    if len(exact) == 0:
        return exact
    present, place = np.unique(exact.object, return_inverse=True)
    words = _one_spelling(exact.objects.take(pa.array(present))).dictionary_encode()
    place = words.indices.to_numpy()[place]
    leader = leaders(
        words.dictionary, np.bincount(place, minlength=len(words.dictionary)), config.text_similarity
    )
    objects = words.dictionary.take(pa.array(leader[place]))
    return text.without_headlines(uses_of(log, exact.action, objects), log, config)


def _one_spelling(texts: pa.StringArray) -> pa.StringArray:
    for pattern, letter in _VARIANTS:
        texts = pc.replace_substring_regex(texts, pattern, letter)
    return texts


TRACE = Trace(
    name="near-text",
    about="Nearly the same words written, links and mentions apart.",
    object_word="text",
    precedence=9,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    covers=("text",),
)
