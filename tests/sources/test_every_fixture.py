"""Every sample of every platform, counted a second time with nothing but `json` and `csv`: nothing is lost.

The counters below share no code with the readers. A file that lies among the samples and no counter knows fails.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from chorusline import sources
from chorusline.errors import InputError

Json = dict[str, Any]
Count = dict[str, int]
HERE = Path(__file__).resolve().parents[2].parent / "shared" / "fixtures"
NAMES = ("actions", "reshare", "reply", "quote", "hashtags", "links", "mentions")


def tally(rows: list[Json], lists: tuple[str, ...] = ("hashtags", "links", "mentions")) -> Count:
    """Rows are dicts with kind and the number of items of each list."""
    found = {kind: sum(row["kind"] == kind for row in rows) for kind in ("reshare", "reply", "quote")}
    return {"actions": len(rows), **found, **{name: sum(row[name] for row in rows) for name in lists}}


def lines(path: Path) -> list[Any]:
    found = []
    for line in path.read_text("utf-8").split("\n"):  # not at U+2028, which stands in texts
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def x_v2(path: Path) -> Count:
    text = path.read_text("utf-8")
    whole = json.loads(text) if path.suffix == ".json" else lines(path)
    users = path.with_name(path.name.replace("data_", "users_"))
    apart = json.loads(users.read_text("utf-8")) if users != path else {}
    rows, seen = [], set()
    for page in whole:
        # academictwitteR writes the included posts into another file, which a reader of this one doesn't have
        included = page.get("includes") or {}
        data = page.get("data", page)
        for post in data if isinstance(data, list) else [data]:
            if "id" not in post or "author_id" not in post or post["id"] in seen:
                continue
            seen.add(post["id"])
            rows.append(_x_v2_post(post, included))
    assert apart or "data_" not in path.name
    return tally(rows)


def _x_v2_post(post: Json, included: Json) -> Json:
    refs = {r["type"]: r for r in reversed(post.get("referenced_tweets") or [])}
    originals = {t["id"]: t for t in included.get("tweets") or []}
    whole, own = post, "retweeted" in refs
    if "retweeted" in refs:
        flat = refs["retweeted"] if "text" in refs["retweeted"] else None
        original = flat or originals.get(refs["retweeted"]["id"])
        whole, own = original or post, original is None
    entities = whole.get("entities") or {}
    quoted = {
        r["id"] for p in (post, whole) for r in p.get("referenced_tweets") or [] if r["type"] == "quoted"
    }
    links = 0
    for url in entities.get("urls") or []:
        target = url.get("unwound_url") or url.get("expanded_url") or ""
        picture = "media_key" in url or url.get("display_url", "").startswith("pic.twitter.com/")
        links += (
            not picture and not target.endswith("…") and not any(f"/status/{q}" in target for q in quoted)
        )
    kinds = {"retweeted": "reshare", "replied_to": "reply", "quoted": "quote"}
    mentions = [m for m in entities.get("mentions") or [] if not (own and m["start"] == 3)]
    return {
        "kind": next((kinds[t] for t in kinds if t in refs), "post"),
        "hashtags": len(entities.get("hashtags") or []), "links": links, "mentions": len(mentions),
    }  # fmt: skip


def x_v1(path: Path) -> Count:
    rows = []
    for post in lines(path):
        whole = post.get("retweeted_status") or post
        entities = whole["entities"]
        kind = (
            "reshare" if "retweeted_status" in post else "reply" if post["in_reply_to_status_id"] else "post"
        )
        rows.append(
            {"kind": kind, "hashtags": len(entities["hashtags"]), "links": len(entities["urls"]),
             "mentions": len(entities["user_mentions"])}
        )  # fmt: skip
    return tally(rows)


def bluesky(path: Path) -> Count:
    rows = []
    for event in lines(path):
        commit = event.get("commit") or {}
        kind = {"app.bsky.feed.post": "post", "app.bsky.feed.repost": "reshare"}.get(commit.get("collection"))
        if commit.get("operation") != "create" or kind is None:
            continue
        record, tags, links, mentions = commit["record"], set(), set(), 0
        embed = record.get("embed") or {}
        for facet in record.get("facets") or []:
            for feature in facet["features"]:
                tags |= {feature["tag"]} if feature["$type"].endswith("#tag") else set()
                links |= {feature["uri"]} if feature["$type"].endswith("#link") else set()
                mentions += feature["$type"].endswith("#mention")
        tags |= set(record.get("tags") or [])
        if embed.get("$type") == "app.bsky.embed.external":
            links.add(embed["external"]["uri"])
        quoted = embed.get("$type", "").startswith("app.bsky.embed.record")
        if kind == "post":
            kind = "reply" if "reply" in record else "quote" if quoted else "post"
        rows.append({"kind": kind, "hashtags": len(tags), "links": len(links), "mentions": mentions})
    return tally(rows)


class _Hrefs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        marked = re.findall(r"mention|hashtag", given.get("class") or "")
        if tag == "a" and not marked and (given.get("href") or "").startswith("http"):
            self.found.add(given["href"] or "")


def mastodon(path: Path) -> Count:
    by_uri: dict[str, Json] = {}
    for status in lines(path):
        whole = status.get("reblog") or status
        hrefs = _Hrefs()
        hrefs.feed(whole["content"])
        if whole.get("card"):
            hrefs.found.add(whole["card"]["url"])
        kind = "reshare" if status.get("reblog") else "reply" if status.get("in_reply_to_id") else "post"
        items = {"hashtags": {t["name"] for t in whole["tags"]}, "links": hrefs.found,
                 "mentions": {m["acct"] for m in whole["mentions"]}}  # fmt: skip
        # A status that was edited comes again: one action with the lists of both.
        row = by_uri.setdefault(status["uri"], {"kind": kind, **{name: set() for name in items}})
        for name, found in items.items():
            row[name] |= found
    return tally(
        [{**row, **{n: len(row[n]) for n in ("hashtags", "links", "mentions")}} for row in by_uri.values()]
    )


def telegram(path: Path) -> Count:
    rows = []
    for message in json.loads(path.read_text("utf-8"))["messages"]:
        if message["type"] != "message":
            continue
        types = [piece["type"] for piece in message.get("text_entities") or []]
        shared = "forwarded_from" in message
        rows.append(
            {"kind": "reshare" if shared else "reply" if "reply_to_message_id" in message else "post",
             "hashtags": types.count("hashtag"), "links": types.count("link") + types.count("text_link"),
             "mentions": types.count("mention")}
        )  # fmt: skip
    return tally(rows)


def reddit(path: Path) -> Count:
    rows = []
    for thing in lines(path.with_suffix(".ndjson")):
        if thing["author"] == "[deleted]":
            continue
        text = thing["body"] if "body" in thing else thing["title"] + "\n" + thing["selftext"]
        found = {_bare(link) for link in re.findall(r"https?://[^\s<>\"{}|\\^`“”]+", text)}
        hosted = re.match(r"https://(i|v)\.redd\.it/|https://www\.reddit\.com/gallery/", thing.get("url", ""))
        inside = thing.get("is_self") or re.match(
            r"https://www\.reddit\.com/r/\w+/comments/", thing.get("url", "")
        )
        if "title" in thing and not hosted and not inside and "://" in thing["url"]:
            found.add(thing["url"])
        kind = "reply" if "body" in thing else "reshare" if thing.get("crosspost_parent") else "post"
        named = re.findall(r"(?:^|[^\w/])/?u/([\w-]{3,20})", text)
        rows.append({"kind": kind, "hashtags": 0, "links": len(found), "mentions": len(named)})
    return tally(rows)


def _bare(link: str) -> str:
    """Without the sentence's punctuation; brackets only where they don't close within the link."""
    while link and link[-1] in ".,;:!?'*)]":
        opener = {")": "(", "]": "["}.get(link[-1])
        if opener and link.count(link[-1]) <= link.count(opener):
            return link
        link = link[:-1]
    return link


def youtube(path: Path) -> Count:
    def comments() -> Iterator[Json]:
        for item in json.loads(path.read_text("utf-8"))["items"]:
            if item["kind"] == "youtube#comment":
                yield item
            else:
                yield item["snippet"]["topLevelComment"]
                yield from (item.get("replies") or {}).get("comments", [])

    rows = []
    for comment in comments():
        text = comment["snippet"]["textOriginal"]
        tags = re.findall(r"(?<![\w&/])#\w*[^\W\d]\w*", text)
        named = re.findall(r"(?<![\w@.])@\w+", text)
        rows.append(
            {"kind": "reply", "hashtags": len(tags), "links": len(re.findall("https?://", text)),
             "mentions": len(named)}
        )  # fmt: skip
    return tally(rows)


def ira(path: Path) -> Count:
    kinds = {"RETWEET": "reshare", "QUOTE_TWEET": "quote", "": "post"}
    rows = []
    for row in csv.DictReader(path.open(encoding="utf-8-sig", newline="")):
        text = row["content"]
        links = [row[f"tco{k}_step1"] for k in (1, 2, 3) if row[f"tco{k}_step1"]]
        plain = re.sub(r"https?://\S+", " ", text)
        rows.append(
            {"kind": kinds[row["post_type"]], "links": len(links) or len(re.findall("https?://t.co/\\w{8}", text)),
             "hashtags": len(re.findall(r"(?<![\w&])#\w*[^\W\d]\w*", plain)),
             "mentions": len(re.findall(r"(?<![\w@])@\w+", plain))}
        )  # fmt: skip
    return tally(rows)


def toolkit(path: Path) -> Count:
    rows = []
    for row in csv.DictReader(path.open(encoding="utf-8-sig", newline="")):
        kind = "reshare" if row["repost_id"] else "reply" if row["reply_id"] else "post"
        rows.append(
            {"kind": kind, "links": row["urls"].count("http"), "hashtags": row["message"].count("#"),
             "mentions": row["message"].count("@")}
        )  # fmt: skip
    return tally(rows)


def plain_table(path: Path) -> Count:
    posts = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    rows = [
        {
            "kind": "post",
            "hashtags": len(re.findall(r"#\w+", post["Post Content"])),
            "links": 0,
            "mentions": 0,
        }
        for post in posts
    ]
    return tally(rows)


COUNTERS: dict[str, Callable[[Path], Count]] = {
    "x_api_v2_": x_v2, "x_api_v1_1_": x_v1, "bluesky_": bluesky, "mastodon_": mastodon, "telegram_": telegram,
    "reddit_": reddit, "youtube_": youtube, "twitter_ira_538_": ira,
    "generic_csv/coordination": toolkit, "generic_csv/hashtag": plain_table,
}  # fmt: skip

REFUSED = {
    "generic_csv/coretweet_test_input.csv": "lies outside 1990 to 2100",
    "x_api_v2_academictwitteR_json/users_1407268351496265740.json": "accounts, no posts",
    "x_api_v2_twarc2_jsonl/users.jsonl": "accounts, no posts",
}
"""Samples that hold no action with a date that could be: refused in a sentence."""

SET_ASIDE = {
    "mastodon_statuses_json/malformed.json": {50: "not a JSON value"},
    "x_api_v2_twarc2_jsonl/streaming_output_with_error.jsonl": {None: ""},
}
"""Malformed lines among the samples, and the beginning of the reason given."""


def samples() -> list[str]:
    found = (path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if path.is_file())
    return sorted(found)


@pytest.mark.parametrize("name", samples() or ["(no samples)"])
def test_counts_agree_with_a_count_by_other_means(shared, counted, name) -> None:
    path = shared / "fixtures" / name
    if name in REFUSED:
        with pytest.raises(InputError, match=REFUSED[name]):
            sources.read(path)
        return
    counter = next((count for start, count in COUNTERS.items() if name.startswith(start)), None)
    assert counter, f"{name} is a sample that nothing here counts"
    log = sources.read(path)
    found = counted(log)
    assert {key: found[key] for key in NAMES} == counter(path)
    given = log.inputs[0]
    for row, reason in SET_ASIDE.get(name, {}).items():
        aside = log.quarantine.to_pylist()
        assert aside
        assert row is None or any(a["row"] == row and a["reason"].startswith(reason) for a in aside)
    assert given.rows_read == found["actions"]


def test_every_folder_of_samples_is_read_as_its_platform(shared) -> None:
    """The folder's name and the format it is taken for say the same."""
    formats = {"x_api_v2_": "x-api-v2", "x_api_v1_1_": "x-api-v1", "bluesky_": "bluesky", "mastodon_": "mastodon",
               "telegram_": "telegram", "reddit_": "reddit", "youtube_": "youtube",
               "twitter_ira_538_": "ira-538"}  # fmt: skip
    for name in samples():
        taken = sources.recognise(shared / "fixtures" / name).format
        expected = next((f for start, f in formats.items() if name.startswith(start)), None)
        assert expected in (None, taken), f"{name} was taken for {taken}"
