"""Adding days to a case with `--keep`: the same bytes in every table as a run on all the data."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline import investigate, simulate
from chorusline.config import Config
from chorusline.simulate import preset
from tests.test_investigation import fingerprint

CONFIG = Config(splits=2)


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> pa.Table:
    folder = tmp_path_factory.mktemp("world")
    simulate.write(simulate.build(preset("tiny", seed=33)), folder)
    return pq.read_table(folder / "actions.parquet")


def cut(table: pa.Table, at: list[int], folder: Path) -> list[Path]:
    """The world in files, each up to a day; days may be empty."""
    folder.mkdir()
    day = pc.cast(table["time"], pa.int64()).to_numpy() // 86_400_000_000
    day -= day.min()
    place = np.searchsorted(sorted(at), day, side="right")
    paths = []
    for number in sorted(set(place.tolist())):
        paths.append(folder / f"{number}.parquet")
        pq.write_table(table.filter(pa.array(place == number)), paths[-1])
    return paths


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file of a case but its manifest and the page, which bear the time of the run."""
    return {
        name: digest
        for name, digest in fingerprint(folder).items()
        if name not in ("case.json", "dossier.html")
    }


@settings(deadline=None, max_examples=4)
@given(st.sets(st.integers(1, 13), min_size=1, max_size=4), st.data())
def test_however_the_days_are_cut_and_added(table, tmp_path_factory, at, data):
    folder = tmp_path_factory.mktemp("cut")
    paths = cut(table, sorted(at), folder / "days")
    keep = folder / "kept"
    first = data.draw(st.integers(1, len(paths)))
    investigate(paths[:first], folder / "before", config=CONFIG, keep=keep)
    added = investigate(paths, folder / "added", config=CONFIG, keep=keep)
    anew = investigate(paths, folder / "anew", config=CONFIG)
    assert contents(added.folder) == contents(anew.folder)
    manifests = [{**case.manifest, "created": None} for case in (added, anew)]
    for manifest in manifests:
        manifest["files"] = {name: at for name, at in manifest["files"].items() if name != "dossier.html"}
    assert manifests[0] == manifests[1]


def test_the_option_keeps_and_uses(table, tmp_path):
    (path,) = cut(table, [], tmp_path / "days")
    for out in ("one", "two"):
        words = shlex.split(
            f"investigate {path} --out {tmp_path / out} --set splits=1 --quiet --keep {tmp_path / 'kept'}"
        )
        code = "import sys; from chorusline.cli.main import run; sys.argv[1:] = " + repr(words) + "; run()"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    (kept,) = (tmp_path / "kept").iterdir()
    assert {file.name for file in kept.iterdir()} == {"actions.parquet", "reading.json"}
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
