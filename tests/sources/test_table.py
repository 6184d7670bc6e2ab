from __future__ import annotations

import csv
import gzip
import json
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from chorusline import sources
from chorusline.errors import InputError, UsageError

CSV = """id,user_id,created_at,text,retweet_id,in_reply_to_status_id
1,7,2021-01-01T00:00:00Z,"hello #one @x https://a.bc/d",,
2,8,2021-01-01T00:00:05Z,RT,1,
3,9,2021-01-01T00:00:07Z,yes,,1
"""


def test_csv_columns_are_known_by_name(write, told) -> None:
    first, second, third = told(sources.read(write(CSV, "a.csv")))
    assert (first["account"], first["post_id"], first["kind"]) == ("7", "1", "post")
    assert (first["hashtags"], first["mentions"], first["links"]) == (["one"], ["x"], ["https://a.bc/d"])
    assert (second["kind"], second["reshare_of"]) == ("reshare", "1")
    assert (third["kind"], third["reply_to"]) == ("reply", "1")
    assert [a["row"] for a in (first, second, third)] == [2, 3, 4]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
def test_delimiter_is_found(write, delimiter) -> None:
    log = sources.read(write(CSV.replace(",", delimiter), "a.txt"))
    assert len(log) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(write, told, encoding) -> None:
    content = "account,time,text\nä,2021-01-01T00:00:00Z,سلام #بهار\n"
    actions = told(sources.read(write(content.encode(encoding), "a.csv")))
    assert actions[0]["account"] == "ä"
    assert actions[0]["text"] == "سلام #بهار"
    assert actions[0]["hashtags"] == ["بهار"]


def test_latin_1_is_read_with_a_warning(write, told) -> None:
    log = sources.read(write("account,time,text\nJosé,2021-01-01T00:00:00Z,café\n".encode("latin-1")))
    assert told(log)[0]["account"] == "José"
    assert any("1 lines are not UTF-8" in w for w in log.inputs[0].warnings)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_packed_files(write, pack) -> None:
    assert len(sources.read(write(pack(CSV.encode()), "a.bin"))) == 3


def test_zstd_with_a_long_window_and_two_frames(write) -> None:
    long = zstandard.ZstdCompressor(
        compression_params=zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    )
    head, tail = CSV[:60], CSV[60:]
    packed = b"".join(c.compress(p.encode()) + c.flush() for p in (head, tail) for c in [long.compressobj()])
    assert len(sources.read(write(packed, "a.zst"))) == 3


def test_two_gzip_members(write) -> None:
    assert len(sources.read(write(gzip.compress(CSV[:60].encode()) + gzip.compress(CSV[60:].encode())))) == 3


def test_jsonl_with_two_spellings_of_a_field(write, told) -> None:
    lines = [
        {"userId": 9007199254740993, "created_at": 1606451170, "text": "x", "user": {"name": "n"}},
        {"user_id": "9007199254740993", "createdAt": 1606451171.5, "text": "y"},
        {"user_id": 3, "created_at": "2020-11-27T04:26:20Z", "hashtags": ["a", "b"]},
    ]
    actions = told(sources.read(write("\n".join(map(json.dumps, lines)), "a.jsonl")))
    assert [a["account"] for a in actions] == ["9007199254740993", "9007199254740993", "3"]
    assert actions[1]["time"] == "2020-11-27T04:26:11.500000"
    assert actions[2]["hashtags"] == ["a", "b"]


def test_jsonl_nested_keys_can_be_mapped(write, told) -> None:
    path = write(json.dumps({"u": {"k": "a"}, "t": 1606451170}) + "\n", "a.jsonl")
    assert told(sources.read(path, mapping={"account": "u.k", "time": "t"}))[0]["account"] == "a"


def test_json_list_is_read_like_lines(write) -> None:
    items = [{"account": str(i), "time": 1606451170 + i, "text": "é" * 1000} for i in range(3000)]
    log = sources.read(write(json.dumps(items, ensure_ascii=False), "a.json"))
    assert len(log) == 3000
    assert sorted(log.actions["row"].to_pylist()) == list(range(1, 3001))


def test_parquet_ids_of_every_type_are_exact_strings(tmp_path, told) -> None:
    table = pa.table(
        {
            "account": pa.array([2**53 + 1, 5], pa.int64()),
            "post_id": pa.array([1e15, None], pa.float64()),
            "repost_id": pa.array([None, 2**64 - 1], pa.uint64()),
            "time": pa.array([1606451170.25, 1606451171.0]),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = told(sources.read(tmp_path / "a.parquet"))
    assert first["account"] == "9007199254740993"
    assert first["post_id"] == "1000000000000000"
    assert first["time"].endswith("10.250000")
    assert second["post_id"] is None
    assert (second["reshare_of"], second["kind"]) == ("18446744073709551615", "reshare")


def test_parquet_batches_keep_their_row_numbers(tmp_path) -> None:
    n = 250_001
    table = pa.table({"account": [str(i % 9) for i in range(n)], "time": [1606451170 + i for i in range(n)]})
    pq.write_table(table, tmp_path / "a.parquet")
    log = sources.read(tmp_path / "a.parquet")
    assert log.actions["row"].to_pylist() == list(range(1, n + 1))


def test_ids_that_went_through_a_spreadsheet(write, told) -> None:
    log = sources.read(
        write(
            "post_id,account,time,reshare_of\n"
            "1.23457E+18,9.06E+17,2021-01-01T00:00:00Z,1.2E+18\n"
            "123.0,45.0,2021-01-01T00:00:01Z,1234567890123456768.0\n"
        )
    )
    first, second = told(log)
    assert (first["post_id"], first["account"], first["reshare_of"]) == (None, "9.06E+17", None)
    assert (second["post_id"], second["account"], second["reshare_of"]) == ("123", "45", None)
    text = " ".join(log.inputs[0].warnings)
    assert "1 account ids were damaged" in text
    assert "1 post ids were damaged" in text
    assert "2 ids of reshared posts were damaged" in text


def test_float_ids_beyond_exact_integers_are_damaged(tmp_path) -> None:
    pq.write_table(
        pa.table({"account": [1.2345678901234567e18], "time": [1606451170]}), tmp_path / "a.parquet"
    )
    log = sources.read(tmp_path / "a.parquet")
    assert any("account ids were damaged" in w for w in log.inputs[0].warnings)


def test_mapping_names_columns_and_leaves_out(write, told) -> None:
    path = write("who,when,said,text\na,2021-01-01T00:00:00Z,#one,#two\n")
    log = sources.read(path, mapping={"account": "who", "time": "WHEN", "text": "said"})
    assert told(log)[0]["text"] == "#one"
    assert log.inputs[0].mapping == {"account": "who", "time": "when", "text": "said"}
    log = sources.read(path, mapping={"account": "who", "time": "when", "hashtags": ""})
    assert told(log)[0]["hashtags"] == []
    log = sources.read(path, mapping={"account": "who", "time": "when", "text": ""})
    assert told(log)[0]["text"] is None
    assert told(log)[0]["hashtags"] == []


def test_wrong_mappings_are_one_sentence(write) -> None:
    path = write(CSV)
    with pytest.raises(
        UsageError, match=r"no column 'nobody' to read 'account' from; the columns are id, user_id"
    ):
        sources.read(path, mapping={"account": "nobody"})
    with pytest.raises(UsageError, match=r"no field 'colour' to map; the fields are post_id, account"):
        sources.read(path, mapping={"colour": "id"})


def test_missing_column_says_what_is_there(write) -> None:
    with pytest.raises(InputError) as error:
        sources.read(write("wer,was\na,b\n", "a.csv"))
    sentence = str(error.value)
    assert "its columns are wer, was" in sentence
    assert "--map account=COLUMN --map time=COLUMN" in sentence


def test_labels_are_never_read(write, told) -> None:
    log = sources.read(write("account,time,label,group,source_dataset\na,2021-01-01T00:00:00Z,1,g,ira\n"))
    assert log.inputs[0].mapping == {"account": "account", "time": "time"}
    assert "ira" not in str(told(log)[0].values())


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("original", "post"),
        ("Repost", "reshare"),
        ("RETWEET", "reshare"),
        ("quote", "quote"),
        ("replied_to", "reply"),
    ],
)
def test_words_for_kinds(write, told, word, kind) -> None:
    assert (
        told(sources.read(write(f"account,time,post_type\na,2021-01-01T00:00:00Z,{word}\n")))[0]["kind"]
        == kind
    )


def test_is_retweet_and_unknown_words(write, told) -> None:
    path = write("account,time,is_retweet,reply_to\na,2021-01-01,True,\nb,2021-01-02,False,3\n")
    assert [a["kind"] for a in told(sources.read(path))] == ["reshare", "reply"]
    log = sources.read(write("account,time,type\na,2021-01-01,selfie\n"))
    assert told(log)[0]["kind"] == "post"
    assert any("selfie" in w for w in log.inputs[0].warnings)


def test_rt_texts_are_reshares_where_nothing_else_says_so(write, told) -> None:
    log = sources.read(write("account,time,text\na,2021-01-01,RT @b: hello\nc,2021-01-02,RT this\n"))
    assert [a["kind"] for a in told(log)] == ["reshare", "post"]
    assert any("1 texts begin with RT @" in w for w in log.inputs[0].warnings)


def test_lists_are_read_from_the_text_only_without_a_column(write, told) -> None:
    log = sources.read(write("account,time,text,hashtags,urls\na,2021-01-01,#t http://a.bc @m,h|i,\n"))
    action = told(log)[0]
    assert (action["hashtags"], action["links"], action["mentions"]) == (["h", "i"], [], ["m"])


def test_cut_links_are_counted(write, told) -> None:
    log = sources.read(
        write("account,time,urls\na,2021-01-01,http://t.co/…|http://a.bc/d\nb,2021-01-01,http://\n")
    )
    assert [a["links"] for a in told(log)] == [["http://a.bc/d"], []]
    assert any(w.startswith("2 links were cut short") for w in log.inputs[0].warnings)


def test_times_without_a_zone(write, told) -> None:
    path = write("account,time\na,2021-06-01 12:00:01\n")
    log = sources.read(path)
    assert told(log)[0]["time"] == "2021-06-01T12:00:01.000000"
    assert any("no zone and were read as UTC" in w for w in log.inputs[0].warnings)
    log = sources.read(path, timezone="Asia/Tehran")
    assert told(log)[0]["time"] == "2021-06-01T07:30:01.000000"
    assert log.inputs[0].warnings == ()
    with pytest.raises(UsageError, match="no time zone 'Tehran'"):
        sources.read(path, timezone="Tehran")


def test_day_and_month_are_settled_by_the_whole_column(write, told) -> None:
    body = "".join(f"a,0{1 + i % 9}/02/2021 10:00,{i}\n" for i in range(50))
    log = sources.read(write("account,time,id\n" + body + "b,13/02/2021 10:00,x\n"))
    assert told(log)[0]["time"].startswith("2021-02-01")
    assert not any("day and which the month" in w for w in log.inputs[0].warnings)
    log = sources.read(write("account,time,id\n" + body + "b,02/13/2021 10:00,x\n"))
    assert told(log)[0]["time"].startswith("2021-01-02")
    log = sources.read(write("account,time,id\n" + body))
    assert any("day and which the month" in w for w in log.inputs[0].warnings)


def test_four_styles_of_date_in_one_column(write, told) -> None:
    log = sources.read(
        write(
            "account,time\na,2021-01-02T03:04:05Z\nb,1609556645\nc,Sat Jan 02 03:04:05 +0000 2021\n"
            'd,"Sat, 02 Jan 2021 03:04:05 GMT"\ne,some day\n'
        )
    )
    assert {a["time"] for a in told(log)} == {"2021-01-02T03:04:05.000000"}
    assert len(log) == 4
    assert log.quarantine.to_pylist()[0]["reason"] == "no time that can be read"
    assert log.quarantine.to_pylist()[0]["raw"] == "e,some day"
    assert log.quarantine.to_pylist()[0]["row"] == 6


def test_line_numbers_count_lines_within_cells(write, told) -> None:
    log = sources.read(write('account,time,text\na,2021-01-01,"one\r\ntwo\nthree"\n\nb,2021-01-02,x\n'))
    first, second = told(log)
    assert first["text"] == "one\r\ntwo\nthree"
    assert (first["row"], second["row"]) == (2, 6)


def test_return_within_a_cell(write, told) -> None:
    log = sources.read(write('account,time,text\na,2021-01-01,one\rtwo\r\nb,2021-01-02,"x\ry"\r\n'))
    assert [a["text"] for a in told(log)] == ["one\rtwo", "x\ry"]


def test_first_and_last_line_are_kept_with_and_without_line_end(write) -> None:
    for end in ("", "\n", "\r\n", "\n\n"):
        assert len(sources.read(write("account,time\na,2021-01-01\nb,2021-01-02" + end))) == 2


def test_empty_text_is_no_text(write, told) -> None:
    actions = told(sources.read(write('account,time,text,urls\na,2021-01-01,,\nb,2021-01-02," ",\n')))
    assert [a["text"] for a in actions] == [None, None]
    assert [a["links"] for a in actions] == [[], []]


def test_benchmark_posts(shared, counted) -> None:
    path = shared / "data/benchmark/posts.parquet"
    log = sources.read(path)
    given = pq.read_table(path, columns=["account_id", "post_type", "hashtags", "urls"]).to_pylist()
    types = [r["post_type"] for r in given]
    found = counted(log)
    assert found["actions"] == len(given)
    assert found["reshare"] == types.count("repost")
    assert found["quote"] == types.count("quote")
    assert found["hashtags"] == sum(len([t for t in (r["hashtags"] or "").split("|") if t]) for r in given)
    urls = [u for r in given for u in (r["urls"] or "").split("|") if "://" in u]
    short = re.compile(r"https?://t\.co((/\w{0,7})?([^\w/].*)?|/\w{8,9}(…|â€¦).*)", re.ASCII)
    cut = [
        u
        for u in urls
        if short.fullmatch(u)
        or u == "http://"
        or (u.endswith(("…", "â€¦")) and not re.match(r"(?a).*t\.co/\w{10}\W", u))
    ]
    assert len(cut) > 1000
    assert found["links"] == len(urls) - len(cut)
    assert f"{len(cut):,} links were cut short" in log.inputs[0].warnings[0]
    assert log.actions["reshare_of"].null_count == len(log)
    assert log.accounts.num_rows == len({r["account_id"] for r in given})
    assert log.resolution == 60.0
    assert log.inputs[0].share_on_coarse_clock > 0.65
    assert not {"label", "group", "source_dataset"} & set(log.inputs[0].mapping.values())


def test_koch_farms(shared, counted) -> None:
    path = shared / "data/koch_farms/posts.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        given = list(csv.DictReader(line.replace("\r", " ") for line in stream))
    found = counted(sources.read(path))
    assert found["actions"] == len(given)
    assert found["reshare"] == sum(r["post_type"] == "repost" for r in given)
    assert found["hashtags"] == sum(len([t for t in r["hashtags"].split("|") if t]) for r in given)


def test_german_elections_long_table(shared, counted) -> None:
    path = shared / "data/coortweet/german_elections.parquet"
    log = sources.read(path)
    posts: dict[tuple, dict[str, set]] = {}
    given = pq.read_table(path).to_pylist()
    for r in given:
        post = posts.setdefault((r["account_id"], r["post_id"], r["timestamp"]), {})
        for column in ("url_id", "hashtag_id", "domain_id", "phash_id"):
            if r[column] is not None:
                post.setdefault(column, set()).add(r[column])
    found = counted(log)
    summary = log.inputs[0]
    assert found["actions"] == len(posts)
    assert summary.rows_read + summary.rows_repeated + summary.rows_merged == len(given)
    fields = {"links": "url_id", "hashtags": "hashtag_id", "domains": "domain_id", "media": "phash_id"}
    for field, column in fields.items():
        assert found[field] == sum(len(post.get(column, ())) for post in posts.values())


def test_generic_hashtag_table(shared, counted) -> None:
    path = shared / "fixtures/generic_csv/hashtag_test_input.csv"
    with path.open(newline="") as stream:
        given = list(csv.DictReader(stream))
    found = counted(sources.read(path))
    assert found["actions"] == len(given)
    assert found["hashtags"] == sum(r["Post Content"].count("#") for r in given)
