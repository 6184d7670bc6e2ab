from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from chorusline.errors import InputError, UsageError
from chorusline.evaluate.truth import read
from chorusline.simulate import WorldConfig, write_world
from chorusline.simulate.config import Operation

Write = Callable[..., Path]


@pytest.mark.parametrize("name", ["truth.csv", "truth.tsv", "truth.parquet"])
def test_account_level(write_truth: Write, name: str) -> None:
    path = write_truth(name, user_id=["b", "a", "c"], is_io=[1, 0, 1], role=["x", None, "y"])
    truth = read(path)
    assert truth.accounts["account"].to_pylist() == ["a", "b", "c"]
    assert truth.label.tolist() == [False, True, True]
    assert truth.words("kind").tolist() == ["", "x", "y"]
    assert truth.columns == {"account": "user_id", "label": "is_io", "kind": "role"}


def test_packed(write_truth: Write) -> None:
    path = write_truth("t.csv", account=["a", "b"], label=[1, 0])
    packed = path.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed).label.tolist() == [True, False]


def test_post_level_collapses_to_one_row_an_account(write_truth: Write) -> None:
    path = write_truth(post_id=[1, 2, 3], account_id=["a", "b", "a"], label=[1, 0, 1], group=["g", "h", "g"])
    truth = read(path)
    assert truth.accounts["account"].to_pylist() == ["a", "b"]
    assert truth.words("group").tolist() == ["g", "h"]


def test_a_contradiction_is_an_error_that_names_account_and_row(write_truth: Write) -> None:
    path = write_truth("t.parquet", account=["a", "b", "a"], label=[1, 0, 0])
    with pytest.raises(InputError, match="account 'a' has the label 1 first and 0 in row 3"):
        read(path)


def test_ids_are_spelled_as_the_readers_spell_them(write_truth: Write) -> None:
    path = write_truth("t.parquet", account=[12.0, 7.0], label=[True, False])
    assert read(path).accounts["account"].to_pylist() == ["12", "7"]


def test_columns_can_be_named(write_truth: Write) -> None:
    path = write_truth(who=["a", "b"], verdict=["yes", "no"], label=["?", "?"], group=["RightTroll", "z"])
    truth = read(path, {"account": "who", "label": "verdict", "kind": "group"})
    assert truth.label.tolist() == [True, False]
    assert truth.words("kind").tolist() == ["RightTroll", "z"]
    assert not truth.has("group")


def test_what_is_asked_for_must_be_there(write_truth: Write) -> None:
    path = write_truth(account=["a"], label=[1])
    with pytest.raises(UsageError, match="no column 'verdict' to read the label from"):
        read(path, {"label": "verdict"})


def test_no_label_column(write_truth: Write) -> None:
    with pytest.raises(InputError, match=r"looks like the label.*--label"):
        read(write_truth(account=["a"], colour=["red"]))


def test_strange_labels(write_truth: Write) -> None:
    with pytest.raises(InputError, match="no label: maybe"):
        read(write_truth(account=["a", "b"], label=["1", "maybe"]))


def test_rows_without_a_label_are_not_labelled(write_truth: Write) -> None:
    truth = read(write_truth(account=["a", "b"], label=[1, None]))
    assert truth.accounts["account"].to_pylist() == ["a"]


def test_a_folder_that_is_no_world(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"without truth/accounts\.parquet"):
        read(tmp_path)


def test_a_simulated_world(tmp_path: Path) -> None:
    config = WorldConfig(
        seed=3, days=2, accounts=200, reference_days=30, operations=(Operation(operators=2),)
    )
    write_world(config, tmp_path / "world")
    truth = read(tmp_path / "world")
    assert set(truth.accounts.column_names) == {"account", "label", "kind", "group", "ordered_actions"}
    assert {"orders", "operators", "accounts"} <= set(truth.tables)
    assert truth.label.sum() == (truth.words("kind") == "factory").sum() > 0
    assert truth.accounts.equals(read(tmp_path / "world" / "truth").accounts)
    assert "time" in truth.table("orders").column_names
