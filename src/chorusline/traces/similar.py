"""Texts that are nearly the same: clusters around a leading text, never chains.

Each text is a set of tokens, weighed by how rare they are; two are near where the weight they share is at least
a given part of the weight they have together (weighted Jaccard). Texts are taken most used first. One that is
near to a leader joins the nearest, and any other leads a cluster of its own: so all of a cluster are near to
its leader, and a row of small steps from one headline to the next makes no cluster.

Candidates are found by the prefix filter (Chaudhuri, Ganti & Kaushik 2006; Bayardo, Ma & Srikant 2007): with
tokens in order of rarity, two texts that are near share one among the rarest that make up more than 1 - s of the
weight of each. Nothing is estimated, as it would be with MinHash; only among very common words the search gives
up, see `_MOST`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

Array = npt.NDArray[Any]

LEAST_SHARED = 4
"""Tokens that two different texts must share, however rare they are: two names alone are no text."""
_MOST = 20_000
"""Leaders looked at for one text, those with the rarest tokens first."""
_UNIT = 1024
"""Weights are whole numbers of 1/1024, so that sums don't hang on their order."""

# Scripts written without spaces: each character is cut off, and tokens are pairs of neighbours.
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"


def leaders(texts: pa.StringArray, uses: npt.NDArray[np.int64], similarity: float) -> npt.NDArray[np.int64]:
    """Return for each text [m] the place of the one that leads its cluster (its own where it leads).

    texts : distinct normalised texts, words parted by single spaces. uses : how often each occurs.
    similarity : s, the weighted Jaccard at which two texts are near; 1 leaves all apart.
    The result hangs on the set of texts and their uses alone, not on their order.
    """
    m = len(texts)
    if m == 0 or similarity >= 1:
        return np.arange(m)
    owner, token = _tokens(texts)
    used = np.bincount(token)
    weight = np.rint(_UNIT * np.log1p(m / np.maximum(used, 1))).astype(np.int64)
    # Rarest first; equally rare ones in the order of their words, which the codes have.
    rank = np.empty(len(used), dtype=np.int64)
    rank[np.lexsort((np.arange(len(used)), used))] = np.arange(len(used))
    by_rank = np.empty_like(weight)
    by_rank[rank] = weight
    order = np.lexsort((rank[token], owner))
    tokens = rank[token][order]
    starts = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=m))))
    alphabetical = pc.array_sort_indices(texts).to_numpy()
    place = np.empty(m, dtype=np.int64)
    place[alphabetical] = np.arange(m)
    sequence = np.lexsort((place, -uses))
    return np.asarray(_lead(tokens, starts, by_rank, sequence, similarity))


def _tokens(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return the distinct tokens of the texts: text of each [k], and its code, in the order of the words."""
    spaced = pc.utf8_trim(pc.replace_substring_regex(texts, _UNSPACED, r" \1 "), " ")
    lists = pc.split_pattern_regex(spaced, " +")
    owner = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    words = pc.list_flatten(lists).dictionary_encode()
    alphabetical = pc.array_sort_indices(words.dictionary).to_numpy()
    code = np.empty(len(alphabetical), dtype=np.int64)
    code[alphabetical] = np.arange(len(alphabetical))
    single = pc.match_substring_regex(words.dictionary, f"^{_UNSPACED}$").to_numpy(zero_copy_only=False)
    at = words.indices.to_numpy()
    token = code[at]
    joined = np.flatnonzero(single[at][:-1] & single[at][1:] & (owner[:-1] == owner[1:]))
    pair = token.copy()
    pair[joined] = (token[joined] + 1) * len(code) + token[joined + 1]
    _, pair = np.unique(pair, return_inverse=True)
    both = np.unique(owner * (int(pair.max(initial=0)) + 1) + pair)
    return both // (int(pair.max(initial=0)) + 1), both % (int(pair.max(initial=0)) + 1)


@njit(cache=True)
def _lead(tokens: Any, starts: Any, weight: Any, sequence: Any, similarity: float) -> Any:  # pragma: no cover
    m = len(starts) - 1
    total = np.zeros(m, np.int64)
    for i in range(m):
        for k in range(starts[i], starts[i + 1]):
            total[i] += weight[tokens[k]]
    leader = np.arange(m)
    # Postings: for each token the leaders that have it in their prefix, newest first, as linked lists.
    head = np.full(len(weight), -1, np.int64)
    entry = np.empty(len(tokens), np.int64)
    following = np.empty(len(tokens), np.int64)
    entries = 0
    seen = np.full(m, -1, np.int64)
    turn = np.empty(m, np.int64)
    for number in range(m):
        i = sequence[number]
        turn[i] = number
        best = -1
        best_shared, best_union = 0, 1
        left, looked = total[i], 0
        last = starts[i]
        for k in range(starts[i], starts[i + 1]):
            # What is left unseen must be able to reach the similarity alone.
            if left < similarity * total[i]:
                break
            left -= weight[tokens[k]]
            last = k + 1
            at = head[tokens[k]]
            while at >= 0 and looked < _MOST:
                j = entry[at]
                at = following[at]
                if seen[j] == i:
                    continue
                seen[j] = i
                looked += 1
                if min(total[i], total[j]) < similarity * max(total[i], total[j]):
                    continue
                shared, count = _shared(tokens, starts, weight, i, j)
                union = total[i] + total[j] - shared
                if count < LEAST_SHARED or shared < similarity * union:
                    continue
                # The nearest leader; of equally near ones the one that led first.
                nearer = shared * best_union - best_shared * union
                if best < 0 or nearer > 0 or (nearer == 0 and turn[j] < turn[best]):
                    best, best_shared, best_union = j, shared, union
        if best >= 0:
            leader[i] = best
            continue
        for k in range(starts[i], last):
            entry[entries] = i
            following[entries] = head[tokens[k]]
            head[tokens[k]] = entries
            entries += 1
    return leader


@njit(cache=True)
def _shared(tokens: Any, starts: Any, weight: Any, i: int, j: int) -> tuple[int, int]:  # pragma: no cover
    """Return the weight and the number of the tokens that two texts share."""
    a, b = starts[i], starts[j]
    together, count = 0, 0
    while a < starts[i + 1] and b < starts[j + 1]:
        if tokens[a] == tokens[b]:
            together += weight[tokens[a]]
            count += 1
            a += 1
            b += 1
        elif tokens[a] < tokens[b]:
            a += 1
        else:
            b += 1
    return together, count
