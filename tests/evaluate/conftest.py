"""Small cases written by hand, and the truth beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorusline import case as case_folder
from chorusline.case import TABLES, Case
from chorusline.config import Config

Row = dict[str, Any]


def account_row(name: str, **given: Any) -> Row:
    """A row of the case's accounts table: named in group 1 unless said otherwise."""
    usual = {
        "account": name, "handle": None, "group": 1, "rung": "in step", "status": "named", "p_value": 0.001,
        "q_value": 0.005, "e_value": 1000.0, "e_value_any_days": given.get("e_value", 1000.0),
        "held_out_uses": 20, "observed": 15.0, "expected": 1.0,
        "actions": 40, "reason": "made by hand",
    }  # fmt: skip
    return {**usual, **given}


@pytest.fixture
def make_case(tmp_path: Path) -> Callable[..., Case]:
    """Write a case: rows of its accounts table, and further accounts that only stand in the log."""

    def make(
        rows: list[Row], others: tuple[str, ...] = (), name: str = "case", resembling: tuple[Row, ...] = ()
    ) -> Case:
        folder = tmp_path / name
        with case_folder.writing(folder) as part:
            pq.write_table(pa.Table.from_pylist(rows, TABLES["accounts"]), part / "tables/accounts.parquet")
            alike = pa.Table.from_pylist(list(resembling), TABLES["resembling"])
            pq.write_table(alike, part / "tables/resembling.parquet")
            names = sorted({*(row["account"] for row in rows), *others})
            pq.write_table(pa.table({"name": pa.array(names, pa.string())}), part / "accounts.parquet")
            manifest = {"case_format": case_folder.FORMAT, "config": Config().model_dump(mode="json")}
            (part / case_folder.MARKER).write_text(json.dumps(manifest))
        return Case.open(folder)

    return make


@pytest.fixture
def write_truth(tmp_path: Path) -> Callable[..., Path]:
    """Write a table of labels and return its path; the ending of the name decides the format."""

    def write(name: str = "truth.csv", **columns: list[Any]) -> Path:
        path = tmp_path / name
        table = pa.table(columns)
        if path.suffix == ".parquet":
            pq.write_table(table, path)
        else:
            mark = "\t" if path.suffix == ".tsv" else ","
            lines = [mark.join(columns)]
            lines += [
                mark.join("" if v is None else str(v) for v in row.values()) for row in table.to_pylist()
            ]
            path.write_text("\n".join(lines) + "\n")
        return path

    return write
