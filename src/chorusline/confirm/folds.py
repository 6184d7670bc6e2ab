"""Folds: objects split in two by a seeded hash of the object itself.

The hash depends on the object's string alone, so adding data never moves an object to the other fold.
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

FOLDS = ("A", "B")


def fold_of(objects: pa.StringArray, seed: int, salt: str = "") -> npt.NDArray[np.int8]:
    """Return the fold, 0 or 1, of each object [m]: FNV-1a of its UTF-8 bytes, finished by splitmix64.

    salt : a word (the trace) that makes the splits of different traces independent.
    """
    objects = objects.cast(pa.large_string())
    buffers = objects.buffers()
    offsets = np.frombuffer(buffers[1], dtype=np.int64)[objects.offset : objects.offset + len(objects) + 1]
    data = np.frombuffer(buffers[2], dtype=np.uint8) if buffers[2] is not None else np.empty(0, np.uint8)
    # A digest of both words: cut to eight bytes as they stand, a long salt would push the seed out.
    start = int.from_bytes(hashlib.blake2b(f"{seed}:{salt}".encode(), digest_size=8).digest(), "little")
    return np.asarray(_hash_bits(offsets, data, np.uint64(start)))


def split(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], seed: int
) -> dict[str, npt.NDArray[np.int8]]:
    """Return the fold of each use by trace: 0, 1, or -1 where it belongs to neither.

    A post belongs to one fold as a whole: that of its leading object (Trace.precedence). A use counts only
    where its object is in the fold of its post, so that neither an object nor a post that helped to propose
    a group is used to confirm it, whichever traces do the proposing and the confirming.
    """
    folds = {name: fold_of(here.objects, seed, name)[here.object] for name, here in uses.items()}
    n_actions = max((int(here.action.max()) + 1 for here in uses.values() if len(here)), default=0)
    post = np.full(n_actions, -1, dtype=np.int8)
    for name in sorted(uses, key=lambda name: traces[name].precedence):
        here, fold = uses[name].action, folds[name]
        # Of several objects in the leading trace the first leads; np.unique returns the first place.
        actions, place = np.unique(here, return_index=True)
        free = post[actions] < 0
        post[actions[free]] = fold[place[free]]
    return {
        name: np.where(fold == post[uses[name].action], fold, np.int8(-1)) for name, fold in folds.items()
    }


@njit(cache=True)
def _hash_bits(offsets: Any, data: Any, start: Any) -> Any:  # pragma: no cover
    result = np.empty(len(offsets) - 1, np.int8)
    for k in range(len(result)):
        h = np.uint64(14695981039346656037) ^ start
        for p in range(offsets[k], offsets[k + 1]):
            h = (h ^ np.uint64(data[p])) * np.uint64(1099511628211)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
        result[k] = h & np.uint64(1)
    return result
