"""CSV of the coordination-network-toolkit (QUT Digital Observatory)."""

from __future__ import annotations

from chorusline.sources.table import declared

SOURCE = declared(
    "coordination-toolkit",
    "coordination-network-toolkit CSV (message_id, user_id, username, repost_id, reply_id, message, ...)",
    ("message_id", "user_id", "repost_id", "reply_id", "timestamp"),
    {
        "post_id": "message_id",
        "account": "user_id",
        "handle": "username",
        "time": "timestamp",
        "text": "message",
        "links": "urls",
        "reshare_of": "repost_id",
        "reply_to": "reply_id",
    },
    "its columns are those of the coordination-network-toolkit",
)
