"""The main job from end to end: a simulated world, and real archives where they are."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from chorusline import Case, investigate, simulate
from chorusline.case import TABLES
from chorusline.simulate import preset


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    simulate.write(simulate.build(preset("tiny", seed=31)), folder)
    return folder


@pytest.fixture(scope="module")
def case(world, tmp_path_factory) -> Case:
    return investigate(
        world / "actions.parquet", tmp_path_factory.mktemp("cases") / "case", command="chorusline …"
    )


def truth(world: Path) -> dict[str, dict]:
    return {row["account"]: row for row in pq.read_table(world / "truth" / "accounts.parquet").to_pylist()}


def test_the_operation_is_named_and_honest_accounts_are_not(world, case):
    known = truth(world)
    operation = {a for a, row in known.items() if row["label"] == 1 and row["ordered_actions"] >= 10}
    named = set(case.named)
    assert len(named & operation) >= 0.95 * len(operation)
    cannot_be_told = {"volunteer", "hashtag hour"}
    wrong = [a for a in named if known[a]["label"] == 0 and known[a]["kind"] not in cannot_be_told]
    assert len(wrong) <= 1


def test_the_case_folder_is_whole(case):
    for name, schema in TABLES.items():
        assert case.table(name).schema.equals(schema), name
        assert (case.folder / "tables" / f"{name}.csv").stat().st_size > 0
    page = (case.folder / "dossier.html").read_text("utf-8")
    assert "Content-Security-Policy" in page
    for account in case.named:
        assert account in page
    given = case.manifest["inputs"][0]
    assert len(given["sha256"]) == 64
    log = pq.read_table(case.folder / "actions.parquet")
    assert log.num_rows == case.manifest["counts"]["actions"]
    rows = duckdb.sql(f"select count(*) from '{case.folder}/actions.parquet' where account_name is not null")
    assert rows.fetchall() == [(log.num_rows,)]


def test_the_same_input_and_settings_give_the_same_bytes(world, case, tmp_path):
    again = investigate(world / "actions.parquet", tmp_path / "again", command="chorusline …")
    for name in TABLES:
        ours = (case.folder / "tables" / f"{name}.parquet").read_bytes()
        assert (again.folder / "tables" / f"{name}.parquet").read_bytes() == ours, name
    one, other = dict(case.manifest), dict(again.manifest)
    one.pop("created"), other.pop("created")  # the page has the time of the run, and so has its digest
    one["files"], other["files"] = (
        {name: known for name, known in manifest["files"].items() if name != "dossier.html"}
        for manifest in (one, other)
    )
    assert one == other


def test_the_labelled_archive(shared, tmp_path):
    archive = shared / "data" / "benchmark" / "posts.parquet"
    found = investigate(archive, tmp_path / "case")
    label = dict(duckdb.sql(f"select distinct account_id, label from '{archive}'").fetchall())
    right = sum(label[account] for account in found.named)
    assert right / len(found.named) >= 0.98
    assert right / sum(label.values()) >= 0.60
    assert found.manifest["resolution"] == 60.0


def test_two_platforms_with_every_kind_of_object(shared, tmp_path):
    found = investigate(shared / "data" / "coortweet" / "german_elections.parquet", tmp_path / "case")
    used = {facts["trace"] for facts in found.manifest["traces"] if not facts["skipped"]}
    assert used == {"link", "hashtag", "domain", "media"}
    assert found.manifest["counts"]["actions"] > 190_000


def test_other_shared_tables_run_through(shared, tmp_path):
    for name in ("data/koch_farms/posts.csv.gz", "data/coortweet/russian_coord_tweets.parquet"):
        assert investigate(shared / name, tmp_path / Path(name).name).manifest["counts"]["actions"] > 10_000
