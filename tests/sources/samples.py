"""A small sample of every format and every kind of file, made here: what the fuzzers start from."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from chorusline.sources.base import formats

from . import (
    test_bluesky,
    test_mastodon,
    test_reddit,
    test_telegram,
    test_tiktok,
    test_x_api_v1,
    test_x_api_v2,
    test_youtube,
    test_zeeschuimer,
)

JSON: dict[str, Any] = {
    "bluesky": test_bluesky.event(test_bluesky.RECORD),
    "mastodon": test_mastodon.STATUS,
    "reddit": test_reddit.SUBMISSION,
    "tiktok": test_tiktok.VIDEO,
    "x-api-v1": test_x_api_v1.POST,
    "x-api-v2": {
        "data": [test_x_api_v2.POST],
        "includes": {"users": test_x_api_v2.USERS, "tweets": [test_x_api_v2.ORIGINAL]},
    },
    "youtube": test_youtube.comment("c1"),
    "zeeschuimer": test_zeeschuimer.item("twitter.com", test_zeeschuimer.x_post("1")),
}

COLUMNS = {
    "coortweet": ("object_id", "account_id", "content_id", "timestamp_share"),
    "ira-538": ("external_author_id", "author", "content", "publish_date", "post_type", "tweet_id", "article_url"),
    "x-archive": ("tweetid", "userid", "tweet_time", "tweet_text", "is_retweet", "retweet_tweetid", "hashtags", "urls",
                  "user_mentions", "in_reply_to_tweetid", "quoted_tweet_tweetid", "tweet_language"),
    "table": ("post_id", "account", "created_at", "text", "hashtags"),
}  # fmt: skip
TIMES = ("timestamp", "time", "created", "date", "tweet_time")


def cell(column: str, row: int) -> str:
    """A plausible cell: a time where the name says so, else a number, or words with things in them."""
    low = column.lower()
    if any(word in low for word in TIMES):
        return str(1606451170 + row) if "timestamp" in low else f"2021-01-0{row + 1} 10:0{row}"
    if "id" in low or "author" in low or "account" in low:
        return str(1000 + row)
    return (
        f"word{row} #tag @name https://a.example/{row}" if "text" in low or low in ("body", "content") else ""
    )


@cache
def texts() -> dict[str, bytes]:
    """Samples of every registered format, by name."""
    found = {name: "\n".join([json.dumps(value)] * 2).encode() for name, value in JSON.items()}
    found["telegram"] = json.dumps(test_telegram.chat(test_telegram.MESSAGE)).encode()
    for name, source in formats().items():
        columns = source.signature or COLUMNS.get(name, ())
        if columns and name not in found:
            rows = [columns, *([cell(column, row) for column in columns] for row in range(3))]
            found[name] = "\n".join(
                ",".join(f'"{c}"' if " " in c else c for c in row) for row in rows
            ).encode()
    return found


@cache
def files() -> dict[str, bytes]:
    """The same small table in every kind of file."""
    plain = texts()["table"]
    header, *rows = [line.replace('"', "").split(",") for line in plain.decode().splitlines()]
    found = {"gzip": gzip.compress(plain), "zstd": zstandard.ZstdCompressor().compress(plain)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = openpyxl.Workbook()
        for row in (header, *rows):
            book.active.append(row)
        book.save(folder / "xlsx")
        pq.write_table(pa.table({c: [r[k] for r in rows] for k, c in enumerate(header)}), folder / "parquet")
        with sqlite3.connect(folder / "sqlite") as db:
            db.execute(f"create table posts ({', '.join(header)})")
            db.executemany(f"insert into posts values ({', '.join('?' * len(header))})", rows)
        db.close()
        with duckdb.connect(str(folder / "duckdb")) as duck:
            duck.execute(f"create table posts ({', '.join(f'{c} varchar' for c in header)})")
            duck.executemany(f"insert into posts values ({', '.join('?' * len(header))})", rows)
        found |= {path.name: path.read_bytes() for path in folder.iterdir()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("posts.csv", plain)
    return {**found, "zip": packed.getvalue()}
