from __future__ import annotations

import json

import pytest

from chorusline import sources
from chorusline.errors import InputError

POST = {
    "id": "12",
    "author_id": "7",
    "created_at": "2021-04-01T15:52:31.000Z",
    "text": "RT @orig: cut off…",
    "lang": "en",
    "source": "Twitter Web App",
    "referenced_tweets": [{"type": "retweeted", "id": "11"}],
    "entities": {"mentions": [{"start": 3, "end": 8, "username": "orig"}]},
}
ORIGINAL = {
    "id": "11",
    "author_id": "8",
    "created_at": "2021-04-01T15:00:00.000Z",
    "text": "the whole text #Tag",
    "entities": {
        "hashtags": [{"tag": "Tag"}],
        "urls": [
            {
                "url": "https://t.co/a",
                "expanded_url": "https://bit.ly/x",
                "unwound_url": "https://real.org/x",
            },
            {
                "url": "https://t.co/b",
                "expanded_url": "https://twitter.com/o/status/11/photo/1",
                "media_key": "3_1",
            },
            {"url": "https://t.co/c", "expanded_url": "https://twitter.com/o/status/9"},
        ],
        "mentions": [{"start": 20, "end": 23, "username": "ann"}],
    },
    "attachments": {"media_keys": ["3_1"]},
    "referenced_tweets": [{"type": "quoted", "id": "9"}],
}
USERS = [{"id": "7", "username": "seven", "name": "S", "created_at": "2010-03-03T12:49:24.000Z",
          "public_metrics": {"followers_count": 5, "following_count": 6, "tweet_count": 7}}]  # fmt: skip


def test_page_with_the_original_included(write, told) -> None:
    page = {"data": [POST, {**POST, "id": "13", "referenced_tweets": [{"type": "replied_to", "id": "11"}]}],
            "includes": {"users": USERS, "tweets": [ORIGINAL]}}  # fmt: skip
    path = write(json.dumps(page) + "\n")
    assert sources.recognise(path).format == "x-api-v2"
    log = sources.read(path)
    reshare, reply = told(log)
    assert (reshare["kind"], reshare["reshare_of"]) == ("reshare", "11")
    assert reshare["text"] == "the whole text #Tag"
    assert reshare["hashtags"] == ["Tag"]
    assert reshare["links"] == ["https://real.org/x"]
    assert reshare["mentions"] == ["ann"]
    assert reshare["media"] == ["3_1"]
    assert reshare["quote_of"] is None
    assert (reply["kind"], reply["reply_to"], reply["mentions"]) == ("reply", "11", ["orig"])
    assert log.accounts.to_pylist()[0] == {
        "name": "7", "handle": "seven", "created": log.accounts["created"][0].as_py(), "followers": 5,
        "following": 6, "posts": 7,
    }  # fmt: skip


def test_retweet_alone_does_not_mention_its_source(write, told) -> None:
    action = told(sources.read(write(json.dumps({"data": POST}))))[0]
    assert action["mentions"] == []
    assert action["text"] == "RT @orig: cut off…"


def test_flattened_post(write, told) -> None:
    flat = {**POST, "referenced_tweets": [{"type": "retweeted", **ORIGINAL}], "author": USERS[0]}
    log = sources.read(write(json.dumps(flat)))
    assert told(log)[0]["text"] == "the whole text #Tag"
    assert log.accounts["handle"].to_pylist() == ["seven"]


def test_empty_objects_that_r_writes(write, told) -> None:
    post = {**POST, "entities": {"urls": {}, "hashtags": {}, "mentions": {}}, "referenced_tweets": {},
            "attachments": {"media_keys": {}}, "public_metrics": {}}  # fmt: skip
    action = told(sources.read(write(json.dumps([post]))))[0]
    assert (action["kind"], action["hashtags"], action["links"], action["media"]) == ("post", [], [], [])


def test_lines_with_only_errors_are_told(write) -> None:
    lines = [{"data": POST}, {"errors": [{"title": "Not Found Error"}]}, {"odd": 1}]
    log = sources.read(write("\n".join(map(json.dumps, lines))))
    assert len(log) == 1
    assert any("1 lines hold only errors" in w for w in log.inputs[0].warnings)
    assert log.quarantine["row"].to_pylist() == [3]


def test_accounts_alone_are_no_actions(write) -> None:
    with pytest.raises(InputError, match="hold accounts, no posts"):
        sources.read(write(json.dumps({"data": USERS, "includes": {}})))


def pages(path):
    """Independent reading: every post with the originals of its page."""
    with path.open() as stream:
        text = stream.read()
    values = json.loads(text) if text.startswith("[") else []
    for line in [] if values else text.splitlines():
        try:
            values.append(json.loads(line))
        except ValueError:
            values.append(None)
    for value in values:
        if value is None:
            continue
        data = value.get("data", value)
        included = {t["id"]: t for t in value.get("includes", {}).get("tweets", [])}
        for post in data if isinstance(data, list) else [data]:
            if "author_id" in post:
                yield post, included


FILES = [
    "x_api_v2_twarc2_jsonl/2sets.jsonl",
    "x_api_v2_twarc2_jsonl/brexit.jsonl",
    "x_api_v2_twarc2_jsonl/entities_test.jsonl",
    "x_api_v2_twarc2_jsonl/flat.jsonl",
    "x_api_v2_twarc2_jsonl/noflat.jsonl",
    "x_api_v2_twarc2_jsonl/kpop.jsonl",
    "x_api_v2_twarc2_jsonl/streaming_output_with_error.jsonl",
    "x_api_v2_twarc2_jsonl/cotweet.jsonl",
    "x_api_v2_twarc2_jsonl/geo_tweets.jsonl",
    "x_api_v2_twarc2_jsonl/many_urls.jsonl",
    "x_api_v2_twarc2_jsonl/mentions_tweet.jsonl",
    "x_api_v2_twarc2_jsonl/quoted_edit.jsonl",
    "x_api_v2_twarc2_jsonl/two_tweets.jsonl",
    "x_api_v2_academictwitteR_json/data_1407268351496265740.json",
]


@pytest.mark.parametrize("name", FILES)
def test_fixtures(shared, counted, name) -> None:
    path = shared / "fixtures" / name
    log = sources.read(path)
    assert log.inputs[0].format == "x-api-v2"
    found = counted(log)
    want = {"actions": 0, "reshare": 0, "reply": 0, "quote": 0, "hashtags": 0, "mentions": 0}
    seen = set()
    for post, included in pages(path):
        if post["id"] in seen:
            continue
        seen.add(post["id"])
        refs = post.get("referenced_tweets") or []
        types = {r["type"]: r for r in refs}
        want["actions"] += 1
        for kind, name_ in (("retweeted", "reshare"), ("replied_to", "reply"), ("quoted", "quote")):
            if kind in types:
                want[name_] += 1
                break
        whole, own = post, True
        if "retweeted" in types:
            original = (
                types["retweeted"] if "text" in types["retweeted"] else included.get(types["retweeted"]["id"])
            )
            whole, own = original or post, original is None
        entities = whole.get("entities") or {}
        want["hashtags"] += len(entities.get("hashtags") or [])
        mentions = list(entities.get("mentions") or [])
        if own and "retweeted" in types:
            mentions = [m for m in mentions if m["start"] != 3]
        want["mentions"] += len(mentions)
    assert {key: found[key] for key in want} == want
    assert found["links"] <= sum(len((p.get("entities") or {}).get("urls") or []) + 5 for p, _ in pages(path))


def test_flattened_and_paged_files_say_the_same(shared) -> None:
    folder = shared / "fixtures/x_api_v2_twarc2_jsonl"
    flat, paged = sources.read(folder / "flat.jsonl"), sources.read(folder / "noflat.jsonl")
    for name in (
        "post_id",
        "time",
        "kind",
        "text",
        "hashtags",
        "links",
        "mentions",
        "reshare_of",
        "quote_of",
    ):
        assert flat.actions[name].to_pylist() == paged.actions[name].to_pylist(), name
    assert flat.names == paged.names


def test_academic_folder_gets_its_accounts_from_the_other_file(shared) -> None:
    log = sources.read(shared / "fixtures/x_api_v2_academictwitteR_json")
    assert len(log) == 499
    assert log.accounts["handle"].null_count < log.accounts.num_rows / 10
    assert any("accounts, no posts" in w for s in log.inputs for w in s.warnings)
