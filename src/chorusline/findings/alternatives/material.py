"""What the checks look at, and how they word figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Uses
from chorusline.units import DAY

Ints = npt.NDArray[np.int64]


NOTHING = "No check is possible with these data: "
"""Beginning of an outcome where the data allow no check."""

Said = tuple[str, bool, str, str]
"""What was looked at, whether these data allow it, what it gave, what remains possible."""


@dataclass(frozen=True)
class Group:
    """One group. evidence : rows about its named accounts. members : code of each of its accounts. named : of these."""

    number: int
    evidence: pa.Table
    members: Ints
    named: Ints


@dataclass(frozen=True)
class Common:
    """The most frequent value of a column in each group, and how frequent it is among accounts in no group.

    top, hits, total : by group number, the value's code (-1 for none), its actions, all with a value. outside : actions
    of accounts in no group by code. empty : whether the column holds nothing at all.
    """

    top: Ints
    hits: Ints
    total: Ints
    outside: Ints
    empty: bool

    @classmethod
    def of(cls, column: pa.ChunkedArray, owner: Ints, groups: int) -> Common:
        """Count a column of strings. owner : group of each action, 0 for none, -1 for left out."""
        encoded = column.combine_chunks().dictionary_encode()
        codes = np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
        kinds = max(len(encoded.dictionary), 1)
        kept = (codes >= 0) & (owner >= 0)
        key, count = np.unique(owner[kept] * kinds + codes[kept], return_counts=True)
        of, code = key // kinds, key % kinds
        order = np.lexsort((-code, count, of))  # the last of each group is its most frequent
        top, hits = np.full(groups + 1, -1, dtype=np.int64), np.zeros(groups + 1, dtype=np.int64)
        top[of[order]], hits[of[order]] = code[order], count[order]
        total = np.bincount(of, count, groups + 1).astype(np.int64)
        outside = np.zeros(kinds, dtype=np.int64)
        outside[code[of == 0]] = count[of == 0]
        return cls(top, hits, total, outside, not kept.any())

    def said(self, group: int) -> tuple[str, str] | None:
        """The share of the group's most frequent value, there and among accounts in no group; None without any."""
        if not self.total[group]:
            return None
        return (
            share(int(self.hits[group]), int(self.total[group])),
            share(int(self.outside[self.top[group]]), int(self.outside.sum())),
        )


@dataclass(frozen=True)
class Data:
    """What the checks look at, and what they have in common, worked out once.

    group : int32 [n_accounts], 0 for none. named : bool [n_accounts]. evidence : rows about named accounts.
    """

    log: ActionLog
    uses: Mapping[str, Uses]
    tables: Mapping[str, pa.Table]
    group: npt.NDArray[np.int32]
    named: npt.NDArray[np.bool_]
    evidence: pa.Table
    config: Config
    resolution: float

    @cached_property
    def owner(self) -> Ints:
        """Group of each action, 0 for none."""
        return np.asarray(self.group[self.log.account_codes], dtype=np.int64)

    @cached_property
    def owner_named(self) -> Ints:
        """The same for actions of named accounts and of accounts in no group; -1 for those of others."""
        return np.where(self.named[self.log.account_codes] | (self.owner == 0), self.owner, -1)

    @cached_property
    def clients(self) -> Common:
        """Programs, named accounts."""
        return Common.of(self.log.actions["client"], self.owner_named, int(self.group.max(initial=0)))

    @cached_property
    def languages(self) -> Common:
        """Languages, all accounts of a group."""
        return Common.of(self.log.actions["language"], self.owner, int(self.group.max(initial=0)))

    @cached_property
    def minutes(self) -> tuple[Ints, Ints]:
        """Actions on second 0 of a minute, and all, by group number; named accounts, and those in no group at 0."""
        whole, kept = self.log.times % 60_000_000 < 1_000_000, self.owner_named >= 0
        size = int(self.group.max(initial=0)) + 1
        return (
            np.bincount(self.owner_named[whole & kept], minlength=size),
            np.bincount(self.owner_named[kept], minlength=size),
        )

    @cached_property
    def days(self) -> tuple[Ints, Ints]:
        """Days since 1970 with any action, ascending, and how many."""
        days, count = np.unique(self.log.times // DAY, return_counts=True)
        return days, count

    @cached_property
    def most_tagged(self) -> int:
        """Actions with the most frequent hashtag; 0 where there is none."""
        tags = self.log.actions["hashtags"].combine_chunks()
        flat = pc.list_flatten(tags)
        if not len(flat):
            return 0
        parents = np.asarray(pc.list_parent_indices(tags).to_numpy(zero_copy_only=False), dtype=np.int64)
        codes = np.asarray(flat.dictionary_encode().indices.to_numpy(zero_copy_only=False), dtype=np.int64)
        pairs = np.unique(codes * len(self.log) + parents)  # an action that names a tag twice counts once
        return int(np.bincount(pairs // len(self.log)).max())

    @cached_property
    def linked(self) -> npt.NDArray[np.bool_]:
        """Whether each action has a link."""
        links = pc.fill_null(pc.list_value_length(self.log.actions["links"]), 0)
        return np.asarray(pc.greater(links, 0).to_numpy(), dtype=bool)

    @cached_property
    def authors(self) -> dict[str, int]:
        """Account of each post in the log that the evidence has as an object."""
        posts = pc.unique(self.evidence["object"])
        column = self.log.actions["post_id"].combine_chunks()
        place = np.asarray(
            pc.fill_null(pc.index_in(column, value_set=posts), -1).to_numpy(zero_copy_only=False)
        )
        at = np.flatnonzero(place >= 0)
        names = posts.to_pylist()
        return {
            names[k]: who
            for k, who in zip(place[at].tolist(), self.log.account_codes[at].tolist(), strict=True)
        }

    @cached_property
    def rows(self) -> tuple[Ints, Ints, int]:
        """Input and row of each action as one number, ascending, the action of each, and what inputs are counted in."""
        span = int(pc.max(self.log.actions["row"]).as_py() or 0) + 1
        source = np.asarray(self.log.actions["source"].to_numpy(), dtype=np.int64)
        keys = source * span + np.asarray(self.log.actions["row"].to_numpy())
        order = np.argsort(keys, kind="stable")
        return keys[order], order, span


def codes_of(log: ActionLog, names: pa.ChunkedArray) -> Ints:
    """Code of each name: its row of the accounts table."""
    found = pc.index_in(names, value_set=log.accounts["name"].combine_chunks())
    return np.asarray(found.to_numpy(), dtype=np.int64)


def micros(column: pa.ChunkedArray) -> Ints:
    """Return a column of times as microseconds since 1970 UTC."""
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def percent(part: float, whole: float) -> str:
    """Word a share in whole per cent."""
    return f"{100 * part / whole:.0f} %" if whole else "none"


def share(part: int, whole: int) -> str:
    """Word a share, one decimal."""
    return f"{100 * part / whole:.1f} %" if whole else "none"
