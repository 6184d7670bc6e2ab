from __future__ import annotations

import json

import pytest

from chorusline import sources


def comment(number: str, **snippet) -> dict:
    return {
        "kind": "youtube#comment",
        "id": number,
        "snippet": {"authorChannelId": {"value": "UC1"}, "authorDisplayName": "Ann",
                    "publishedAt": "2019-11-26T15:51:44.000Z",
                    "textOriginal": "see http://a.bc #t @bob", **snippet},
    }  # fmt: skip


def test_threads_and_their_replies(write, told) -> None:
    thread = {
        "kind": "youtube#commentThread",
        "id": "t",
        "snippet": {"videoId": "v1", "topLevelComment": comment("c1")},
        "replies": {"comments": [comment("c1.r", parentId="c1", authorChannelId={"value": "UC2"})]},
    }
    page = {
        "kind": "youtube#commentThreadListResponse",
        "items": [thread, {"kind": "youtube#video", "id": "v"}],
    }
    log = sources.read(write(json.dumps(page, indent=2)))
    assert log.inputs[0].format == "youtube"
    actions = {a["post_id"]: a for a in told(log)}
    assert (actions["c1"]["reply_to"], actions["c1"]["account"], actions["c1"]["kind"]) == (
        "v1",
        "UC1",
        "reply",
    )
    assert (actions["c1"]["links"], actions["c1"]["hashtags"], actions["c1"]["mentions"]) == (
        ["http://a.bc"],
        ["t"],
        ["bob"],
    )
    assert actions["c1.r"]["reply_to"] == "c1"
    assert any("1 objects are other things" in w for w in log.inputs[0].warnings)


def test_misshapen_comment_spares_the_rest_of_its_page(write) -> None:
    bad = {"kind": "youtube#comment", "id": "x", "snippet": "?"}
    page = {
        "kind": "youtube#commentListResponse",
        "items": [bad, comment("c2"), comment("c3", authorChannelId=None)],
    }
    log = sources.read(write(json.dumps(page)))
    assert len(log) == 1
    assert log.inputs[0].rows_set_aside == 2


@pytest.mark.parametrize(
    "name",
    [
        "comment_threads_by_video_paged_1.json",
        "comment_threads_by_video_paged_2.json",
        "comments_by_parent_paged_1.json",
    ],
)
def test_fixtures(shared, name) -> None:
    path = shared / "fixtures/youtube_data_api_json" / name
    items = json.loads(path.read_text())["items"]
    tops = [item["snippet"].get("topLevelComment", item) for item in items]
    log = sources.read(path)
    assert set(log.actions["post_id"].to_pylist()) == {top["id"] for top in tops}
    assert set(log.names) == {top["snippet"]["authorChannelId"]["value"] for top in tops}
    assert log.actions["reply_to"].null_count == 0
