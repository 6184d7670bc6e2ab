"""A sample of ordinary accounts to compare with: it serves as outsiders, and nobody in it is looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from chorusline import Case, investigate, read, simulate
from chorusline.case import TABLES
from chorusline.simulate import preset
from chorusline.verification import verify


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> tuple[Path, Path]:
    """A world in two files: the operation with 60 of the others, and the rest of the others."""
    folder = tmp_path_factory.mktemp("world")
    simulate.write(simulate.build(preset("tiny", seed=32)), folder)
    truth = pq.read_table(folder / "truth" / "accounts.parquet")
    of_operation = pc.cast(truth["label"], pa.bool_())
    honest = truth.filter(pc.invert(of_operation))["account"].to_pylist()
    actions = pq.read_table(folder / "actions.parquet")
    near = [*truth.filter(of_operation)["account"].to_pylist(), *honest[:60]]
    here = pc.is_in(actions["account"], value_set=pa.array(near))
    pq.write_table(actions.filter(here), folder / "suspects.parquet")
    pq.write_table(actions.filter(pc.invert(here)), folder / "others.parquet")
    return folder / "suspects.parquet", folder / "others.parquet"


@pytest.fixture(scope="module")
def case(world, tmp_path_factory) -> Case:
    suspects, others = world
    return investigate(suspects, tmp_path_factory.mktemp("cases") / "case", background=others)


def test_nobody_of_the_background_is_in_any_table(world, case):
    beside = set(pq.read_table(world[1])["account"].to_pylist())
    assert case.named
    for name in TABLES:
        if not (case.folder / "tables" / f"{name}.parquet").exists():
            continue
        table = case.table(name)
        for column in ("account", "account_a", "account_b", "with_account", "leader"):
            if column in table.column_names:
                assert not beside & set(table[column].to_pylist()), (name, column)


def test_the_manifest_says_who_was_there_to_compare_with(world, case):
    counts = case.manifest["counts"]
    suspects, others = (pq.read_table(path) for path in world)
    assert counts["accounts_background"] == len(others["account"].unique())
    assert counts["accounts"] == len(suspects["account"].unique())
    assert counts["actions"] == suspects.num_rows
    assert [given["background"] for given in case.manifest["inputs"]] == [False, True]
    assert "to compare with only" in (case.folder / "dossier.html").read_text("utf-8")


def test_the_case_gives_the_background_back(case):
    log = case.log()
    names = np.array(log.names)
    assert log.background.sum() == case.manifest["counts"]["accounts_background"]
    assert not set(names[log.background]) & set(case.named)


def test_few_outsiders_are_said_and_a_background_ends_that(world, case, tmp_path):
    alone = investigate(world[0], tmp_path / "case")
    assert any("Outsiders are few" in warning for warning in alone.manifest["warnings"])
    assert not any("Outsiders are few" in warning for warning in case.manifest["warnings"])


def test_who_acts_in_an_input_too_is_an_account_like_any_other(world):
    suspects, others = world
    log = read(suspects, background=[others, suspects])
    assert len(log) == pq.read_metadata(suspects).num_rows + pq.read_metadata(others).num_rows
    inside = set(pq.read_table(suspects)["account"].to_pylist())
    assert set(np.array(log.names)[~log.background]) == inside


def test_without_a_background_nothing_is_apart(world):
    assert not read(world[0]).background.any()


def test_a_case_with_a_background_is_verified_from_its_inputs(world, case):
    found = verify(case.folder, list(world))
    assert found.holds, [check for check in found.checks if check.outcome != "same bytes"]
    assert found.recomputed_from == "inputs"
