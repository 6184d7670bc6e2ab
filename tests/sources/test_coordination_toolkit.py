from __future__ import annotations

import ast
import csv

import pytest

from chorusline import sources
from chorusline.errors import InputError

SAMPLE = """message_id,user_id,username,repost_id,reply_id,message,timestamp,urls
1,u1,one,,,hello #tag @two,1606451170.518101,http://a.bc/1 http://a.bc/2
2,u2,two,1,,hello,1606451171,"['http://a.bc/1']"
3,u3,three,,1,yes,1606451172,[]
"""


def test_sample(write, told) -> None:
    path = write("\ufeff" + SAMPLE)
    assert sources.recognise(path).format == "coordination-toolkit"
    log = sources.read(path)
    first, second, third = told(log)
    assert first["links"] == ["http://a.bc/1", "http://a.bc/2"]
    assert (first["hashtags"], first["mentions"]) == (["tag"], ["two"])
    assert first["time"] == "2020-11-27T04:26:10.518101"
    assert (second["kind"], second["reshare_of"], second["links"]) == ("reshare", "1", ["http://a.bc/1"])
    assert (third["kind"], third["reply_to"], third["links"]) == ("reply", "1", [])
    assert log.accounts["handle"].to_pylist() == ["one", "two", "three"]


def test_fixture(shared, counted) -> None:
    path = shared / "fixtures/generic_csv/coordination_network_toolkit_sample_data.csv"
    with path.open(newline="") as stream:
        given = list(csv.DictReader(stream))
    found = counted(sources.read(path))
    assert found["actions"] == len(given)
    assert found["reshare"] == sum(bool(r["repost_id"]) for r in given)
    assert found["reply"] == sum(bool(r["reply_id"]) and not r["repost_id"] for r in given)
    assert found["links"] == sum(len(ast.literal_eval(r["urls"])) for r in given)


def test_times_from_zero_are_no_times(shared) -> None:
    with pytest.raises(InputError, match="1970-01-01"):
        sources.read(shared / "fixtures/generic_csv/coretweet_test_input.csv")
