from __future__ import annotations

import pyarrow.parquet as pq

from chorusline import sources

SAMPLE = """object_id,account_id,content_id,timestamp_share
o1,a,c1,1606451170
o1,b,c2,1606451175.5
o1,o,o1,1606451100
"""


def test_sample(write, told) -> None:
    path = write(SAMPLE)
    assert sources.recognise(path).format == "coortweet"
    original, first, second = told(sources.read(path))
    assert (original["kind"], original["reshare_of"], original["post_id"]) == ("post", None, "o1")
    assert (first["kind"], first["reshare_of"], first["post_id"], first["account"]) == (
        "reshare",
        "o1",
        "c1",
        "a",
    )
    assert second["time"] == "2020-11-27T04:26:15.500000"


def test_objects_may_be_links_or_tags(write, told) -> None:
    path = write(SAMPLE)
    log = sources.read(path, mapping={"links": "object_id"})
    assert [a["links"] for a in told(log)] == [["o1"], ["o1"], ["o1"]]
    assert {a["kind"] for a in told(log)} == {"post"}
    assert "reshare_of" not in log.inputs[0].mapping
    assert sources.recognise(path, {"links": "object_id"}).mapping["links"] == "object_id"


def test_older_column_name(write, told) -> None:
    assert told(sources.read(write(SAMPLE.replace("account_id", "id_user"))))[0]["account"] == "o"


def test_one_post_with_several_hashtag_objects_is_one_action(write, told) -> None:
    text = "object_id,account_id,content_id,timestamp_share\nx,a,c1,1606451170\ny,a,c1,1606451170\n"
    log = sources.read(write(text), mapping={"hashtags": "object_id"})
    assert [a["hashtags"] for a in told(log)] == [["x", "y"]]
    assert log.inputs[0].rows_merged == 1


def test_russian_coordinated_tweets(shared) -> None:
    path = shared / "data/coortweet/russian_coord_tweets.parquet"
    log = sources.read(path)
    given = {tuple(r.values()) for r in pq.read_table(path).to_pylist()}
    assert len(log) == len(given)
    assert log.inputs[0].rows_read + log.inputs[0].rows_repeated == 35_125
    assert log.accounts.num_rows == 9_509
    assert len(set(log.actions["reshare_of"].to_pylist())) == 7_285
    shared_posts, posts = log.actions["reshare_of"].to_pylist(), log.actions["post_id"].to_pylist()
    columns = [shared_posts, log.account_codes.tolist(), posts]
    found = {(o, log.names[a], c) for o, a, c in zip(*columns, strict=True)}
    assert found == {(o, a, c) for o, a, c, _ in given}
