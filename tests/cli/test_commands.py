"""The commands as a user meets them: help at once, exit codes, JSON, and a sentence for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

GOOD = "post_id,account,created_at,text\n" + "".join(
    f"p{k},a{k % 3},2024-05-01T10:{k:02d}:00Z,a text of my own number {k}\n" for k in range(12)
)


def chorusline(
    *words: object, code: str = "from chorusline.cli.main import run; run()"
) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=300
    )


def investigated(tmp_path: Path, content: str | bytes, name: str = "posts.csv", *options: str):
    source = tmp_path / name
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    return chorusline("investigate", source, "--out", tmp_path / "case", *options), tmp_path / "case"


def test_help_imports_nothing_heavy():
    code = (
        "import sys, chorusline, chorusline.cli.main; "
        "print([m for m in ('numpy', 'pyarrow', 'numba', 'duckdb', 'scipy', 'pydantic') if m in sys.modules])"
    )
    assert chorusline(code=code).stdout.strip() == "[]"
    shown = chorusline("--help")
    assert shown.returncode == 0
    for command in ("investigate", "edges", "simulate", "evaluate"):
        assert command in shown.stdout
        assert chorusline(command, "--help").returncode == 0


PROGRAM = (
    "import atexit; atexit.register(print, 'at the end'); from chorusline.cli.main import program; program()"
)


def test_the_program_ends_at_once_and_loses_nothing(tmp_path):
    done = chorusline("formats", code=PROGRAM)
    assert done.returncode == 0
    assert done.stdout.endswith("at the end\n")
    assert done.stdout.count("\n") > 5
    wrong = chorusline("inspect", tmp_path / "nothing.csv", code=PROGRAM)
    assert wrong.returncode == chorusline("inspect", tmp_path / "nothing.csv").returncode > 0
    assert "doesn't exist" in wrong.stderr
    assert wrong.stdout == "at the end\n"
    assert chorusline("edges", "--nonsense", code=PROGRAM).returncode == 2


def test_investigate_says_what_it_read_and_found(tmp_path):
    result, case = investigated(tmp_path, GOOD)
    assert result.returncode == 0, result.stderr
    assert "12 actions of 3 accounts" in result.stdout
    assert "account ← account" in result.stderr
    for name in ("case.json", "dossier.html", "tables/accounts.parquet", "tables/accounts.csv"):
        assert (case / name).exists()


def test_json_and_quiet(tmp_path):
    result, _ = investigated(tmp_path, GOOD, "posts.csv", "--json")
    assert json.loads(result.stdout)["counts"]["actions"] == 12
    result, _ = investigated(tmp_path, GOOD, "posts.csv", "--quiet")
    assert result.stdout == result.stderr == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--trace", "telepathy"], "no trace 'telepathy'"),
        (["--set", "windows=3"], "windows"),
        (["--set", "splits"], "NAME=VALUE"),
        (["--window", "0"], "window"),
        (["--fdr", "1.5"], "fdr"),
        (["--map", "account"], "FIELD=COLUMN"),
        (["--map", "account=nobody"], "nobody"),
    ],
)
def test_requests_that_do_not_fit(tmp_path, options, words):
    result, case = investigated(tmp_path, GOOD, "posts.csv", *options)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not case.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40, ""),
        (b"colour,size\nred,1\n", "--map"),
        (b"post_id,account,created_at\np1,a1,the day after\np2,a2,noon\n", ""),
    ],
)
def test_input_of_which_nothing_can_be_read(tmp_path, content, words):
    result, case = investigated(tmp_path, content)
    assert result.returncode == 3
    said = [line for line in result.stderr.splitlines() if line.startswith("chorusline:")]
    assert len(said) == 1
    assert words in said[0]
    assert "Traceback" not in result.stderr
    assert not case.exists()


def test_missing_file_and_place_taken(tmp_path):
    assert chorusline("investigate", tmp_path / "none.csv", "--out", tmp_path / "c").returncode == 3
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    source = tmp_path / "posts.csv"
    source.write_text(GOOD)
    result = chorusline("investigate", source, "--out", tmp_path / "taken")
    assert result.returncode == 4
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "mine"
    assert chorusline("evaluate", tmp_path / "taken", "--truth", source).returncode == 4


def test_bad_rows_are_set_aside_and_counted(tmp_path):
    rows = [
        "p90,a1,01/05/2024 10:00,four styles of date",
        "p91,a1,2024-05-01 10:00:01,in one",
        "p92,a2,1714557602,column of",
        "p93,a2,Wed May 01 10:00:03 +0000 2024,the same file",
        "p94,,2024-05-01T10:00:00Z,nobody",
        "p95,a3,not a time,never",
        "p0,a0,2024-05-01T10:00:00Z,a text of my own number 0",
        "9007199254740993,9007199254740995,2024-05-01T10:00:00Z,large ids",
        f"p96,a4,2024-05-01T10:00:00Z,{'x' * 10_000_000}",
        'p97,a5,2024-05-01T10:00:00Z,"cut off in the mid',
    ]
    result, case = investigated(tmp_path, GOOD + "\n".join(rows))
    assert result.returncode == 0, result.stderr
    manifest = json.loads((case / "case.json").read_text())
    counts, given = manifest["counts"], manifest["inputs"][0]
    assert given["rows_read"] + given["rows_set_aside"] + given["rows_repeated"] + given[
        "rows_merged"
    ] == 12 + len(rows)
    assert counts["rows_repeated"] == 1
    assert counts["rows_set_aside"] >= 2
    aside = (case / "quarantine.csv").read_text("utf-8")
    assert "not a time" in aside
    assert "repeated row" in aside
    names = pq.read_table(case / "accounts.parquet")["name"].to_pylist()
    assert "9007199254740995" in names
    # The styles without a zone are said to be read as UTC.
    assert any("UTC" in sentence for sentence in manifest["warnings"])


def test_a_run_that_dies_leaves_the_old_case(tmp_path, monkeypatch):
    from chorusline import dossier, investigate
    from chorusline.case import Case

    source = tmp_path / "posts.csv"
    source.write_text(GOOD)
    investigate(source, tmp_path / "case")
    before = (tmp_path / "case" / "case.json").read_bytes()

    def die(case, folder):
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(dossier, "write", die)
    with pytest.raises(RuntimeError):
        investigate(source, tmp_path / "case")
    assert (tmp_path / "case" / "case.json").read_bytes() == before
    assert Case.open(tmp_path / "case").table("accounts").num_rows >= 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case", "posts.csv"]
