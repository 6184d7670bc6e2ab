"""X API v2 as JSON: pages {data, includes}, flattened posts, or lists of posts.

twarc2 writes pages (or flattened posts, one a line); academictwitteR writes a list of posts
(data_*.json) and their accounts and originals apart (users_*.json).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chorusline.actions import Batch, Rejected
from chorusline.sources import jsonlines, objects
from chorusline.sources.base import Head, Reading, Recognition, Source

MAPPING = {
    "post_id": "id",
    "account": "author_id",
    "handle": "author.username",
    "time": "created_at",
    "kind": "referenced_tweets[].type",
    "text": "text (of the original, where a retweet's is included)",
    "language": "lang",
    "client": "source",
    "hashtags": "entities.hashtags[].tag",
    "links": "entities.urls[].unwound_url or expanded_url",
    "mentions": "entities.mentions[].username",
    "media": "attachments.media_keys",
    "reshare_of": "referenced_tweets[type=retweeted].id",
    "reply_to": "referenced_tweets[type=replied_to].id",
    "quote_of": "referenced_tweets[type=quoted].id",
}

ONLY_ERRORS = "{n} lines hold only errors that X sent, no posts."
ONLY_ACCOUNTS = "{n} lines hold accounts, no posts."

Json = dict[str, Any]


def sniff(head: Head) -> Recognition | None:
    """Pages with data and includes, or posts with author_id or v2's own keys."""
    for value in head.json[:20]:
        if not isinstance(value, dict):
            continue
        for post in _posts(value):
            if _is_post(post) or _is_account(post):
                return Recognition("x-api-v2", 0.9, "its objects are shaped as X API v2 sends them", MAPPING)
        if {"users", "tweets"} <= value.keys() or {"data", "includes"} <= value.keys():
            return Recognition("x-api-v2", 0.8, "its parts are named as X API v2 names them", MAPPING)
    if head.bytes.lstrip()[:60].startswith((b'{"data": [{', b'{"data":[{', b'{"users":[{')) and (
        b'"edit_history_tweet_ids"' in head.bytes
        or b'"author_id"' in head.bytes
        or b'"pinned_tweet_id"' in head.bytes
    ):
        return Recognition("x-api-v2", 0.8, "its objects are shaped as X API v2 sends them", MAPPING)
    return None


def _is_post(value: Json) -> bool:
    return "author_id" in value and "created_at" in value and "text" in value


def _is_account(value: Json) -> bool:
    return "username" in value and "created_at" in value and "name" in value


def _posts(value: Json) -> list[Json]:
    """The posts (or accounts) of one JSON value: a page's, or itself."""
    data = value.get("data")
    if isinstance(data, list):
        return [item for item in data if isinstance(item, dict)]
    if isinstance(data, dict):
        return [data]
    return [value] if "id" in value else []


def _items(value: Any) -> list[Any]:
    """A list, or none: R writes {} for a list that is empty."""
    return value if isinstance(value, list) else []


def _entity(post: Json, kind: str) -> list[Json]:
    entities = post.get("entities")
    found = _items(entities.get(kind)) if isinstance(entities, dict) else []
    return [item for item in found if isinstance(item, dict)]


def read(reading: Reading) -> Iterator[Batch]:
    """Read posts; what they refer to is looked up in the same page."""
    return objects.read_objects(reading, MAPPING, _page)


def _page(row: int, value: Json, rows: objects.ActionRows) -> None:
    """Add the posts of one value, and the facts about accounts that come with them."""
    includes = value.get("includes")
    included: Json = includes if isinstance(includes, dict) else value if "data" not in value else {}
    users: dict[str, str] = {}
    for user in _items(included.get("users")):
        _fact(user, rows)
        users[str(user.get("id"))] = user.get("username") or ""
    originals = {str(t.get("id")): t for t in _items(included.get("tweets")) if isinstance(t, dict)}
    found = _posts(value)
    if not found:
        if value.get("errors"):
            rows.reading.note(ONLY_ERRORS)
        elif not users:
            rows.reject(Rejected(row, "an object without posts", jsonlines.shown(value)))
        else:
            rows.reading.note(ONLY_ACCOUNTS)
        return
    if all(_is_account(post) and "author_id" not in post for post in found):
        for user in found:
            _fact(user, rows)
        rows.reading.note(ONLY_ACCOUNTS)
        return

    def add(row: int, post: Json, rows: objects.ActionRows) -> None:
        _add(row, post, originals, users, rows)

    for post in found:
        objects.attempt(add, row, post, rows)


def _fact(user: Json, rows: objects.ActionRows) -> None:
    metrics = user.get("public_metrics") or {}
    if user.get("id"):
        rows.fact(
            str(user["id"]),
            handle=user.get("username"),
            created=user.get("created_at"),
            followers=metrics.get("followers_count"),
            following=metrics.get("following_count"),
            posts=metrics.get("tweet_count"),
        )


def _add(
    row: int, post: Json, originals: dict[str, Json], users: dict[str, str], rows: objects.ActionRows
) -> None:
    """Add one post."""
    referred: dict[str, Json] = {}
    for reference in _items(post.get("referenced_tweets")):
        if isinstance(reference, dict) and reference.get("id"):
            referred.setdefault(str(reference.get("type")), reference)
    kind = next(
        (
            k
            for t, k in (("retweeted", "reshare"), ("replied_to", "reply"), ("quoted", "quote"))
            if t in referred
        ),
        "post",
    )
    whole = post
    if kind == "reshare":
        reference = referred["retweeted"]
        original = reference if "text" in reference else originals.get(str(reference["id"]))
        whole = original or post
    author = post.get("author")
    if isinstance(author, dict):
        _fact(author, rows)
    account = post.get("author_id") or (author.get("id") if isinstance(author, dict) else None)
    handle = author.get("username") if isinstance(author, dict) else users.get(str(account))
    quoted = str(referred["quoted"]["id"]) if "quoted" in referred else None
    rows.add(
        row,
        raw=post,
        post_id=post.get("id"),
        account=account,
        handle=handle or None,
        time=post.get("created_at"),
        kind=kind,
        text=whole.get("text"),
        language=post.get("lang"),
        client=post.get("source"),
        hashtags=[tag["tag"] for tag in _entity(whole, "hashtags") if tag.get("tag")],
        links=_links(whole, quoted or _quoted(whole)),
        mentions=_mentions(whole, kind == "reshare" and whole is post),
        media=_media(whole) or _media(post),
        reshare_of=referred["retweeted"]["id"] if "retweeted" in referred else None,
        reply_to=referred["replied_to"]["id"] if "replied_to" in referred else None,
        quote_of=quoted,
    )


def _quoted(post: Json) -> str | None:
    """Id of the post that a retweeted original quotes."""
    found = (
        r for r in _items(post.get("referenced_tweets")) if isinstance(r, dict) and r.get("type") == "quoted"
    )
    return next((str(r.get("id")) for r in found), None)


def _links(post: Json, quoted: str | None) -> list[str]:
    """Links written in the post, unwound; not those X adds for its own media and for the quoted post."""
    found = []
    for url in _entity(post, "urls"):
        link = url.get("unwound_url") or url.get("expanded_url") or url.get("url")
        own_media = "media_key" in url or str(url.get("display_url", "")).startswith("pic.twitter.com/")
        if link and not own_media and not (quoted and f"/status/{quoted}" in link):
            found.append(link)
    return found


def _mentions(post: Json, retweet: bool) -> list[str]:
    """Accounts mentioned; in a retweet whose original is unknown, not the one behind "RT @"."""
    return [
        m["username"]
        for m in _entity(post, "mentions")
        if m.get("username") and not (retweet and m.get("start") == 3)
    ]


def _media(post: Json) -> list[str]:
    attachments = post.get("attachments")
    return (
        [str(key) for key in _items(attachments.get("media_keys"))] if isinstance(attachments, dict) else []
    )


SOURCE = Source("x-api-v2", "X API v2 JSON (twarc2, academictwitteR)", sniff, read, tuple(MAPPING))
