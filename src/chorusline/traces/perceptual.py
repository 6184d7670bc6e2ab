"""Perceptual hashes that are nearly the same: clusters around a leading hash, within a Hamming distance.

Two pictures that differ in size or compression have hashes of 64 bits that differ in few. Hashes are taken most
used first; each joins the nearest leader within the distance, or leads. So all of a cluster are near to one hash,
and a row of small steps makes no cluster (as in `traces.similar`). Candidates are found in bands (Norouzi, Punjani
& Fleet 2012): cut into d + 1 bands, two hashes that differ in d bits at most have one band alike. Nothing is missed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

Hashes = npt.NDArray[np.uint64]

_HEX, _BINARY = r"^[0-9a-fA-F]{16}$", r"^[01]{64}$"
_BALANCED = (20, 44)
"""Bits set in a picture's hash, usually half of 64; a number or a counter written in hexadecimals has fewer."""
_PLAIN = 8
"""A hash with fewer bits set, or unset, is that of an empty picture: it is near to nothing but itself."""


def parse(keys: pa.StringArray) -> tuple[Hashes, npt.NDArray[np.bool_]]:
    """Return the hashes of media keys [m], uint64, and which keys are any.

    A key is a hash where it is 16 hexadecimals or 64 binary digits, and the keys so written are hashes by their
    looks: all but a few have letters (ids are decimal numbers) and about as many bits set as unset (counters don't).
    """
    binary = _matching(keys, _BINARY)
    hexadecimal = _matching(keys, _HEX)
    hashes = np.zeros(len(keys), dtype=np.uint64)
    for mask, base in ((binary, 2), (hexadecimal, 16)):
        words = keys.filter(pa.array(mask)).to_pylist()
        hashes[mask] = np.array([int(word, base) for word in words], dtype=np.uint64)
    if hexadecimal.any():
        lettered = _matching(keys, r"[a-fA-F]")[hexadecimal]
        count = _bits(hashes[hexadecimal])
        balanced = (count >= _BALANCED[0]) & (count <= _BALANCED[1])
        if lettered.mean() < 0.9 or balanced.mean() < 0.9:
            hexadecimal[:] = False
    return hashes, hexadecimal | binary


def leaders(hashes: Hashes, uses: npt.NDArray[np.int64], distance: int) -> npt.NDArray[np.int64]:
    """Return for each distinct hash [m] the place of the one that leads its cluster (its own where it leads).

    uses : how often each occurs. distance : bits in which a hash may differ from its leader's, 0 to 16.
    The result hangs on the set of hashes and their uses alone, not on their order.
    """
    if len(hashes) == 0 or distance <= 0:
        return np.arange(len(hashes))
    count = _bits(hashes)
    telling = (count >= _PLAIN) & (count <= 64 - _PLAIN)
    sequence = np.lexsort((hashes, -uses))
    sequence = sequence[telling[sequence]]
    bounds = np.linspace(0, 64, distance + 2).astype(np.int64)
    # What a band wider than the table mixes up is told apart by counting bits.
    width = 1 << min(20, int(np.diff(bounds).max()))
    return np.asarray(_lead(hashes, sequence, bounds, width, distance))


def _matching(keys: pa.StringArray, pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.fill_null(pc.match_substring_regex(keys, pattern), False)
    return np.array(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _bits(hashes: Hashes) -> npt.NDArray[np.int64]:
    """Bits set in each hash [m]."""
    return np.asarray(np.unpackbits(hashes.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=1), dtype=np.int64)


@njit(cache=True)
def _differing(one: Any, other: Any) -> int:  # pragma: no cover
    rest = one ^ other
    count = 0
    while rest:
        rest &= rest - np.uint64(1)
        count += 1
    return count


@njit(cache=True)
def _lead(hashes: Any, sequence: Any, bounds: Any, width: int, distance: int) -> Any:  # pragma: no cover
    leader = np.arange(len(hashes))
    bands = len(bounds) - 1
    head = np.full(bands * width, -1, np.int64)
    entry = np.empty(len(sequence) * bands, np.int64)
    following = np.empty(len(sequence) * bands, np.int64)
    entries = 0
    seen = np.full(len(hashes), -1, np.int64)
    turn = np.empty(len(hashes), np.int64)
    for number in range(len(sequence)):
        i = sequence[number]
        turn[i] = number
        best, least = -1, distance + 1
        for b in range(bands):
            at = head[b * width + _band(hashes[i], bounds, b, width)]
            while at >= 0:
                j = entry[at]
                at = following[at]
                if seen[j] == i:
                    continue
                seen[j] = i
                apart = _differing(hashes[i], hashes[j])
                if apart < least or (apart == least and best >= 0 and turn[j] < turn[best]):
                    best, least = j, apart
        if best >= 0:
            leader[i] = best
            continue
        for b in range(bands):
            place = b * width + _band(hashes[i], bounds, b, width)
            entry[entries] = i
            following[entries] = head[place]
            head[place] = entries
            entries += 1
    return leader


@njit(cache=True)
def _band(value: Any, bounds: Any, b: int, width: int) -> Any:  # pragma: no cover
    """Number of a hash in a band; the low bits where the band is wider than the table."""
    size = np.uint64(bounds[b + 1] - bounds[b])
    cut = (value >> np.uint64(bounds[b])) & ((np.uint64(1) << size) - np.uint64(1))
    return np.int64(cut & np.uint64(width - 1))
