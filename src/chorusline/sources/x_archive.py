"""X/Twitter information-operations archive: the CSV files of the hashed or unhashed disclosures.

The archive keeps minutes. Where a post's id is a true snowflake that lies in that minute, the time is
read from the id instead, to the millisecond (module `snowflake`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ACCOUNT_FACTS, Batch
from chorusline.sources import clock as clocks
from chorusline.sources import columns as names
from chorusline.sources import door, snowflake, tabular
from chorusline.sources.base import Head, Reading, Recognition, Source
from chorusline.sources.table import Columns, read_table

KNOWN = {
    "post_id": "tweetid",
    "account": "userid",
    "handle": "user_screen_name",
    "time": "tweet_time",
    "kind": "is_retweet",
    "text": "tweet_text",
    "language": "tweet_language",
    "client": "tweet_client_name",
    "hashtags": "hashtags",
    "links": "urls",
    "mentions": "user_mentions",
    "reshare_of": "retweet_tweetid",
    "reply_to": "in_reply_to_tweetid",
    "quote_of": "quoted_tweet_tweetid",
}

FACTS = {
    "created": "account_creation_date",
    "followers": "follower_count",
    "following": "following_count",
}

REFINED = "{n} times were whole minutes and were read to the millisecond from the posts' ids."


def sniff(head: Head) -> Recognition | None:
    """The archive's own spellings of tweetid, userid and tweet_time."""
    if head.json or not head.has("tweetid", "userid", "tweet_time", "tweet_text"):
        return None
    return Recognition(
        "x-archive", 0.9, "its columns are those of X's information-operations archive",
        names.overlay(head.header, KNOWN),
    )  # fmt: skip


def with_id_times(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """Read the time from the post's id where the two agree."""
    if "post_id" not in fields:
        return fields
    times = clocks.Clock(reading.timezone or "UTC").read(fields["time"])
    times, refined = snowflake.refine(times, fields["post_id"])
    reading.note(REFINED, refined)
    return {**fields, "time": times}


def facts_of(fields: Columns, chunk: tabular.Chunk) -> pa.Table:
    """What the archive says of the accounts, one row an account of the chunk."""
    found = {"account": fields["account"]}
    for field, column in FACTS.items():
        values = chunk.columns.get(column)
        if values is None:
            continue
        if field == "created":
            found[field] = clocks.Clock("UTC").read(values)
        else:
            number = pc.if_else(pc.match_substring_regex(door.strings(values), r"^\d{1,18}$"), values, None)
            found[field] = number.cast(pa.int64())
    table = pa.table(found)
    counts = [
        (name, "min" if name == "created" else "max") for name in table.column_names if name != "account"
    ]
    grouped = table.filter(pc.is_valid(table["account"])).group_by("account").aggregate(counts)
    renamed = grouped.rename_columns([name.rsplit("_", 1)[0] for name in grouped.column_names])
    return renamed.select([name for name in ACCOUNT_FACTS.names if name in renamed.column_names])


def read(reading: Reading) -> Iterator[Batch]:
    """Read a file of the archive."""
    present = tabular.header(reading.head)
    mapping = names.overlay(present, KNOWN, reading.mapping)
    facts: list[pa.Table] = []

    def adjust(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
        facts.append(facts_of(fields, chunk))
        return with_id_times(fields, chunk, reading)

    for batch in read_table(reading, mapping, extra=tuple(FACTS.values()), adjust=adjust, order="month"):
        batch.facts = facts.pop()
        yield batch


SOURCE = Source("x-archive", "X/Twitter information-operations archive CSV", sniff, read, tuple(KNOWN))
