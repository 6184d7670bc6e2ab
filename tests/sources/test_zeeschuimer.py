from __future__ import annotations

import json

import pytest

from chorusline import sources
from chorusline.errors import InputError


def item(platform: str, data: dict, number: str = "1") -> dict:
    return {
        "nav_index": "1:2",
        "item_id": number,
        "timestamp_collected": 1,
        "source_platform": platform,
        "data": data,
    }


def x_post(number: str, **legacy) -> dict:
    return {
        "rest_id": number,
        "core": {"user_results": {"result": {"rest_id": "7", "core": {"screen_name": "ann"}}}},
        "legacy": {"created_at": "Wed Oct 10 20:19:24 +0000 2018", "full_text": "cut… #t", "user_id_str": "7",
                   "entities": {"hashtags": [{"text": "t"}], "urls": [], "user_mentions": [{"screen_name": "bob"}]},
                   **legacy},
    }  # fmt: skip


def read(write, *values: dict):
    return sources.read(write("\n".join(map(json.dumps, values))))


def test_x(write, told) -> None:
    long = {**x_post("2"), "note_tweet": {"note_tweet_results": {"result": {"text": "a long text"}}}}
    retweet = x_post(
        "3", retweeted_status_result={"result": {"tweet": x_post("9", full_text="the original")}}
    )
    reply = x_post("4", in_reply_to_status_id_str="1")
    quote = {**x_post("5"), "quoted_status_result": {"result": {"rest_id": "8"}}}
    log = read(
        write,
        *[item("twitter.com", p) for p in (x_post("1"), long, retweet, reply, quote)],
        item("x.com", {"promo": 1}),
    )
    assert log.inputs[0].format == "zeeschuimer"
    actions = {a["post_id"]: a for a in told(log)}
    assert (actions["1"]["account"], actions["1"]["hashtags"], actions["1"]["mentions"]) == (
        "7",
        ["t"],
        ["bob"],
    )
    assert actions["2"]["text"] == "a long text"
    assert (actions["3"]["kind"], actions["3"]["reshare_of"], actions["3"]["text"]) == (
        "reshare",
        "9",
        "the original",
    )
    assert (actions["4"]["kind"], actions["4"]["reply_to"]) == ("reply", "1")
    assert (actions["5"]["kind"], actions["5"]["quote_of"]) == ("quote", "8")
    assert log.accounts["handle"].to_pylist() == ["ann"]
    assert any("1 items of X are no posts" in w for w in log.inputs[0].warnings)


def test_tiktok_and_instagram(write, told) -> None:
    tiktok = {"id": "70", "createTime": 1706745601, "desc": "x #a", "author": {"id": "9", "uniqueId": "cy"},
              "textExtra": [{"hashtagName": "a"}, {"userUniqueId": "bob"}], "music": {"id": "5"}}  # fmt: skip
    instagram = {
        "pk": "80",
        "taken_at": 1706745602,
        "user": {"pk": "10", "username": "di"},
        "caption": {"text": "y #b"},
    }
    first, second = told(read(write, item("tiktok.com", tiktok), item("instagram.com", instagram)))
    assert (first["account"], first["hashtags"], first["mentions"], first["media"]) == (
        "9",
        ["a"],
        ["bob"],
        ["music:5"],
    )
    assert (second["account"], second["hashtags"], second["text"]) == ("10", ["b"], "y #b")


def test_other_platforms_go_aside(write) -> None:
    with pytest.raises(InputError, match=r"items of linkedin\.com can't be read yet"):
        read(write, item("linkedin.com", {"x": 1}))
