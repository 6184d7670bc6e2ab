"""Telegram Desktop's export (result.json): one chat, or all of an account's.

A forwarded message says by name where it came from but not which message it was: it is a reshare of
an unknown post. The exporter writes escapes that JSON doesn't know (\\x0b); they are repaired.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import entities, jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "chat id / messages[].id",
    "account": "from_id",
    "handle": "from",
    "time": "date_unixtime, else date (local time)",
    "kind": "forwarded_from, reply_to_message_id",
    "text": "text",
    "hashtags": "text_entities of type hashtag",
    "links": "text_entities of type link and text_link",
    "mentions": "text_entities of type mention",
    "media": "photo, file",
    "reply_to": "reply_to_message_id",
}

SERVICE = "{n} messages are notices of the service (joined, pinned, ...), not posts."
_BAD_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\x([0-9a-fA-F]{2})")
_ID = re.compile(r'"id"\s*:\s*"?(-?\d+)"?')

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """A chat with its messages, or a list of such chats."""
    text = head.bytes[:65536].decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    if not text.startswith("{") or '"messages"' not in text:
        return None
    marked = re.search(r'"(?:from_id|actor_id|date_unixtime)"\s*:', text)
    if marked and re.search(r'"type"\s*:\s*"(?:message|service)"', text):
        return Recognition("telegram", 0.9, "it is a chat as Telegram Desktop exports it", MAPPING)
    return None


def repair(text: str) -> str:
    """Make the exporter's escapes into JSON's."""
    return _BAD_ESCAPE.sub(r"\1\\u00\2", text)


def read(reading: Reading) -> Iterator[Batch]:
    """Read the messages of every chat in the export."""
    chat = ""

    def add(row: int, message: Json, rows: objects.ActionRows) -> None:
        _add(row, message, rows, chat)

    def messages() -> Iterator[tuple[int, Any]]:
        nonlocal chat
        for row, before, value in jsonlines.members(reading, "messages", repair):
            if before:
                ids = _ID.findall(before)
                chat = ids[-1] if ids else ""
            if row:
                yield row, value

    return objects.read_values(reading, MAPPING, messages(), add)


def _add(row: int, message: Json, rows: objects.ActionRows, chat: str) -> None:
    if message.get("type") != "message":
        rows.reading.note(SERVICE)
        return
    account = message.get("from_id")
    if not account:
        rows.reject(Rejected(row, "a message without its sender", jsonlines.shown(message)))
        return
    pieces = message.get("text_entities") or message.get("text") or []
    found = [piece for piece in pieces if isinstance(piece, dict)] if isinstance(pieces, list) else []
    text = _text(message.get("text"))
    reply = message.get("reply_to_message_id")
    forwarded = "forwarded_from" in message or "forwarded_from_id" in message
    rows.add(
        row,
        raw=message,
        post_id=f"{chat}/{message.get('id')}",
        account=account,
        handle=message.get("from"),
        time=message.get("date_unixtime") or message.get("date"),
        kind="reshare" if forwarded else "reply" if reply else "post",
        text=text or None,
        hashtags=[tag for tag in (_plain(p).lstrip("#") for p in found if p.get("type") == "hashtag") if tag],
        links=_links(found, text),
        mentions=[_plain(p).lstrip("@") for p in found if p.get("type") in ("mention", "mention_name")],
        media=[
            f"{chat}/{path}" for path in (message.get("photo"), message.get("file"))
            if isinstance(path, str) and not path.startswith("(")
        ],
        reply_to=f"{chat}/{reply}" if reply else None,
    )  # fmt: skip


def _plain(piece: Json) -> str:
    return str(piece.get("text") or "")


def _text(text: Any) -> str:
    """The text of a message: a string, or strings and marked pieces in turn."""
    if isinstance(text, list):
        return "".join(piece if isinstance(piece, str) else _plain(piece) for piece in text)
    return text if isinstance(text, str) else ""


def _links(found: list[Json], text: str) -> list[str]:
    """Links as marked; where nothing is marked at all, those in the text."""
    if not found:
        return entities.links(text)
    marked = [piece for piece in found if piece.get("type") in ("link", "text_link")]
    links = [piece.get("href") or _plain(piece) for piece in marked]
    return [link if "://" in link else f"http://{link}" for link in links if link]


SOURCE = Source("telegram", "Telegram Desktop export (result.json)", sniff, read, tuple(MAPPING))
