"""`formats` and `inspect`: what is said before anything is tested is true of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.errors import ChoruslineError, InputError
from chorusline.sources.base import formats
from chorusline.sources.stores import stores

HEADER = "post_id,account,created_at,text,hashtags\n"
GOOD = [
    f"p{k},a{k % 7},2024-05-{k % 9 + 1:02d}T10:{k:02d}:{k:02d}Z,a text of my own number {k},t{k}\n"
    for k in range(40)
]


def run(*words: object) -> str:
    ran = CliRunner().invoke(app, [str(word) for word in words])
    if ran.exception is not None:
        raise ran.exception
    return ran.stdout


def inspected(folder: Path, rows: list[str], header: str = HEADER, *options: str) -> dict:
    path = folder / "posts.csv"
    path.write_text(header + "".join(rows), "utf-8")
    return json.loads(run("inspect", path, "--json", *options))


def test_every_format_is_listed_with_how_it_is_known() -> None:
    listed = json.loads(run("formats", "--json"))
    assert {row["format"] for row in listed} == set(formats()) | set(stores())
    assert all(len(row["known_by"]) > 10 and row["about"] for row in listed)
    shown = run("formats")
    for row in listed:
        assert row["known_by"] in shown


def test_counts_columns_and_rows_set_aside(tmp_path) -> None:
    found = inspected(
        tmp_path, [*GOOD, "p90,,2024-05-01T10:00:00Z,x,\n", "p91,a1,never,x,\n", GOOD[0], "p92,a1,,x,\n"]
    )
    assert found["format"] == "table"
    assert found["mapping"]["time"] == "created_at"
    assert found["counts"]["actions"] == 40
    assert found["set_aside"] == [
        ["no time that can be read", 2, 43],
        ["no account id", 1, 42],
        ["repeated row", 1, 44],
    ]
    assert found["resolution"] == 1.0
    assert any("40 texts" in s for s in found["supports"])
    assert any("No reshare names the post" in s for s in found["lacks"])
    assert not any("hashtags" in s for s in found["lacks"])
    assert found["odd"] == []


def test_what_a_coarse_clock_and_a_short_collection_forbid(tmp_path) -> None:
    rows = [
        f"p{k},a{k % 7},2024-05-01 {k % 24:02d}:{k % 50:02d}:00,a text of my own number {k},#Vote|t{k}\n"
        for k in range(60)
    ]
    found = inspected(tmp_path, rows, HEADER, "--timezone", "Europe/Tirane")
    assert found["zone"] == "Europe/Tirane"
    assert found["resolution"] == 60
    said = " ".join(found["lacks"])
    assert "synchrony within seconds can't be seen" in said
    assert "2 days with actions" in said
    assert "100% of the posts carry #vote" in said


def test_what_looks_like_a_fault_or_a_trick(tmp_path) -> None:
    rows = [f"p{k},{'big' if k % 2 else f'a{k}'},2024-05-01T10:00:00Z,text {k},\n" for k in range(30)]
    found = inspected(
        tmp_path,
        [*rows, "q,ad\u202emin,2024-05-01T10:00:00Z,x,\n", "r,ad\u200bmin,2024-05-01T10:00:00Z,x,\n"],
    )
    said = " ".join(found["odd"])
    assert "One account has" not in said  # 15 of 32
    assert "at one moment" in said
    assert "2 account names hold characters that can't be seen" in said
    found = inspected(tmp_path, [*rows, *(f"s{k},big,2024-05-01T10:00:01Z,x{k},\n" for k in range(5))])
    assert any("One account has 57% of all actions" in s for s in found["odd"])


def test_the_page_cannot_steer_a_terminal(tmp_path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text(HEADER.replace("text", "text\x1b[2J") + GOOD[0], "utf-8")
    shown = run("inspect", path, "--map", "text=text\x1b[2J")
    assert "\x1b" not in shown
    assert "Can't show" in shown


@pytest.mark.parametrize(("name", "code"), [("none.csv", 3), (".", 2)])
def test_what_cannot_be_inspected(tmp_path, name, code) -> None:
    with pytest.raises(ChoruslineError) as error:
        run("inspect", tmp_path / name)
    assert error.value.exit_code == code


def test_a_sample_of_each_platform(shared) -> None:
    found = json.loads(
        run("inspect", shared / "fixtures/twitter_ira_538_csv/IRAhandle_tweets_sample.csv", "--json")
    )
    assert any("took down" in s for s in found["lacks"])
    assert found["counts"]["reshare"] == 33


def test_of_a_file_in_which_no_row_can_be_read_it_says_what_it_was_taken_for(tmp_path) -> None:
    path = tmp_path / "posts.csv"
    path.write_text("account,created_at,text\na,3,x\nb,4,y\x1b[2J\n", "utf-8")
    ran = CliRunner().invoke(app, ["inspect", str(path)])
    assert isinstance(ran.exception, InputError)
    assert "all 2 rows were set aside" in str(ran.exception)
    assert "posts.csv: table" in ran.stdout
    assert "time ← created_at" in ran.stdout
