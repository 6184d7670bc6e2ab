"""The action log: one schema for every platform's posts, reshares, replies and quotes.

Readers (room `sources`) hand in record batches in `DOOR_SCHEMA`, ids as strings; `ActionLog.build`
turns them into one table with integers for accounts, sorted by time, without repeated rows, and with
the time resolution of each input detected (docs/method.md, "Time").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KINDS = ("post", "reshare", "reply", "quote")
"""What an account can do. The integer code of a kind is its place in this tuple."""

OBJECT_LISTS = ("hashtags", "links", "domains", "mentions", "media")
"""List columns, in the order in which the post gave their items."""

DOOR_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False, metadata={"about": "line or row of the input, from 1"}),
        pa.field("post_id", pa.string(), metadata={"about": "the platform's id; absent in some tables"}),
        pa.field("account", pa.string(), nullable=False, metadata={"about": "the platform's account id"}),
        pa.field("handle", pa.string(), metadata={"about": "user name shown at the time, if given"}),
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("kind", pa.string(), nullable=False, metadata={"about": "post, reshare, reply or quote"}),
        pa.field("text", pa.string()),
        pa.field("language", pa.string(), metadata={"about": "as the platform gave it"}),
        pa.field("client", pa.string(), metadata={"about": "program the post was sent with"}),
        pa.field("hashtags", pa.list_(pa.string()), metadata={"about": "without #, in order"}),
        pa.field("links", pa.list_(pa.string()), metadata={"about": "as written; traces canonicalise"}),
        pa.field("domains", pa.list_(pa.string()), metadata={"about": "only where the data give them apart"}),
        pa.field("mentions", pa.list_(pa.string())),
        pa.field("media", pa.list_(pa.string()), metadata={"about": "media key or perceptual hash"}),
        pa.field("reshare_of", pa.string(), metadata={"about": "id of the reshared post"}),
        pa.field("reply_to", pa.string(), metadata={"about": "id of the post replied to"}),
        pa.field("quote_of", pa.string(), metadata={"about": "id of the quoted post"}),
    ]
)
"""What a reader hands on: one row an action, ids as strings, UTC microseconds."""

ACCOUNT_FACTS = pa.schema(
    [
        pa.field("account", pa.string(), nullable=False),
        pa.field("handle", pa.string()),
        pa.field("created", pa.timestamp("us", tz="UTC")),
        pa.field("followers", pa.int64()),
        pa.field("following", pa.int64()),
        pa.field("posts", pa.int64()),
    ]
)
"""Facts about accounts, kept apart from what they did; context only, never evidence."""

ACTION_SCHEMA = pa.schema(
    [
        pa.field("account", pa.int32(), nullable=False, metadata={"about": "row of the accounts table"}),
        pa.field("source", pa.int16(), nullable=False, metadata={"about": "place in the list of inputs"}),
        *[
            pa.field("kind", pa.int8(), nullable=False) if f.name == "kind" else f
            for f in DOOR_SCHEMA
            if f.name not in ("account", "handle")
        ],
    ]
)
"""The log inside: sorted by (time, account, post_id, source, row); `kind` is a place in KINDS."""


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read: where it stands, why it was set aside, and its raw beginning."""

    row: int
    reason: str
    raw: str = ""


@dataclass
class Batch:
    """What a reader yields: actions in DOOR_SCHEMA, facts in ACCOUNT_FACTS, rows set aside."""

    actions: pa.Table | pa.RecordBatch
    facts: pa.Table | pa.RecordBatch | None = None
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True)
class InputSummary:
    """What was read from one input, for the case's manifest and the dossier."""

    path: str
    sha256: str
    bytes: int
    format: str
    mapping: dict[str, str]
    rows_read: int
    rows_set_aside: int
    rows_repeated: int
    rows_merged: int
    resolution: float
    share_on_coarse_clock: float
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as plain JSON values."""
        return {**self.__dict__, "warnings": list(self.warnings)}


@dataclass(frozen=True)
class ActionLog:
    """The actions of one case.

    actions : Arrow table in ACTION_SCHEMA, n rows.
    accounts : Arrow table, one row an account: `name` (string, the platform's id), then the columns of
        ACCOUNT_FACTS without `account`. Sorted by name, so that numbering doesn't depend on input order.
    inputs : one InputSummary an input.
    quarantine : Arrow table (input, row, reason, raw), the rows set aside.
    """

    actions: pa.Table
    accounts: pa.Table
    inputs: tuple[InputSummary, ...] = ()
    quarantine: pa.Table | None = None

    @cached_property
    def times(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Times of the actions, int64 microseconds since 1970 UTC, ascending."""
        column = self.actions["time"].combine_chunks().cast(pa.int64())
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.int64)

    @cached_property
    def account_codes(self) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Account of each action, int32 row of the accounts table."""
        return np.asarray(self.actions["account"].to_numpy(), dtype=np.int32)

    @cached_property
    def kinds(self) -> np.ndarray[Any, np.dtype[np.int8]]:
        """Kind of each action, int8 place in KINDS."""
        return np.asarray(self.actions["kind"].to_numpy(), dtype=np.int8)

    @cached_property
    def names(self) -> list[str]:
        """The platform's account ids, by account code."""
        result: list[str] = self.accounts["name"].to_pylist()
        return result

    @property
    def resolution(self) -> float:
        """Coarsest time resolution of the inputs, seconds (docs/method.md, "Time")."""
        return max((summary.resolution for summary in self.inputs), default=1e-6)

    def __len__(self) -> int:
        return int(self.actions.num_rows)


QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("input", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.string(), metadata={"about": "the first 2,000 characters"}),
    ]
)
