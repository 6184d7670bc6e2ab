"""Workbooks and databases: the same rows as from CSV, the right table, and nothing in them carried out."""

from __future__ import annotations

import csv
import datetime as dt
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from chorusline import sources
from chorusline.errors import InputError, UsageError
from chorusline.sources import xlsx

COLUMNS = ("post_id", "user_id", "created_at", "message", "hashtags")
ROWS = [(f"p{k}", f"u{k % 3}", f"2024-05-01 10:{k:02d}:00", f"say #tag{k} ü", f"tag{k}|b") for k in range(20)]
OTHER = ("id", "name", "size")


def as_xlsx(path: Path, columns: Any, rows: Any, second: bool = True) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.active.append(["made by", "a program"])
    sheet = book.create_sheet("Posts")
    sheet.append([])
    for row in (columns, *rows):
        sheet.append(list(row))
    if not second:
        book.remove(book["About"])
    book.save(path)
    return path


def as_sqlite(path: Path, columns: Any, rows: Any) -> Path:
    with sqlite3.connect(path) as db:
        db.execute("create table people (id, name, size)")
        db.execute(f'create table "the posts" ({", ".join(columns)})')
        db.executemany(f'insert into "the posts" values ({", ".join("?" * len(columns))})', rows)
        db.execute('create view spied as select load_extension("x") as user_id, 1 as created_at')
    db.close()
    return path


def as_duckdb(path: Path, columns: Any, rows: Any) -> Path:
    with duckdb.connect(str(path)) as db:
        db.execute("create table people (id int, name text, size int)")
        db.execute(f'create table "the posts" ({", ".join(f"{c} varchar" for c in columns)})')
        db.executemany(f'insert into "the posts" values ({", ".join("?" * len(columns))})', rows)
        db.execute("create view spied as select * from read_text('/etc/hostname')")
    return path


def as_csv(path: Path, columns: Any, rows: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows((columns, *rows))
    return path


WRITERS = {"xlsx": as_xlsx, "sqlite": as_sqlite, "duckdb": as_duckdb}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_rows_as_from_csv(tmp_path, kind) -> None:
    plain = sources.read(as_csv(tmp_path / "t.csv", COLUMNS, ROWS))
    log = sources.read(WRITERS[kind](tmp_path / "stored", COLUMNS, ROWS))
    for name in plain.actions.column_names:
        if name != "row":
            assert log.actions[name].to_pylist() == plain.actions[name].to_pylist(), name
    assert log.names == plain.names == ["u0", "u1", "u2"]
    first = {"xlsx": 3, "sqlite": 1, "duckdb": 1}[kind]
    assert sorted(log.actions["row"].to_pylist()) == list(range(first, first + 20))
    (note,) = [w for w in log.inputs[0].warnings if "--map table=NAME" in w]
    assert ("'Posts'" if kind == "xlsx" else "'the posts'") in note


@pytest.mark.parametrize("kind", WRITERS)
def test_a_platforms_columns_are_known_however_they_are_stored(tmp_path, kind) -> None:
    columns = ("object_id", "account_id", "content_id", "timestamp_share")
    rows = [("o", f"a{k}", f"c{k}", str(1606451170 + k)) for k in range(5)]
    path = WRITERS[kind](tmp_path / "stored", columns, rows)
    assert sources.recognise(path).format == "coortweet"
    assert len(sources.read(path)) == 5


@pytest.mark.parametrize("kind", WRITERS)
def test_the_user_names_the_table(tmp_path, kind) -> None:
    path = WRITERS[kind](tmp_path / "stored", COLUMNS, ROWS)
    name = "Posts" if kind == "xlsx" else "the posts"
    log = sources.read(path, mapping={"table": name})
    assert len(log) == 20
    assert not any("--map table" in w for w in log.inputs[0].warnings)
    with pytest.raises(UsageError, match="has no table 'spied'"):
        sources.read(path, mapping={"table": "spied"})


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_cut_off_is_a_sentence(tmp_path, kind) -> None:
    path = WRITERS[kind](tmp_path / "stored", COLUMNS, ROWS)
    whole = path.read_bytes()
    for size in (len(whole) * 2 // 3, 100, 20):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError) as error:
            sources.read(path)
        assert str(error.value).endswith(".")
        assert "\n" not in str(error.value)


def test_cells_of_a_workbook(tmp_path) -> None:
    """Times as times, numbers to the last digit where Excel kept it, formulas never computed."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "user_id", "created_at", "text"])
    when = dt.datetime(2024, 5, 1, 10, 0, 0, 250_000)
    sheet.append([12, 7, when, "=1+1"])
    sheet.append([906000000000000000, 8, when, "lost its digits"])
    sheet.append([9007199254740993, 9, when, "was a double"])
    sheet.append(["9007199254740993", 9, when, "kept as text"])
    sheet.append([1.0, "#N/A", when, "nobody"])
    book.save(tmp_path / "t.xlsx")
    log = sources.read(tmp_path / "t.xlsx")
    found = {a["text"]: a for a in log.actions.to_pylist()}
    assert found[None]["post_id"] == "12"  # a formula without a stored result has no value
    assert found["lost its digits"]["post_id"] is None
    assert found["was a double"]["post_id"] is None
    assert found["kept as text"]["post_id"] == "9007199254740993"
    assert {a["time"].isoformat() for a in found.values()} == {"2024-05-01T10:00:00.250000+00:00"}
    assert any("2 post ids were damaged" in w for w in log.inputs[0].warnings)
    assert log.quarantine.to_pylist()[0]["reason"] == "no account id"
    assert log.quarantine.to_pylist()[0]["row"] == 6


def test_a_workbook_that_claims_two_billion_rows(tmp_path, monkeypatch) -> None:
    """One cell far down and far out is read without the rows between becoming memory."""
    assert xlsx.ROWS == 2**20
    monkeypatch.setattr(xlsx, "ROWS", 5_000)
    path = as_xlsx(tmp_path / "t.xlsx", COLUMNS, ROWS, second=False)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = next(name for name in parts if name.startswith("xl/worksheets/"))
    far = b'<row r="2000000000"><c r="XFD2000000000"><v>1</v></c></row></sheetData>'
    parts[name] = parts[name].replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w") as book:
        for part, content in parts.items():
            book.writestr(part, content)
    assert len(sources.read(path)) == 20


def test_sqlite_values_of_any_kind_and_a_log_beside(tmp_path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as db:
        db.execute("create table t (user_id, created_at, text, loud as (upper(text)))")
        db.execute("insert into t values (9007199254740993, 1714557600, ?)", (b"\xff\x00",))
        db.execute("insert into t values ('b', 1714557600.25, 3.5)")
    db.close()
    path.with_name("t.db-wal").write_bytes(b"x")
    log = sources.read(path)
    assert log.names == ["9007199254740993", "b"]
    assert sorted(a["time"].microsecond for a in log.actions.to_pylist()) == [0, 250000]
    assert any("t.db-wal" in w for w in log.inputs[0].warnings)
    path.with_name("t.db-wal").unlink()


def test_an_office_document_that_is_no_workbook(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "t.docx", "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("word/document.xml", "<w/>")
    with pytest.raises(InputError, match="office document"):
        sources.read(tmp_path / "t.docx")
