from __future__ import annotations

import csv
import io

import pyarrow as pa

from chorusline import sources
from chorusline.sources.clock import Clock
from chorusline.sources.snowflake import refine

HEADER = [
    "tweetid", "userid", "user_display_name", "user_screen_name", "follower_count", "following_count",
    "account_creation_date", "tweet_language", "tweet_text", "tweet_time", "tweet_client_name",
    "in_reply_to_userid", "in_reply_to_tweetid", "quoted_tweet_tweetid", "is_retweet", "retweet_userid",
    "retweet_tweetid", "hashtags", "urls", "user_mentions",
]  # fmt: skip


def sample(*rows: dict) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADER, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    for row in rows:
        writer.writerow({"follower_count": "3", "account_creation_date": "2014-03-02", **row})
    return stream.getvalue()


ROWS = (
    {
        "tweetid": "914580356430536707",
        "userid": "hash=A",
        "user_screen_name": "sa",
        "tweet_time": "2017-10-01 19:58",
        "tweet_text": "one",
        "is_retweet": "False",
        "hashtags": "[a, b]",
        "urls": "[http://x.org/1, http://y.org/2]",
        "user_mentions": "[11, 12]",
        "tweet_client_name": "TweetDeck",
        "tweet_language": "en",
    },
    {
        "tweetid": "914580356430536708",
        "userid": "B",
        "tweet_time": "2017-10-01 19:59",
        "tweet_text": "RT @sa: one",
        "is_retweet": "True",
        "retweet_tweetid": "914580356430536707",
        "hashtags": "[]",
        "urls": "",
        "user_mentions": "['11']",
    },
    {
        "tweetid": "77",
        "userid": "C",
        "tweet_time": "2017-10-01 20:07",
        "tweet_text": "yes",
        "is_retweet": "false",
        "in_reply_to_tweetid": "914580356430536707",
        "quoted_tweet_tweetid": "",
    },
)


def test_sample(write, told) -> None:
    path = write(sample(*ROWS))
    assert sources.recognise(path).format == "x-archive"
    log = sources.read(path)
    first, second, third = told(log)
    assert first["hashtags"] == ["a", "b"]
    assert first["links"] == ["http://x.org/1", "http://y.org/2"]
    assert first["mentions"] == ["11", "12"]
    assert (first["client"], first["language"], first["kind"]) == ("TweetDeck", "en", "post")
    assert (second["kind"], second["reshare_of"]) == ("reshare", "914580356430536707")
    assert (third["kind"], third["reply_to"], third["quote_of"]) == ("reply", "914580356430536707", None)
    assert log.accounts["followers"].to_pylist() == [3, 3, 3]
    assert log.accounts["created"].to_pylist()[0].year == 2014


def test_time_comes_from_the_id_only_where_it_fits_the_minute(write, told) -> None:
    first, second, third = told(sources.read(write(sample(*ROWS))))
    milliseconds = (914580356430536707 >> 22) + 1288834974657
    assert first["time"].startswith("2017-10-01T19:58:")
    assert first["time"].endswith(f".{milliseconds % 1000:03d}000")
    assert second["time"] == "2017-10-01T19:59:00.000000"
    assert third["time"] == "2017-10-01T20:07:00.000000"


def test_archive_without_true_ids_keeps_minutes(write) -> None:
    rows = [
        {"tweetid": f"{i:064x}", "userid": f"u{i % 5}", "tweet_time": f"2017-10-01 {i % 24:02d}:{i % 60:02d}",
         "tweet_text": "x", "is_retweet": "False"} for i in range(100)
    ]  # fmt: skip
    log = sources.read(write(sample(*rows)))
    assert log.resolution == 60.0
    assert any("keeps whole minutes" in w for w in log.inputs[0].warnings)


def test_refine_leaves_what_is_no_snowflake() -> None:
    times = Clock("UTC").read(pa.array(["2017-10-01 19:58", "2017-10-01 19:58", "2017-10-01 19:58:20", None]))
    post_id = pa.array(["99999999999999999999", None, "914580356430536707", "914580356430536707"])
    refined, count = refine(times, post_id)
    assert count == 0
    assert refined.equals(times)
