"""CooRTweet's four-column table: an account shared an object, by way of a post, at a time.

In the authors' Twitter data an object is the post that was reshared; a row whose object is its own
content is the original itself. Where the objects are links or hashtags, say so: --map links=object_id.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import Batch
from chorusline.sources import columns as names
from chorusline.sources import tabular
from chorusline.sources.base import Head, Reading, Recognition, Source
from chorusline.sources.table import Columns, read_table

KNOWN = {
    "post_id": "content_id",
    "account": "account_id",
    "time": "timestamp_share",
    "reshare_of": "object_id",
}


def sniff(head: Head) -> Recognition | None:
    """The names of all four columns together are CooRTweet's own; older ones say id_user."""
    known = _known(head.header)
    if head.json or not head.has(*known.values()):
        return None
    return Recognition("coortweet", 0.9, "its columns are those of a CooRTweet table", known)


def _known(header: list[str]) -> dict[str, str]:
    return {**KNOWN, "account": "id_user"} if "id_user" in header else KNOWN


def own_original(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """A post whose object is itself is no reshare."""
    if "reshare_of" not in fields or "post_id" not in fields:
        return fields
    itself = pc.fill_null(pc.equal(fields["reshare_of"], fields["post_id"]), False)
    return {
        **fields,
        "reshare_of": pc.if_else(itself, pa.scalar(None, pa.string()), fields["reshare_of"]),
        "kind": pc.if_else(itself, "post", fields["kind"]),
    }


def read(reading: Reading) -> Iterator[Batch]:
    """Read a CooRTweet table."""
    present = tabular.header(reading.head)
    mapping = names.overlay(present, _known(present), reading.mapping)
    return read_table(reading, mapping, adjust=own_original)


SOURCE = Source(
    name="coortweet",
    about="CooRTweet table (object_id, account_id, content_id, timestamp_share)",
    sniff=sniff,
    read=read,
    gives=tuple(KNOWN),
)
