"""The main job's promises to the person who runs it: nothing secret read, nothing lost, rates that nest.

What the tests in test_main_job.py say of one run, these say of runs compared with each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorusline import Case, dossier, investigate, read, simulate
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.simulate import preset


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate.write(simulate.build(preset("tiny", seed=32)), folder)
    return folder


@pytest.fixture(scope="module")
def case(world, tmp_path_factory) -> Case:
    return investigate(world / "actions.parquet", tmp_path_factory.mktemp("cases") / "case")


def fingerprint(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, hidden ones included."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def findings(case: Case) -> dict[str, pa.Table]:
    """The tables, without the name of the file they come from."""
    return {
        name: case.table(name).drop_columns(
            [column for column in TABLES[name].names if column in ("input", "with_input")]
        )
        for name in TABLES
    }


def labels_of(world: Path) -> dict[str, int]:
    table = pq.read_table(world / "truth" / "accounts.parquet", columns=["account", "label"])
    return dict(zip(*(table[name].to_pylist() for name in ("account", "label")), strict=True))


@pytest.mark.parametrize("name", ["label", "operation", "is_troll", "group"])
def test_a_column_of_labels_changes_nothing_whatever_its_name(world, case, tmp_path, name):
    label = labels_of(world)
    actions = pq.read_table(world / "actions.parquet")
    column = pa.array([str(label[account]) for account in actions["account"].to_pylist()])
    pq.write_table(actions.append_column(name, column), tmp_path / "labelled.parquet")
    found = findings(investigate(tmp_path / "labelled.parquet", tmp_path / "case"))
    for table, expected in findings(case).items():
        assert found[table].equals(expected), table


def test_the_truth_beside_the_actions_is_never_opened(world, case, tmp_path):
    """A copy of the log in a folder without any truth gives the same case."""
    alone = tmp_path / "actions.parquet"
    alone.write_bytes((world / "actions.parquet").read_bytes())
    found = findings(investigate(alone, tmp_path / "case"))
    assert all(found[name].equals(expected) for name, expected in findings(case).items())


def test_the_order_of_rows_in_the_export_changes_no_name(world, case, tmp_path):
    actions = pq.read_table(world / "actions.parquet")
    backwards = actions.take(pa.array(range(actions.num_rows - 1, -1, -1)))
    pq.write_table(backwards, tmp_path / "backwards.parquet")
    again = investigate(tmp_path / "backwards.parquet", tmp_path / "case")
    assert sorted(again.named) == sorted(case.named)


def test_a_log_read_before_gives_the_same_case_as_its_file(world, case, tmp_path):
    again = investigate(read(world / "actions.parquet"), tmp_path / "case")
    assert all(again.table(name).equals(case.table(name)) for name in TABLES)


def test_stricter_rates_nest(world, case, tmp_path):
    """Each stricter rate names a subset, and what is named is what the q-values say."""
    wider = None
    for fdr in (0.2, 0.01, 1e-4, 1e-12, 1e-60):
        found = investigate(world / "actions.parquet", tmp_path / str(fdr), config=Config(fdr=fdr))
        named = set(found.named)
        rows = found.table("accounts").to_pylist()
        least = found.config.min_observed
        assert named == {r["account"] for r in rows if r["q_value"] <= fdr and r["observed"] >= least}
        assert wider is None or named <= wider
        wider = named
    assert wider < set(case.named), "the strictest rate should cost something, or nothing was tested here"


@pytest.mark.parametrize(
    "error", [RuntimeError("the lights went out"), KeyboardInterrupt(), OSError(28, "full")]
)
def test_a_failed_run_leaves_the_old_case_untouched(world, case, tmp_path, monkeypatch, error):
    place = tmp_path / "case"
    investigate(world / "actions.parquet", place, config=Config(traces=("text",)))
    before = fingerprint(tmp_path)

    def die(case, folder):
        assert (folder / "tables" / "accounts.parquet").exists(), (
            "the run should die late, with tables written"
        )
        raise error

    monkeypatch.setattr(dossier, "write", die)
    with pytest.raises(type(error)):
        investigate(world / "actions.parquet", place)
    assert fingerprint(tmp_path) == before


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_run_leaves_the_old_case_whole_and_the_next_one_works(world, tmp_path):
    """Killed outright, nothing can be tidied; the case in place is the old one all the same."""
    place = tmp_path / "case"
    investigate(world / "actions.parquet", place, config=Config(traces=("text",)))
    before = fingerprint(place)
    code = (
        "import os, signal, sys\n"
        "from chorusline import dossier, investigate\n"
        "dossier.write = lambda case, folder: os.kill(os.getpid(), signal.SIGKILL)\n"
        "investigate(sys.argv[1], sys.argv[2])\n"
    )
    call = [sys.executable, "-c", code, str(world / "actions.parquet"), str(place)]
    killed = subprocess.run(call, capture_output=True, timeout=300, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    assert fingerprint(place) == before
    assert Case.open(place).config.traces == ("text",)
    assert investigate(world / "actions.parquet", place).config.traces is None


def test_the_archive_without_its_labels_gives_the_same_names(shared, tmp_path):
    """The real archive carries label columns; dropped or turned round, the names stay."""
    archive = shared / "data" / "benchmark" / "posts.parquet"
    plain, turned = tmp_path / "plain.parquet", tmp_path / "turned.parquet"
    secret = 'label, "group", source_dataset'
    duckdb.sql(f"copy (select * exclude ({secret}) from '{archive}') to '{plain}' (format parquet)")
    duckdb.sql(
        f"copy (select * replace (1 - label as label) from '{archive}') to '{turned}' (format parquet)"
    )
    named = [
        sorted(investigate(path, tmp_path / name).named)
        for name, path in (("a", archive), ("b", plain), ("c", turned))
    ]
    assert named[0]
    assert named[0] == named[1] == named[2]


def test_each_trace_of_two_platforms_runs_alone(shared, tmp_path):
    """Links, hashtags, sites and picture hashes, each the only trace of a run."""
    log = read(shared / "data" / "coortweet" / "german_elections.parquet")
    for trace in ("link", "hashtag", "domain", "media"):
        found = investigate(log, tmp_path / trace, config=Config(traces=(trace,)))
        (facts,) = found.manifest["traces"]
        assert facts["trace"] == trace
        assert facts["uses"] > 1000
        assert set(found.table("edges")["trace"].to_pylist()) <= {trace}
        assert (found.folder / "dossier.html").stat().st_size > 0


def test_what_a_trace_must_say_of_the_data_is_among_the_warnings(tmp_path):
    rows = [
        {"id": str(k), "author": f"a{k % 5}", "created": f"2026-01-{k + 1:02}T10:00:00Z", "text": "a b",
         "links": ["https://bit.ly/x"]}
        for k in range(20)
    ]  # fmt: skip
    posts = tmp_path / "posts.jsonl"
    posts.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    config = Config(traces=("link", "rapid-reshare"))
    case = investigate(posts, tmp_path / "case", config=config)
    assert any("20 of 20 links are short links (bit.ly)" in said for said in case.manifest["warnings"])
    skipped = {row["trace"]: row["skipped"] for row in case.manifest["traces"]}
    assert skipped["link"] is None
    assert "its time isn't known" in skipped["rapid-reshare"]
    (tmp_path / "bad.csv").write_text("a,b\n", "utf-8")
    with pytest.raises(UsageError, match="columns short and long"):
        investigate(posts, tmp_path / "other", config=Config(shorteners=str(tmp_path / "bad.csv")))
    assert not (tmp_path / "other").exists()
