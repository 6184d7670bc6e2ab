"""Trace `near-text`: two accounts write nearly the same words."""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog, rows_of
from chorusline.config import Config
from chorusline.traces import text
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.traces.similar import leaders

# Letters that are written in several ways, and marks that may be left out.
_LETTERS = {
    0x0643: "\u06a9", **dict.fromkeys((0x064A, 0x0649), "\u06cc"), 0x0629: "\u0647",
    **dict.fromkeys((0x0623, 0x0625, 0x0622, 0x0671), "\u0627"), 0x0451: "\u0435", 0x0131: "i",
    **dict.fromkeys((0x0640, *range(0x064B, 0x0660), 0x0670, 0x0307), None),
}  # fmt: skip


@cache
def _spelling() -> dict[int, str | None]:
    """Translation of characters to one spelling; digits of every script to 0 to 9."""
    codes = (code for code in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(code)) == "Nd")
    return {**{code: str(unicodedata.digit(chr(code))) for code in codes}, **_LETTERS}


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
    # All texts are a large part of the log, so none is kept longer than it must be.
    fresh = np.append(True, exact.object[1:] != exact.object[:-1])
    spelt = exact.objects.take(pa.array(exact.object[fresh]))
    place, action = np.cumsum(fresh, dtype=np.int32) - 1, exact.action
    del exact, fresh
    spelt = _one_spelling(spelt)
    words = spelt.dictionary_encode()
    del spelt
    place, texts = words.indices.to_numpy()[place], words.dictionary
    del words
    leader = leaders(texts, np.bincount(place, minlength=len(texts)), config.text_similarity)
    objects = _by_appearance(leader.astype(np.int32)[place], texts)
    del leader, place, texts
    return text.without_headlines(uses_of(log, action, objects), log, config)


def _by_appearance(codes: npt.NDArray[np.int32], values: pa.StringArray) -> pa.DictionaryArray:
    """Encode strings of which the codes [n] are known: those that occur, numbered as they appear."""
    first = np.full(len(values), len(codes), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    there = np.flatnonzero(first < len(codes))
    there = there[np.argsort(first[there])]
    number = np.empty(len(values), dtype=np.int32)
    number[there] = np.arange(len(there), dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(number[codes]), values.take(pa.array(there)))


def words(log: ActionLog, rows: npt.NDArray[np.int64], config: Config) -> pa.Array:
    """Return the texts of action rows [k] as they are compared: normalised and in one spelling; null for none."""
    return _one_spelling(text.normalise(rows_of(log.actions["text"], rows), config.min_text_length))


def _one_spelling(texts: pa.StringArray) -> pa.StringArray:
    other = pc.invert(pc.string_is_ascii(texts))  # ASCII is spelt in one way
    if not pc.any(other).as_py():
        return texts
    table = _spelling()
    spelt = [text if text is None else text.translate(table) for text in texts.filter(other).to_pylist()]
    return pc.replace_with_mask(texts, other, pa.array(spelt, pa.string()))


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
