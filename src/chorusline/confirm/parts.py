"""Parts: posts and objects divided at random, so that what finds a group is never what confirms it.

The hash depends on the object's string alone, so adding data never moves an object to another part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from chorusline.traces.base import Trace, Uses

Bools = npt.NDArray[np.bool_]


def part_of(objects: pa.StringArray, parts: int, *key: object) -> npt.NDArray[np.int8]:
    """Return the part, 0 to parts-1, of each object [m]: FNV-1a of its UTF-8 bytes, finished by splitmix64.

    key : what the division hangs on (seed, number of the split, trace); other keys divide independently.
    """
    objects = objects.cast(pa.large_string())
    buffers = objects.buffers()
    offsets = np.frombuffer(buffers[1], dtype=np.int64)[objects.offset : objects.offset + len(objects) + 1]
    data = np.frombuffer(buffers[2], dtype=np.uint8) if buffers[2] is not None else np.empty(0, np.uint8)
    # A digest of all words of the key: cut to eight bytes as they stand, a long one would push the seed out.
    words = ":".join(map(str, key)).encode()
    start = int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "little")
    return np.asarray(_hashed(offsets, data, np.uint64(start), parts))


def split(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], parts: int, seed: int, number: int
) -> dict[str, npt.NDArray[np.int8]]:
    """Return the part of each use by trace: 0 to parts-1, or -1 where it belongs to none; pure.

    A post belongs to one part as a whole: that of its leading object, the first in the order of
    Trace.precedence that several accounts used, or the first of all where none is. (What one account alone
    used can't have helped to find a group.) A use counts only where its object is in the part of its post,
    so that neither an object nor a post that helped to propose a group is used to confirm it, whichever
    traces do the proposing and the confirming.
    """
    part = {
        name: part_of(here.objects, parts, seed, number, name)[here.object] for name, here in uses.items()
    }
    shared = {name: _used_by_several(here) for name, here in uses.items()}
    n_actions = max((int(here.action.max()) + 1 for here in uses.values() if len(here)), default=0)
    post = np.full(n_actions, -1, dtype=np.int8)
    in_order = sorted(uses, key=lambda name: traces[name].precedence)
    for of_several in (True, False):
        for name in in_order:
            # Of several objects in the leading trace the first leads, by the order of the uses.
            _lead(post, uses[name].action, part[name], shared[name] == of_several)
    return {
        name: np.where(~shared[name] | (part[name] == post[here.action]), post[here.action], np.int8(-1))
        for name, here in uses.items()
    }


def _used_by_several(uses: Uses) -> Bools:
    """Which uses [n] are of objects that two accounts or more used."""
    if len(uses) == 0:
        return np.zeros(0, dtype=bool)
    starts = np.flatnonzero(np.r_[True, uses.object[1:] != uses.object[:-1]])
    several = np.minimum.reduceat(uses.account, starts) != np.maximum.reduceat(uses.account, starts)
    return np.asarray(np.repeat(several, np.diff(np.r_[starts, len(uses)])))


@njit(cache=True, nogil=True)
def _lead(post: Any, action: Any, part: Any, chosen: Any) -> None:  # pragma: no cover
    """Give posts [actions] that have none, -1, the part of the first of their chosen uses [n]."""
    for p in range(len(action)):
        if chosen[p] and post[action[p]] < 0:
            post[action[p]] = part[p]


@njit(cache=True, nogil=True)
def _hashed(offsets: Any, data: Any, start: Any, parts: int) -> Any:  # pragma: no cover
    result = np.empty(len(offsets) - 1, np.int8)
    for k in range(len(result)):
        h = np.uint64(14695981039346656037) ^ start
        for p in range(offsets[k], offsets[k + 1]):
            h = (h ^ np.uint64(data[p])) * np.uint64(1099511628211)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
        result[k] = ((h >> np.uint64(32)) * np.uint64(parts)) >> np.uint64(32)
    return result
