"""Counting to a file: the same edges and the same bytes, whatever the memory, the stops and the cores."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.coaction import coactions, local, stored, with_names
from chorusline.coaction.plan import fixed_memory
from chorusline.coaction.stored import count_to_file
from chorusline.errors import UsageError
from tests.world import world

PLENTY = 1 << 32


@pytest.fixture(scope="module")
def uses():
    return world(6, accounts=2_000, actions=20_000, interests=5, planted=0).uses()


@pytest.fixture(scope="module")
def names(uses):
    return pa.array([f"account {k}" for k in range(uses.n_accounts)])


@pytest.fixture
def little(uses, monkeypatch) -> int:
    """A budget that makes many runs of the work."""
    monkeypatch.setattr(stored, "_LEAST", 500)
    return fixed_memory(uses, len(uses), 1) + 600 * 4 * 64


def test_the_file_holds_the_edges_in_row_groups_of_one_size(uses, names, tmp_path, little, monkeypatch):
    monkeypatch.setattr(stored, "ROW_GROUP", 1_000)
    expected = with_names(coactions(uses, 600.0, min_weight=1), names)
    shares = []
    written = count_to_file(uses, 600.0, names, tmp_path / "e.parquet", little, progress=shares.append)
    assert written == expected.num_rows > 5_000
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
    rows, counted = local.Counting.rows, []

    def until_stopped(self, first, last):
        if len(counted) == 7:
            raise KeyboardInterrupt
        counted.append((first, last))
        return rows(self, first, last)

    monkeypatch.setattr(local.Counting, "rows", until_stopped)
    out = tmp_path / "stopped.parquet"
    with pytest.raises(KeyboardInterrupt):
        count_to_file(uses, 600.0, names, out, little)
    assert not out.exists()
    finished = set(counted)
    assert 5 <= len(finished) <= 7

    def counting_on(self, first, last):
        counted.append((first, last))
        return rows(self, first, last)

    monkeypatch.setattr(local.Counting, "rows", counting_on)
    count_to_file(uses, 600.0, names, out, little)
    again = counted[7:]
    assert not finished & set(again)
    assert out.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stopped.parquet", "whole.parquet"]


def test_runs_of_another_count_are_thrown_away(uses, names, tmp_path, little, monkeypatch):
    rows = local.Counting.rows

    def stopped(self, first, last):
        if first:
            raise KeyboardInterrupt
        return rows(self, first, last)

    out = tmp_path / "e.parquet"
    monkeypatch.setattr(local.Counting, "rows", stopped)
    with pytest.raises(KeyboardInterrupt):
        count_to_file(uses, 600.0, names, out, little)
    monkeypatch.setattr(local.Counting, "rows", rows)
    count_to_file(uses, 60.0, names, out, little)
    assert pq.read_table(out).equals(with_names(coactions(uses, 60.0), names))


def test_too_little_memory_is_refused_in_a_sentence(uses, names, tmp_path):
    with pytest.raises(UsageError, match=r"takes \d+ MB at least, and --memory gives 1 MB"):
        count_to_file(uses, 60.0, names, tmp_path / "e.parquet", 1_000_000)
    assert not list(tmp_path.iterdir())


def test_the_command_keeps_to_a_budget(tmp_path):
    path = tmp_path / "posts.csv"
    rows = [f"{k % 40},https://v.org/{k % 7},2024-01-01T00:00:{k % 60:02d}Z" for k in range(300)]
    path.write_text("\n".join(["account,url,time", *rows]) + "\n")
    words = ["edges", str(path), "--trace", "link", "--out"]
    for name, more in (("a.parquet", []), ("b.parquet", ["--memory", "200MB"])):
        done = CliRunner().invoke(app, [*words, str(tmp_path / name), *more], catch_exceptions=False)
        assert done.exit_code == 0
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    for wrong in ("much", "0MB", "-3GB"):
        with pytest.raises(UsageError, match="--memory takes a size such as 4GB"):
            CliRunner().invoke(
                app, [*words, str(tmp_path / "c.parquet"), "--memory", wrong], catch_exceptions=False
            )
