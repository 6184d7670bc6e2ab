"""Counting to a file: the same edges and the same bytes, whatever the memory, the stops and the cores."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.coaction import coactions, joining, local, memory, stored, with_names
from chorusline.coaction.memory import resident
from chorusline.coaction.stored import count_to_file
from chorusline.errors import UsageError
from tests.world import world

PLENTY = 1 << 32


@pytest.fixture(scope="module")
def uses():
    return world(6, accounts=400, actions=4_000, interests=2, fans=0, planted=0).uses()


@pytest.fixture(scope="module")
def names(uses):
    return pa.array([f"account {k}" for k in range(uses.n_accounts)])


@pytest.fixture
def little(uses, monkeypatch) -> int:
    """A budget that makes many pieces of the work, as if the process took nothing so far."""
    monkeypatch.setattr(stored, "_LEAST", 1_000)
    monkeypatch.setattr(stored, "resident", lambda: 0)
    counting = local.Counting.of(uses, 600.0, 1, "objects")
    return stored.needed(counting, 1) + 4_000 * stored._COPIES * stored.EDGE_BYTES


def test_the_file_holds_the_edges_in_row_groups_of_one_size(uses, names, tmp_path, little, monkeypatch):
    monkeypatch.setattr(joining, "ROW_GROUP", 1_000)
    expected = with_names(coactions(uses, 600.0, min_weight=1), names)
    shares = []
    written = count_to_file(uses, 600.0, names, tmp_path / "e.parquet", little, progress=shares.append)
    assert written == expected.num_rows > 2_000
    assert pq.read_table(tmp_path / "e.parquet").equals(expected)
    file = pq.ParquetFile(tmp_path / "e.parquet")
    assert {file.metadata.row_group(k).num_rows for k in range(file.num_row_groups - 1)} == {1_000}
    assert len(shares) > 10
    assert shares[-1] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == ["e.parquet"]


def test_memory_and_cores_change_no_byte(uses, names, tmp_path, little, monkeypatch):
    count_to_file(uses, 600.0, names, tmp_path / "little.parquet", little)
    count_to_file(uses, 600.0, names, tmp_path / "plenty.parquet", PLENTY)
    monkeypatch.setattr(stored, "cores", lambda: 5)
    count_to_file(uses, 600.0, names, tmp_path / "cores.parquet", PLENTY)
    one, *others = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert all(other == one for other in others)


def test_a_stopped_run_goes_on_where_it_was(uses, names, tmp_path, little, monkeypatch):
    count_to_file(uses, 600.0, names, tmp_path / "whole.parquet", little)
    count, counted = local.Counting.count, []

    def until_stopped(self, piece):
        if len(counted) == 7:
            raise KeyboardInterrupt
        counted.append(piece.name)
        return count(self, piece)

    monkeypatch.setattr(local.Counting, "count", until_stopped)
    out = tmp_path / "stopped.parquet"
    with pytest.raises(KeyboardInterrupt):
        count_to_file(uses, 600.0, names, out, little)
    assert not out.exists()
    finished = set(counted)
    assert 5 <= len(finished) <= 7

    def counting_on(self, piece):
        counted.append(piece.name)
        return count(self, piece)

    monkeypatch.setattr(local.Counting, "count", counting_on)
    # More memory by now; the pieces stay as they were cut.
    count_to_file(uses, 600.0, names, out, 10 * little)
    again = counted[len(finished) :]
    assert len(again) > 20
    assert not finished & set(again)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stopped.parquet", "whole.parquet"]


def test_pieces_of_another_count_are_thrown_away(uses, names, tmp_path, little, monkeypatch):
    count, counted = local.Counting.count, []

    def stopped(self, piece):
        counted.append(piece.name)
        if len(counted) > 5:
            raise KeyboardInterrupt
        return count(self, piece)

    out = tmp_path / "e.parquet"
    monkeypatch.setattr(local.Counting, "count", stopped)
    with pytest.raises(KeyboardInterrupt):
        count_to_file(uses, 600.0, names, out, little)
    assert list(tmp_path.glob("e.parquet.parts/*.keys"))
    monkeypatch.setattr(local.Counting, "count", count)
    count_to_file(uses, 60.0, names, out, little)
    assert pq.read_table(out).equals(with_names(coactions(uses, 60.0), names))


def test_memory_now_is_no_more_than_the_most():
    # The system counts both in batches of pages.
    assert 10_000_000 < resident() <= memory.peak() + 4_000_000


def test_too_little_memory_is_refused_in_a_sentence(uses, names, tmp_path):
    with pytest.raises(UsageError, match=r"takes [\d,]+ MB at least, and --memory gives 1 MB"):
        count_to_file(uses, 60.0, names, tmp_path / "e.parquet", 1_000_000)
    assert not list(tmp_path.iterdir())


def test_the_command_keeps_to_a_budget(tmp_path):
    path = tmp_path / "posts.csv"
    rows = [f"{k % 40},https://v.org/{k % 7},2024-01-01T00:00:{k % 60:02d}Z" for k in range(300)]
    path.write_text("\n".join(["account,url,time", *rows]) + "\n")
    words = ["edges", str(path), "--trace", "link", "--out"]
    for name, more in (("a.parquet", []), ("b.parquet", ["--memory", "2GB"])):
        done = CliRunner().invoke(app, [*words, str(tmp_path / name), *more], catch_exceptions=False)
        assert done.exit_code == 0
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    for wrong in ("much", "0MB", "-3GB"):
        with pytest.raises(UsageError, match="--memory takes a size such as 4GB"):
            CliRunner().invoke(
                app, [*words, str(tmp_path / "c.parquet"), "--memory", wrong], catch_exceptions=False
            )


KILLED = """
import os, signal, sys
from chorusline.coaction import blocks, reading, stored, sorted_runs
from chorusline.cli.main import run
stored.MOST = 3_000
if sys.argv[1] == "disk":
    reading.needed = lambda found: 10**12
    sorted_runs.SLICE = 700
left = int(sys.argv[2])
rename = stored.Path.rename
def renamed(self, to):
    global left
    if self.suffix == ".unfinished":
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, to)
stored.Path.rename = renamed
sys.argv = ["chorusline", *sys.argv[3:]]
run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(("way", "after"), [("memory", 6), ("disk", 9)])
def test_a_killed_process_goes_on_with_the_same_bytes(tmp_path, way, after):
    rng = np.random.default_rng(5)
    posts = {
        "post_id": [f"p{k}" for k in range(4_000)],
        "account": [f"a{k}" for k in rng.integers(0, 150, 4_000)],
        "reshare_of": [f"o{k}" for k in rng.integers(0, 40, 4_000)],
        "time": pa.array((1_700_000_000 + rng.integers(0, 4_000, 4_000)) * 10**6).cast(
            pa.timestamp("us", tz="UTC")
        ),
    }
    pq.write_table(pa.table(posts), tmp_path / "posts.parquet")
    out = tmp_path / "e.parquet"
    words = ["edges", str(tmp_path / "posts.parquet"), "--window", "60", "--quiet", "--out"]
    here = CliRunner().invoke(app, [*words, str(tmp_path / "whole.parquet")], catch_exceptions=False)
    assert here.exit_code == 0
    process = [sys.executable, "-c", KILLED, way]
    killed = subprocess.run([*process, str(after), *words, str(out)], check=False)
    assert killed.returncode == -9
    assert not out.exists()
    assert list(out.with_name("e.parquet.parts").glob("*.keys"))
    again = subprocess.run([*process, str(-1), *words, str(out)], check=False)
    assert again.returncode == 0
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["e.parquet", "posts.parquet", "whole.parquet"]
