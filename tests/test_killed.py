"""Killed at any moment, or out of room: the old case or none is there, never a broken one that looks whole."""

from __future__ import annotations

import hashlib
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chorusline.case import TABLES, Case

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
