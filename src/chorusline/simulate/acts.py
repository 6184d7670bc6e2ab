"""Abstract actions as one NumPy record array, and their rendering as an Arrow table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import DOOR_SCHEMA, KINDS
from chorusline.simulate.streams import Array, mix32, mix64
from chorusline.simulate.wording import texts

POST, RESHARE, REPLY, QUOTE = (KINDS.index(kind) for kind in ("post", "reshare", "reply", "quote"))

LANGUAGES = ("qaa", "qab", "qac", "qad", "qae", "qaf")
"""Codes that ISO 639-2 leaves for private use: a made-up language belongs to nobody."""
CLIENTS = ("web", "phone", "tablet", "desk", "scheduler", "feed", "button", "newsroom")
WEB, PHONE, TABLET, DESK, SCHEDULER, FEED, BUTTON, NEWSROOM = range(len(CLIENTS))

ACT = np.dtype(
    [
        ("key", "u8"),  # number of the action, unique in the world; 0 is none
        ("time", "i8"),  # microseconds since 1970 UTC
        ("account", "i4"),
        ("kind", "i1"),
        ("client", "i1"),
        ("language", "i1"),
        ("style", "i2"),  # writing habit of the hand; 0 for shared wording
        ("topic", "i2"),
        ("text", "u8"),  # equal codes render to equal texts
        ("variant", "u4"),  # above 0: a near-duplicate of the same code
        ("length", "i1"),  # words; 0 leaves it to the code
        ("tags", "u4", (3,)),  # 0 is none
        ("link", "u8"),  # site << 40 | article; 0 is none
        ("mention", "i4"),  # account; -1 is none
        ("media", "u4"),  # 0 is none
        ("parent", "u8"),  # key of the post reshared, replied to or quoted; 0 is none
        ("order", "i4"),  # place in the order book; -1 is none
        ("deleted", "i8"),  # microseconds since 1970 UTC; 0 is never
    ]
)
"""One action before rendering. What isn't in DOOR_SCHEMA (order, deleted) is truth."""

TABLE_SCHEMA = pa.schema([field for field in DOOR_SCHEMA if field.name not in ("row", "handle")])
"""What a world's actions.parquet holds: DOOR_SCHEMA but for the two columns that a reader fills."""


def blank(n: int) -> Array:
    """Return n actions without objects, mentions or orders."""
    acts = np.zeros(n, dtype=ACT)
    acts["mention"] = -1
    acts["order"] = -1
    return acts


def number(acts: Array, part: int, day: int) -> Array:
    """Give actions their keys, from part (< 2^13), day (< 2^16) and place; returns the same array."""
    acts["key"] = (np.uint64(part) << np.uint64(50)) + (np.uint64(day) << np.uint64(34))
    acts["key"] += np.arange(1, len(acts) + 1, dtype=np.uint64)
    return acts


def by_time(acts: Array) -> Array:
    """Return the actions sorted by time, then key."""
    return np.asarray(acts[np.lexsort((acts["key"], acts["time"]))])


def account_names(codes: Array) -> pa.Array:
    """Return the made-up account ids of codes [n], one-to-one and without a trace of the account's part."""
    return _prefixed("u", mix32(codes.astype(np.uint32)))


def post_names(keys: Array) -> pa.Array:
    """Return the made-up post ids of keys [n], one-to-one; null for key 0."""
    return pa.array(mix64(keys), mask=keys == 0).cast(pa.string())


def render(acts: Array) -> pa.Table:
    """Return the actions as a table in TABLE_SCHEMA, in the given order."""
    accounts, place = np.unique(acts["account"], return_inverse=True)
    kind, parent = acts["kind"], acts["parent"]
    links, domains = _links(acts["link"])
    columns = {
        "post_id": post_names(acts["key"]),
        "account": account_names(accounts).take(pa.array(place)),
        "time": pa.array(np.ascontiguousarray(acts["time"])).cast(pa.timestamp("us", tz="UTC")),
        "kind": pa.array(KINDS).take(pa.array(np.ascontiguousarray(kind))),
        "text": texts(acts),
        "language": pa.array(LANGUAGES).take(pa.array(np.ascontiguousarray(acts["language"]))),
        "client": pa.array(CLIENTS).take(pa.array(np.ascontiguousarray(acts["client"]))),
        "hashtags": _tags(acts["tags"]),
        "links": links,
        "domains": domains,
        "mentions": _mentions(acts["mention"]),
        "media": _lists(acts["media"] > 0, lambda chosen: _prefixed("m", mix32(acts["media"][chosen]))),
        "reshare_of": post_names(np.where(kind == RESHARE, parent, 0)),
        "reply_to": post_names(np.where(kind == REPLY, parent, 0)),
        "quote_of": post_names(np.where(kind == QUOTE, parent, 0)),
    }
    return pa.table([columns[field.name] for field in TABLE_SCHEMA], schema=TABLE_SCHEMA)


def _prefixed(prefix: str, numbers: Array) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pa.array(numbers).cast(pa.string()), "")


def _lists(present: Array, values) -> pa.Array:  # type: ignore[no-untyped-def]
    """Return list<string> [n] with one item where `present`; `values` renders the chosen rows."""
    offsets = np.concatenate(([0], np.cumsum(present))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values(np.flatnonzero(present)))


def _tags(tags: Array) -> pa.Array:
    present = tags > 0
    offsets = np.concatenate(([0], np.cumsum(present.sum(axis=1)))).astype(np.int32)
    codes, place = np.unique(tags[present], return_inverse=True)
    return pa.ListArray.from_arrays(pa.array(offsets), _prefixed("t", mix32(codes)).take(pa.array(place)))


def _mentions(mentions: Array) -> pa.Array:
    return _lists(mentions >= 0, lambda chosen: account_names(mentions[chosen]))


def _links(links: Array) -> tuple[pa.Array, pa.Array]:
    chosen = np.flatnonzero(links > 0)
    sites = _prefixed("s", mix32((links[chosen] >> np.uint64(40)).astype(np.uint32)))
    hosts = pc.binary_join_element_wise(sites, "example", ".")
    pages = pa.array(mix64(links[chosen])).cast(pa.string())
    urls = pc.binary_join_element_wise("https:/", hosts, pages, "/")
    present = links > 0
    return _lists(present, lambda _: urls), _lists(present, lambda _: hosts)
