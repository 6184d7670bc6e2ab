"""X API v1.1 as JSON: one post a line, or a list of posts (twarc, streaming, old collections)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "id_str",
    "account": "user.id_str",
    "handle": "user.screen_name",
    "time": "timestamp_ms, else created_at",
    "kind": "retweeted_status, in_reply_to_status_id_str, quoted_status_id_str",
    "text": "full_text or text (of the original, in a retweet)",
    "language": "lang",
    "client": "source",
    "hashtags": "entities.hashtags[].text",
    "links": "entities.urls[].expanded_url",
    "mentions": "entities.user_mentions[].screen_name",
    "media": "extended_entities.media[].id_str",
    "reshare_of": "retweeted_status.id_str",
    "reply_to": "in_reply_to_status_id_str",
    "quote_of": "quoted_status_id_str",
}

NOTICES = "{n} lines are notices of the stream (deletions, limits), not posts."

Json = dict[str, Any]
_TAGS = re.compile(r"<[^>]*>")


def sniff(head: Head) -> Recognition | None:
    """Posts with their account inside, and v1.1's spelling of it."""
    for value in head.json[:20]:
        user = value.get("user")
        if isinstance(user, dict) and "screen_name" in user and "created_at" in value and "entities" in value:
            return Recognition("x-api-v1", 0.9, "its objects are shaped as X API v1.1 sends them", MAPPING)
    return None


def read(reading: Reading) -> Iterator[Batch]:
    """Read posts; a retweet's text and entities are those of the original inside it."""
    return objects.read_objects(reading, MAPPING, _add)


def _add(row: int, post: Json, rows: objects.ActionRows) -> None:
    user = post.get("user")
    if not isinstance(user, dict):
        if any(key in post for key in ("delete", "limit", "scrub_geo", "status_withheld", "warning")):
            rows.reading.note(NOTICES)
        else:
            rows.reject(Rejected(row, "a post without its account", jsonlines.shown(post)))
        return
    account = identity(user)
    if account:
        rows.fact(
            account,
            handle=user.get("screen_name"),
            created=user.get("created_at"),
            followers=user.get("followers_count"),
            following=user.get("friends_count"),
            posts=user.get("statuses_count"),
        )
    original = post.get("retweeted_status")
    rows.add(
        row,
        raw=post,
        account=account,
        handle=user.get("screen_name"),
        time=post.get("timestamp_ms") or post.get("created_at"),
        client=_TAGS.sub("", post.get("source") or "") or None,
        **content(post, original if isinstance(original, dict) else None),
    )


def identity(thing: Json, key: str = "id") -> str | None:
    """Id of a post or account as a string: the string that came, else the whole number."""
    value = thing.get(f"{key}_str") or thing.get(key)
    return str(value) if value else None


def content(post: Json, original: Json | None) -> Json:
    """Ids, kind, text and lists of a post in v1.1's shape; `original` is the post it reshares."""
    whole = original or post
    extended = whole.get("extended_tweet")
    full: Json = extended if isinstance(extended, dict) else whole
    quote = identity(post, "quoted_status_id") if original is None else None
    reply = identity(post, "in_reply_to_status_id")
    kind = "reshare" if original else "reply" if reply else "quote" if quote else "post"
    entities = full.get("entities") or whole.get("entities") or {}
    shown = full.get("extended_entities") or whole.get("extended_entities") or entities
    quoted = identity(whole, "quoted_status_id")
    urls = [_target(url) for url in entities.get("urls") or []]
    return {
        "post_id": identity(post),
        "kind": kind,
        "text": full.get("full_text") or full.get("text") or whole.get("text"),
        "language": post.get("lang"),
        "hashtags": [tag["text"] for tag in entities.get("hashtags") or [] if tag.get("text")],
        "links": [url for url in urls if url and not (quoted and f"/status/{quoted}" in url)],
        "mentions": [m["screen_name"] for m in entities.get("user_mentions") or [] if m.get("screen_name")],
        "media": [m for m in (identity(item) for item in shown.get("media") or []) if m],
        "reshare_of": identity(original) if original else None,
        "reply_to": reply,
        "quote_of": quote,
    }


def _target(url: Json) -> str | None:
    """Where a shortened link leads, as far as X found out."""
    return (url.get("unwound") or {}).get("url") or url.get("expanded_url") or url.get("url")


SOURCE = Source("x-api-v1", "X API v1.1 JSON", sniff, read, tuple(MAPPING))
