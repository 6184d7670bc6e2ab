"""Texts with slots: a skeleton of words that stay, in order, around places where the words change.

A slot is often filled with a name or a number, and rare words weigh most in `traces.similar`: so two texts of one
template may share two thirds of their words and still not be near. Here all words weigh the same, and their order
counts: two texts are of one template where their longest common subsequence (Wagner & Fischer 1974) holds at least
`LEAST` words and a given part of the longer text, and three of its words stand in a row somewhere in both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

Array = npt.NDArray[Any]

LEAST = 8
"""Words of the shortest skeleton: fewer are a turn of phrase."""
_MOST = 20_000
"""Leaders looked at for one text, the newest first."""


def leaders(
    texts: pa.StringArray,
    uses: npt.NDArray[np.int64],
    share: float,
    stays: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.int64]:
    """Return for each text [m] the place of the one that leads its template (its own where it leads).

    texts : distinct normalised texts, words parted by single spaces. uses : how often each occurs. share : part of
    the longer text that the common words must make up; 1 leaves all apart. stays : texts that join no other, and lead
    before the others do.
    Taken most used first, each text joins the leader that it has most words in common with, or leads.
    """
    m = len(texts)
    if m == 0 or share >= 1:
        return np.arange(m)
    lists = pc.split_pattern(texts, " ")
    words = pc.list_flatten(lists).dictionary_encode()
    code = words.indices.to_numpy().astype(np.int64)
    starts = np.append(0, np.cumsum(pc.list_value_length(lists).to_numpy())).astype(np.int64)
    base = len(words.dictionary) + 1
    # Numbers of the runs of three words; the last two places of a text begin none.
    run = np.full(len(code), -1, dtype=np.int64)
    if len(code) >= 3:
        pair = np.unique(code[:-1] * base + code[1:], return_inverse=True)[1].astype(np.int64)
        run[:-2] = np.unique(pair[:-1] * base + code[2:], return_inverse=True)[1]
    place = np.empty(m, dtype=np.int64)
    place[pc.array_sort_indices(texts).to_numpy()] = np.arange(m)
    ordered = np.empty_like(code)
    owner = np.repeat(np.arange(m), np.diff(starts))
    ordered[:] = code[np.lexsort((code, owner))]
    fixed = np.zeros(m, dtype=np.bool_) if stays is None else stays
    return np.asarray(_lead(code, ordered, run, starts, np.lexsort((place, -uses, ~fixed)), fixed, share))


def skeleton(texts: Sequence[str], kept: float = 0.9) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the skeleton of texts that belong together, and the places of its slots.

    texts : the leading text first; words parted by spaces. kept : share of the texts that must have a word for it
    to be of the skeleton. Each text is aligned with the first. A slot's place k stands before word k of the
    skeleton, in which some text has other words, or more.
    """
    first = texts[0].split(" ")
    have = np.zeros(len(first), dtype=np.int64)
    gap = np.zeros(len(first) + 1, dtype=np.int64)
    for text in texts:
        words = text.split(" ")
        pairs = _aligned(first, words)
        last_a = last_b = -1
        for a, b in [*pairs, (len(first), len(words))]:
            if b - last_b > 1 or a - last_a > 1:
                gap[last_a + 1 : a + 1] += 1
            if a < len(first):
                have[a] += 1
            last_a, last_b = a, b
    stays = have >= kept * len(texts)
    words_kept = tuple(word for word, keep in zip(first, stays.tolist(), strict=True) if keep)
    slots: list[int] = []
    count = 0
    for k in range(len(first) + 1):
        inside = k < len(first)
        if (gap[k] or (inside and not stays[k])) and (not slots or slots[-1] != count):
            slots.append(count)
        count += int(inside and stays[k])
    return words_kept, tuple(slots)


def _aligned(first: list[str], second: list[str]) -> list[tuple[int, int]]:
    """Places of a longest common subsequence, earliest in the first text."""
    n, m = len(first), len(second)
    best = np.zeros((n + 1, m + 1), dtype=np.int64)
    for a in range(n - 1, -1, -1):
        for b in range(m - 1, -1, -1):
            same = first[a] == second[b]
            best[a, b] = best[a + 1, b + 1] + 1 if same else max(best[a + 1, b], best[a, b + 1])
    pairs, a, b = [], 0, 0
    while a < n and b < m:
        if first[a] == second[b]:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif best[a + 1, b] >= best[a, b + 1]:
            a += 1
        else:
            b += 1
    return pairs


@njit(cache=True)
def _lead(
    code: Any, ordered: Any, run: Any, starts: Any, sequence: Any, fixed: Any, share: float
) -> Any:  # pragma: no cover
    m = len(starts) - 1
    leader = np.arange(m)
    head = np.full(len(code) + 1, -1, np.int64)
    entry = np.empty(len(code) + 1, np.int64)
    following = np.empty(len(code) + 1, np.int64)
    entries = 0
    seen = np.full(m, -1, np.int64)
    turn = np.empty(m, np.int64)
    longest = 1
    for i in range(m):
        longest = max(longest, starts[i + 1] - starts[i])
    row = np.zeros(longest + 1, np.int64)
    for number in range(m):
        i = sequence[number]
        turn[i] = number
        length = starts[i + 1] - starts[i]
        best, most, looked = -1, 0, 0
        for k in range(starts[i], starts[i] if fixed[i] else starts[i + 1] - 2):
            at = head[run[k]]
            while at >= 0 and looked < _MOST:
                j = entry[at]
                at = following[at]
                if seen[j] == i:
                    continue
                seen[j] = i
                looked += 1
                other = starts[j + 1] - starts[j]
                need = max(float(LEAST), share * max(length, other))
                if min(length, other) < need or _common(ordered, starts, i, j) < need:
                    continue
                shared = _subsequence(code, starts, i, j, row)
                if shared >= need and (shared > most or (shared == most and turn[j] < turn[best])):
                    best, most = j, shared
        if best >= 0:
            leader[i] = best
            continue
        if length < LEAST:
            continue
        for k in range(starts[i], starts[i + 1] - 2):
            entry[entries] = i
            following[entries] = head[run[k]]
            head[run[k]] = entries
            entries += 1
    return leader


@njit(cache=True)
def _common(ordered: Any, starts: Any, i: int, j: int) -> int:  # pragma: no cover
    """Words in common whatever their order: no subsequence is longer."""
    a, b, count = starts[i], starts[j], 0
    while a < starts[i + 1] and b < starts[j + 1]:
        if ordered[a] == ordered[b]:
            count += 1
            a += 1
            b += 1
        elif ordered[a] < ordered[b]:
            a += 1
        else:
            b += 1
    return count


@njit(cache=True)
def _subsequence(code: Any, starts: Any, i: int, j: int, row: Any) -> int:  # pragma: no cover
    """Length of the longest common subsequence of two texts."""
    width = starts[j + 1] - starts[j]
    row[: width + 1] = 0
    for a in range(starts[i], starts[i + 1]):
        corner = 0
        for b in range(width):
            above = row[b + 1]
            if code[a] == code[starts[j] + b]:
                row[b + 1] = corner + 1
            elif row[b] > above:
                row[b + 1] = row[b]
            corner = above
    return int(row[width])
