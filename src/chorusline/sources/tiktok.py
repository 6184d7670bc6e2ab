"""TikTok Research API as JSON: pages {data: {videos: [...]}} or single videos."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch
from chorusline.sources import entities, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "id or video_id",
    "account": "username",
    "time": "create_time",
    "text": "video_description and voice_to_text",
    "hashtags": "hashtag_names",
    "links": "in the text",
    "mentions": "video_mention_list, else in the text",
    "media": "music_id, effect_ids",
}

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Videos with create_time, username and the API's own keys."""
    for value in head.json[:20]:
        for video in _videos(value):
            if "create_time" in video and "username" in video and ("id" in video or "video_id" in video):
                return Recognition("tiktok", 0.9, "its objects are those of the TikTok Research API", MAPPING)
    return None


def _videos(value: Json) -> list[Json]:
    data = value.get("data")
    found = data.get("videos") if isinstance(data, dict) else value.get("videos")
    return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else [value]


def read(reading: Reading) -> Iterator[Batch]:
    """Read videos."""
    return objects.read_objects(reading, MAPPING, _page)


def _page(row: int, value: Json, rows: objects.ActionRows) -> None:
    for video in _videos(value):
        objects.attempt(_add, row, video, rows)


def _add(row: int, video: Json, rows: objects.ActionRows) -> None:
    said = video.get("video_description") or ""
    text = "\n".join(part for part in (said, video.get("voice_to_text")) if part)
    music = video.get("music_id")
    tags, named = video.get("hashtag_names"), video.get("video_mention_list")
    media = [f"music:{music}"] if music else []
    media += [f"effect:{effect}" for effect in video.get("effect_ids") or [] if effect]
    rows.add(
        row,
        raw=video,
        post_id=video.get("id") or video.get("video_id"),
        account=video.get("username"),
        handle=video.get("username"),
        time=video.get("create_time"),
        kind="post",
        text=text or None,
        hashtags=_given(tags, "hashtags", entities.hashtags(said)),
        links=entities.links(said),
        mentions=_given(named, "mentions", entities.mentions(said)),
        media=media,
    )


def _given(items: Any, field: str, otherwise: list[str]) -> list[str]:
    """Items of a list that the API gave, else what stands in the text."""
    return entities.clean(map(str, items), field) if isinstance(items, list) else otherwise


SOURCE = Source("tiktok", "TikTok Research API JSON", sniff, read, tuple(MAPPING))
