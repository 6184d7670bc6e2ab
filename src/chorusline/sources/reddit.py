"""Reddit's monthly dumps (RS submissions, RC comments), as JSON lines, packed or not.

The account is the user name: it is unique and can't be changed, and it is in every dump, while
author_fullname is missing from many lines, so that one account would come under two ids.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import entities, jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "t3_ or t1_ and id",
    "account": "author",
    "time": "created_utc",
    "kind": "crosspost_parent, parent_id",
    "text": "title and selftext; body",
    "links": "url and links in the text",
    "mentions": "u/name in the text",
    "media": "url of pictures and films that Reddit hosts",
    "reshare_of": "crosspost_parent",
    "reply_to": "parent_id",
}

DELETED = "the account was deleted, so whose post it is can't be known"
GONE = frozenset(("[deleted]", "[removed]", ""))
_USER = re.compile(r"(?<![\w/])/?u/([\w\-]{3,20})\b")
_HOSTED = re.compile(r"https?://(?:i|v)\.redd\.it/|https?://(?:www\.)?reddit\.com/gallery/")
_SELF = re.compile(r"https?://(?:\w+\.)?reddit\.com/r/[^/]+/comments/")

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Things with a subreddit, an author and created_utc."""
    for value in head.json[:20]:
        if "created_utc" in value and "author" in value and ("subreddit" in value or "subreddit_id" in value):
            return Recognition("reddit", 0.9, "its objects are Reddit submissions or comments", MAPPING)
    return None


def read(reading: Reading) -> Iterator[Batch]:
    """Read submissions and comments."""
    return objects.read_objects(reading, MAPPING, _add)


def _add(row: int, thing: Json, rows: objects.ActionRows) -> None:
    author = thing.get("author") or ""
    if author in GONE:
        rows.reject(Rejected(row, DELETED, jsonlines.shown(thing)))
        return
    submission = "title" in thing or ("body" not in thing and "parent_id" not in thing)
    parts = (thing.get("title"), thing.get("selftext")) if submission else (thing.get("body"),)
    text = "\n".join(part for part in parts if part and part not in GONE)
    url = thing.get("url") or thing.get("url_overridden_by_dest") or "" if submission else ""
    hosted = bool(_HOSTED.match(url))
    outside = [url] if url and not hosted and not thing.get("is_self") and not _SELF.match(url) else []
    parent = thing.get("crosspost_parent") if submission else thing.get("parent_id") or thing.get("link_id")
    rows.add(
        row,
        raw=thing,
        post_id=thing.get("name") or f"{'t3' if submission else 't1'}_{thing.get('id')}",
        account=author,
        handle=author,
        time=thing.get("created_utc"),
        kind=("reshare" if parent else "post") if submission else "reply",
        text=text or None,
        links=list(dict.fromkeys([*(u for u in outside if "://" in u), *entities.links(text)])),
        mentions=_USER.findall(text),
        media=[url] if hosted else [],
        reshare_of=parent if submission else None,
        reply_to=None if submission else parent,
    )


SOURCE = Source("reddit", "Reddit dumps (RS submissions, RC comments)", sniff, read, tuple(MAPPING))
