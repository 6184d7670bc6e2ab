"""Seconds and memory of the whole `investigate`, stage by stage, at growing sizes, and how they grow.

    python -m bench.investigate_scale [SIZE ...]      (100000 1000000 7000000)

Worlds of preset `small` (30 days, ordinary accounts, an operation of 10 operators and every look-alike), with
look-alikes in proportion to their size: so a larger world has larger crowds, and a crowd's edges grow as its square.
Each is investigated in a process of its own, on a machine on which all is compiled. Seconds are those of the processor,
all threads together: other work on the machine doesn't change them much, unlike the clock's, which stand beside them.
Memory is resident set size, read twenty times a second. Growth: the exponent b in seconds ~ actions^b, between one size
and the next. Writes bench/results/investigate.md.
"""

from __future__ import annotations

import json
import math
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chorusline import simulate
from chorusline.simulate import preset, resized

RESULT = Path(__file__).parent / "results" / "investigate.md"
SIZES = (100_000, 1_000_000, 7_000_000)
WHOLE = 1_000_000
"""Ordinary actions for which the preset's look-alikes are as many as they are."""


class Clock:
    """Processor and wall seconds and peak memory of each stage that `investigate` tells of."""

    def __init__(self) -> None:
        self.stages: dict[str, dict[str, float]] = {}
        self._stage = ""
        self._since = (time.process_time(), time.perf_counter())
        threading.Thread(target=self._watch, daemon=True).start()

    def __call__(self, stage: str, share: float) -> None:
        """Take down what has passed since the last call; the progress function of `investigate`."""
        now = (time.process_time(), time.perf_counter())
        if self._stage:
            here = self._here()
            here["cpu"] += now[0] - self._since[0]
            here["wall"] += now[1] - self._since[1]
        self._stage, self._since = stage, now

    def _here(self) -> dict[str, float]:
        return self.stages.setdefault(self._stage, {"cpu": 0.0, "wall": 0.0, "memory": 0.0})

    def _watch(self) -> None:
        while True:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            if self._stage:
                here = self._here()
                here["memory"] = max(here["memory"], pages * resource.getpagesize() / 1e6)
            time.sleep(0.05)


def one(inputs: list[str], out: str, keep: str | None = None) -> dict[str, Any]:
    """Investigate in this process; returns what it took, by stage and in all."""
    from chorusline import investigate

    clock = Clock()
    case = investigate(inputs, out, keep=keep, progress=clock)
    clock("done", 1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    edges = case.table("edges").num_rows
    return {"stages": clock.stages, "peak": peak, "counts": {**case.manifest["counts"], "edges": edges}}


def apart(inputs: list[str], out: str, keep: str | None = None) -> dict[str, Any]:
    """Do `one` in a process of its own."""
    code = "import json, sys; from bench.investigate_scale import one; print(json.dumps(one(*json.loads(sys.argv[1]))))"
    words = [sys.executable, "-c", code, json.dumps([inputs, out, keep])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def world(actions: int, folder: Path) -> Path:
    """Write a world of about so many ordinary actions; returns the file of its actions."""
    config = resized(preset("small", seed=1), actions)
    likes = config.lookalikes
    share = actions / WHOLE
    kinds = {
        name: math.ceil(count * share) for name, count in likes.model_dump().items() if isinstance(count, int)
    }
    config = config.model_copy(update={"lookalikes": likes.model_copy(update=kinds)})
    simulate.write_world(config, folder)
    return folder / "actions.parquet"


def commit() -> str:
    """The commit that is measured, and whether files differ from it."""
    words = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def page(runs: list[dict[str, Any]], made_at: str) -> str:
    """The results as a page. made_at : the commit."""
    lines = [
        "# The whole of `investigate`, by size",
        "",
        f"Made by `python -m bench.investigate_scale` at commit {made_at} on {datetime.now(UTC):%Y-%m-%d}; the module",
        "says how. Processor seconds (all threads), wall seconds, peak resident memory; edges of the groups shown.",
        "Growth: exponent of processor seconds over actions since the size before.",
        "",
        "| actions | accounts | edges | stage | processor s | wall s | peak MB | growth |",
        "|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    sums = []
    for before, run in zip([None, *runs], runs, strict=False):
        counts = run["counts"]
        for name, stage in rows(run).items():
            growth = ""
            if before:
                less, seconds = before["counts"]["actions"], rows(before)[name]["cpu"]
                growth = f"{math.log(stage['cpu'] / seconds) / math.log(counts['actions'] / less):.2f}"
            lines.append(
                f"| {counts['actions']:,} | {counts['accounts']:,} | {counts['edges']:,} | {name} | "
                f"{stage['cpu']:,.1f} | {stage['wall']:,.1f} | {stage['memory']:,.0f} | {growth} |"
            )
        if before:
            less, more = before["counts"]["actions"], counts["actions"]
            each = (run["peak"] - before["peak"]) * 1e6 / (more - less)
            sums += [
                "",
                f"From {less:,} to {more:,} actions: {each:,.0f} bytes of memory for each action more.",
            ]
    return "\n".join([*lines, *sums]) + "\n"


def rows(run: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Seconds and memory by stage, and of all stages together."""
    stages = {name: stage for name, stage in run["stages"].items() if name != "done"}
    whole = {key: sum(stage[key] for stage in stages.values()) for key in ("cpu", "wall")}
    return {**stages, "**all**": {**whole, "memory": run["peak"]}}


def main() -> None:
    """Measure the sizes on the command line and write the page after each."""
    sizes = [int(float(word)) for word in sys.argv[1:]] or list(SIZES)
    runs: list[dict[str, Any]] = []
    made_at = commit()  # before this writes anything itself
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart([str(world(5_000, folder / "first"))], str(folder / "case"))  # compiles
        for size in sizes:
            place = folder / str(size)
            runs.append(apart([str(world(size, place))], str(folder / "case")))
            print(json.dumps(runs[-1]), flush=True)
            RESULT.write_text(page(runs, made_at), "utf-8")
            shutil.rmtree(place)
    print(RESULT.read_text("utf-8"))


if __name__ == "__main__":
    main()
