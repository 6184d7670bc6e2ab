from __future__ import annotations

import csv
import re

from chorusline import sources

HEADER = (
    "external_author_id,author,content,region,language,publish_date,harvested_date,following,followers,updates,"
    "post_type,account_type,retweet,account_category,new_june_2018,alt_external_id,tweet_id,article_url,"
    "tco1_step1,tco2_step1,tco3_step1\n"
)
SAMPLE = HEADER + (
    "9.06E+17,10_GOP,see https://t.co/gh6g0D1oiC #x,US,English,10/1/17 19:58,,1,2,3,,Right,0,RightTroll,0,,"
    "9.1458E+17,http://twitter.com/905874659358453760/statuses/914580356430536707,https://a.bc/1,,\n"
    "1234567,other,words @y,US,English,13/1/17 19:58,,1,2,3,RETWEET,Right,1,RightTroll,0,,77,,,,\n"
    "1234567,other,words @y,US,English,1/13/17 9:58,,1,2,3,RETWEET,Right,1,RightTroll,0,,78,,,,\n"
    "9.06E+17,third,z,US,English,1/13/17 9:59,,1,2,3,QUOTE_TWEET,Right,0,RightTroll,0,,9.1E+17,,,,\n"
)


def test_sample(write, told) -> None:
    path = write(SAMPLE)
    assert sources.recognise(path).format == "ira-538"
    log = sources.read(path)
    second, third, first = told(log)
    assert (first["account"], first["post_id"]) == ("10_GOP", "914580356430536707")
    assert first["time"].startswith("2017-10-01T19:58:")
    assert first["links"] == ["https://a.bc/1"]
    assert first["hashtags"] == ["x"]
    assert (second["account"], second["post_id"], second["kind"]) == ("1234567", "78", "reshare")
    assert (third["account"], third["post_id"], third["kind"]) == ("third", None, "quote")
    assert log.quarantine["row"].to_pylist() == [3]
    text = " ".join(log.inputs[0].warnings)
    assert "2 account ids were damaged" in text
    assert "1 post ids were damaged by a spreadsheet; the id in article_url" in text
    assert "1 post ids were damaged by a spreadsheet and article_url holds none" in text


def test_fixture(shared, counted) -> None:
    path = shared / "fixtures/twitter_ira_538_csv/IRAhandle_tweets_sample.csv"
    with path.open(newline="", encoding="utf-8") as stream:
        given = list(csv.DictReader(stream))
    log = sources.read(path)
    found = counted(log)
    assert found["actions"] == len(given)
    assert found["reshare"] == sum(r["post_type"] == "RETWEET" for r in given)
    assert found["quote"] == sum(r["post_type"] == "QUOTE_TWEET" for r in given)
    assert set(log.names) == {r["author"] for r in given}
    ids = {re.search(r"statuses/(\d+)", r["article_url"])[1] for r in given}
    assert set(log.actions["post_id"].to_pylist()) == ids
    assert found["hashtags"] == sum(len(re.findall(r"(?<!\w)#[A-Za-z]\w*", r["content"])) for r in given)
    assert log.resolution == 1e-3
