"""Meta Content Library's CSV of Facebook and Instagram posts."""

from __future__ import annotations

import re

import pyarrow as pa

from chorusline.sources import door, entities, tabular
from chorusline.sources.base import Reading
from chorusline.sources.table import Columns, declared

_ID = re.compile(r"""["']id["']\s*:\s*["']?(\w+)""")


def with_media(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """Ids of the pictures and films that the multimedia column lists."""
    given = chunk.columns.get("multimedia")
    if given is None or "media" in reading.used:
        return fields
    if pa.types.is_list(given.type):
        given = pa.array([None if value is None else str(value) for value in given.to_pylist()], pa.string())
    return {**fields, "media": entities.map_lists(door.strings(given), _ID.findall)}


SOURCE = declared(
    "meta-content-library",
    "Meta Content Library CSV",
    ("id", "creation_time", "post_owner.id", "text"),
    {
        "post_id": "id",
        "account": "post_owner.id",
        "handle": "post_owner.username",
        "time": "creation_time",
        "text": "text",
        "language": "lang",
        "links": "link_attachment.link",
        "reshare_of": "shared_post_id",
    },
    "its columns are those of the Meta Content Library",
    extra=("multimedia",),
    adjust=with_media,
)
