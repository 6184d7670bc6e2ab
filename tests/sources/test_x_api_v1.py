from __future__ import annotations

import json

from chorusline import sources

USER = {"id": 7, "id_str": "7", "screen_name": "seven", "followers_count": 3, "friends_count": 4,
        "statuses_count": 5, "created_at": "Wed Oct 10 20:19:24 +0000 2012"}  # fmt: skip
POST = {
    "id": 553548617160859648,
    "id_str": "553548617160859648",
    "created_at": "Fri Jan 09 13:47:29 +0000 2015",
    "text": "short…",
    "extended_tweet": {
        "full_text": "the long text #Tag @ann https://t.co/abcdefghij",
        "entities": {
            "hashtags": [{"text": "Tag"}],
            "urls": [{"url": "https://t.co/abcdefghij", "expanded_url": "https://real.org/x"}],
            "user_mentions": [{"screen_name": "ann"}],
        },
    },
    "entities": {"hashtags": [], "urls": [], "user_mentions": []},
    "extended_entities": {"media": [{"id_str": "9"}]},
    "source": '<a href="http://x">Web Client</a>',
    "lang": "en",
    "user": USER,
}


def lines(*values: dict) -> str:
    return "\n".join(map(json.dumps, values))


def test_post_with_long_text(write, told) -> None:
    path = write(lines(POST))
    assert sources.recognise(path).format == "x-api-v1"
    log = sources.read(path)
    action = told(log)[0]
    assert action["text"].startswith("the long text")
    assert (action["hashtags"], action["links"], action["mentions"]) == (
        ["Tag"],
        ["https://real.org/x"],
        ["ann"],
    )
    assert (action["client"], action["media"], action["kind"]) == ("Web Client", ["9"], "post")
    assert action["time"] == "2015-01-09T13:47:29.000000"
    assert log.accounts.to_pylist()[0]["followers"] == 3
    assert log.accounts["created"][0].as_py().year == 2012


def test_retweet_reply_quote(write, told) -> None:
    retweet = {
        **POST,
        "id_str": "2",
        "text": "RT @x: cut…",
        "retweeted_status": POST,
        "timestamp_ms": "1420811249424",
    }
    reply = {**POST, "id_str": "3", "in_reply_to_status_id_str": "1"}
    quote = {**POST, "id_str": "4", "quoted_status_id_str": "1"}
    actions = {a["post_id"]: a for a in told(sources.read(write(lines(retweet, reply, quote))))}
    assert (actions["2"]["kind"], actions["2"]["reshare_of"]) == ("reshare", POST["id_str"])
    assert actions["2"]["text"].startswith("the long text")
    assert actions["2"]["time"].endswith("29.424000")
    assert (actions["3"]["kind"], actions["3"]["reply_to"]) == ("reply", "1")
    assert (actions["4"]["kind"], actions["4"]["quote_of"]) == ("quote", "1")


def test_ids_without_strings_stay_exact(write, told) -> None:
    post = {key: value for key, value in POST.items() if key != "id_str"}
    assert told(sources.read(write(lines(post))))[0]["post_id"] == "553548617160859648"


def test_notices_of_the_stream(write) -> None:
    log = sources.read(write(lines(POST, {"delete": {"status": {"id": 1}}}, {"odd": 1})))
    assert any("1 lines are notices" in w for w in log.inputs[0].warnings)
    assert log.quarantine["row"].to_pylist() == [3]


def test_fixture(shared, counted) -> None:
    path = shared / "fixtures/x_api_v1_1_jsonl/pheme_retweets.jsonl"
    given = [json.loads(line) for line in path.open()]
    log = sources.read(path)
    found = counted(log)
    assert found["actions"] == len({g["id_str"] for g in given})
    assert found["reshare"] == sum("retweeted_status" in g for g in given)
    whole = [g.get("retweeted_status", g)["entities"] for g in given]
    assert found["hashtags"] == sum(len(e["hashtags"]) for e in whole)
    assert found["mentions"] == sum(len(e["user_mentions"]) for e in whole)
    assert found["links"] == sum(len(e["urls"]) for e in whole)
    assert set(log.actions["reshare_of"].to_pylist()) == {g["retweeted_status"]["id_str"] for g in given}
