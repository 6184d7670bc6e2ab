from __future__ import annotations

import json

from chorusline import sources

ACCOUNT = {"id": "1", "username": "ann", "acct": "ann", "url": "https://home.social/@ann", "followers_count": 2,
           "created_at": "2018-03-17T00:00:00.000Z"}  # fmt: skip
STATUS = {
    "id": "5",
    "uri": "https://home.social/users/ann/statuses/5",
    "created_at": "2022-11-21T13:10:48.151Z",
    "content": '<p>One &amp; two<br>three</p><p><a href="https://a.bc/d" rel="x">a.bc/d</a> '
    '<a href="https://home.social/tags/Tag" class="mention hashtag">#<span>Tag</span></a></p>',
    "visibility": "public",
    "language": "en",
    "account": ACCOUNT,
    "reblog": None,
    "in_reply_to_id": None,
    "tags": [{"name": "Tag"}],
    "mentions": [
        {"acct": "bob@far.org", "url": "https://far.org/@bob"},
        {"acct": "cy", "url": "https://home.social/@cy"},
    ],
    "media_attachments": [{"url": "https://cache/1.jpg", "remote_url": "https://far.org/1.jpg"}],
    "card": {"url": "https://a.bc/d"},
    "application": {"name": "Web"},
}


def read(write, *values: dict):
    return sources.read(write("\n".join(map(json.dumps, values))))


def test_status(write, told) -> None:
    log = read(write, STATUS)
    assert log.inputs[0].format == "mastodon"
    action = told(log)[0]
    assert action["account"] == "ann@home.social"
    assert action["post_id"] == STATUS["uri"]
    assert action["text"] == "One & two\nthree\na.bc/d #Tag"
    assert action["links"] == ["https://a.bc/d"]
    assert action["hashtags"] == ["Tag"]
    assert action["mentions"] == ["bob@far.org", "cy@home.social"]
    assert action["media"] == ["https://far.org/1.jpg"]
    assert (action["client"], action["kind"]) == ("Web", "post")
    assert log.accounts["followers"].to_pylist() == [2]


def test_an_account_is_one_wherever_it_was_seen(write) -> None:
    far = {**ACCOUNT, "acct": "Ann@home.social"}
    log = read(write, STATUS, {**STATUS, "uri": "u2", "account": far})
    assert log.names == ["ann@home.social"]


def test_boost_reply_quote(write, told) -> None:
    boost = {**STATUS, "uri": "b", "content": "", "reblog": {**STATUS, "uri": "orig"}}
    reply = {**STATUS, "uri": "r", "in_reply_to_id": "4"}
    quote = {**STATUS, "uri": "q", "quote": {"quoted_status": {"id": "9", "uri": "uq"}}}
    actions = {a["post_id"]: a for a in told(read(write, boost, reply, quote))}
    assert (actions["b"]["kind"], actions["b"]["reshare_of"]) == ("reshare", "orig")
    assert actions["b"]["text"].startswith("One & two")
    assert (actions["r"]["kind"], actions["r"]["reply_to"]) == ("reply", "4")
    assert (actions["q"]["kind"], actions["q"]["quote_of"]) == ("quote", "uq")


def test_streaming_events(write) -> None:
    log = read(write, {"event": "update", "payload": json.dumps(STATUS)}, {"event": "delete", "payload": "5"})
    assert len(log) == 1
    assert any("1 lines are other events" in w for w in log.inputs[0].warnings)


def check(path, counted) -> None:
    given = []
    for line in path.read_bytes().split(b"\n"):
        try:
            given.append(json.loads(line))
        except ValueError:
            continue
    posts = {g["uri"]: g for g in reversed(given)}
    log = sources.read(path)
    found = counted(log)
    assert log.inputs[0].rows_read + log.inputs[0].rows_repeated + log.inputs[0].rows_merged == len(given)
    assert found["actions"] == len(posts)
    assert found["reply"] == sum(bool(p["in_reply_to_id"]) for p in posts.values())
    assert found["hashtags"] == sum(len(p["tags"]) for p in posts.values())
    assert found["mentions"] == sum(len(p["mentions"]) for p in posts.values())
    assert found["media"] == sum(len(p["media_attachments"]) for p in posts.values())


def test_stream_fixture(shared, counted) -> None:
    check(shared / "fixtures/mastodon_statuses_json/mastodonsocial_stream.json", counted)


def test_malformed_fixture(shared, counted) -> None:
    path = shared / "fixtures/mastodon_statuses_json/malformed.json"
    check(path, counted)
    assert sources.read(path).quarantine["row"].to_pylist() == [50]
