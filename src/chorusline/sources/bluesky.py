"""Bluesky's Jetstream as JSON lines: posts and reposts of the firehose.

The time is the relay's (time_us), which an account can't forge; the time that the account's own
program wrote (record.createdAt) is compared with it, and posts where the two lie far apart are counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chorusline.actions import Batch
from chorusline.sources import objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "at://did/commit.collection/commit.rkey",
    "account": "did",
    "time": "time_us (the relay's clock)",
    "kind": "commit.collection, record.reply, record.embed",
    "text": "commit.record.text",
    "language": "commit.record.langs[0]",
    "hashtags": "facets[].features[].tag and record.tags",
    "links": "facets[].features[].uri and embed.external.uri",
    "mentions": "facets[].features[].did",
    "media": "embed.images[].image.ref.$link, embed.video.ref.$link",
    "reshare_of": "record.subject.uri",
    "reply_to": "record.reply.parent.uri",
    "quote_of": "embed.record.uri or embed.record.record.uri",
}

POST, REPOST = "app.bsky.feed.post", "app.bsky.feed.repost"
OTHERS = "{n} lines are other events (likes, follows, deletions, ...), not posts or reposts."
FORGED = "In {n} posts the account's own time is over an hour away from the relay's; the relay's was read."

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Events with a did and the relay's microseconds."""
    for value in head.json[:20]:
        if str(value.get("did", "")).startswith("did:") and "time_us" in value:
            return Recognition("bluesky", 0.9, "its events are those of Bluesky's Jetstream", MAPPING)
    return None


def read(reading: Reading) -> Iterator[Batch]:
    """Read posts and reposts that were created; other events are counted."""
    return objects.read_objects(reading, MAPPING, _add)


def _add(row: int, event: Json, rows: objects.ActionRows) -> None:
    commit = event.get("commit") or {}
    record = commit.get("record") or {}
    collection = commit.get("collection")
    if commit.get("operation") != "create" or collection not in (POST, REPOST):
        rows.reading.note(OTHERS)
        return
    if _apart(record.get("createdAt"), event.get("time_us")):
        rows.reading.note(FORGED)
    did = event.get("did")
    common: Json = {
        "raw": event,
        "post_id": f"at://{did}/{collection}/{commit.get('rkey')}",
        "account": did,
        "time": event.get("time_us"),
    }
    if collection == REPOST:
        rows.add(row, **common, kind="reshare", reshare_of=record["subject"]["uri"])
        return
    embed = record.get("embed") or {}
    reply = ((record.get("reply") or {}).get("parent") or {}).get("uri")
    quote = _quoted(embed)
    features = [f for facet in record.get("facets") or [] for f in facet.get("features") or []]
    links = [f["uri"] for f in features if f.get("uri")]
    external = (embed.get("external") or (embed.get("media") or {}).get("external") or {}).get("uri")
    tags = [f["tag"] for f in features if f.get("tag")] + list(record.get("tags") or [])
    rows.add(
        row,
        **common,
        kind="reply" if reply else "quote" if quote else "post",
        text=record.get("text") or None,
        language=next(iter(record.get("langs") or []), None),
        hashtags=list(dict.fromkeys(tags)),
        links=list(dict.fromkeys([*links, *([external] if external else [])])),
        mentions=[f["did"] for f in features if f.get("did")],
        media=_media(embed),
        reply_to=reply,
        quote_of=quote,
    )


def _quoted(embed: Json) -> str | None:
    """Uri of a quoted post: embed.record, or embed.record.record beside media."""
    record = embed.get("record") or {}
    uri = record.get("uri") or (record.get("record") or {}).get("uri")
    return uri if uri and f"/{POST}/" in uri else None


def _media(embed: Json) -> list[str]:
    """Content hashes of pictures and video: the same file has the same."""
    found: list[str] = []
    for part in (embed, embed.get("media") or {}):
        blobs = [image.get("image") or {} for image in part.get("images") or []]
        blobs.append(part.get("video") or {})
        found.extend(link for blob in blobs if (link := (blob.get("ref") or {}).get("$link")))
    return found


def _apart(created: Any, relay: Any) -> bool:
    """Whether the account's time and the relay's lie more than an hour apart."""
    try:
        written = datetime.fromisoformat(str(created)).timestamp()
        return abs(written - int(relay) / 1e6) > 3600
    except (TypeError, ValueError, OverflowError, OSError):
        return False


SOURCE = Source("bluesky", "Bluesky Jetstream JSON lines", sniff, read, tuple(MAPPING))
