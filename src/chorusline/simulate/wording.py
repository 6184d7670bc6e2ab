"""Texts of a made-up vocabulary: tokens such as "w12 w980 w7", never words of any language.

A text is a pure function of its code (and, for what a hand wrote itself, of the hand's habit), so equal
codes are equal texts in every chunk of a world, and no text needs to be stored.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.simulate.streams import Array, mix64

VOCABULARY = 20_000
FUNCTION_WORDS = 64
STYLES = 4_096
SWAPPED = 0.15
"""Share of tokens that a near-duplicate replaces."""

_MARKS = ("", ".", "!", "…", "?", "..", " ;", " :)")


@cache
def _words() -> pa.Array:
    plain = [f"w{i}" for i in range(VOCABULARY + FUNCTION_WORDS)]
    marked = [f"w{i}{mark}" for mark in _MARKS for i in range(FUNCTION_WORDS)]
    return pa.array(plain + marked)


@cache
def _zipf() -> Array:
    """Word of each of 2^16 equal quantiles of a Zipf distribution (exponent 1) over the vocabulary."""
    weights = 1.0 / (np.arange(VOCABULARY) + 3.0)
    cumulative = np.cumsum(weights) / weights.sum()
    place = np.searchsorted(cumulative, (np.arange(2**16) + 0.5) / 2**16)
    return np.asarray(place + FUNCTION_WORDS, dtype=np.int32)


@cache
def _habits() -> Array:
    """Function word of each of 256 quantiles for each style: int32 [STYLES, 256], style 0 is neutral."""
    rng = np.random.Generator(np.random.PCG64(19))
    base = 1.0 / (np.arange(FUNCTION_WORDS) + 2.0)
    weights = base * rng.lognormal(0.0, 0.8, (STYLES, FUNCTION_WORDS))
    weights[0] = base
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    quantiles = (np.arange(256) + 0.5) / 256
    return np.stack([np.searchsorted(row, quantiles) for row in cumulative]).astype(np.int32)


@cache
def _lengths() -> Array:
    """Words of each of 256 quantiles of a text's length: lognormal, median 13, from 4 to 48."""
    from scipy.special import ndtri

    z = ndtri((np.arange(256) + 0.5) / 256)
    return np.asarray(np.clip(np.rint(13.0 * np.exp(0.55 * z)), 4, 48), dtype=np.int64)


def text_lengths(acts: Array) -> Array:
    """Return the number of words of each action's text, int64 [n]; 0 where it has none."""
    given = acts["length"].astype(np.int64)
    drawn = _lengths()[(mix64(acts["text"]) & np.uint64(255)).astype(np.int64)]
    return np.where(acts["text"] == 0, 0, np.where(given > 0, given, drawn))


def texts(acts: Array) -> pa.Array:
    """Return the texts of actions, string [n], null where an action has none."""
    lengths = text_lengths(acts)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    row = np.repeat(np.arange(len(acts)), lengths)
    place = (np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)).astype(np.uint64)
    hashes = mix64(acts["text"])[row]
    hashes += place * np.uint64(0xD1342543DE82EF95)
    hashes = mix64(hashes)
    _swap(acts, row, place, hashes)
    tokens = _tokens(acts, row, hashes)
    lists = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), _words().take(pa.array(tokens)))
    joined = pc.binary_join(lists, " ")
    return pc.if_else(pa.array(lengths > 0), joined, pa.scalar(None, pa.string()))


def _swap(acts: Array, row: Array, place: Array, hashes: Array) -> None:
    """Redraw a share of the tokens of near-duplicates, in place."""
    varied = np.flatnonzero(acts["variant"][row] > 0)
    if not len(varied):
        return
    salt = acts["variant"][row[varied]].astype(np.uint64) << np.uint64(32)
    redrawn = mix64(mix64(salt + place[varied]) ^ hashes[varied])
    chosen = (redrawn & np.uint64(1023)) < np.uint64(1024 * SWAPPED)
    hashes[varied[chosen]] = redrawn[chosen]


def _tokens(acts: Array, row: Array, hashes: Array) -> Array:
    """Turn hashes into tokens: a third function words by habit, a third topic words, a third common ones."""
    which = (hashes >> np.uint64(56)).astype(np.int32)
    rank = (hashes & np.uint64(0xFFFF)).astype(np.int32)
    tokens = _zipf()[rank]
    topical = (which >= 85) & (which < 170)
    shift = (acts["topic"].astype(np.int32) * 617)[row[topical]]
    tokens[topical] = (tokens[topical] - FUNCTION_WORDS + shift) % VOCABULARY + FUNCTION_WORDS
    functional = np.flatnonzero(which < 85)
    style = acts["style"].astype(np.int32)[row[functional]]
    word = _habits()[style, rank[functional] & 255]
    marked = (rank[functional] >> 8) < 40
    mark = np.where(style > 0, style % len(_MARKS), 0)
    tokens[functional] = np.where(marked, VOCABULARY + FUNCTION_WORDS + mark * FUNCTION_WORDS + word, word)
    return tokens
