"""Texts that are nearly the same: clusters around a leading text, never chains.

Each text is a set of tokens, weighed by how rare they are; two are near where the weight they share is at least
a given part of the weight they have together (weighted Jaccard). Texts are taken most used first. One that is
near to a leader joins the nearest, and any other leads a cluster of its own: so all of a cluster are near to
its leader, and a row of small steps from one headline to the next makes no cluster.

Candidates are found by the prefix filter (Chaudhuri, Ganti & Kaushik 2006; Bayardo, Ma & Srikant 2007): with
tokens in order of rarity, two texts that are near share one among the rarest that make up more than 1 - s of the
weight of each. Where that token is common, the next token they share must be the same as well (a prefix of two,
Wang, Li & Feng 2012): lists of pairs of tokens stay short however many texts there are, lists of single ones don't.
Nothing is estimated, as it would be with MinHash; only where very many texts share the same words the search gives
up, see `_MOST`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from chorusline.traces.base import cores

Array = npt.NDArray[Any]

LEAST_SHARED = 4
"""Tokens that two different texts must share, however rare they are: two names alone are no text."""
_MOST = 20_000
"""Leaders met for one text, those with the rarest tokens first."""
_TEXT, _NEXT, _WHOLE, _TAIL = range(4)
# Of a leader in a list: its text, the place of the next, what it weighs, and what its key and all after it do.
_LARGEST = (1 << 31) - 1
_UNIT = 1024
"""Weights are whole numbers of 1/1024, so that sums don't hang on their order."""
_RARE = 32
"""Texts that have a token up to which it is looked up alone; commoner ones go in pairs."""
_LONG = 320 * _UNIT
"""Weight (some forty words) above which pairs would be too many, and tokens are looked up alone."""

_RUN = 1 << 18
"""Texts that are cut into words at a time."""

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
    starts, token = _tokens(texts)
    used = np.bincount(token)
    weight = np.rint(_UNIT * np.log1p(m / np.maximum(used, 1))).astype(np.int64)
    # Rarest first; equally rare ones in the order of their words, which the codes have.
    by_rank = np.lexsort((np.arange(len(used)), used))
    rank = np.empty(len(used), dtype=token.dtype)
    rank[by_rank] = np.arange(len(used))
    tokens = rank[token]
    del token
    _sort_rows(starts, tokens)
    alphabetical = pc.array_sort_indices(texts).to_numpy()
    place = np.empty(m, dtype=np.int64)
    place[alphabetical] = np.arange(m)
    sequence = np.lexsort((place, -uses))
    return np.asarray(
        _lead(tokens, starts, weight[by_rank], used[by_rank], sequence, similarity, _RARE, _LONG)
    )


def _tokens(texts: pa.StringArray) -> tuple[Array, Array]:
    """Return the distinct tokens of the texts, codes in the order of the words: where each text's begin [m + 1], and
    the codes [k], ascending within a text."""
    spaced, unspaced = _spaced(texts)
    starts, at, words = _words(spaced)
    del spaced
    alphabetical = pc.array_sort_indices(words).to_numpy()
    code = np.empty(len(alphabetical), dtype=np.int32)
    code[alphabetical] = np.arange(len(alphabetical))
    token: Array = code[at]
    if unspaced:
        owner = np.repeat(np.arange(len(texts)), np.diff(starts))
        single = pc.match_substring_regex(words, f"^{_UNSPACED}$").to_numpy(zero_copy_only=False)
        joined = np.flatnonzero(single[at][:-1] & single[at][1:] & (owner[:-1] == owner[1:]))
        pair = token.astype(np.int64)
        pair[joined] = (pair[joined] + 1) * len(code) + token[joined + 1]
        _, token = np.unique(pair, return_inverse=True)
        token = token.astype(np.int32)
    del at
    _sort_rows(starts, token)
    return _distinct(starts, token)


def _words(spaced: pa.StringArray) -> tuple[Array, Array, pa.StringArray]:
    """Cut texts [m] at their spaces: where each text's words begin [m + 1], their codes int32, and the words by code.

    Run after run on all cores, so that the words of one run at a time are there as strings.
    """

    def run(start: int) -> tuple[Array, pa.DictionaryArray]:
        lists = pc.split_pattern(spaced.slice(start, _RUN), " ")
        return np.diff(lists.offsets.to_numpy()), pc.list_flatten(lists).dictionary_encode()

    with ThreadPoolExecutor(cores()) as pool:
        runs = list(pool.map(run, range(0, len(spaced), _RUN)))
    starts = np.zeros(len(spaced) + 1, dtype=np.int64)
    np.cumsum(np.concatenate([length for length, _ in runs]), out=starts[1:])
    whole = pa.chunked_array([found for _, found in runs]).unify_dictionaries()
    del runs
    codes = np.concatenate([piece.indices.to_numpy() for piece in whole.chunks])
    return starts, codes, whole.chunk(0).dictionary


def _spaced(texts: pa.StringArray) -> tuple[pa.StringArray, bool]:
    """Return the texts with their words parted by single spaces, and whether any is in a script without spaces."""
    # Those scripts begin at U+0E00: their characters have a first byte from 0xE0 up.
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    high = np.flatnonzero(data >= 0xE0) + offsets[0]
    if len(high):
        mask = np.zeros(len(texts), dtype=bool)
        mask[np.searchsorted(offsets, high, side="right") - 1] = True
        apart = pc.replace_substring_regex(texts.filter(pa.array(mask)), _UNSPACED, r" \1 ")
        texts = pc.replace_with_mask(texts, pa.array(mask), apart)
    uneven = pc.or_(pc.match_substring(texts, "  "), pc.match_substring_regex(texts, "^ | $"))
    if pc.any(uneven).as_py():
        texts = pc.utf8_trim(pc.replace_substring_regex(texts, " +", " "), " ")
    return texts, len(high) > 0


@njit(cache=True)
def _sort_rows(starts: Any, values: Any) -> None:  # pragma: no cover
    """Sort each row values[starts[i]:starts[i + 1]] in place; most are short."""
    for i in range(len(starts) - 1):
        first, last = starts[i], starts[i + 1]
        if last - first > 64:
            values[first:last].sort()
            continue
        for k in range(first + 1, last):
            value = values[k]
            at = k
            while at > first and values[at - 1] > value:
                values[at] = values[at - 1]
                at -= 1
            values[at] = value


@njit(cache=True)
def _distinct(starts: Any, values: Any) -> tuple[Any, Any]:  # pragma: no cover
    """Leave out what occurs again in a sorted row: new starts, and values."""
    begins = np.zeros(len(starts), np.int64)
    kept = 0
    for i in range(len(starts) - 1):
        for k in range(starts[i], starts[i + 1]):
            if k == starts[i] or values[k] != values[k - 1]:
                values[kept] = values[k]
                kept += 1
        begins[i + 1] = kept
    return begins, values[:kept].copy()


@njit(cache=True)
def _lead(
    tokens: Any, starts: Any, weight: Any, used: Any, sequence: Any, similarity: float, rare: int, heavy: int
) -> Any:  # pragma: no cover
    """Return the leader of each text [m].

    tokens : of each text, ascending in rarity rank; starts [m + 1]. weight, used : by token. sequence : the order in
    which texts are taken. Of two near texts let c be the first token they share, and d the second. What a text has
    before c, or between c and d, isn't shared; so c is among those whose tail weighs enough, and d among those whose
    tail does together with c. Leaders stand in lists by c, where few texts have it (one that only one has is shared
    with nobody), and by a hash of (c, d) otherwise. Beside a leader stands what it weighs, and what the key and all
    after it do: most of those that can't be near are passed over without a look at their tokens. (Where the key isn't
    what they share first, that bound says nothing, but then they meet under the right one too; and different pairs with
    one hash cost a look and no more.)
    """
    m = len(starts) - 1
    total = np.zeros(m, np.int64)
    keys = np.empty((1024, 2), np.int64)
    entries = 0
    for i in range(m):
        for k in range(starts[i], starts[i + 1]):
            total[i] += weight[tokens[k]]
        entries += _keys(tokens, starts, weight, used, total, i, similarity, rare, heavy, True, keys, 0)
    size = 1024
    while 2 * size < entries:
        size *= 2
    # Lists of leaders, newest first, linked. Memory is taken up only as far as it is written to.
    head = np.full(len(weight) + size, -1, np.int32)
    entry = np.empty((entries, 4), np.int32)
    entries = 0
    leader = np.arange(m)
    seen = np.full(m, -1, np.int32)
    turn = np.empty(m, np.int32)
    for number in range(m):
        i = sequence[number]
        turn[i] = number
        best = -1
        best_shared, best_union = 0, 1
        looked = 0
        n_keys = _keys(tokens, starts, weight, used, total, i, similarity, rare, heavy, False, keys, size)
        while n_keys > len(keys):
            keys = np.empty((2 * n_keys, 2), np.int64)
            n_keys = _keys(tokens, starts, weight, used, total, i, similarity, rare, heavy, False, keys, size)
        for k in range(n_keys):
            at = head[keys[k, 0]]
            mine = keys[k, 1]
            while at >= 0 and looked < _MOST:
                looked += 1
                j, whole, tail = entry[at, _TEXT], np.int64(entry[at, _WHOLE]), np.int64(entry[at, _TAIL])
                at = entry[at, _NEXT]
                if whole == _LARGEST:
                    whole, tail = total[j], mine
                if min(total[i], whole) < similarity * max(total[i], whole):
                    continue
                most = min(mine, tail)
                if most < similarity * (total[i] + whole - most) or seen[j] == i:
                    continue
                seen[j] = i
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
        n_keys = _keys(tokens, starts, weight, used, total, i, similarity, rare, heavy, True, keys, size)
        while n_keys > len(keys):
            keys = np.empty((2 * n_keys, 2), np.int64)
            n_keys = _keys(tokens, starts, weight, used, total, i, similarity, rare, heavy, True, keys, size)
        for k in range(n_keys):
            entry[entries, _TEXT] = i
            entry[entries, _NEXT] = head[keys[k, 0]]
            entry[entries, _WHOLE] = min(total[i], _LARGEST)
            entry[entries, _TAIL] = min(keys[k, 1], _LARGEST)
            head[keys[k, 0]] = entries
            entries += 1
    return leader


@njit(cache=True)
def _keys(
    tokens: Any, starts: Any, weight: Any, used: Any, total: Any, i: int, similarity: float, rare: int, heavy: int,
    to_keep: bool, keys: Any, size: int,
) -> int:  # fmt: skip  # pragma: no cover
    """Write the lists text i stands in (`to_keep`), or is looked up in, into `keys`; return how many there are.

    keys : int64 [k, 2], the list, and the weight of its token or tokens with all that come after them.
    size : of the table of pairs; with 0 they are counted only. rare, heavy : see _RARE and _LONG.

    A text is looked up by single tokens or by pairs, by its weight; it stands in both kinds of list where texts near
    to it may be looked up by either.
    """
    alone = total[i] >= similarity * heavy if to_keep else total[i] > heavy
    paired = similarity * total[i] <= heavy if to_keep else not alone
    least = similarity * total[i]
    found = 0
    left = total[i]
    for p in range(starts[i], starts[i + 1]):
        if left < least:
            break
        c = tokens[p]
        left -= weight[c]
        if used[c] < 2:
            continue
        if alone or used[c] <= rare:
            if size and found < len(keys):
                keys[found, 0] = c
                keys[found, 1] = weight[c] + left
            found += 1
        if not paired or used[c] <= rare:
            continue
        rest = left
        for q in range(p + 1, starts[i + 1]):
            if weight[c] + rest < least:
                break
            d = tokens[q]
            if size and found < len(keys):
                h = np.uint64(c) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(d) * np.uint64(
                    0xC2B2AE3D27D4EB4F
                )
                h = (h ^ (h >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
                keys[found, 0] = len(weight) + np.int64((h >> np.uint64(32)) & np.uint64(size - 1))
                keys[found, 1] = weight[c] + rest
            rest -= weight[d]
            found += 1
    return found


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
