"""Bad input at the command line: one sentence and an exit code, or the good rows and a note of the others."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

HEADER = "post_id,account,created_at,text\n"
ROWS = [f"p{k},a{k % 3},2024-05-01T10:{k:02d}:00Z,a text of my own number {k}\n" for k in range(12)]
GOOD = HEADER + "".join(ROWS)


def chorusline(*words: object, cwd: Path | None = None, **more: object) -> subprocess.CompletedProcess:
    code = "from chorusline.cli.main import run; run()"
    call = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(call, capture_output=True, text=True, timeout=300, cwd=cwd, **more)


class Result:
    """What one run of `investigate` left behind, run in this process."""

    def __init__(self, folder: Path, content: str | bytes, *options: str, name: str = "posts.csv") -> None:
        from chorusline.cli.main import app
        from chorusline.errors import ChoruslineError

        source, self.case = folder / name, folder / "case"
        source.write_bytes(content.encode() if isinstance(content, str) else content)
        words = ["investigate", str(source), "--out", str(self.case), "--quiet", *options]
        ran = CliRunner().invoke(app, words)
        self.error = ran.exception if isinstance(ran.exception, ChoruslineError) else None
        assert ran.exception is None or self.error is not None, ran.exception

    @property
    def manifest(self) -> dict:
        return json.loads((self.case / "case.json").read_text("utf-8"))

    @property
    def quarantine(self) -> list[dict[str, str]]:
        path = self.case / "quarantine.csv"
        csv.field_size_limit(1 << 30)
        return list(csv.DictReader(path.open(encoding="utf-8-sig", newline=""))) if path.exists() else []

    @property
    def actions(self) -> list[dict]:
        return pq.read_table(self.case / "actions.parquet").to_pylist()

    def nothing_lost(self, rows: int) -> bool:
        given = self.manifest["inputs"][0]
        names = ("rows_read", "rows_set_aside", "rows_repeated", "rows_merged")
        return sum(given[name] for name in names) == rows


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (HEADER.encode(), "no rows"),
        (b"post_id,created_at,text\np1,2024-05-01T10:00:00Z,x\n", "--map account=COLUMN"),
        (b"post_id,account,text\np1,a1,x\n", "--map time=COLUMN"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "PNG picture"),
        (bytes(range(256)) * 40, "binary"),
        (b"PK\x03\x04" + bytes(200), "ZIP"),
        (b"PAR1" + bytes(50), "Parquet"),
    ],
)
def test_unusable_files_are_one_sentence_that_names_the_file(tmp_path, content, words):
    result = Result(tmp_path, content)
    said = str(result.error)
    assert result.error.exit_code == 3
    assert words in said
    assert "posts.csv" in said
    assert "\n" not in said
    assert said.endswith(".")
    assert not result.case.exists()


def test_an_empty_folder_a_folder_of_strangers_and_a_folder_of_exports(tmp_path):
    for name in ("none", "strangers", "exports"):
        (tmp_path / name).mkdir()
    (tmp_path / "strangers" / "notes.md").write_text("# notes")
    (tmp_path / "exports" / "posts.csv").write_text(GOOD)
    (tmp_path / "exports" / "notes.md").write_text("# notes")
    codes = {}
    for name in ("none", "strangers", "exports"):
        done = chorusline("investigate", tmp_path / name, "--out", tmp_path / f"case-{name}")
        codes[name] = done.returncode
        assert "Traceback" not in done.stderr
    assert codes == {"none": 3, "strangers": 3, "exports": 0}
    manifest = json.loads((tmp_path / "case-exports" / "case.json").read_text("utf-8"))
    assert manifest["counts"]["actions"] == 12
    assert {given["format"] for given in manifest["inputs"]} == {"table", "none"}


def test_a_line_cut_off_is_set_aside_and_the_rest_read(tmp_path):
    result = Result(tmp_path, GOOD + "p99,a1,2024-05-0")
    assert result.manifest["counts"]["actions"] == 12
    (row,) = result.quarantine
    assert row["raw"] == "p99,a1,2024-05-0"
    assert row["row"] == "14"
    assert row["reason"]
    assert result.nothing_lost(13)


@pytest.mark.parametrize(
    "written",
    ["2024-05-01T11:30:00Z", "1714563000", "1714563000000", "Wed May 01 11:30:00 +0000 2024",
     "2024-05-01 13:30:00+02:00", "2024-05-01 11:30"],
)  # fmt: skip
def test_one_moment_in_several_styles_is_one_moment(tmp_path, written):
    result = Result(tmp_path, HEADER + "".join(ROWS) + f"p50,a9,{written},the same moment\n")
    (mine,) = [row for row in result.actions if row["post_id"] == "p50"]
    assert mine["time"].isoformat() == "2024-05-01T11:30:00+00:00"


def test_four_styles_in_one_column_are_all_read(tmp_path):
    styles = [
        "2024-05-01T11:30:00Z",
        "1714563000",
        "Wed May 01 11:30:00 +0000 2024",
        "2024-05-01 13:30:00+02:00",
    ]
    more = "".join(f"q{k},a9,{style},in style {k}\n" for k, style in enumerate(styles))
    result = Result(tmp_path, GOOD + more)
    times = {row["time"].isoformat() for row in result.actions if row["post_id"].startswith("q")}
    assert result.manifest["counts"]["actions"] == 12 + len(styles)
    assert times == {"2024-05-01T11:30:00+00:00"}


def test_times_without_a_zone_are_utc_with_a_warning_or_the_zone_given(tmp_path):
    content = HEADER + "".join(row.replace("Z,", ",") for row in ROWS)
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    silent, told = (
        Result(tmp_path / "one", content),
        Result(tmp_path / "two", content, "--timezone", "Europe/Tirane"),
    )
    assert any("--timezone" in sentence for sentence in silent.manifest["warnings"])
    assert not any("--timezone" in sentence for sentence in told.manifest["warnings"])
    first, second = (min(row["time"] for row in result.actions) for result in (silent, told))
    assert (first - second).total_seconds() == 2 * 3600


def test_repeated_rows_are_counted_once_and_listed(tmp_path):
    result = Result(tmp_path, GOOD + ROWS[3] + ROWS[4] + ROWS[4])
    assert result.manifest["counts"]["actions"] == 12
    assert result.manifest["counts"]["rows_repeated"] == 3
    assert [(row["row"], row["reason"]) for row in result.quarantine] == [
        ("14", "repeated row"), ("15", "repeated row"), ("16", "repeated row"),
    ]  # fmt: skip
    assert result.nothing_lost(15)


def test_ten_megabytes_in_a_cell_are_kept_in_a_good_row_and_cut_in_a_bad_one(tmp_path):
    huge = "x" * 10_000_000
    result = Result(tmp_path, GOOD + f"p60,a7,2024-05-01T12:00:00Z,{huge}\np61,a7,never,{huge}\n")
    (kept,) = [row for row in result.actions if row["post_id"] == "p60"]
    assert len(kept["text"]) == 10_000_000
    assert [row["row"] for row in result.quarantine] == ["15"]
    assert len(result.quarantine[0]["raw"]) < 10_000
    assert (result.case / "dossier.html").stat().st_size < 5_000_000


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_ids_beyond_double_precision_stay_apart(tmp_path, suffix):
    """2^53 + 1 and 2^53 + 3 would be one account, or others, had they ever been floats."""
    import pyarrow as pa

    ids = [9007199254740993, 9007199254740995, 1234567890123456789]
    rows = [
        {
            "post_id": 9007199254740993 + 2 * k,
            "account": ids[k % 3],
            "created_at": f"2024-05-01T10:{k:02d}:00Z",
        }
        for k in range(9)
    ]
    if suffix == "csv":
        lines = [",".join(map(str, row.values())) for row in rows]
        content = ("post_id,account,created_at\n" + "\n".join(lines) + "\n").encode()
    elif suffix == "jsonl":
        content = "\n".join(json.dumps(row) for row in rows).encode()
    else:
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        content = sink.getvalue().to_pybytes()
    result = Result(tmp_path, content, name=f"posts.{suffix}")
    assert {row["account_name"] for row in result.actions} == {str(i) for i in ids}
    assert {row["post_id"] for row in result.actions} == {str(row["post_id"]) for row in rows}


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "case").write_text("mine")
    source = tmp_path / "posts.csv"
    source.write_text(GOOD)
    done = chorusline("investigate", source, "--out", tmp_path / "case")
    assert done.returncode == 4
    assert (tmp_path / "case").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["edges", "posts.csv", "--out", "edges.xlsx"], 2, ".graphml"),
        (["edges", "posts.csv", "--out", "e.csv", "--count", "likes"], 2, "objects or uses"),
        (["edges", "posts.csv", "--out", "e.csv", "--trace", "telepathy"], 2, "there are:"),
        (["edges", "none.csv", "--out", "e.csv"], 3, "doesn't exist"),
        (["simulate"], 2, "Name the folder"),
        (["simulate", "w", "--generator", "dice"], 2, "cascade or hawkes"),
        (["simulate", "w", "--preset", "atlantis"], 2, "atlantis"),
        (["evaluate", "nowhere", "--truth", "posts.csv"], 4, "case.json"),
        (["investigate", "posts.csv", "--out", "c", "--format", "myspace"], 2, "myspace"),
        (["investigate", "posts.csv", "--out", "c", "--timezone", "Mars/Olympus"], 2, "Mars/Olympus"),
    ],
)
def test_each_command_refuses_in_a_sentence(tmp_path, words, code, said):
    (tmp_path / "posts.csv").write_text(GOOD)
    done = chorusline(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stderr.count("chorusline:") == 1
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == ["posts.csv"]


def test_in_a_pipe_no_bar_is_drawn_and_json_stands_alone(tmp_path):
    """No control characters where nobody watches; with --json, standard output is one JSON value."""
    (tmp_path / "posts.csv").write_text(GOOD)
    plain = chorusline("investigate", "posts.csv", "--out", "case", cwd=tmp_path)
    assert "\x1b" not in plain.stdout + plain.stderr
    assert "\r" not in plain.stdout + plain.stderr
    for words in (
        ["investigate", "posts.csv", "--out", "case", "--json"],
        ["edges", "posts.csv", "--trace", "text", "--out", "edges.csv", "--json"],
        ["simulate", "--list-presets", "--json"],
    ):
        done = chorusline(*words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert isinstance(json.loads(done.stdout), dict)
