"""Killed at any moment, or out of room: the old case or none is there, never a broken one that looks whole."""

from __future__ import annotations

import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chorusline import case as case_folder
from chorusline.case import TABLES, Case, beside, writing
from chorusline.exports import aside

CODE = "from chorusline.cli.main import run; run()"
ROWS = "".join(
    f"p{k},a{k % 9},2024-05-{k % 20 + 1:02d}T10:{k % 60:02d}:00Z,a text of my own number {k % 40}\n"
    for k in range(900)
)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> tuple[Path, str, float]:
    """A folder with an export and a whole case, the case's digest, and the seconds that making it takes."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "posts.csv").write_text("post_id,account,created_at,text\n" + ROWS)
    start = time.monotonic()
    assert subprocess.run(call(), cwd=folder, capture_output=True, timeout=300).returncode == 0
    return folder, digest(folder / "case"), time.monotonic() - start


def call(*more: str) -> list[str]:
    words = ["investigate", "posts.csv", "--out", "case", "--trace", "text", "--set", "splits=1", "--quiet"]
    return [sys.executable, "-c", CODE, *words, *more]


def digest(case: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(case.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(case).as_posix().encode() + path.read_bytes())
    return found.hexdigest()


def whole(case: Path) -> None:
    opened = Case.open(case)
    for name, schema in TABLES.items():
        assert opened.table(name).schema.names == schema.names
    assert opened.log().actions.num_rows == opened.manifest["counts"]["actions"]
    assert (case / "dossier.html").read_text("utf-8").rstrip().endswith("</html>")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_killed_at_random_moments(place) -> None:
    folder, _, took = place
    chance = random.Random(7)
    for k in range(4):
        running = subprocess.Popen(call("--seed", str(k + 1)), cwd=folder, stderr=subprocess.DEVNULL)
        try:
            running.wait(took * (0.5 + 0.5 * chance.random()))
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if (folder / "case").exists():
            whole(folder / "case")
    assert subprocess.run(call(), cwd=folder, capture_output=True, timeout=300).returncode == 0
    whole(folder / "case")


def test_out_of_room_is_a_sentence_and_the_old_case_stays(place) -> None:
    """Files that may not grow beyond a few kilobytes stand for a full disk: the same call fails."""
    folder, _, _ = place
    before = digest(folder / "case")
    aside = set(folder.iterdir())
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))  # noqa: E731
    done = subprocess.run(
        call(), cwd=folder, capture_output=True, text=True, timeout=300, preexec_fn=limit,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-800:]
    assert "The disk is full" in done.stderr
    assert "Traceback" not in done.stderr
    assert digest(folder / "case") == before
    assert set(folder.iterdir()) == aside


def dead() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def filled(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / case_folder.MARKER).write_text(json.dumps({"case_format": case_folder.FORMAT, "is": content}))
    return folder


def test_what_killed_runs_left_beside_a_case_goes_with_the_next(tmp_path) -> None:
    own = beside(tmp_path / "case", "part")
    killed = own.with_name(own.name.replace(f".{os.getpid()}.", f".{dead()}."))
    running = own.with_name(own.name.replace(f".{os.getpid()}.", f".{os.getppid()}."))
    elsewhere = own.with_name(f".case.another-machine.{dead()}.part")
    for path in (killed, running, elsewhere, killed.with_suffix(".old")):
        filled(path, "left")
    filled(tmp_path / "case", "old")
    with writing(tmp_path / "case") as place:
        filled(place / "new", "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([running.name, elsewhere.name, "case"])
    assert (tmp_path / "case" / "new").exists()
    filled(own.with_name(killed.name.replace(".case.", ".out.")), "left")
    with aside.writing(tmp_path / "out"):
        pass
    assert not list(tmp_path.glob(".out.*"))


@pytest.mark.parametrize("swaps", [True, False])
def test_a_case_is_replaced_whole_or_stays(tmp_path, monkeypatch, swaps) -> None:
    if not swaps:
        monkeypatch.setattr(case_folder, "_swapped", lambda one, other: False)
    place = filled(tmp_path / "case", "old")
    with writing(place) as made:
        (made / case_folder.MARKER).write_text(json.dumps({"case_format": case_folder.FORMAT, "is": "new"}))
    assert Case.open(place).manifest["is"] == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
    with pytest.raises(KeyError), writing(place) as made:
        raise KeyError
    assert Case.open(place).manifest["is"] == "new"
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.suffix == ".part":
            raise PermissionError
        return rename(self, target)

    monkeypatch.setattr(case_folder, "_swapped", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(PermissionError), writing(place):
        pass
    assert Case.open(place).manifest["is"] == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_killed_between_two_names_the_old_case_comes_back(tmp_path) -> None:
    """Where the system can't swap names in one step, there is a moment without a case at its place."""
    old = beside(tmp_path / "case", "old")
    filled(old, "old")
    assert Case.open(tmp_path / "case").manifest["is"] == "old"
    assert not old.exists()
    (tmp_path / "case").rename(old)
    with pytest.raises(KeyError), writing(tmp_path / "case"):
        raise KeyError
    assert Case.open(tmp_path / "case").manifest["is"] == "old"
