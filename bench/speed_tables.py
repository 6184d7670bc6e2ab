"""The table of the speed bench, made of its kept runs alone."""

from __future__ import annotations

import json
import platform
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bench.accuracy_cells import ROOT

NAMES = {
    "chorusline": "Chorusline",
    "duckdb": "DuckDB",
    "toolkit": "coordination-network-toolkit",
    "pandas": "pandas",
    "limit": "the limit",
}
INTRO = """# How fast co-actions are counted

Written on {date} by `python -m bench.speed`, or by `python -m bench.speed_tables` while that still runs, from the runs
it has kept for the code of commit {commit}, on {machine}. What is measured and how
stands in `bench/speed.py` and `bench/speed_programs.py`, the input in `bench/speed_input.py`: whole processes, from a
Parquet file to the edges on disk, Chorusline with `--memory 4GB`, medians of the rounds. The limit is reading the
input once, sorting it, and writing and reading 8 bytes for each pair of uses. A ratio is the median over rounds of
the other's time by Chorusline's in the same round; in brackets that of CPU seconds. The load average when runs began
was {load} (median). The machine has {cores} cores: above that the runs shared them with other work, and CPU seconds
say more than wall-clock.
"""


def write(results: list[dict[str, Any]], commit: str) -> None:
    """Write bench/results/speed.md and speed.json."""
    by_input: dict[tuple[int, int, int], dict[str, list[dict[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for result in results:
        cell = result["cell"]
        by_input[cell["size"], cell["window"], cell["min_weight"]][cell["program"]].append(result)
    load = statistics.median(result["load"] for result in results)
    import os

    lines = [
        INTRO.format(
            date=datetime.now(UTC).date().isoformat(), commit=commit, machine=machine(), load=f"{load:.1f}",
            cores=os.cpu_count(),
        ),
        "| actions | window, s | min. weight | pairs | program | rounds | edges | wall, s | CPU, s | peak, MB "
        "| times Chorusline's wall (CPU) |",
        "|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for (size, window, least), programs in sorted(by_input.items()):
        for name in NAMES:
            if name in programs:
                lines.append(row(size, window, least, name, programs))
    lines += ["", "## Growth", "", *growth(by_input), ""]
    out = ROOT / "bench" / "results"
    out.mkdir(exist_ok=True)
    (out / "speed.md").write_text("\n".join(lines), "utf-8")
    (out / "speed.json").write_text(
        json.dumps({"commit": commit, "runs": [r | {"output": ""} for r in results]}, indent=1) + "\n",
        "utf-8",
    )
    print(f"Written: {out / 'speed.md'}, {out / 'speed.json'}")


def row(size: int, window: int, least: int, name: str, programs: dict[str, list[dict[str, Any]]]) -> str:
    """One program on one input."""
    runs = programs[name]
    pairs = runs[0]["pairs"]
    start = f"| {size:,} | {window:,} | {least} | {pairs:,} | {NAMES[name]} | {len(runs)} |"
    if any(run["fate"] != "finished" for run in runs):
        worst = next(run for run in runs if run["fate"] != "finished")
        return f"{start} | {worst['fate']}: {worst['wall']:.0f} | {worst['cpu']:.0f} | {worst['peak_mb']:,.0f} | |"
    wall, cpu, peak = (statistics.median(run[what] for run in runs) for what in ("wall", "cpu", "peak_mb"))
    edges = "" if runs[0]["edges"] is None else f"{runs[0]['edges']:,}"
    ours = {run["cell"]["round"]: run for run in programs.get("chorusline", [])}
    both = [(run, ours[run["cell"]["round"]]) for run in runs if run["cell"]["round"] in ours]
    ratios = [
        statistics.median(theirs[what] / own[what] for theirs, own in both) if both else float("nan")
        for what in ("wall", "cpu")
    ]
    return f"{start} {edges} | {wall:.2f} | {cpu:.2f} | {peak:,.0f} | {ratios[0]:.2f} ({ratios[1]:.2f}) |"


def growth(by_input: dict[tuple[int, int, int], dict[str, list[dict[str, Any]]]]) -> list[str]:
    """Exponents of Chorusline's CPU seconds over actions and over pairs: slopes of a line through the logarithms."""
    points = []
    for (size, window, least), programs in sorted(by_input.items()):
        runs = [run for run in programs.get("chorusline", []) if run["fate"] == "finished"]
        if runs:
            cpu = statistics.median(run["cpu"] for run in runs)
            points.append((size, window, least, runs[0]["pairs"], cpu))
    lines = []
    for window, least in sorted({point[1:3] for point in points}):
        mine = [point for point in points if point[1:3] == (window, least) and point[0] >= 1_000_000]
        if len(mine) >= 2:
            told = f"window {window:,} s, weight {least} up, over actions from 1,000,000"
            lines.append(f"- {told}: {_slope(mine, 0):.2f}")
    for least in sorted({point[2] for point in points}):
        mine = [point for point in points if point[2] == least and point[3] >= 50_000_000]
        if len(mine) >= 2:
            told = f"weight {least} up, over pairs, all inputs with 50,000,000 pairs or more"
            lines.append(f"- {told}: {_slope(mine, 3):.2f}")
    return lines or ["Too few inputs for a slope."]


def _slope(points: list[tuple[int, int, int, int, float]], over: int) -> float:
    x, y = (np.log([point[k] for point in points]) for k in (over, 4))
    return float(np.polyfit(x, y, 1)[0])


def machine() -> str:
    """The machine in a few words."""
    import os

    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            model = next(line.split(":", 1)[1].strip() for line in stream if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, Python {platform.python_version()}"


def main() -> None:
    """Write the table of the runs that are kept so far."""
    from bench.accuracy import commit
    from bench.speed import WORK, fingerprint

    kept = sorted((WORK / fingerprint()).glob("*.json"))
    write([json.loads(path.read_text()) for path in kept], commit())


if __name__ == "__main__":
    main()
