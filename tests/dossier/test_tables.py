"""CSV: what a stranger wrote is text in a spreadsheet too."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.case import TABLES
from chorusline.dossier.tables import write_csv

DANGEROUS = "=+-@\t\r\n＝＋－＠"
cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
armed = st.builds(lambda first, rest: first + rest, st.sampled_from(DANGEROUS), cells)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def is_number(cell: str) -> bool:
    head = cell[1:] if cell[:1] in "+-" else cell
    whole, dot, rest = head.partition(".")
    digits = "0123456789"
    return whole != "" and all(c in digits for c in whole + rest) and (not dot or rest != "")


@settings(deadline=None)
@given(st.lists(cells | armed, min_size=1, max_size=8))
def test_no_cell_is_read_as_a_formula_and_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, texts
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(pa.table({"k": list(range(len(texts))), "text": pa.array(texts, pa.string())}), path)
    got = [row[1] for row in rows_of(path)[1:]]
    for text, cell in zip(texts, got, strict=True):
        assert cell[:1] not in set(DANGEROUS) or is_number(cell)
        assert cell in (text, "'" + text)
        assert (cell == text) == (text[:1] not in set(DANGEROUS) or is_number(text))


def test_every_kind_of_column(tmp_path: Path) -> None:
    noon = dt.datetime(2022, 1, 1, 12, tzinfo=dt.UTC)
    table = pa.table(
        {
            "account": pa.array(["-1001234567", "@name"]),
            "=head": pa.array(["x", None]).dictionary_encode(),
            "figure": [-1.5, None],
            "whole": pa.array([noon, None], pa.timestamp("us", "UTC")),
            "fine": pa.array([noon, noon + dt.timedelta(microseconds=5)], pa.timestamp("us", "UTC")),
            "tags": [["=a", "b"], None],
            "holes": [["a", None, "c"], []],
            "numbers": [[1, 2], [3]],
            "nested": [{"a": 1}, None],
        }
    )
    write_csv(table, tmp_path / "t.csv")
    assert rows_of(tmp_path / "t.csv") == [
        ["account", "'=head", "figure", "whole", "fine", "tags", "holes", "numbers", "nested"],
        ["-1001234567", "x", "-1.5", "2022-01-01T12:00:00Z", "2022-01-01T12:00:00.000000Z",
         "'=a b", "a c", "1 2", '{"a": 1}'],
        ["'@name", "", "", "", "2022-01-01T12:00:00.000005Z", "", "", "3", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(TABLES))
def test_an_empty_table_keeps_its_header(tmp_path: Path, name: str) -> None:
    write_csv(TABLES[name].empty_table(), tmp_path / "t.csv")
    assert rows_of(tmp_path / "t.csv") == [TABLES[name].names]


def test_a_table_longer_than_one_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorusline.dossier.tables._ROWS", 3)
    write_csv(pa.table({"text": [f"={k}" for k in range(8)], "n": range(8)}), tmp_path / "t.csv")
    assert rows_of(tmp_path / "t.csv")[1:] == [[f"'={k}", str(k)] for k in range(8)]
