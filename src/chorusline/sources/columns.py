"""Which column of a table is which field of an action: by name, shown before it runs, overridable."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from chorusline.actions import OBJECT_LISTS
from chorusline.errors import InputError, UsageError

HINTS: dict[str, tuple[str, ...]] = {
    "post_id": (
        "post_id", "tweet_id", "status_id", "message_id", "content_id", "comment_id", "video_id", "id_str",
        "tweetid", "statusid", "postid", "id", "uri", "item_id", "permalink",
    ),
    "account": (
        "account", "account_id", "user_id", "userid", "author_id", "unique_userid", "unique_user_id",
        "from_user_id", "from_id", "author.id", "user.id_str", "user.id", "account.id", "actor_id", "actor",
        "channel_id", "page_id", "uid", "did", "author_fullname", "author", "user", "username", "user_name",
        "screen_name", "user_screen_name", "author_username", "handle", "from_user", "account_name",
    ),
    "handle": (
        "handle", "screen_name", "user_screen_name", "username", "user_name", "author_username",
        "author.username", "user.screen_name", "account_name", "from_user_name", "author_name", "author",
    ),
    "time": (
        "time", "timestamp", "created_at", "datetime", "date_time", "date_utc", "created_utc",
        "timestamp_utc", "time_utc", "timestamp_share", "published_at", "publish_date", "published",
        "posted_at", "post_time",
        "tweet_time", "creation_time", "create_time", "created_time", "post_created", "created", "date",
        "unix_timestamp", "time_us", "utc_time", "post_date", "tweet_created_at",
    ),
    "kind": (
        "kind", "post_type", "tweet_type", "action", "action_type", "message_type", "type", "is_retweet",
        "is_reshare", "is_repost",
    ),
    "text": (
        "text", "full_text", "tweet_text", "message", "body", "content", "post_content", "post_text",
        "caption", "description", "video_description", "tweet", "comment", "message_text",
    ),
    "language": ("language", "lang", "tweet_language", "post_language"),
    "client": ("client", "source_client", "tweet_client_name", "client_name", "application", "source_label"),
    "hashtags": ("hashtags", "hashtag", "tags", "hashtag_id", "hashtag_names", "hash_tags"),
    "links": ("links", "link", "urls", "url", "url_id", "expanded_urls", "expanded_url", "link_url"),
    "domains": ("domains", "domain", "domain_id"),
    "mentions": ("mentions", "mention", "user_mentions", "mentioned_users", "mentioned_user"),
    "media": ("media", "media_id", "media_ids", "phash", "phash_id", "image_hash", "images", "media_keys"),
    "reshare_of": (
        "reshare_of", "repost_id", "retweet_id", "retweet_tweetid", "retweeted_status_id", "retweeted_id",
        "reshared_id", "repost_of", "retweet_of", "reposted_id", "shared_post_id", "retweet_status_id",
    ),
    "reply_to": (
        "reply_to", "reply_id", "in_reply_to_tweetid", "in_reply_to_status_id", "in_reply_to_id",
        "reply_to_id", "parent_id", "in_reply_to", "replied_to_id", "reply_to_status_id",
    ),
    "quote_of": (
        "quote_of", "quoted_tweet_tweetid", "quoted_status_id", "quote_id", "quoted_id", "quote_tweet_id",
    ),
}  # fmt: skip
"""Column names by which each field is known, best first; compared without case and punctuation."""

NEEDED = ("account", "time")


def spelling(name: str) -> str:
    """A column name as it is compared: small letters and digits only."""
    return re.sub(r"[\W_]+", "", name.lower())


def match(columns: Iterable[str], asked: Mapping[str, str] | None = None) -> dict[str, str]:
    """Find the column of each field: those the user asked for, the others by name.

    columns : names in the table. asked : field -> column; an empty column leaves the field out.
    A column serves one field only, except that `handle` may share with `account`.
    Raises UsageError for an unknown field or column.
    """
    names = list(columns)
    asked = dict(asked or {})
    _check(names, asked)
    found = {field: _exact(names, column) for field, column in asked.items() if column}
    taken = set(found.values())
    by_spelling: dict[str, str] = {}
    for name in names:
        by_spelling.setdefault(spelling(name), name)
    for field, hints in HINTS.items():
        if field in asked:
            continue
        for hint in hints:
            column = by_spelling.get(spelling(hint), "")
            if column and column not in taken:
                found[field] = column
                taken.add(column)
                break
    return {field: found[field] for field in HINTS if field in found}


def overlay(
    columns: Iterable[str], known: Mapping[str, str], asked: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The mapping of a format whose columns are fixed, with the user's wishes laid over it.

    known : field -> column, of which those that the table has are kept. A column that the user gives
    to another field is taken from the one it had. Raises UsageError as `match` does.
    """
    names = list(columns)
    asked = dict(asked or {})
    _check(names, asked)
    wished = {field: _exact(names, column) for field, column in asked.items() if column}
    present = {name.lower(): name for name in names}
    found = {
        field: present[column.lower()]
        for field, column in known.items()
        if column.lower() in present and field not in asked
    }
    taken = set(wished.values())
    return {**{field: column for field, column in found.items() if column not in taken}, **wished}


def _exact(names: list[str], column: str) -> str:
    return next((name for name in names if name == column), None) or next(
        name for name in names if name.lower() == column.lower()
    )


def _check(names: list[str], asked: Mapping[str, str]) -> None:
    for field, column in asked.items():
        if field not in HINTS:
            raise UsageError(f"There is no field '{field}' to map; the fields are {', '.join(HINTS)}.")
        if column and column.lower() not in {name.lower() for name in names}:
            raise UsageError(
                f"There is no column '{column}' to read '{field}' from; the columns are {listed(names)}."
            )


def require(path: object, columns: Iterable[str], mapping: Mapping[str, str]) -> None:
    """Raise InputError where the account or the time has no column."""
    missing = [field for field in NEEDED if field not in mapping]
    if missing:
        raise InputError(
            f"{path} has no column that looks like the {' or the '.join(missing)}; its columns are "
            f"{listed(columns)}: name it with {' '.join(f'--map {field}=COLUMN' for field in missing)}."
        )


def listed(names: Iterable[str], most: int = 30) -> str:
    """Column names for a sentence."""
    given = [name if len(name) <= 60 else name[:57] + "..." for name in names]
    return ", ".join(given[:most]) + (f" and {len(given) - most} more" if len(given) > most else "")


LISTS = frozenset(OBJECT_LISTS)
"""Fields that hold lists."""
