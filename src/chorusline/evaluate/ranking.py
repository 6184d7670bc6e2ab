"""Average precision of a ranking with ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def places(*keys: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the dense rank [n] (0 = first) of rows sorted by the keys in turn, small values first; ties share one."""
    table = np.stack([np.asarray(key, dtype=np.float64) for key in keys], axis=1)
    _, rank = np.unique(table, axis=0, return_inverse=True)
    return np.asarray(rank, dtype=np.int64).reshape(-1)


def average_precision(label: npt.NDArray[np.bool_], rank: npt.NDArray[np.int64]) -> float:
    """Return the expected average precision, ties being broken at random.

    label : bool [n]. rank : [n], small is first; equal ranks are ties.
    With g tied rows of which r are labelled, after n rows of which t are labelled, the k-th of them is
    labelled with chance r/g and then stands at precision (t + 1 + (k-1)(r-1)/(g-1)) / (n + k): the exact mean
    over all orders of the ties (McSherry & Najork 2008). nan where nobody is labelled.
    """
    total = int(label.sum())
    if not total:
        return float("nan")
    _, group = np.unique(rank, return_inverse=True)
    size = np.bincount(group)
    hits = np.bincount(group, weights=label)
    before = np.cumsum(size) - size
    hits_before = np.cumsum(hits) - hits
    owner = np.repeat(np.arange(len(size)), size)
    position = np.arange(len(label)) + 1
    k = position - before[owner]
    g, r = size[owner], hits[owner]
    others = (k - 1) * (r - 1) / np.maximum(g - 1, 1)
    gain = r / g * (hits_before[owner] + 1 + others) / position
    return float(gain.sum() / total)
