"""The bag: accepted by the Library of Congress's validator, readable as an RO-Crate, spoilt by any change."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from chorusline import investigate
from chorusline.config import Config
from chorusline.errors import CaseError, UsageError
from chorusline.exports.bag import bag
from tests.test_killed import ROWS

bagit = pytest.importorskip("bagit")
CODE = "from chorusline.cli.main import run; run()"


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bagged")
    (folder / "posts.csv").write_text("post_id,account,created_at,text\n" + ROWS)
    return investigate(folder / "posts.csv", folder / "case", config=Config(splits=1, traces=("text",)))


def test_the_public_validator_accepts_it(case, tmp_path):
    place = bag(case.folder, tmp_path / "bag", contact="A desk\nof ours")
    opened = bagit.Bag(str(place))
    opened.validate()
    assert opened.info["Contact-Name"] == "A desk of ours"
    names = {f"data/{name}" for name in case.manifest["files"]}
    assert set(opened.payload_files()) == names | {"data/case.json", "data/ro-crate-metadata.json"}
    (place / "data" / "dossier.html").write_text("another")
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(place)).validate()


def test_the_crate_is_read_by_the_public_library(case, tmp_path):
    rocrate = pytest.importorskip("rocrate.rocrate")
    data = (
        bag(case.folder, tmp_path / "bag", licence="https://spdx.org/licenses/CC-BY-4.0", contact="A desk")
        / "data"
    )
    crate = rocrate.ROCrate(str(data))
    files = {entity.id: entity for entity in crate.data_entities if "File" in entity.type}
    assert set(files) == {"case.json", *case.manifest["files"]}
    for name, known in case.manifest["files"].items():
        assert files[name]["sha256"] == known["sha256"]
        assert int(files[name]["contentSize"]) == known["bytes"]
    assert crate.root_dataset["license"].id == "https://spdx.org/licenses/CC-BY-4.0"
    assert crate.root_dataset["author"]["name"] == "A desk"
    run = crate.get("#investigation")
    assert run["instrument"]["name"] == "Chorusline"
    assert run["object"]["sha256"] == case.manifest["inputs"][0]["sha256"]


@pytest.mark.parametrize("licence", [None, "https://spdx.org/licenses/CC-BY-4.0"])
def test_the_crate_passes_the_public_validator(case, tmp_path, licence):
    """Needs the command rocrate-validator (package roc-validator), which wants another rich than import-linter."""
    command = shutil.which("rocrate-validator")
    if command is None:
        pytest.skip(
            "the command rocrate-validator is not here: pip install roc-validator, in a place of its own"
        )
    data = bag(case.folder, tmp_path / "bag", licence=licence) / "data"
    call = [command, "-y", "validate", "--no-paging", "--profile-identifier", "ro-crate-1.1", str(data)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=300)
    if "not \nknown" in done.stdout or "service not" in done.stdout:
        pytest.skip("rocrate-validator fetches the context of RO-Crate, and there is no network")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]


def test_the_same_case_gives_the_same_bag(case, tmp_path):
    places = [bag(case.folder, tmp_path / name) for name in ("one", "two")]
    tags = [(place / "tagmanifest-sha256.txt").read_bytes() for place in places]
    assert tags[0] == tags[1]
    graph = json.loads((places[0] / "data" / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)


def test_a_spoilt_case_isn_t_bagged_and_nothing_is_written_over(case, tmp_path):
    shutil.copytree(case.folder, tmp_path / "case")
    (tmp_path / "case" / "dossier.html").write_text("another")
    with pytest.raises(CaseError, match="isn't what the case was written with"):
        bag(tmp_path / "case", tmp_path / "bag")
    (tmp_path / "case" / "dossier.html").unlink()
    with pytest.raises(CaseError, match="is missing"):
        bag(tmp_path / "case", tmp_path / "bag")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        bag(case.folder, tmp_path / "taken")
    assert {path.name for path in tmp_path.iterdir()} == {"case", "taken"}


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/hostname", "tables/../../x", "a\\..\\b"])
def test_a_forged_list_of_files_leads_nowhere(case, tmp_path, name):
    shutil.copytree(case.folder, tmp_path / "case")
    manifest = {**case.manifest, "files": {name: {"bytes": 1, "sha256": "00" * 32}}}
    (tmp_path / "case" / "case.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(CaseError, match="outside the case"):
        bag(tmp_path / "case", tmp_path / "bag")
    assert {path.name for path in tmp_path.iterdir()} == {"case"}


def test_the_command(case, tmp_path):
    call = [sys.executable, "-c", CODE, "bag", str(case.folder), str(tmp_path / "bag")]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert bagit.Bag(str(tmp_path / "bag")).is_valid()
