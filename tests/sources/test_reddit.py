from __future__ import annotations

import json
import re

import pytest

from chorusline import sources

SUBMISSION = {"id": "abc", "name": "t3_abc", "author": "ann", "author_fullname": "t2_x", "created_utc": 1706745601,
              "title": "Look", "selftext": "", "subreddit": "s", "url": "https://a.bc/d", "is_self": False}  # fmt: skip
COMMENT = {"id": "c1", "author": "bob", "created_utc": "1706745602", "body": "see [x](http://d.ef/g) u/ann # no tag",
           "parent_id": "t1_zz", "link_id": "t3_abc", "subreddit": "s"}  # fmt: skip


def read(write, *values: dict):
    return sources.read(write("\n".join(map(json.dumps, values))))


def test_submission_and_comment(write, told) -> None:
    log = read(write, SUBMISSION, COMMENT)
    assert log.inputs[0].format == "reddit"
    first, second = told(log)
    assert (first["post_id"], first["account"], first["kind"]) == ("t3_abc", "ann", "post")
    assert (first["text"], first["links"]) == ("Look", ["https://a.bc/d"])
    assert (second["post_id"], second["kind"], second["reply_to"]) == ("t1_c1", "reply", "t1_zz")
    assert (second["links"], second["mentions"], second["hashtags"]) == (["http://d.ef/g"], ["ann"], [])


def test_crosspost_hosted_picture_and_own_page(write, told) -> None:
    cross = {**SUBMISSION, "name": "t3_x", "crosspost_parent": "t3_abc"}
    picture = {**SUBMISSION, "name": "t3_p", "url": "https://i.redd.it/q.jpeg"}
    own = {**SUBMISSION, "name": "t3_s", "is_self": True, "url": "https://www.reddit.com/r/s/comments/abc/look/",
           "selftext": "and https://x.org/y"}  # fmt: skip
    actions = {a["post_id"]: a for a in told(read(write, cross, picture, own))}
    assert (actions["t3_x"]["kind"], actions["t3_x"]["reshare_of"]) == ("reshare", "t3_abc")
    assert (actions["t3_p"]["links"], actions["t3_p"]["media"]) == ([], ["https://i.redd.it/q.jpeg"])
    assert (actions["t3_s"]["links"], actions["t3_s"]["text"]) == (
        ["https://x.org/y"],
        "Look\nand https://x.org/y",
    )


def test_deleted_accounts_are_not_one_account(write) -> None:
    log = read(
        write, COMMENT, {**COMMENT, "author": "[deleted]"}, {**COMMENT, "author": "[deleted]", "id": "c3"}
    )
    assert log.names == ["bob"]
    assert (
        log.quarantine["reason"].to_pylist()
        == ["the account was deleted, so whose post it is can't be known"] * 2
    )


@pytest.mark.parametrize("end", ["ndjson", "zst"])
def test_fixtures(shared, counted, end) -> None:
    folder = shared / "fixtures/reddit_pushshift_ndjson"
    comments = [json.loads(line) for line in (folder / "test_comments.ndjson").open()]
    log = sources.read(folder / f"test_comments.{end}")
    kept = [c for c in comments if c["author"] != "[deleted]"]
    assert counted(log)["reply"] == len(log) == len({c["id"] for c in kept})
    assert log.inputs[0].rows_set_aside == len(comments) - len(kept)
    assert set(log.actions["reply_to"].to_pylist()) == {c["parent_id"] for c in kept}
    submissions = [json.loads(line) for line in (folder / "test_submissions.ndjson").open()]
    log = sources.read(folder / f"test_submissions.{end}")
    found = counted(log)
    assert found["actions"] == sum(s["author"] != "[deleted]" for s in submissions)
    assert found["reshare"] == sum("crosspost_parent" in s for s in submissions)
    written = sum(
        len(set(re.findall(r"https?://[^\s)\]]+", s["selftext"] + s["title"]))) for s in submissions
    )
    assert abs(found["links"] - written) <= len(submissions)
