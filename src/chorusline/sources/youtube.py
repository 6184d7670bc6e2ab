"""YouTube comments as the Data API sends them: pages of threads or of replies, or single ones.

A comment is a reply: to the comment it answers, else to the video.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import entities, html, jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "id",
    "account": "snippet.authorChannelId.value",
    "handle": "snippet.authorDisplayName",
    "time": "snippet.publishedAt",
    "kind": "reply",
    "text": "snippet.textOriginal",
    "hashtags": "in the text",
    "links": "in the text",
    "mentions": "in the text",
    "reply_to": "snippet.parentId, else snippet.videoId",
}

KINDS = ("youtube#commentThread", "youtube#comment")
OTHERS = "{n} objects are other things of YouTube's, not comments."

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """YouTube's own word for the kind of object."""
    for value in head.json[:20]:
        if str(value.get("kind", "")).startswith(KINDS):
            return Recognition("youtube", 0.9, "its objects are YouTube comments", MAPPING)
    return None


def read(reading: Reading) -> Iterator[Batch]:
    """Read comments and the replies that came with them."""
    return objects.read_objects(reading, MAPPING, _page)


def _page(row: int, value: Json, rows: objects.ActionRows) -> None:
    for item in value["items"] if isinstance(value.get("items"), list) else [value]:
        objects.attempt(_thread, row, item, rows)


def _thread(row: int, item: Json, rows: objects.ActionRows) -> None:
    """Add a comment, or a thread's first comment and the replies beside it."""
    snippet = item.get("snippet") or {}
    video = snippet.get("videoId")
    if item.get("kind") == KINDS[0] or "topLevelComment" in snippet:
        replies = (item.get("replies") or {}).get("comments") or []
        for comment in [snippet.get("topLevelComment") or {}, *replies]:
            _add(row, comment, video, rows)
    elif item.get("kind") == KINDS[1]:
        _add(row, item, video, rows)
    else:
        rows.reading.note(OTHERS)


def _add(row: int, comment: Json, video: str | None, rows: objects.ActionRows) -> None:
    snippet = comment.get("snippet")
    if not isinstance(snippet, dict):
        rows.reject(Rejected(row, "a comment without its contents", jsonlines.shown(comment)))
        return
    text = snippet.get("textOriginal") or html.read(snippet.get("textDisplay") or "")[0]
    channel = snippet.get("authorChannelId")
    rows.add(
        row,
        raw=comment,
        post_id=comment.get("id"),
        account=channel.get("value") if isinstance(channel, dict) else channel,
        handle=snippet.get("authorDisplayName"),
        time=snippet.get("publishedAt"),
        kind="reply",
        text=text or None,
        hashtags=entities.hashtags(text),
        links=entities.links(text),
        mentions=entities.mentions(text),
        reply_to=snippet.get("parentId") or snippet.get("videoId") or video,
    )


SOURCE = Source("youtube", "YouTube comments (Data API JSON)", sniff, read, tuple(MAPPING))
