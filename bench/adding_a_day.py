"""What it costs to add a day to a case: a month of files read before, against reading all of them anew.

    python -m bench.adding_a_day [ACTIONS]            (1000000)

A world of bench.investigate_scale over 30 days, cut into a file a day, as Parquet and as CSV. Investigated in processes
of their own: all days without `--keep`; and all days after all but the last were read with `--keep`. The two
cases' tables must be the same bytes. Processor seconds, all threads. Writes bench/results/adding_a_day.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from bench.investigate_scale import apart, commit, world
from chorusline import read

RESULT = Path(__file__).parent / "results" / "adding_a_day.md"


def by_day(actions: Path, folder: Path, kind: str) -> list[str]:
    """Cut a world's actions into a file a day; returns the paths in the order of the days."""
    table = pq.read_table(actions)
    day = pc.strftime(table["time"], "%Y-%m-%d")
    folder.mkdir()
    paths = []
    for name in sorted(pc.unique(day).to_pylist()):
        part = table.filter(pc.equal(day, name))
        path = folder / f"{name}.{kind}"
        if kind == "parquet":
            pq.write_table(part, path)
        else:
            flat = [pc.binary_join(c, " ") if pa.types.is_list(c.type) else c for c in part.columns]
            pa_csv.write_csv(pa.table(flat, names=part.column_names), path)
        paths.append(str(path))
    return paths


def tables(folder: Path) -> dict[str, str]:
    """Digest of every table of a case."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("**/*.parquet"))
    }


def seconds(run: dict[str, Any], stage: str | None = None) -> float:
    """Processor seconds of a stage, or of all."""
    stages = run["stages"]
    return float(stages[stage]["cpu"] if stage else sum(here["cpu"] for here in stages.values()))


def main() -> None:
    """Measure both kinds of file and write the page."""
    size = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    lines = [
        "# Adding a day to a month",
        "",
        f"Made by `python -m bench.adding_a_day {size}` at commit {commit()} on {datetime.now(UTC):%Y-%m-%d}; the",
        "module says how. Processor seconds.",
        "",
        "| files | actions | reading anew | reading the new day | all anew | all, day added | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart([str(world(5_000, folder / "first"))], str(folder / "warm"))  # compiles
        actions = world(size, folder / "world")
        for kind in ("parquet", "csv"):
            paths = by_day(actions, folder / kind, kind)
            keep = str(folder / f"kept-{kind}")
            anew = apart(paths, str(folder / "anew"))
            read(paths[:-1], keep=keep)
            added = apart(paths, str(folder / "added"), keep)
            if tables(folder / "anew") != tables(folder / "added"):
                sys.exit("The two cases differ.")
            lines.append(
                f"| {len(paths)} {kind} | {anew['counts']['actions']:,} | {seconds(anew, 'reading'):,.1f} | "
                f"{seconds(added, 'reading'):,.1f} | {seconds(anew):,.1f} | {seconds(added):,.1f} | "
                f"{seconds(added) / seconds(anew):.2f} |"
            )
            print(json.dumps([anew, added]), flush=True)
            RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    print(RESULT.read_text("utf-8"))


if __name__ == "__main__":
    main()
