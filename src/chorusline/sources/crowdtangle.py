"""CrowdTangle's CSV of Facebook posts. Its times end in a zone's letters (2021-01-31 23:59:35 EST)."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.sources import door, tabular
from chorusline.sources.base import Reading
from chorusline.sources.table import Columns, declared

ZONES = {
    "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600",
    "PST": "-0800", "PDT": "-0700", "GMT": "+0000", "UTC": "+0000", "BST": "+0100", "WET": "+0000",
    "WEST": "+0100", "CET": "+0100", "CEST": "+0200", "EET": "+0200", "EEST": "+0300", "MSK": "+0300",
}  # fmt: skip
"""Zones as CrowdTangle writes them (CST is the American one), and their offset from UTC."""

_TAIL = r"(?:/|story_fbid=|fbid=)(?P<id>\d{5,}|pfbid\w+)/?(?:[?&].*)?$"
_INSIDE = r"^https?://(?:[\w-]+\.)?facebook\.com/"
_POST = r"facebook\.com/[^/]+/posts/(?P<id>\d{5,}|pfbid\w+)"


def from_urls(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """Ids out of the URLs, offsets in place of zone letters, and the link to a shared post as a reshare."""
    fields = dict(fields)
    null = pa.scalar(None, pa.string())
    time = door.strings(fields["time"])
    for letters, offset in ZONES.items():
        time = pc.replace_substring_regex(time, rf" {letters}$", offset)
    fields["time"] = time
    if "post_id" in fields:
        fields["post_id"] = pc.coalesce(
            pc.struct_field(pc.extract_regex(fields["post_id"], _TAIL), [0]), fields["post_id"]
        )
    given = {name: door.strings(values) for name, values in chunk.columns.items()}
    if "Link" in given:
        shared = pc.struct_field(pc.extract_regex(given["Link"], _POST), [0])
        if "post_id" in fields:
            own = pc.fill_null(pc.equal(shared, fields["post_id"]), False)
            shared = pc.if_else(own, null, shared)
        fields["reshare_of"] = shared
        fields["kind"] = pc.if_else(pc.is_valid(shared), "reshare", fields["kind"])
        target = pc.coalesce(given["Final Link"], given["Link"]) if "Final Link" in given else given["Link"]
        inside = pc.fill_null(pc.match_substring_regex(target, _INSIDE), False)
        fields["links"] = door.lists(pc.if_else(inside, null, target), "links", reading)
    return fields


SOURCE = declared(
    "crowdtangle",
    "CrowdTangle CSV of Facebook posts",
    ("Facebook Id", "Post Created", "URL", "Message"),
    {
        "post_id": "URL",
        "account": "Facebook Id",
        "handle": "Page Name",
        "time": "Post Created",
        "text": "Message",
    },
    "its columns are those of a CrowdTangle export",
    extra=("Link", "Final Link"),
    adjust=from_urls,
    order="month",
)
