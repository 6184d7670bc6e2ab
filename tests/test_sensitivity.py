"""The sensitivity run: on the case's own actions alone, whole or not at all, going on where it stopped."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import chorusline.sensitivity as run
from chorusline import dossier, investigate
from chorusline.case import LATER, TABLES, Case
from chorusline.config import Config
from chorusline.errors import CaseError
from chorusline.findings.sensitivity import Variant
from tests.world import as_log, world


@pytest.fixture(scope="module")
def log():
    return as_log(world(11, accounts=1_500, actions=8_000, interests=8, fans=40, planted=30))


@pytest.fixture(scope="module")
def made(log, tmp_path_factory):
    return investigate(log, tmp_path_factory.mktemp("made") / "case", config=Config(splits=2))


@pytest.fixture
def case(made, tmp_path):
    shutil.copytree(made.folder, tmp_path / "case")
    return Case.open(tmp_path / "case")


def fingerprint(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_log_of_a_case_is_the_log_it_was_made_from(case, log):
    again = case.log()
    assert again.actions.equals(log.actions)
    assert again.accounts.equals(log.accounts)
    assert again.inputs == log.inputs
    assert again.resolution == log.resolution


def test_a_run_adds_its_tables_and_changes_no_finding(case, made):
    before = fingerprint(case.folder)
    told = []
    after = run.sensitivity(case.folder, quick=True, progress=lambda stage, share: told.append(share))
    tried = after.table("variants").to_pylist()
    assert [row["kind"] for row in tried] == [
        "window", "window", "seed", "object left out", "accounts left out",
    ]  # fmt: skip
    assert told[-1] == 1.0
    assert after.manifest["sensitivity"]["variants"] == 5
    for name, schema in LATER.items():
        assert after.table(name).schema.remove_metadata().equals(schema.remove_metadata())
    now = fingerprint(case.folder)
    new = {f"tables/{name}.{suffix}" for name in LATER for suffix in ("parquet", "csv")}
    assert set(now) == set(before) | new
    assert {name for name in before if now[name] != before[name]} == {"case.json", "dossier.html"}
    assert after.named == made.named
    firm = after.table("robustness").to_pylist()
    assert {row["account"] for row in firm if row["finding"] == "account"} == set(made.named)
    page = (case.folder / "dossier.html").read_text("utf-8")
    assert "Specification curve" in page
    assert "Specification curve" not in (made.folder / "dossier.html").read_text("utf-8")
    assert not list(case.folder.parent.glob(".case*"))
    same = run.sensitivity(case.folder, quick=True)
    assert all(same.table(name).equals(after.table(name)) for name in LATER)


def test_a_stopped_run_leaves_the_case_and_goes_on(case, monkeypatch):
    before = fingerprint(case.folder)
    plain, made = run.moved_by, []

    def dies(log, config, variant, named):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(variant.change)
        return plain(log, config, variant, named)

    monkeypatch.setattr(run, "moved_by", dies)
    with pytest.raises(KeyboardInterrupt):
        run.sensitivity(case.folder, quick=True)
    assert fingerprint(case.folder) == before
    monkeypatch.setattr(run, "moved_by", lambda *given: made.append(given[2].change) or plain(*given))
    assert run.sensitivity(case.folder, quick=True).manifest["sensitivity"]["variants"] == 5
    assert len(made) == len(set(made)) == 5


def test_a_run_that_dies_while_writing_leaves_the_case(case, monkeypatch):
    before = fingerprint(case.folder)

    def die(case, folder):
        raise OSError(28, "full")

    monkeypatch.setattr(dossier, "write", die)
    monkeypatch.setattr(run, "moved_by", lambda log, config, variant, named: run.Moved(
        [True] * len(named), [False] * len(named), [1.0] * len(named), [1.0] * len(named), 0))  # fmt: skip
    with pytest.raises(OSError, match="full"):
        run.sensitivity(case.folder, quick=True)
    assert fingerprint(case.folder) == before


def test_kept_results_are_not_taken_over_by_another_case(case, made):
    variant = Variant("seed", "the seed is 1", {"seed": 1})
    ours = run._Kept(case, ["a"]).place(variant).name
    assert ours == run._Kept(made, ["a"]).place(variant).name
    assert ours != run._Kept(case, ["b"]).place(variant).name
    assert ours != run._Kept(case, ["a"]).place(Variant("seed", "the seed is 1", {"seed": 2})).name
    other = Case(case.folder, {**case.manifest, "config": Config(seed=9).model_dump(mode="json")})
    assert ours != run._Kept(other, ["a"]).place(variant).name


def test_the_variant_is_what_an_investigation_of_the_changed_log_gives(log, made, tmp_path):
    """An object left out, and accounts left out, against logs from which they were taken by hand."""
    named = made.named
    config = made.config
    thing = made.table("evidence")["object"][0].as_py()
    without = pc.fill_null(pc.not_equal(log.actions["reshare_of"], thing), True)
    rest = type(log)(log.actions.filter(without), log.accounts, log.inputs)
    assert len(rest) < len(log)
    expected = investigate(rest, tmp_path / "rest", config=config)
    found = run.moved_by(log, config, Variant("object left out", "x", object=("reshare", thing)), named)
    assert {name for name, still in zip(named, found.still, strict=True) if still} == set(named) & set(
        expected.named
    )
    assert found.new == len(set(expected.named) - set(named))
    assert not any(found.out)

    count = np.bincount(log.account_codes)
    gone = set(np.argsort(-count, kind="stable")[: int(np.ceil(0.05 * len(count)))].tolist())
    assert set(np.flatnonzero(run.most_active(log, 0.05)).tolist()) == gone
    found = run.moved_by(log, config, Variant("accounts left out", "x", accounts=0.05), named)
    assert found.out == [log.names.index(name) in gone for name in named]
    assert not any(s and o for s, o in zip(found.still, found.out, strict=True))


def test_the_command_with_two_processes_on_a_case_alone(case):
    call = [sys.executable, "-c", "from chorusline.cli.main import run; run()", "sensitivity", str(case.folder),
            "--quick", "--workers", "2", "--json"]  # fmt: skip
    done = subprocess.run(call, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["variants"]) == 5
    kept = Case.open(case.folder)
    one = run.sensitivity(case.folder, quick=True)
    assert all(one.table(name).equals(kept.table(name)) for name in LATER)


def test_nobody_named_and_no_case(case, tmp_path):
    with pytest.raises(CaseError):
        run.sensitivity(tmp_path / "nowhere")
    log = as_log(world(12, accounts=300, actions=300, interests=3, fans=0, planted=0))
    empty = investigate(log, tmp_path / "empty")
    after = run.sensitivity(empty.folder)
    assert after.manifest["sensitivity"]["variants"] == 0
    inside = {table for entry in after.manifest["operation"].values() for table in entry["tables"]}
    assert {*TABLES, *inside} == {path.stem for path in (empty.folder / "tables").glob("*.parquet")}
    assert isinstance(after.table("accounts"), pa.Table)
