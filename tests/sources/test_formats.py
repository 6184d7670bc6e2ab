from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorusline import sources
from chorusline.actions import DOOR_SCHEMA
from chorusline.sources import base


def test_every_format_is_declared_well() -> None:
    found = base.formats()
    assert {"table", "coortweet", "coordination-toolkit", "x-archive", "ira-538", "x-api-v2"} <= set(found)
    for name, source in found.items():
        assert source.name == name
        assert source.about
        assert source.gives


def test_files_carry_their_hash(write) -> None:
    import hashlib

    path = write("account,time\na,2021-01-01T00:00:00Z\n", "x.csv")
    summary = sources.read(path).inputs[0]
    assert summary.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert summary.bytes == path.stat().st_size
    json.dumps(summary.as_dict())


def test_recognition_is_shown_before_reading(write) -> None:
    path = write("user_name;Datum;message\na;2021-01-01;x\n", "x.csv")
    seen = sources.recognise(path, {"account": "user_name", "time": "Datum"}, timezone="Europe/Berlin")
    assert seen.format == "table"
    assert seen.mapping == {"account": "user_name", "time": "Datum", "text": "message"}
    assert seen.zone == "Europe/Berlin"
    assert seen.reason


def test_format_can_be_forced(write) -> None:
    path = write("object_id,account_id,content_id,timestamp_share\no,a,c,1606451170\n", "x.csv")
    assert sources.recognise(path).format == "coortweet"
    assert sources.recognise(path, format="table").format == "table"


def test_folder_is_read_whole_and_strangers_are_told(write, tmp_path) -> None:
    write("account,time\na,2021-01-01T00:00:00Z\n", "1.csv")
    write("account,time\nb,2021-01-01T00:00:05Z\n", "2.csv")
    write("# Notes\nby hand\n", "notes.md")
    write("x", ".hidden")
    log = sources.read(tmp_path)
    assert log.names == ["a", "b"]
    assert [s.format for s in log.inputs] == ["table", "table", "none"]
    assert "notes.md" in log.inputs[2].warnings[0]


def test_progress_is_told(write) -> None:
    seen = []
    path = write("account,time\na,2021-01-01T00:00:00Z\nb,2021-01-01\n", "1.csv")
    sources.read(path, progress=lambda name, rows: seen.append((name, rows)))
    assert seen[-1] == (str(path), 2)


@pytest.mark.parametrize("stored", ["parquet", "csv", "jsonl"])
def test_own_tables_need_no_mapping(stored, tmp_path, told) -> None:
    rows = [
        {"row": 1, "post_id": "p1", "account": "a", "time": "2021-01-01T00:00:00.250Z", "kind": "post",
         "text": "see #this", "language": "en", "client": "web", "hashtags": ["this"], "links": ["https://a.bc/d"],
         "mentions": [], "media": ["m1", "m2"], "reshare_of": None, "reply_to": None, "quote_of": None},
        {"row": 2, "post_id": "p2", "account": "b", "time": "2021-01-01T00:00:03.500Z", "kind": "reshare",
         "text": None, "language": None, "client": None, "hashtags": [], "links": [], "mentions": ["a"],
         "media": [], "reshare_of": "p1", "reply_to": None, "quote_of": None},
    ]  # fmt: skip
    path = tmp_path / f"world.{stored}"
    if stored == "parquet":
        table = pa.table({f.name: [r.get(f.name) for r in rows] for f in DOOR_SCHEMA if f.name in rows[0]})
        from chorusline.sources.clock import Clock

        at = table.column_names.index("time")
        pq.write_table(table.set_column(at, "time", Clock().read(table["time"].combine_chunks())), path)
    elif stored == "jsonl":
        path.write_text("\n".join(json.dumps(r) for r in rows))
    else:
        import csv

        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            for r in rows:
                writer.writerow({k: "|".join(v) if isinstance(v, list) else v for k, v in r.items()})
    found = told(sources.read(path))
    for action, row in zip(found, rows, strict=True):
        for name, value in row.items():
            if name not in ("time", "row"):
                assert action[name] == value, name
    assert [a["time"] for a in found] == ["2021-01-01T00:00:00.250000", "2021-01-01T00:00:03.500000"]
