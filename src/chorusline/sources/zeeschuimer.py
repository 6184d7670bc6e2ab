"""Zeeschuimer's NDJSON: what a browser showed of X, TikTok or Instagram, each in its own shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import entities, jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source
from chorusline.sources.x_api_v1 import content

MAPPING = {
    "post_id": "item_id",
    "account": "in data, by source_platform",
    "time": "in data, by source_platform",
    "text": "in data, by source_platform",
    "hashtags": "in data, by source_platform",
    "links": "in data, by source_platform",
    "mentions": "in data, by source_platform",
    "media": "in data, by source_platform",
    "reshare_of": "X: data.legacy.retweeted_status_result.result.rest_id",
    "reply_to": "X: data.legacy.in_reply_to_status_id_str",
    "quote_of": "X: data.quoted_status_result.result.rest_id",
}

NOT_POSTS = "{n} items of X are no posts (advertisements, prompts) and were left out."

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Items wrapped with their platform and the time of collection."""
    for value in head.json[:20]:
        if {"source_platform", "item_id"} <= value.keys() and isinstance(value.get("data"), dict):
            return Recognition(
                "zeeschuimer", 0.95, "its items are wrapped as Zeeschuimer writes them", MAPPING
            )
    return None


def read(reading: Reading) -> Iterator[Batch]:
    """Read the items of the platforms that are known here; the others are counted by platform."""
    return objects.read_objects(reading, MAPPING, _add)


def _add(row: int, item: Json, rows: objects.ActionRows) -> None:
    platform, data = str(item.get("source_platform")), item.get("data")
    platform_reader = PLATFORMS.get(platform)
    if not isinstance(data, dict):
        rows.reject(Rejected(row, "an item without its data", jsonlines.shown(item)))
    elif platform_reader is None:
        rows.reject(Rejected(row, f"items of {platform} can't be read yet", jsonlines.shown(item)))
    else:
        platform_reader(row, item, data, rows)


def _post(result: Any) -> Json:
    """A post of X's web interface, out of the wrappings it may have."""
    inner = result.get("result", result) if isinstance(result, dict) else {}
    inner = inner.get("tweet", inner) if isinstance(inner, dict) else {}
    return inner if isinstance(inner, dict) else {}


def _x(row: int, item: Json, data: Json, rows: objects.ActionRows) -> None:
    data = _post(data)
    legacy = data.get("legacy")
    if not isinstance(legacy, dict) or "created_at" not in legacy:
        rows.reading.note(NOT_POSTS)
        return
    user = ((data.get("core") or {}).get("user_results") or {}).get("result") or {}
    names = {**(user.get("legacy") or {}), **(user.get("core") or {})}
    original = _shape(_post(legacy.get("retweeted_status_result")))
    quoted = _post(data.get("quoted_status_result")).get("rest_id")
    fields = content(_shape(data), original or None)
    if quoted and not original:
        fields["quote_of"] = quoted
        fields["kind"] = "quote" if fields["kind"] == "post" else fields["kind"]
    rows.add(
        row,
        raw=item,
        account=legacy.get("user_id_str") or user.get("rest_id"),
        handle=names.get("screen_name"),
        time=legacy.get("created_at"),
        **fields,
    )


def _shape(post: Json) -> Json:
    """A post of the web interface in the shape of API v1.1; long posts keep their text apart."""
    legacy = post.get("legacy")
    if not isinstance(legacy, dict):
        return {}
    note = ((post.get("note_tweet") or {}).get("note_tweet_results") or {}).get("result") or {}
    shaped = {**legacy, "id_str": post.get("rest_id") or legacy.get("id_str")}
    if note.get("text"):
        shaped["full_text"] = note["text"]
        shaped["entities"] = {**(legacy.get("entities") or {}), **(note.get("entity_set") or {})}
    return shaped


def _tiktok(row: int, item: Json, data: Json, rows: objects.ActionRows) -> None:
    author = data.get("author")
    name = author.get("uniqueId") if isinstance(author, dict) else author
    text = data.get("desc") or ""
    extra = [piece for piece in data.get("textExtra") or [] if isinstance(piece, dict)]
    music = (data.get("music") or {}).get("id")
    rows.add(
        row,
        raw=item,
        post_id=data.get("id") or item.get("item_id"),
        account=(author.get("id") if isinstance(author, dict) else None) or data.get("authorId") or name,
        handle=name,
        time=data.get("createTime"),
        kind="post",
        text=text or None,
        hashtags=[p["hashtagName"] for p in extra if p.get("hashtagName")] or entities.hashtags(text),
        links=entities.links(text),
        mentions=[p["userUniqueId"] for p in extra if p.get("userUniqueId")] or entities.mentions(text),
        media=[f"music:{music}"] if music else [],
    )


def _instagram(row: int, item: Json, data: Json, rows: objects.ActionRows) -> None:
    user = data.get("user") or data.get("owner") or {}
    caption = data.get("caption")
    text = (caption.get("text") if isinstance(caption, dict) else caption) or ""
    rows.add(
        row,
        raw=item,
        post_id=data.get("pk") or data.get("id") or item.get("item_id"),
        account=user.get("pk") or user.get("id"),
        handle=user.get("username"),
        time=data.get("taken_at") or data.get("taken_at_timestamp"),
        kind="post",
        text=text or None,
        hashtags=entities.hashtags(text),
        links=entities.links(text),
        mentions=entities.mentions(text),
    )


PLATFORMS: dict[str, Callable[[int, Json, Json, objects.ActionRows], None]] = {
    "twitter.com": _x,
    "x.com": _x,
    "tiktok.com": _tiktok,
    "instagram.com": _instagram,
}

SOURCE = Source("zeeschuimer", "Zeeschuimer NDJSON (X, TikTok, Instagram)", sniff, read, tuple(MAPPING))
