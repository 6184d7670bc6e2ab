"""4CAT's CSV export. Its times are UTC; it gives no id of the post that was reshared."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.sources import door, tabular
from chorusline.sources.base import Reading
from chorusline.sources.table import Columns, declared

PICTURES = ("images", "videos")
OTHER_TIME, OTHER_ACCOUNT = "timestamp", "author"


def fill_in(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """The written time and the author's name for want of unix time or id; pictures and films as media."""
    fields = dict(fields)
    spare = chunk.columns.get(OTHER_TIME)
    if spare is not None and reading.used.get("time") == "unix_timestamp":
        fields["time"] = pc.coalesce(door.strings(fields["time"]), door.strings(spare))
    spare = chunk.columns.get(OTHER_ACCOUNT)
    if spare is not None and reading.used.get("account") == "author_id":
        fields["account"] = pc.coalesce(fields["account"], door.strings(spare))
    given = [door.lists(chunk.columns[name], "links", reading) for name in PICTURES if name in chunk.columns]
    if given and "media" not in fields:
        together = zip(*(part.to_pylist() for part in given), strict=True)
        joined = [[item for items in row for item in items or []] for row in together]
        fields["media"] = pa.array(joined, pa.list_(pa.string()))
    return fields


SOURCE = declared(
    "4cat",
    "4CAT CSV export",
    ("id", "thread_id", "timestamp", "body", "author"),
    {
        "post_id": "id",
        "account": "author_id",
        "handle": "author",
        "time": "unix_timestamp",
        "kind": "is_retweet",
        "text": "body",
        "language": "language_guess",
        "client": "source",
        "hashtags": "hashtags",
        "links": "urls",
        "mentions": "mentions",
        "reply_to": "reply_to",
        "quote_of": "quote_tweet_id",
    },
    "its columns are those of a 4CAT export",
    score=0.8,
    fallback={"account": "author", "time": "timestamp"},
    extra=(OTHER_TIME, OTHER_ACCOUNT, *PICTURES),
    adjust=fill_in,
    zone="UTC",
)
