"""Blocks of accounts: the network is a matrix, cut so that one piece of it fits in cache and in the budget.

Accounts are numbered by activity, the most active first, and cut into runs of about equal work. A pair of accounts
belongs to the block of the less active one (its rows) and that of the more active one (its columns), so the pairs of
all accounts are those of each block with itself and with the blocks before it. Two blocks at a time are in memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numba import njit

from chorusline.coaction.kernel import Array, bounds_between, by_account, count_rows, scattered

RECORD = np.dtype([("object", np.int32), ("account", np.int32), ("time", np.int64)])
"""A use on disk."""

USE_BYTES = 16 + 12 + 20
"""Bytes of a use in a block: codes and time in both orders, its place in the other, and its bounds while counted."""


@dataclass(frozen=True)
class Block:
    """Uses of the accounts numbered from `first`, sorted by (object, time).

    account : int32 [n], number less `first`, below `accounts`. object : int32 [n]. time : int64 [n], µs.
    """

    first: int
    accounts: int
    account: Array
    object: Array
    time: Array

    @cached_property
    def rows(self) -> tuple[Array, Array, Array, Array]:
        """Where each use stands in the order by account, where accounts begin there, objects and times so ordered."""
        where, start = by_account(self.account, self.accounts)
        return where, start, scattered(self.object, where), scattered(self.time, where)


class Blocks(Protocol):
    """Blocks in order, wherever they are kept."""

    @property
    def accounts(self) -> Array:
        """int32, account code by number."""

    @property
    def held(self) -> bool:
        """Whether all are in memory."""

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Uses and accounts of each."""

    def __len__(self) -> int: ...
    def __getitem__(self, k: int) -> Block: ...


@dataclass(frozen=True)
class InMemory:
    """Blocks that are all in memory."""

    accounts: Array
    blocks: tuple[Block, ...]
    held: bool = True

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Uses and accounts of each block."""
        return [(len(block.account), block.accounts) for block in self.blocks]

    def __len__(self) -> int:
        return len(self.blocks)

    def __getitem__(self, k: int) -> Block:
        return self.blocks[k]


@dataclass(frozen=True)
class OnDisk:
    """Blocks that are read when they are wanted. cuts : int64 [blocks + 1], the first account of each, and the end.

    uses : of each.
    """

    accounts: Array
    cuts: Array
    folder: Path
    uses: tuple[int, ...]
    held: bool = False

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Uses and accounts of each block."""
        return list(zip(self.uses, np.diff(self.cuts).tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.cuts) - 1

    def __getitem__(self, k: int) -> Block:
        first, last = (int(each) for each in self.cuts[k : k + 2])
        records = np.fromfile(self.file(self.folder, k), RECORD)
        account = records["account"] - np.int32(first)
        return Block(first, last - first, account, records["object"].copy(), records["time"].copy())

    @staticmethod
    def file(folder: Path, k: int) -> Path:
        """The file of one block: RECORDs in the order of (object, time), accounts by their numbers."""
        return folder / f"{k:04d}.uses"


def cut(work: Array, pieces: int) -> Array:
    """Cut accounts into at most `pieces` runs of about equal work: int64, the first of each, and the end.

    work : int64 [accounts], by number.
    """
    total = np.concatenate([[0], np.cumsum(work)])
    inner = np.searchsorted(total, np.linspace(0, total[-1], max(pieces, 1) + 1)[1:-1])
    return np.unique(np.concatenate([[0], inner, [len(work)]])).astype(np.int64)


def in_memory(
    account: Array, objects: Array, times: Array, work: Array, pieces: int, rank: Array | None = None
) -> InMemory:
    """Make blocks of uses sorted by (object, time). work : int64 [accounts], what each account's uses cost to count.

    rank : int32 [accounts], the codes that `accounts` gives, where they aren't those in `account`.
    """
    order = np.argsort(-work, kind="stable")
    order = order[: int(np.count_nonzero(work))]
    number = np.zeros(len(work), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    cuts = cut(work[order], pieces)
    block = (np.searchsorted(cuts, number, side="right") - 1).astype(np.int32)
    ends, numbers, dealt_objects, dealt_times = _dealt(account, objects, times, number, block, cuts)
    blocks = [
        Block(first, last - first, numbers[low:high], dealt_objects[low:high], dealt_times[low:high])
        for (first, last), (low, high) in zip(
            itertools.pairwise(cuts.tolist()), itertools.pairwise(ends.tolist()), strict=True
        )
    ]
    return InMemory(order.astype(np.int32) if rank is None else rank[order], tuple(blocks))


@njit(cache=True, nogil=True)
def _dealt(
    account: Array, objects: Array, times: Array, number: Array, block: Array, cuts: Array
) -> tuple[Array, Array, Array, Array]:  # pragma: no cover
    """Deal uses [n] to blocks, in their order: where each block's begin, and the end; numbers, objects and times.

    number, block : int32 [accounts]. cuts : int64 [blocks + 1], the first number of each. Numbers are those in a block.
    """
    ends = np.zeros(len(cuts), np.int64)
    for a in account:
        ends[block[a] + 1] += 1
    ends = np.cumsum(ends)
    after = ends[:-1].copy()
    n = len(account)
    numbers, of, when = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)
    for p in range(n):
        a = account[p]
        k = after[block[a]]
        after[block[a]] += 1
        numbers[k] = number[a] - cuts[block[a]]
        of[k] = objects[p]
        when[k] = times[p]
    return ends, numbers, of, when


@dataclass(frozen=True)
class Piece:
    """Some rows of a pair of blocks, to be counted: the unit of work that is done or not done.

    name : of its file. pairs : looked at. share : of the whole work, about.
    """

    name: str
    rows: Block
    columns: Block
    bounds: Array
    first: int
    last: int
    pairs: int
    share: float

    def count(self, discount: Array, min_weight: int, by_uses: bool) -> tuple[Array, Array, Array]:
        """Return numbers of accounts [edges], numbers of more active ones [edges] and figures: see count_rows."""
        _, start, objects, times = self.rows.rows
        diagonal = self.rows.first == self.columns.first
        row, column, figures = count_rows(
            self.first, self.last, start, objects, times, self.bounds, self.columns.account,
            self.columns.time, self.columns.accounts, diagonal, discount, min_weight, by_uses,
        )  # fmt: skip
        return row + np.int32(self.rows.first), column + np.int32(self.columns.first), figures


def pairs_of_blocks(n: int) -> Iterator[tuple[int, int]]:
    """Give (rows, columns) of all pairs of `n` blocks."""
    return ((i, j) for i in range(n) for j in range(i + 1))


def pieces(blocks: Blocks, i: int, j: int, window: int, most: int) -> list[Piece]:
    """Cut the counting of blocks i and j into pieces that look at `most` pairs each, or at one account's.

    window : µs.
    """
    rows = blocks[i]
    columns = rows if i == j else blocks[j]
    where, start, _, _ = rows.rows
    bounds, width = bounds_between(rows.object, rows.time, where, columns.object, columns.time, window)
    total = np.concatenate([[0], np.cumsum(width)])[start]
    count = -(-int(total[-1]) // max(most, 1))
    inner = np.searchsorted(total, np.arange(1, count) * most)
    cuts = np.unique(np.concatenate([[0], inner, [rows.accounts]])).tolist()
    whole = len(blocks) * (len(blocks) + 1) / 2
    return [
        Piece(
            f"{i:04d}-{j:04d}-{k:05d}", rows, columns, bounds, first, last, int(total[last] - total[first]),
            float(total[last] - total[first]) / max(int(total[-1]), 1) / whole,
        )
        for k, (first, last) in enumerate(itertools.pairwise(cuts))
    ]  # fmt: skip
