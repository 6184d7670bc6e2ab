from __future__ import annotations

import json

import pytest

from chorusline import sources


def event(record: dict, collection: str = "app.bsky.feed.post", operation: str = "create", **more) -> dict:
    commit = {"operation": operation, "collection": collection, "rkey": "k1", "record": record}
    return {"did": "did:plc:a", "time_us": 1783175888090631, "kind": "commit", "commit": commit, **more}


def read(write, *events: dict):
    return sources.read(write("\n".join(map(json.dumps, events))))


RECORD = {
    "createdAt": "2026-07-04T14:38:06.240Z",
    "text": "see this",
    "langs": ["fa", "en"],
    "tags": ["Extra"],
    "facets": [
        {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Tag"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://a.bc/d"}]},
        {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:m"}]},
    ],
    "embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://a.bc/d"}},
}


def test_post(write, told) -> None:
    log = read(write, event(RECORD))
    action = told(log)[0]
    assert log.inputs[0].format == "bluesky"
    assert action["post_id"] == "at://did:plc:a/app.bsky.feed.post/k1"
    assert action["time"] == "2026-07-04T14:38:08.090631"
    assert (action["hashtags"], action["links"], action["mentions"]) == (
        ["Tag", "Extra"],
        ["https://a.bc/d"],
        ["did:plc:m"],
    )
    assert action["language"] == "fa"


def test_repost_reply_quote_and_media(write, told) -> None:
    blob = {"image": {"ref": {"$link": "bafy1"}}}
    quoted = "at://did:plc:q/app.bsky.feed.post/1"
    log = read(
        write,
        event({"subject": {"uri": "at://x"}}, "app.bsky.feed.repost"),
        event({"text": "r", "reply": {"parent": {"uri": "at://p"}, "root": {"uri": "at://r"}}}),
        event({"text": "q", "embed": {"record": {"uri": quoted}}}),
        event(
            {
                "text": "qm",
                "embed": {"record": {"record": {"uri": quoted}}, "media": {"images": [blob, blob]}},
            }
        ),
        event(
            {"text": "v", "embed": {"video": {"ref": {"$link": "bafy2"}}, "$type": "app.bsky.embed.video"}}
        ),
        event({"text": "list", "embed": {"record": {"uri": "at://did:plc:q/app.bsky.graph.list/1"}}}),
    )
    by_text = {a["text"]: a for a in told(log)}
    assert (by_text[None]["kind"], by_text[None]["reshare_of"]) == ("reshare", "at://x")


@pytest.mark.parametrize(
    ("record", "field", "value"),
    [
        ({"reply": {"parent": {"uri": "at://p"}}}, "reply_to", "at://p"),
        (
            {"embed": {"record": {"uri": "at://d/app.bsky.feed.post/1"}}},
            "quote_of",
            "at://d/app.bsky.feed.post/1",
        ),
        (
            {"embed": {"record": {"record": {"uri": "at://d/app.bsky.feed.post/1"}}}},
            "quote_of",
            "at://d/app.bsky.feed.post/1",
        ),
        ({"embed": {"record": {"uri": "at://d/app.bsky.graph.list/1"}}}, "quote_of", None),
        ({"embed": {"images": [{"image": {"ref": {"$link": "bafy1"}}}]}}, "media", ["bafy1"]),
        ({"embed": {"media": {"images": [{"image": {"ref": {"$link": "bafy1"}}}]}}}, "media", ["bafy1"]),
        ({"embed": {"video": {"ref": {"$link": "bafy2"}}}}, "media", ["bafy2"]),
    ],
)
def test_embeds(write, told, record, field, value) -> None:
    assert told(read(write, event({"text": "x", **record})))[0][field] == value


def test_other_events_and_forged_times_are_told(write) -> None:
    log = read(
        write,
        event({**RECORD, "createdAt": "2020-01-01T00:00:00Z"}),
        event({}, "app.bsky.feed.like"),
        event({}, operation="delete"),
        {"did": "did:plc:a", "time_us": 1, "kind": "identity"},
    )
    text = " ".join(log.inputs[0].warnings)
    assert "3 lines are other events" in text
    assert "In 1 posts the account's own time is over an hour away" in text


def test_misshapen_record_goes_aside(write) -> None:
    log = read(write, event(RECORD), event({"subject": None}, "app.bsky.feed.repost"))
    assert len(log) == 1
    assert "not shaped as expected" in log.quarantine["reason"][0].as_py()


@pytest.mark.parametrize("name", ["expected_v1.jsonl", "golden_v1.jsonl"])
def test_fixtures(shared, counted, name) -> None:
    path = shared / "fixtures/bluesky_jetstream_jsonl" / name
    commits = [g.get("commit", {}) for g in map(json.loads, path.open())]
    made = [c for c in commits if c.get("operation") == "create"]
    posts = [c["record"] for c in made if c["collection"] == "app.bsky.feed.post"]
    features = [f for r in posts for facet in r.get("facets", []) for f in facet["features"]]
    found = counted(sources.read(path))
    assert found["reshare"] == sum(c["collection"] == "app.bsky.feed.repost" for c in made)
    assert found["actions"] == len(posts) + found["reshare"]
    assert found["reply"] == sum("reply" in r for r in posts)
    assert found["hashtags"] == sum("tag" in f for f in features)
    assert found["mentions"] == sum("did" in f for f in features)
    assert found["media"] == sum(len(r.get("embed", {}).get("images", [])) for r in posts)
    outward = {
        (i, f["uri"])
        for i, r in enumerate(posts)
        for x in r.get("facets", [])
        for f in x["features"]
        if "uri" in f
    }
    outward |= {
        (i, r["embed"]["external"]["uri"]) for i, r in enumerate(posts) if "external" in r.get("embed", {})
    }
    assert found["links"] == len(outward)
