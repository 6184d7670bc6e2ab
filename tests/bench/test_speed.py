"""The speed bench: its input is the same each time, its programs agree, and its tables say what runs gave."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from bench.speed_programs import with_duckdb

from bench import speed, speed_input, speed_tables
from chorusline.coaction import arranged
from chorusline.coaction.local import collected


def test_the_same_size_gives_the_same_input(tmp_path):
    for name in ("a.parquet", "b.parquet"):
        speed_input.write(2_000, tmp_path / name)
    one, other = (pq.read_table(tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert one.equals(other)
    assert one.num_rows == 2_000
    assert len(set(one["post_id"].to_pylist())) == 2_000


def test_duckdb_and_chorusline_find_the_same_edges(tmp_path):
    source = tmp_path / "posts.parquet"
    speed_input.write(20_000, source)
    with_duckdb(str(source), 60, 2, str(tmp_path / "theirs.parquet"))
    theirs = pq.read_table(tmp_path / "theirs.parquet").to_pydict()
    made = arranged.arrange([source], "reshare", 60.0, 2, "objects", 4_000_000_000)
    ours = collected(made.counting, 2)
    assert len(ours) > 500
    for name in ("weight", "coactions"):
        assert sorted(theirs[name]) == sorted(ours[name].to_pylist())
    # Both number accounts by their names, DuckDB from 1.
    keys = [
        np.lexsort((each["b"], each["a"])) for each in (theirs, {n: ours[n].to_numpy() for n in ("a", "b")})
    ]
    assert np.array_equal(np.array(theirs["a"])[keys[0]] - 1, ours["a"].to_numpy()[keys[1]])


def test_a_program_that_takes_too_long_or_too_much_is_stopped():
    slow = speed.measured([sys.executable, "-c", "while True: pass"], 0.3, 1 << 40)
    assert slow["fate"] == "too slow"
    large = speed.measured([sys.executable, "-c", "x = bytearray(1 << 28); input()"], 60, 100_000_000)
    assert large["fate"] in ("too much memory", "failed")  # without a terminal, input() may end it first
    wrong = speed.measured([sys.executable, "-c", "raise SystemExit(3)"], 60, 1 << 40)
    assert wrong["fate"] == "failed"


def test_growth_is_the_slope_of_what_was_measured():
    def of(size: int) -> dict:
        run = {"fate": "finished", "cpu": size**1.5, "pairs": size * 100}
        return {"chorusline": [run]}

    lines = speed_tables.growth({(size, 60, 2): of(size) for size in (10**6, 10**7)})
    assert [line.rsplit(" ", 1)[1] for line in lines] == ["1.50", "1.50"]


@pytest.mark.parametrize("fate", ["too slow", "too much memory", "failed"])
def test_a_run_that_did_not_finish_has_no_ratio(fate):
    run = {"fate": fate, "pairs": 7, "wall": 600.0, "cpu": 500.0, "peak_mb": 10.0, "edges": None}
    line = speed_tables.row(10, 60, 2, "pandas", {"pandas": [run | {"cell": {"round": 0}}]})
    assert f"{fate}: 600" in line
    assert line.endswith("| |")
