"""Columns read directly give the edges of the log, byte for byte, in memory and out of core, and else stand aside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.coaction import columns, direct, local, reading, sorted_runs
from chorusline.coaction.direct import directly


def posts(n: int = 3_000, seed: int = 1, **more: list) -> pa.Table:
    """Reshares in no order: some repeated, some of their own post, some of nothing, some at impossible times."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n, n)  # post ids that come twice belong to rows that are alike
    who, what, when = (rng.integers(0, top, n)[rows] for top in (60, 40, 400))
    of = [
        None if k % 13 == 0 else f"p{k}" if k % 17 == 0 else f"o{w}" for k, w in zip(rows, what, strict=True)
    ]
    times = np.where(rows % 101, 1_700_000_000 + when, 100) * 10**6
    columns = {
        "post_id": [f"p{k}" for k in rows],
        "account": [["Zoë", "alice", "10"][k % 3] + str(k) for k in who],
        "reshare_of": of,
        "time": pa.array(times).cast(pa.timestamp("us", tz="UTC")),
        **more,
    }
    return pa.table(columns)


def edges(path: Path, out: Path, *more: str) -> bytes:
    done = CliRunner().invoke(app, ["edges", str(path), "--quiet", "--out", str(out), *more])
    assert done.exit_code == 0, done.output
    return out.read_bytes()


@pytest.fixture
def both(tmp_path, monkeypatch):
    """Edges of a table read directly, in memory and on disk, and by way of the log."""

    def ways(table: pa.Table, *more: str) -> tuple[bytes, bytes, bytes]:
        path = tmp_path / "posts.parquet"
        pq.write_table(table, path)
        one = edges(path, tmp_path / "memory.parquet", *more)
        monkeypatch.setattr(reading, "needed", lambda found: 10**12)
        monkeypatch.setattr(sorted_runs, "SLICE", 700)
        other = edges(path, tmp_path / "disk.parquet", *more)
        monkeypatch.setattr(direct, "directly", lambda *words: None)
        log = edges(path, tmp_path / "log.parquet", *more)
        monkeypatch.undo()
        assert not list(tmp_path.glob("*.parts"))
        return one, other, log

    return ways


@pytest.mark.parametrize("more", [(), ("--min-weight", "3"), ("--count", "uses", "--min-weight", "2")])
def test_three_ways_give_the_same_bytes(both, tmp_path, more):
    one, other, log = both(posts(), "--window", "20", *more)
    assert one == other == log
    assert pq.read_metadata(tmp_path / "log.parquet").num_rows > 100


@pytest.mark.parametrize("itself", [False, True])
def test_ids_apart_in_all_row_groups_or_all_but_one_give_the_same_bytes(both, tmp_path, itself):
    table = posts()
    of = [each if each and each.startswith("o") else None for each in table["reshare_of"].to_pylist()]
    own = [f"q{k}" for k in range(len(table))]  # each but once, so equal rows are actions of their own
    if itself:
        for k in np.flatnonzero(np.arange(len(own)) % 7 == 0)[200:220].tolist():
            of[k] = own[k]
    table = table.set_column(0, "post_id", pa.array(own)).set_column(2, "reshare_of", pa.array(of))
    path = tmp_path / "groups.parquet"
    pq.write_table(table, path, row_group_size=500)
    found = directly([path], None, None, None, "reshare")
    assert found is not None
    assert reading.begin(found).itself is itself
    words = ("--window", "20", "--count", "uses")
    assert {edges(path, tmp_path / "groups.out.parquet", *words)} == set(both(table, *words))


def test_words_for_kinds_are_read_as_the_log_reads_them(both):
    rng = np.random.default_rng(3)
    table = posts()
    posted = table["post_id"].to_pylist()
    kinds = {row: rng.choice(["RT", "reshare", "quote", "Post", "odd", None]) for row in sorted(set(posted))}
    table = table.append_column("kind", pa.array([kinds[row] for row in posted]))
    one, other, log = both(table, "--window", "20")
    assert one == other == log


def test_what_would_be_changed_on_its_way_is_left_to_the_log(tmp_path):
    path = tmp_path / "posts.parquet"
    for column, value in (("account", " alice"), ("account", "12.0"), ("reshare_of", "9.06E+17")):
        table = posts(200)
        values = table[column].to_pylist()
        values[5] = value
        pq.write_table(table.set_column(table.column_names.index(column), column, pa.array(values)), path)
        found = directly([path], None, None, None, "reshare")
        assert found is not None
        assert columns.read(found) is None
    for name, kind in (("time", pa.string()), ("account", pa.float64())):
        table = pa.table({**{n: posts(200)[n] for n in posts(2).column_names}, name: pa.nulls(200, kind)})
        pq.write_table(table, path)
        assert directly([path], None, None, None, "reshare") is None
    pq.write_table(posts(200), path)
    assert directly([path], None, None, None, "hashtag") is None
    assert directly([path], None, None, "Europe/Berlin", "reshare") is None


def test_several_files_are_one_input(tmp_path):
    table = posts()
    pq.write_table(table, tmp_path / "all.parquet")
    (tmp_path / "days").mkdir()
    for k in range(3):
        pq.write_table(table.slice(k * 1_000, 1_000), tmp_path / "days" / f"{k}.parquet")
    assert edges(tmp_path / "all.parquet", tmp_path / "a.parquet") == edges(
        tmp_path / "days", tmp_path / "b.parquet"
    )


def test_a_run_out_of_core_that_was_stopped_sorts_no_second_time(tmp_path, monkeypatch):
    path, out = tmp_path / "posts.parquet", tmp_path / "e.parquet"
    pq.write_table(posts(), path)
    whole = edges(path, tmp_path / "whole.parquet", "--window", "20")
    monkeypatch.setattr(reading, "needed", lambda found: 10**12)
    count = local.Counting.count
    monkeypatch.setattr(local.Counting, "count", lambda self, piece: (_ for _ in ()).throw(KeyboardInterrupt))
    done = CliRunner().invoke(app, ["edges", str(path), "--window", "20", "--out", str(out)])
    assert done.exit_code == 130
    assert "the same command goes on from there" in done.output
    assert not out.exists()
    monkeypatch.setattr(local.Counting, "count", count)
    monkeypatch.setattr(sorted_runs, "_sort", lambda *words: pytest.fail("sorted again"))
    assert edges(path, out, "--window", "20") == whole
    assert not list(tmp_path.glob("*.parts"))


def test_a_run_stopped_in_memory_goes_on_out_of_core_with_the_same_bytes(tmp_path, monkeypatch):
    """The blocks are other ones there, so pieces of the same name hold other pairs of accounts."""
    path, out = tmp_path / "posts.parquet", tmp_path / "e.parquet"
    pq.write_table(posts(), path)
    monkeypatch.setattr(local, "_SMALL", 0)
    whole = edges(path, tmp_path / "whole.parquet", "--window", "20")
    count, counted = local.Counting.count, []

    def until_stopped(self, piece):
        if len(counted) == 12:
            raise KeyboardInterrupt
        counted.append(piece.name)
        return count(self, piece)

    monkeypatch.setattr(local.Counting, "count", until_stopped)
    done = CliRunner().invoke(app, ["edges", str(path), "--window", "20", "--out", str(out)])
    assert done.exit_code == 130
    assert len(list(tmp_path.glob("e.parquet.parts/*.keys"))) > 5
    monkeypatch.setattr(local.Counting, "count", count)
    monkeypatch.setattr(reading, "needed", lambda found: 10**12)
    assert edges(path, out, "--window", "20") == whole
