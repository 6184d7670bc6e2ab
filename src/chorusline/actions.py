"""The action log: one schema for every platform's posts, reshares, replies and quotes.

Readers (room `sources`) hand in record batches in `DOOR_SCHEMA`, ids as strings; `ActionLog.build`
turns them into one table with integers for accounts, sorted by time, without repeated rows, and with
the time resolution of each input detected (docs/method.md, "Time").
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

T = TypeVar("T")

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


@dataclass
class Input:
    """One input on its way in: what is known of the file, and the batches its reader yields.

    `warnings` may grow while the batches are drawn: readers count what they meet (damaged ids,
    links cut short) and say it once, at the end.
    """

    path: str
    batches: Iterable[Batch]
    sha256: str = ""
    bytes: int = 0
    format: str = "table"
    mapping: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    background: bool = False


@dataclass(frozen=True)
class InputSummary:
    """What was read from one input, for the case's manifest and the dossier.

    `rows_read` counts the rows that became actions; with `rows_set_aside` (see the quarantine),
    `rows_repeated` and `rows_merged` it adds up to the rows of the input. `resolution` is in seconds.
    `share_on_coarse_clock` is the share of times on whole minutes, or on the grid of `resolution`
    where that is coarser than a minute. `background` : read for comparison only (see ActionLog.background).
    """

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
    background: bool = False

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
    memo : what was worked out of the log once and is needed again (`once`); never saved.
    """

    actions: pa.Table
    accounts: pa.Table
    inputs: tuple[InputSummary, ...] = ()
    quarantine: pa.Table | None = None
    memo: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gives, worked out the first time that this key is asked for and kept in the memo."""
        if key not in self.memo:
            self.memo[key] = make()
        found: T = self.memo[key]
        return found

    @classmethod
    def build(
        cls, inputs: Sequence[Input], *, progress: Callable[[str, int], None] | None = None
    ) -> ActionLog:
        """Make the log from readers' batches (module `assemble` has the rules).

        Rows that can't be an action (no account, no kind, a time outside 1990 to 2100) and repeated
        rows go to the quarantine. Rows of one post that differ only in their lists, as tables with
        one row per hashtag or link have them, become one action with the ordered union of the lists.
        `progress` is called with the path and the rows drawn from it so far.
        """
        from chorusline.assemble import assemble

        return assemble(inputs, progress)

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

    @cached_property
    def background(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which accounts are there for comparison only, bool [accounts]: all they did is in background inputs.

        They are outsiders by the user's choice: never proposed, tested, listed or named. Who also acts in another
        input is an account like any other.
        """
        apart = np.array([given.background for given in self.inputs], dtype=bool)
        result = np.zeros(self.accounts.num_rows, dtype=bool)
        if apart.any():
            of_background = apart[np.asarray(self.actions["source"].to_numpy())]
            result[self.account_codes[of_background]] = True
            result[self.account_codes[~of_background]] = False
        return result

    @property
    def resolution(self) -> float:
        """Coarsest time resolution of the inputs, seconds (docs/method.md, "Time")."""
        return max((summary.resolution for summary in self.inputs), default=1e-6)

    def __len__(self) -> int:
        return int(self.actions.num_rows)


def rows_of(column: pa.ChunkedArray, rows: np.ndarray[Any, Any]) -> pa.Array:
    """Return the values of some rows [k] of a column, in that order, in one piece.

    Arrow's own `take` joins all pieces of the column before it takes the first row.
    """
    chunks = column.chunks
    starts = np.cumsum([0, *map(len, chunks)])
    piece = np.searchsorted(starts, rows, side="right") - 1
    order = None if (piece[1:] >= piece[:-1]).all() else np.argsort(piece, kind="stable")
    if order is not None:
        rows, piece = rows[order], piece[order]
    cuts = np.searchsorted(piece, np.arange(len(chunks) + 1))
    taken = [
        chunks[k].take(pa.array(rows[low:high] - starts[k]))
        for k, (low, high) in enumerate(pairwise(cuts.tolist()))
        if high > low
    ]
    found = pa.concat_arrays(taken) if taken else pa.array([], column.type)
    if order is None:
        return found
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return found.take(pa.array(place))


QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("input", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.string(), metadata={"about": "the first 2,000 characters"}),
    ]
)


FIRST_TIME = np.datetime64("1990-01-01", "us").astype(np.int64)
"""Earliest time that is believed, microseconds since 1970 UTC: before it, no platform existed."""

LAST_TIME = np.datetime64("2100-01-01", "us").astype(np.int64)
"""Times from here on are not believed, microseconds since 1970 UTC."""


def faults(actions: pa.Table) -> tuple[np.ndarray[Any, np.dtype[np.bool_]], list[tuple[int, str]]]:
    """Which rows of a table in DOOR_SCHEMA can't be actions, and why.

    Returns a mask (n,), True where the row is sound, and (place, reason) of each that isn't.
    """
    n = actions.num_rows
    account = actions["account"].combine_chunks()
    nameless = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(account), ""), True)
    instant = actions["time"].combine_chunks().cast(pa.int64())
    timeless = np.asarray(instant.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    micros = np.asarray(pc.fill_null(instant, 0).to_numpy(zero_copy_only=False), dtype=np.int64)
    outside = ~timeless & ((micros < FIRST_TIME) | (micros >= LAST_TIME))
    known = pc.is_in(actions["kind"].combine_chunks(), value_set=pa.array(KINDS))
    unkind = ~np.asarray(known.to_numpy(zero_copy_only=False), dtype=bool)
    faceless = np.asarray(nameless.to_numpy(zero_copy_only=False), dtype=bool)
    sound = ~(timeless | outside | unkind | faceless)
    found: list[tuple[int, str]] = []
    if sound.all():
        return np.ones(n, dtype=bool), found
    for place in np.flatnonzero(~sound).tolist():
        if faceless[place]:
            reason = "no account id"
        elif timeless[place]:
            reason = "no time that can be read"
        elif outside[place]:
            reason = f"the time {np.datetime64(int(micros[place]), 'us')} lies outside 1990 to 2100"
        else:
            reason = f"unknown kind of action {actions['kind'][place].as_py()!r}"
        found.append((place, reason))
    return sound, found


GRIDS = ((1e-6, "microseconds"), (1e-3, "milliseconds"), (1.0, "seconds"),
         (60.0, "minutes"), (3600.0, "hours"), (86400.0, "days"))  # fmt: skip
"""Clocks an archive may have kept, seconds and name, finest first."""


def resolution_of(
    times: np.ndarray[Any, np.dtype[np.int64]], name: str = "the input"
) -> tuple[float, float, str | None]:
    """Detect the clock that an input kept (docs/method.md, "Time").

    times : int64 microseconds since 1970 UTC, any order, one input's.

    The resolution is the coarsest grid that holds at least half of the times, where finer times would
    fall on it far less often (binomial tail below 1e-6 for minutes and coarser; a handful of distinct
    times shows nothing). Half is enough because an archive is often a mixture, and a mixture must not be
    read as if all of it were fine.

    Returns (resolution in seconds, share of times on whole minutes or on the coarser grid that was
    taken, a sentence of warning or None).
    """
    n = len(times)
    if n == 0:
        return 1.0, 0.0, None
    taken, label, share_taken = GRIDS[0][0], GRIDS[0][1], 1.0
    minute_share = float(np.mean(times % 60_000_000 == 0))
    for (finer, _), (grid, grid_name) in pairwise(GRIDS):
        on_grid = int(np.count_nonzero(times % int(grid * 1_000_000) == 0))
        share = on_grid / n
        if share < 0.5:
            break
        # Times that coincide prove it once, so distinct ones count. P(X >= k of 2k) < 4^k chance^k.
        distinct = len(np.unique(times[times % int(grid * 1_000_000) == 0]))
        ways = 0.0 if on_grid == n else 2 * np.log(2.0)
        if grid >= 60 and distinct * (ways + np.log(finer / grid)) > np.log(1e-6):
            break
        taken, label, share_taken = grid, grid_name, share
    if taken < 60:
        warning = None
        if n >= 1000 and minute_share >= 0.2:
            warning = (
                f"{minute_share:.0%} of the times in {name} are whole minutes, where 2% would be by chance: "
                "a part of it may keep minutes only, and co-action within seconds there shows nothing."
            )
        return taken, minute_share, warning
    one = label.removesuffix("s")
    if share_taken >= 0.999:
        warning = f"{name} keeps whole {label}: a window shorter than one {one} is read as one {one}."
    else:
        warning = (
            f"{share_taken:.0%} of the times in {name} are whole {label} and the others are finer: all of it "
            f"is read at a resolution of one {one}, so a shorter window is read as one {one}."
        )
    return taken, share_taken, warning
