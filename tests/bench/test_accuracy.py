"""The matrix and its tables, without running it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.accuracy import Cell, _kept, found_at, matrix, measures, world_config
from bench.accuracy_tables import write
from bench.baselines import BASELINES, OTHER_SETTINGS
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.actions import DOOR_SCHEMA


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=1, max_size=30),
    st.sampled_from([0.0, 0.3, 0.5, 0.95, 1.0]),
)
def test_the_best_threshold_is_the_best_of_all(rows: list[tuple[bool, int]], precision: float) -> None:
    label, score = np.array([row[0] for row in rows]), np.array([float(row[1]) for row in rows])
    most = 0
    for cut in (1.0, 2.0, 3.0, 4.0):
        taken = score >= cut
        right = int((taken & label).sum())
        if taken.any() and right >= precision * taken.sum():
            most = max(most, right)
    assert found_at(label, score, precision) == most


def test_accounts_without_a_score_are_never_found() -> None:
    assert found_at(np.array([True, True]), np.array([0.0, 2.0]), 0.1) == 1


def test_every_cell_has_a_file_of_its_own_and_a_world() -> None:
    cells = matrix(quick=False)
    assert len({cell.key for cell in cells}) == len(cells)
    for cell in cells:
        if cell.world != "archive":
            config = world_config(cell)
            assert config.generator == cell.generator
            assert bool(config.lookalikes.fans) == (cell.lookalikes and cell.world != "nothing")
    assert world_config(Cell("small", "E2", seed=3)).operations[0].jitter == 90.0


def result(cell: Cell, labelled: int) -> dict[str, Any]:
    label, named = np.arange(200) < labelled, np.arange(200) < labelled + 1
    kind = np.where(label, "factory", "fan")
    found = {name: measures(label, named * 1.0, named, kind, 0.5) for name in ("Chorusline", *BASELINES)}
    return {"cell": cell.__dict__, "labelled": labelled, "honest": 200 - labelled, "methods": found}


def test_the_tables_pool_the_seeds(tmp_path: Path) -> None:
    cells = [Cell("tiny", seed=1), Cell("tiny", seed=2), Cell("nothing", seed=1), Cell("archive", seed=0)]
    results = [result(cell, 0 if cell.world == "nothing" else 10) for cell in cells]
    write(results, tmp_path, "abc", 12.0, 4)
    page = (tmp_path / "accuracy.md").read_text()
    assert "| tiny, cascade, E0 | 20 of 400 | 0.909 / 1.000 / 52.6 |" in page
    assert "| nothing, cascade | 0 of 200 | 1 |" in page
    assert "seed 0 | 10 of 200 |" in page
    # One honest account of 190, 190 and 200, over the simulated worlds.
    assert "| fan | 580 | 51.7 (" in page
    assert json.loads((tmp_path / "accuracy.json").read_text())["commit"] == "abc"


def test_figures_of_changed_code_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="changed"):
        _kept(Cell("tiny"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_level_that_a_generator_does_not_know_is_not_measured_as_if_it_did() -> None:
    hawkes = {cell.level for cell in matrix(quick=False) if cell.generator == "hawkes"}
    plain = world_config(Cell("tiny", "E0", "hawkes")).operations
    assert all(world_config(Cell("tiny", level, "hawkes")).operations != plain for level in hawkes - {"E0"})
    assert not hawkes & {"E4", "E5", "E7"}


@pytest.mark.parametrize("name", BASELINES)
def test_every_other_setting_is_one_that_the_baseline_has(name: str) -> None:
    for chosen in OTHER_SETTINGS[name]:
        assert BASELINES[name](DOOR_SCHEMA.empty_table(), **chosen).num_rows == 0
