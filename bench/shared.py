"""What several benches share: worlds as logs and as cases, what is kept from run to run, and which code it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.case import Case
from chorusline.config import Config
from chorusline.investigation import investigate
from chorusline.operation.base import NAMED, Crew
from chorusline.operation.crews import crews_of
from chorusline.simulate import World

_LOUD = "import sys; from chorusline.cli.main import run; run()"


def log_of(world: World) -> ActionLog:
    """A world as an action log."""
    n = world.actions.num_rows
    columns = {name: world.actions[name] for name in world.actions.column_names}
    columns |= {"row": pa.array(np.arange(1, n + 1)), "handle": pa.nulls(n, pa.string())}
    table = pa.table([columns[f.name] for f in DOOR_SCHEMA], schema=DOOR_SCHEMA)
    return ActionLog.build([Input("world", [Batch(table)])])


def made(work: Path, name: str, seed: int, level: str) -> tuple[Path, Path]:
    """Return the folders of a world of a preset and its case, made where they aren't there."""
    folder = work / f"{name}-{seed}-{level}"
    world, case = folder / "world", folder / "case"
    if not (world / "truth" / "accounts.parquet").exists():
        words = ["simulate", str(world), "--preset", name, "--seed", str(seed), "--evasion", level]
        subprocess.run([sys.executable, "-c", _LOUD, *words], check=True, stdout=subprocess.DEVNULL)
    if not (case / "case.json").exists():
        investigate(world / "actions.parquet", case, config=Config(analyses=("none",)))
    return world, case


def named_crews(case: Case, log: ActionLog) -> list[Crew]:
    """The named accounts of a case's groups, with their kindred."""
    crews = crews_of(log, case.table("accounts"), case.config, case.table("resembling"))
    return [crew for crew in crews if crew.basis == NAMED]


def kept(path: Path, make: Callable[[], Any]) -> Any:
    """What a file keeps as JSON, made where it isn't there."""
    if not path.exists():
        keep(path, make())
    return json.loads(path.read_text("utf-8"))


def keep(path: Path, what: Any) -> None:
    """Keep something as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what) + "\n", "utf-8")


def commit() -> str:
    """Short name of the commit that the benches are run from."""
    words = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parent)
    return done.stdout.strip()
