"""Co-action kernels: exact windowed pairs of uses, counted account by account.

Pairs are never stored. The network is built row by row, as a sparse matrix product is (Gustavson 1978): for each
account, every use looks at the uses of one object within the window and adds to an accumulator that has a cell
for each possible partner. Three things keep that near what memory allows:

- Accounts are numbered by activity and cut into blocks (blocks.py); rows of one block are counted against columns
  of one block at least as active. Between two blocks each pair is looked at once, and the cells fit in cache.
- A partner that shares `w` of a row's `n` objects shares one at least of any n - w + 1 of them (the T-occurrence
  problem; Li, Lu and Lu 2008). So the w - 1 objects with the most uses are looked at last, and there only partners
  are raised that can still reach `w`; where nobody can, they aren't looked at.
- A cell is 8 bytes: the number of objects so far, and when it was last touched. Full figures, a line of 64 bytes,
  are kept in a second pass over the row, for those partners only that reached the wanted weight.
- The inner loops have no branch that depends on the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Array = npt.NDArray[Any]

FIGURES = 7
"""Figures of an edge: weight, coactions, sum of lags, smallest lag, first, last (µs), strength."""

_WEIGHT, _COACTIONS, _LAG_SUM, _MIN_LAG, _FIRST, _LAST, _STRENGTH, _LAST_OBJECT = range(8)
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)
_PLACE = (1 << 32) - 1
_FEW = 8
# Largest values of a row that are found sooner one by one than by sorting.


@njit(cache=True, nogil=True)
def near_uses(
    account: Array, objects: Array, times: Array, window: int, n_accounts: int, first: int, last: int
) -> Array:  # pragma: no cover
    """Return int64 [n_accounts]: how many uses of the same object lie within `window` µs of the account's, summed.

    account, objects : int32 [n], times : int64 [n] µs, sorted by (object, time); looked at are whole objects, at the
    places from `first` to before `last`. A use is near itself. Two pointers, O(n).
    """
    found = np.zeros(n_accounts, np.int64)
    i = first
    j = first
    for p in range(first, last):
        while objects[i] != objects[p] or times[p] - times[i] > window:
            i += 1
        j = max(j, p)
        while j < last and objects[j] == objects[p] and times[j] - times[p] <= window:
            j += 1
        found[account[p]] += j - i
    return found


@njit(cache=True, nogil=True)
def bounds_between(
    objects: Array, times: Array, where: Array, other_objects: Array, other_times: Array, window: int
) -> tuple[Array, Array]:  # pragma: no cover
    """Return for each use [n] of one block the uses of another within `window` µs, same object.

    All sorted by (object, time); where : int32 [n], place of each use in the result, which is int32 [n, 2]: the
    first place in the other block, and the place after the last. Two pointers, O(n + m). Also returned:
    int64 [n], how many they are.
    """
    n = len(times)
    m = len(other_times)
    bounds = np.empty((n, 2), np.int32)
    width = np.empty(n, np.int64)
    i = 0
    j = 0
    for p in range(n):
        o = objects[p]
        t = times[p]
        while i < m and (other_objects[i] < o or (other_objects[i] == o and other_times[i] < t - window)):
            i += 1
        j = max(i, j)
        while j < m and (other_objects[j] < o or (other_objects[j] == o and other_times[j] <= t + window)):
            j += 1
        at = where[p]
        bounds[at, 0] = i
        bounds[at, 1] = j
        width[at] = j - i
    return bounds, width


@njit(cache=True, nogil=True)
def by_account(account: Array, n_accounts: int) -> tuple[Array, Array]:  # pragma: no cover
    """Return a stable order by account, as each use's place in it (int32 [n]), and where each account begins.

    account : int32 [n] below n_accounts. The second result is int64 [n_accounts + 1].
    """
    start = np.zeros(n_accounts + 1, np.int64)
    for a in account:
        start[a + 1] += 1
    start = np.cumsum(start)
    after = start[:-1].copy()
    where = np.empty(len(account), np.int32)
    for p in range(len(account)):
        where[p] = after[account[p]]
        after[account[p]] += 1
    return where, start


@njit(cache=True, nogil=True)
def scattered(values: Array, where: Array) -> Array:  # pragma: no cover
    """Return the values [n] in the order that `where` gives, values[p] at where[p]."""
    moved = np.empty_like(values)
    for p in range(len(values)):
        moved[where[p]] = values[p]
    return moved


@njit(cache=True, nogil=True)
def _objects_of_row(
    first: int, last: int, objects: Array, bounds: Array, groups: Array
) -> int:  # pragma: no cover
    """Set `groups` to the row's objects that have uses in the other block and return their number.

    A word each: how many uses are near those of the row in the upper half, the first use's place after `first` in the
    lower.
    """
    n = 0
    k = first
    while k < last:
        begin = k
        o = objects[k]
        width = 0
        end = 0
        while k < last and objects[k] == o:
            width += max(bounds[k, 1] - max(bounds[k, 0], end), 0)
            end = bounds[k, 1]
            k += 1
        groups[n] = (width << 32) | (begin - first)
        n += int(width > 0)
    return n


@njit(cache=True, nogil=True)
def _largest_last(groups: Array, n: int, number: int) -> None:  # pragma: no cover
    """Put the `number` largest of the first n groups last, ascending; the others come before in any order."""
    if number > _FEW:
        groups[:n].sort()
        return
    for last in range(n - 1, n - 1 - number, -1):
        at = 0
        for g in range(1, last + 1):
            at = g if groups[g] > groups[at] else at
        most = groups[at]
        groups[at] = groups[last]
        groups[last] = most


@njit(cache=True, nogil=True)
def count_rows(
    first: int,
    last: int,
    start: Array,
    objects: Array,
    times: Array,
    bounds: Array,
    column: Array,
    column_times: Array,
    n_columns: int,
    diagonal: bool,
    discount: Array,
    min_weight: int,
    by_uses: bool,
) -> tuple[Array, Array, Array]:  # pragma: no cover
    """Return edges (row, column, figures) of the rows from `first` to before `last`, in no order within a row.

    start : int64 [rows + 1]; uses of row r stand at start[r]:start[r + 1] of objects (int32 [n]), times (int64 [n],
    µs) and bounds (int32 [n, 2], see bounds_between), ordered by object. column : int32 [m], the account of each use
    of the other block, below n_columns; column_times : int64 [m]. diagonal : both are the same block; then pairs
    are taken from the row with the larger number only. discount : int64 [objects], or [1] for all alike,
    added to the strength of a pair once for each object it co-acted on. An edge is kept from `min_weight` up:
    distinct objects, or pairs of uses when `by_uses`. figures : int64 [edges, 7], see FIGURES.
    """
    # A cell: stamp in the upper half (rises with each object of each row), objects or uses in the lower.
    cells = np.zeros(n_columns + 1, np.uint64)
    reached = np.empty(n_columns + 2, np.int32)
    wanted = np.uint64(min_weight)
    # Partners are listed from this count up: below it lists would be long, above it more would be looked at in vain.
    listed = wanted if by_uses else np.uint64(min(min_weight, 2))
    always = np.uint64(1 if by_uses else 0)
    stamp = np.uint64(1)
    chosen = np.zeros(n_columns + 1, np.uint8)
    hits = np.empty(64, np.int32)
    lines = np.empty((64, 8), np.int64)
    capacity = 1024
    edge_row = np.empty(capacity, np.int32)
    edge_column = np.empty(capacity, np.int32)
    figures = np.empty((capacity, FIGURES), np.int64)
    kept = 0
    groups = np.empty(64, np.int64)
    for r in range(first, last):
        # What isn't counted (the row itself, and on the diagonal what its partner counts) falls on a spare cell.
        spare = r if diagonal else n_columns
        before = stamp
        n_reached = 0
        if start[r + 1] - start[r] > len(groups):
            groups = np.empty(2 * (start[r + 1] - start[r]), np.int64)
        n_groups = _objects_of_row(start[r], start[r + 1], objects, bounds, groups)
        if by_uses:
            open_ = n_groups
        else:
            # A partner of min_weight objects has one at least among all but the min_weight - 1 with the most uses.
            open_ = n_groups - (min_weight - 1)
            if open_ <= 0:
                continue
            _largest_last(groups, n_groups, min_weight - 1)
        floor = before << _HALF
        for g in range(open_):
            stamp += np.uint64(1)
            mark = stamp << _HALF
            k = start[r] + (groups[g] & _PLACE)
            o = objects[k]
            end = 0
            while k < start[r + 1] and objects[k] == o:
                for q in range(bounds[k, 0] if by_uses else max(bounds[k, 0], end), bounds[k, 1]):
                    c = min(column[q], spare)
                    cell = max(cells[c], floor)
                    fresh = np.uint64((cell >> _HALF) != stamp) | always
                    count = (cell & _LOW) + fresh
                    cells[c] = mark | count
                    reached[n_reached] = c
                    n_reached += int(count == listed) & int(fresh) & int(c != spare)
                end = bounds[k, 1]
                k += 1
        # The rest can only raise those that have enough already; once nobody has, nothing is left to be found.
        for g in range(max(open_, 0), n_groups):
            least = np.uint64(g - open_ + 1)
            if least >= listed and n_reached == 0:
                break
            stamp += np.uint64(1)
            mark = stamp << _HALF
            k = start[r] + (groups[g] & _PLACE)
            o = objects[k]
            end = 0
            while k < start[r + 1] and objects[k] == o:
                low = max(bounds[k, 0], end)
                if bounds[k, 1] - low > len(hits):
                    hits = np.empty(2 * (bounds[k, 1] - low), np.int32)
                n_hits = 0
                for q in range(low, bounds[k, 1]):
                    c = min(column[q], spare)
                    cell = cells[c]
                    hits[n_hits] = c
                    n_hits += int(cell >= floor) & int((cell & _LOW) >= least)
                for h in range(n_hits):
                    c = hits[h]
                    cell = cells[c]
                    if (cell >> _HALF) != stamp:
                        count = (cell & _LOW) + np.uint64(1)
                        cells[c] = mark | count
                        if count == listed and c != spare:
                            reached[n_reached] = c
                            n_reached += 1
                end = bounds[k, 1]
                k += 1
            if least >= listed:
                still = 0
                for k in range(n_reached):
                    reached[still] = reached[k]
                    still += int((cells[reached[k]] & _LOW) > least)
                n_reached = still
        if not by_uses:
            still = 0
            for k in range(n_reached):
                reached[still] = reached[k]
                still += int((cells[reached[k]] & _LOW) >= wanted)
            n_reached = still
        stamp += np.uint64(1)
        if n_reached == 0:
            continue
        if n_reached > len(lines):
            lines = np.empty((2 * n_reached, 8), np.int64)
        for k in range(n_reached):
            cell = cells[reached[k]]
            lines[k, _WEIGHT] = np.int64(cell & _LOW)
            lines[k, _COACTIONS] = 0
            lines[k, _LAG_SUM] = 0
            lines[k, _MIN_LAG] = np.int64(1) << 62
            lines[k, _FIRST] = np.int64(1) << 62
            lines[k, _LAST] = -(np.int64(1) << 62)
            lines[k, _STRENGTH] = 0
            lines[k, _LAST_OBJECT] = -1
            cells[reached[k]] = np.uint64(k)
            chosen[reached[k]] = 1
        for k in range(start[r], start[r + 1]):
            o = objects[k]
            t = times[k]
            width = bounds[k, 1] - bounds[k, 0]
            if width > len(hits):
                hits = np.empty(2 * width, np.int32)
            n_hits = 0
            for q in range(bounds[k, 0], bounds[k, 1]):
                hits[n_hits] = q
                n_hits += int(chosen[min(column[q], spare)])
            for h in range(n_hits):
                q = hits[h]
                s = cells[column[q]]
                u = column_times[q]
                lag = abs(u - t)
                lines[s, _COACTIONS] += 1
                lines[s, _LAG_SUM] += lag
                lines[s, _MIN_LAG] = min(lines[s, _MIN_LAG], lag)
                lines[s, _FIRST] = min(lines[s, _FIRST], t, u)
                lines[s, _LAST] = max(lines[s, _LAST], t, u)
                if lines[s, _LAST_OBJECT] != o:
                    lines[s, _LAST_OBJECT] = o
                    lines[s, _STRENGTH] += discount[min(o, len(discount) - 1)]
        if kept + n_reached > capacity:
            capacity = 2 * (kept + n_reached)
            edge_row = _longer(edge_row, capacity)
            edge_column = _longer(edge_column, capacity)
            wider = np.empty((capacity, FIGURES), np.int64)
            wider[:kept] = figures[:kept]
            figures = wider
        for k in range(n_reached):
            edge_row[kept] = r
            edge_column[kept] = reached[k]
            for f in range(FIGURES):
                figures[kept, f] = lines[k, f]
            kept += 1
            cells[reached[k]] = 0
            chosen[reached[k]] = 0
    return edge_row[:kept], edge_column[:kept], figures[:kept]


@njit(cache=True, nogil=True)
def _longer(values: Array, capacity: int) -> Array:  # pragma: no cover
    longer = np.empty(capacity, values.dtype)
    longer[: len(values)] = values
    return longer


def windowed_pairs(account: Array, objects: Array, times: Array, window: int) -> int:
    """Return the number of pairs of uses by different accounts within `window` µs; nothing is emitted.

    account, objects : int32 [n], times : int64 [n] µs, sorted by (object, time).
    """
    return int(pairs_by_object(account, objects, times, window, int(objects.max(initial=-1)) + 1).sum())


def pairs_by_object(account: Array, objects: Array, times: Array, window: int, n_objects: int) -> Array:
    """Return int64 [n_objects]: the same by object, all pairs less those of an account with itself."""
    where, _ = by_account(account, int(account.max(initial=-1)) + 1)
    own_account, own_objects, own_times = (scattered(each, where) for each in (account, objects, times))
    pairs = np.zeros(n_objects, np.int64)
    _add_pairs(pairs, np.zeros(1, np.int32), objects, times, window, 1)
    _add_pairs(pairs, own_account, own_objects, own_times, window, -1)
    return pairs


@njit(cache=True, nogil=True)
def _add_pairs(
    pairs: Array, account: Array, objects: Array, times: Array, window: int, sign: int
) -> None:  # pragma: no cover
    """Add `sign` for each pair within `window`; account : int32 [n], or [1] where it doesn't matter."""
    i = 0
    alike = len(account) != len(times)
    for p in range(len(times)):
        while (
            objects[i] != objects[p]
            or times[p] - times[i] > window
            or (not alike and account[i] != account[p])
        ):
            i += 1
        pairs[objects[p]] += sign * (p - i)
