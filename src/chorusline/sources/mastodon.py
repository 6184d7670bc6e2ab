"""Mastodon statuses as JSON: lines, lists, or the events of the streaming API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from chorusline.actions import Batch, Rejected
from chorusline.sources import html, jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "uri",
    "account": "account.acct with the host of account.url",
    "handle": "account.username",
    "time": "created_at",
    "kind": "reblog, in_reply_to_id, quote",
    "text": "content (HTML taken off; of the original, in a boost)",
    "language": "language",
    "client": "application.name",
    "hashtags": "tags[].name",
    "links": "hrefs of the content and card.url",
    "mentions": "mentions[].acct",
    "media": "media_attachments[].remote_url or url",
    "reshare_of": "reblog.uri",
    "reply_to": "in_reply_to_id",
    "quote_of": "quote.quoted_status.uri or id",
}

OTHERS = "{n} lines are other events of the stream (deletions, ...), not statuses."

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Statuses with content, an account with acct, and a visibility."""
    for value in head.json[:20]:
        status = _status(value)
        account = (status or {}).get("account")
        if status and isinstance(account, dict) and "acct" in account and "content" in status:
            return Recognition("mastodon", 0.9, "its objects are Mastodon statuses", MAPPING)
    return None


def _status(value: Json) -> Json | None:
    """The status itself, or the one in a streaming event."""
    payload = value.get("payload")
    if isinstance(payload, str) and value.get("event") in ("update", "status.update"):
        try:
            payload = json.loads(payload)
        except ValueError:
            return None
    if isinstance(payload, dict):
        return payload
    return None if "event" in value and "content" not in value else value


def read(reading: Reading) -> Iterator[Batch]:
    """Read statuses and boosts."""
    return objects.read_objects(reading, MAPPING, _add)


def _full_name(account: Json) -> str | None:
    """acct with its host: name@host, the same on whichever server it was seen."""
    acct = account.get("acct") or account.get("username")
    host = urlsplit(account.get("url") or account.get("uri") or "").hostname
    if not acct:
        return None
    return acct.lower() if "@" in acct or not host else f"{acct}@{host}".lower()


def _add(row: int, value: Json, rows: objects.ActionRows) -> None:
    status = _status(value)
    if status is None:
        rows.reading.note(OTHERS)
        return
    account = status.get("account")
    if not isinstance(account, dict):
        rows.reject(Rejected(row, "a status without its account", jsonlines.shown(value)))
        return
    name = _full_name(account)
    if name:
        rows.fact(
            name,
            handle=account.get("username"),
            created=account.get("created_at"),
            followers=account.get("followers_count"),
            following=account.get("following_count"),
            posts=account.get("statuses_count"),
        )
    original = status.get("reblog")
    whole: Json = original or status
    quoted = (status.get("quote") or {}).get("quoted_status") or {}
    quote = quoted.get("uri") or quoted.get("id")
    reply = status.get("in_reply_to_id")
    text, hrefs = html.read(whole.get("content") or "")
    card = (whole.get("card") or {}).get("url")
    rows.add(
        row,
        raw=status,
        post_id=status.get("uri") or status.get("id"),
        account=name,
        handle=account.get("username"),
        time=status.get("created_at"),
        kind="reshare" if original else "reply" if reply else "quote" if quote else "post",
        text=text or None,
        language=whole.get("language"),
        client=(status.get("application") or {}).get("name"),
        hashtags=[tag["name"] for tag in whole.get("tags") or [] if tag.get("name")],
        links=list(dict.fromkeys([*hrefs, *([card] if card else [])])),
        mentions=[m for m in map(_full_name, whole.get("mentions") or []) if m],
        media=_media(whole),
        reshare_of=(original.get("uri") or original.get("id")) if original else None,
        reply_to=reply,
        quote_of=quote,
    )


def _media(status: Json) -> list[str]:
    """Where each picture or film lies at its source, else where this server keeps it."""
    found = (item.get("remote_url") or item.get("url") for item in status.get("media_attachments") or [])
    return [url for url in found if url]


SOURCE = Source("mastodon", "Mastodon statuses JSON", sniff, read, tuple(MAPPING))
