"""A case checked against its own digests and made anew: the same bytes, or a word on what isn't."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorusline import investigate, simulate
from chorusline.case import TABLES, Case, sha256, write_table
from chorusline.config import Config
from chorusline.errors import CaseError
from chorusline.inside import look_inside
from chorusline.simulate import preset
from chorusline.verification import verify

CODE = "from chorusline.cli.main import run; run()"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two inputs, one with a row that can't be read, and the case made from them."""
    folder = tmp_path_factory.mktemp("verified")
    simulate.write(simulate.build(preset("tiny", seed=35)), folder / "world")
    table = pq.read_table(folder / "world" / "actions.parquet")
    (folder / "exports").mkdir()
    pq.write_table(table.slice(0, 900), folder / "exports" / "b.parquet")
    pq.write_table(table.slice(900), folder / "exports" / "a.parquet")
    (folder / "exports" / "c.csv").write_text(
        "post_id,account,created_at,text\nq1,z1,2024-05-01T10:00:00,a late word\nq2,z1,never,a word without a time\n"
    )
    inputs = [folder / "exports" / name for name in ("b.parquet", "a.parquet", "c.csv")]
    config = Config(splits=2)
    return investigate(inputs, folder / "case", config=config, timezone="Asia/Tokyo"), inputs


@pytest.fixture
def case(made, tmp_path):
    shutil.copytree(made[0].folder, tmp_path / "case")
    return Case.open(tmp_path / "case")


def failed(found) -> dict[str, str]:
    return {
        check.name: check.outcome
        for check in found.checks
        if check.outcome not in ("same bytes", "not recomputed")
    }


def test_every_file_has_its_digest(made):
    case, _ = made
    there = {path.relative_to(case.folder).as_posix() for path in case.folder.rglob("*") if path.is_file()}
    assert set(case.manifest["files"]) == there - {"case.json"}
    for name, known in case.manifest["files"].items():
        assert known == {"sha256": sha256(case.folder / name), "bytes": (case.folder / name).stat().st_size}


def test_an_untouched_case_holds(made):
    case, _ = made
    found = verify(case.folder)
    assert found.holds, failed(found)
    assert found.recomputed_from == "actions.parquet"
    tables = {check.name for check in found.checks if check.what == "table"}
    inside = {table for entry in case.manifest["operation"].values() for table in entry["tables"]}
    assert tables == {f"tables/{name}.{end}" for name in {*TABLES, *inside} for end in ("parquet", "csv")}
    assert [check.name for check in found.checks if check.what == "page"] == ["dossier.html"]
    assert found.manifest_sha256 == sha256(case.folder / "case.json")


def test_tables_that_a_command_of_their_own_made_are_checked_by_their_digests(made, tmp_path):
    case, _ = made
    folder = tmp_path / "case"
    shutil.copytree(case.folder, folder)
    (tmp_path / "list").write_text("\n".join(case.log().names[:5]), "utf-8")
    after = look_inside(folder, "orders", accounts=tmp_path / "list", command="chorusline orders")
    found = verify(folder)
    assert found.holds, failed(found)
    asked = {check.name for check in found.checks if check.outcome == "not recomputed"}
    assert asked == {f"tables/{name}.parquet" for name in after.manifest["operation"]["orders"]["tables"]}


def test_from_inputs_that_have_moved_and_come_in_another_order(made, tmp_path):
    case, inputs = made
    moved = [shutil.copy(path, tmp_path / f"moved{k}{path.suffix}") for k, path in enumerate(inputs)]
    found = verify(case.folder, [moved[2], moved[0], moved[1]])
    assert found.holds, failed(found)
    assert found.recomputed_from == "inputs"
    names = {check.name for check in found.checks if check.what == "table"}
    assert {"actions.parquet", "accounts.parquet", "quarantine.csv"} <= names


def test_an_input_that_is_another(case, made, tmp_path):
    _, inputs = made
    other = tmp_path / "a.parquet"
    other.write_bytes(inputs[1].read_bytes() + b"\0")
    found = verify(case.folder, [inputs[0], other, inputs[2]])
    assert failed(found) == {str(inputs[1]): "missing", str(other): "not listed"}
    assert found.recomputed_from == "actions.parquet"


def test_a_changed_page_a_missing_table_and_a_stray_file(case):
    page = case.folder / "dossier.html"
    page.write_text(page.read_text("utf-8").replace("in step", "at ease"), "utf-8")
    (case.folder / "tables" / "edges.csv").unlink()
    (case.folder / "tables" / "stray.csv").write_text("a\n")
    (case.folder / ".DS_Store").write_text("")
    outcomes = failed(verify(case.folder))
    assert outcomes == {
        "dossier.html": "changed", "tables/edges.csv": "missing", "tables/stray.csv": "not listed",
    }  # fmt: skip


def resealed(case, name: str) -> None:
    """Put the digest of a file that was changed into the manifest, as a forger would."""
    manifest = json.loads((case.folder / "case.json").read_text("utf-8"))
    manifest["files"][name] = {
        "sha256": sha256(case.folder / name),
        "bytes": (case.folder / name).stat().st_size,
    }
    (case.folder / "case.json").write_text(json.dumps(manifest), "utf-8")


def test_a_forged_table_is_found_out_by_computing_it_again(case):
    path = case.folder / "tables" / "accounts.parquet"
    table = pq.read_table(path)
    pq.write_table(
        table.set_column(
            2, table.schema.field("group"), table["group"].take(pa.array(range(table.num_rows)[::-1]))
        ),
        path,
    )
    resealed(case, "tables/accounts.parquet")
    found = verify(case.folder)
    (check,) = [check for check in found.checks if check.outcome != "same bytes"]
    assert (check.name, check.outcome) == ("tables/accounts.parquet", "differs")
    assert "column" in check.said
    assert "group" in check.said
    pq.write_table(table.slice(1), path)
    resealed(case, "tables/accounts.parquet")
    assert "rows in the case" in next(c.said for c in verify(case.folder).checks if c.outcome == "differs")


def test_the_same_rows_in_other_bytes_are_told_apart(case):
    path = case.folder / "tables" / "groups.parquet"
    pq.write_table(pq.read_table(path), path, compression="none")
    resealed(case, "tables/groups.parquet")
    found = verify(case.folder)
    assert failed(found) == {"tables/groups.parquet": "same rows, other bytes"}
    assert not found.holds


def test_without_the_log_nothing_is_made_anew(case):
    with (case.folder / "actions.parquet").open("ab") as stream:
        stream.write(b"\0")
    found = verify(case.folder)
    assert failed(found) == {"actions.parquet": "changed"}
    assert found.recomputed_from == "nothing"


def test_a_case_without_digests_is_refused_in_a_sentence(case):
    manifest = {k: v for k, v in case.manifest.items() if k != "files"}
    (case.folder / "case.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(CaseError, match="no digests"):
        verify(case.folder)


def test_the_command_ends_as_the_case_stands(case):
    def call(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", CODE, "verify", str(case.folder), *words],
            capture_output=True,
            text=True,
            timeout=300,
        )

    whole = call()
    assert whole.returncode == 0, whole.stderr
    assert "tables/accounts.parquet: same bytes" in whole.stdout
    assert sha256(case.folder / "case.json") in whole.stdout
    (case.folder / "dossier.html").write_text("another")
    broken = call("--json")
    assert broken.returncode == 5
    assert not json.loads(broken.stdout)["holds"]
    assert "1 of" in broken.stderr
    assert "Traceback" not in broken.stderr


def test_a_table_of_many_row_groups_has_the_bytes_of_one_in_one_piece(tmp_path, monkeypatch):
    monkeypatch.setattr("chorusline.case.ROWS", 1000)
    lists = pa.array([[f"t{k}"] * (k % 3) for k in range(3_500)])
    table = pa.table({"n": np.arange(3_500), "s": [str(k % 70) for k in range(3_500)], "l": lists})
    pieces = pa.concat_tables([table.slice(k, 700) for k in range(0, 3_500, 700)])
    write_table(pieces, tmp_path / "pieces.parquet")
    pq.write_table(table, tmp_path / "whole.parquet", row_group_size=1000)
    assert (tmp_path / "pieces.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
