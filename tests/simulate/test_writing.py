from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from chorusline.cli.simulate import command
from chorusline.errors import UsageError
from chorusline.simulate import Operation, World, WorldConfig, apply_faults, build, preset, write, write_world
from chorusline.simulate.faults import Context


@pytest.fixture(scope="module")
def config() -> WorldConfig:
    return preset("tiny", seed=3).model_copy(update={"days": 3, "chunk": 2_000})


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("faults", [(), ("minutes", "sample:0.5", "gaps:0.2", "duplicates:0.1")])
def test_streaming_and_memory_give_the_same_bytes(
    config: WorldConfig, tmp_path: Path, faults: tuple[str, ...]
) -> None:
    write_world(config, tmp_path / "stream", faults)
    write_world(config, tmp_path / "again", faults)
    write(build(config), tmp_path / "memory", faults)
    assert digests(tmp_path / "stream") == digests(tmp_path / "memory") == digests(tmp_path / "again")


def test_the_folder_holds_actions_and_apart_from_them_the_truth(config: WorldConfig, tmp_path: Path) -> None:
    summary = write_world(config, tmp_path)
    names = set(digests(tmp_path))
    assert {"actions.parquet", "accounts.parquet", "world.json", "truth/accounts.parquet"} <= names
    assert pq.read_metadata(tmp_path / "actions.parquet").num_rows == summary["actions"]
    about = json.loads((tmp_path / "world.json").read_text())
    assert about["seed"] == 3
    assert WorldConfig(**about["config"]) == config
    shown = set(pq.read_schema(tmp_path / "actions.parquet").names)
    assert not shown & {"label", "order", "operator", "group"}


def test_a_foreign_folder_is_left_alone_and_a_world_replaced(config: WorldConfig, tmp_path: Path) -> None:
    mine = tmp_path / "letters"
    mine.mkdir()
    (mine / "letter.txt").write_text("keep")
    with pytest.raises(UsageError, match="not empty"):
        write_world(config, mine)
    assert (mine / "letter.txt").read_text() == "keep"
    write_world(config, tmp_path / "world")
    write_world(config.model_copy(update={"seed": 9}), tmp_path / "world")
    assert json.loads((tmp_path / "world" / "world.json").read_text())["seed"] == 9


def test_the_log_is_read_without_a_mapping(config: WorldConfig, tmp_path: Path) -> None:
    from chorusline.sources import read

    write_world(config, tmp_path)
    log = read(tmp_path / "actions.parquet")
    table = pq.read_table(tmp_path / "actions.parquet")
    assert len(log) == table.num_rows
    assert log.names == sorted(table["account"].unique().to_pylist())
    assert log.times.tolist() == table["time"].cast(pa.int64()).to_pylist()
    assert pc.sum(pc.list_value_length(log.actions["hashtags"])) == pc.sum(
        pc.list_value_length(table["hashtags"])
    )


def test_minutes_and_seconds_cut_the_clock(tiny: World) -> None:
    for fault, unit in (("minutes", 60_000_000), ("seconds", 1_000_000)):
        times = np.array(apply_faults(tiny.actions, [fault])["time"].cast(pa.int64()))
        whole = np.array(tiny.actions["time"].cast(pa.int64()))
        assert (times == whole // unit * unit).all()


def test_samples_gaps_and_duplicates_have_their_shares(tiny: World) -> None:
    n = tiny.actions.num_rows
    assert apply_faults(tiny.actions, ["sample:0.1"]).num_rows == pytest.approx(0.1 * n, rel=0.1)
    assert apply_faults(tiny.actions, ["sample:1"]).equals(tiny.actions)
    assert apply_faults(tiny.actions, ["gaps:0.3"]).num_rows == pytest.approx(0.7 * n, rel=0.25)
    twice = apply_faults(tiny.actions, ["duplicates:0.05"])
    assert twice.num_rows == pytest.approx(1.05 * n, rel=0.01)
    assert len(twice["post_id"].unique()) == n


def test_gaps_leave_whole_blocks_empty(tiny: World) -> None:
    block = 3 * 3600 * 1_000_000
    kept = set(np.array(apply_faults(tiny.actions, ["gaps:0.3"])["time"].cast(pa.int64())) // block)
    lost = set(np.array(tiny.actions["time"].cast(pa.int64())) // block) - kept
    assert len(lost) > 10


def test_a_keyword_filter_keeps_only_posts_with_the_tag(tiny: World) -> None:
    tag = tiny.actions["hashtags"].combine_chunks().flatten()[0].as_py()
    kept = apply_faults(tiny.actions, [f"keyword:{tag}"])
    assert 0 < kept.num_rows < tiny.actions.num_rows
    assert all(tag in tags for tags in kept["hashtags"].to_pylist())


def test_deletions_take_what_authors_deleted() -> None:
    operation = Operation(uptake=("burst",), operators=10)
    world = build(WorldConfig(days=7, accounts=300, activity=0.2, operations=(operation,)))
    gone = world.truth["deletions"]["post_id"].combine_chunks()
    kept = apply_faults(world.actions, ["deletions:0"], Context(deleted=gone))
    assert kept.num_rows == world.actions.num_rows - len(gone)
    assert len(gone) > 20


@pytest.mark.parametrize("fault", ["hiccups", "sample", "sample:2", "gaps:much", "keyword"])
def test_a_wrong_fault_is_refused_before_anything_is_written(tmp_path: Path, fault: str) -> None:
    with pytest.raises(UsageError, match=fault.partition(":")[0]):
        write_world(preset("tiny"), tmp_path / "world", [fault])
    assert not (tmp_path / "world").exists()


def app() -> typer.Typer:
    result = typer.Typer()
    result.command()(command)
    return result


def test_the_command_writes_a_world_and_sums_it_up(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "w"), "--preset", "tiny", "--seed", "2", "--days", "3", "--evasion", "E1+E2"]
    run = CliRunner().invoke(app(), [*arguments, "--fault", "minutes", "--json"])
    assert run.exit_code == 0, run.output
    summary = json.loads(run.output)
    assert summary["actions"] == pq.read_metadata(tmp_path / "w" / "actions.parquet").num_rows
    about = json.loads((tmp_path / "w" / "world.json").read_text())
    assert about["config"]["operations"][0]["jitter"] == 90
    assert about["faults"] == ["minutes"]


def test_the_command_lists_presets() -> None:
    run = CliRunner().invoke(app(), ["--list-presets"])
    assert run.exit_code == 0
    assert "founding" in run.output
    assert "E7" in run.output


def test_the_command_refuses_an_unknown_preset(tmp_path: Path) -> None:
    run = CliRunner().invoke(app(), [str(tmp_path / "w"), "--preset", "huge"])
    assert isinstance(run.exception, UsageError)
    assert "huge" in str(run.exception)
