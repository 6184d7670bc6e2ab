from __future__ import annotations

import json

from chorusline import sources

VIDEO = {"id": 7000000000000000001, "create_time": 1706745601, "username": "ann", "video_description": "x #a @bob",
         "voice_to_text": "spoken", "hashtag_names": ["a", "b"], "music_id": 55, "effect_ids": ["9"],
         "region_code": "US"}  # fmt: skip


def test_pages_and_single_videos(write, told) -> None:
    page = {
        "data": {"videos": [VIDEO, {**VIDEO, "id": 2, "hashtag_names": None}], "cursor": 1},
        "error": {"code": "ok"},
    }
    single = {**VIDEO, "id": 3, "video_mention_list": ["cy"]}
    log = sources.read(write("\n".join(map(json.dumps, (page, single)))))
    assert log.inputs[0].format == "tiktok"
    actions = {a["post_id"]: a for a in told(log)}
    first = actions["7000000000000000001"]
    assert (first["account"], first["text"], first["hashtags"]) == ("ann", "x #a @bob\nspoken", ["a", "b"])
    assert (first["mentions"], first["media"]) == (["bob"], ["music:55", "effect:9"])
    assert actions["2"]["hashtags"] == ["a"]
    assert actions["3"]["mentions"] == ["cy"]
