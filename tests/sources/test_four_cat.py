from __future__ import annotations

from chorusline import sources

HEADER = (
    "id,thread_id,timestamp,unix_timestamp,author,author_id,body,hashtags,"
    "urls,mentions,images,videos,is_retweet,quote_tweet_id,reply_to\n"
)
SAMPLE = (
    HEADER
    + """1,1,2021-01-01 00:00:01,1609459201,ann,11,hello,"a,b","http://a.bc/d,http://e.fg/h",bob,http://i.mg/1.jpg,,no,,
2,1,2021-01-01 00:00:02,,bob,,again,,,,,,no,77,1
3,3,2021-01-01 00:00:03,1609459203,cy,13,RT,,,,,,yes,,
"""
)


def test_sample(write, told) -> None:
    path = write(SAMPLE)
    assert sources.recognise(path).format == "4cat"
    log = sources.read(path)
    first, second, third = told(log)
    assert (first["account"], first["hashtags"], first["mentions"]) == ("11", ["a", "b"], ["bob"])
    assert first["links"] == ["http://a.bc/d", "http://e.fg/h"]
    assert first["media"] == ["http://i.mg/1.jpg"]
    assert (second["account"], second["time"]) == ("bob", "2021-01-01T00:00:02.000000")
    assert (second["kind"], second["reply_to"], second["quote_of"]) == ("quote", "1", "77")
    assert (third["kind"], third["reshare_of"]) == ("reshare", None)
    assert log.accounts["handle"].to_pylist() == ["ann", "cy", "bob"]
    assert not any("zone" in w for w in log.inputs[0].warnings)


def test_without_ids_and_unix_times(write, told) -> None:
    text = "id,thread_id,timestamp,author,body\n1,1,2021-01-01 00:00:01,ann,see #this\n"
    log = sources.read(write(text))
    assert log.inputs[0].format == "4cat"
    action = told(log)[0]
    assert (action["account"], action["hashtags"], action["time"]) == (
        "ann",
        ["this"],
        "2021-01-01T00:00:01.000000",
    )
