"""How fast Chorusline counts co-actions, against others and against what the machine allows.

    python -m bench.speed [--sizes 100000,1000000] [--windows 60] [--rounds 3] [--only chorusline,limit]

Whole processes, from the Parquet file to the edges on disk (coordination-network-toolkit: from the CSV it needs, into
its database), in rounds: each round runs every program once, one after the other, so that what
else the machine does falls on all of them. Wall-clock and CPU seconds and peak memory are those of the process and
its children (os.wait4). A program that takes longer than SECONDS or more than MEMORY bytes is stopped, said so, and
not run on anything larger. Each run is kept under build/speed in a folder named after the code that made it, so that
a bench that was broken off goes on where it stopped. The result is bench/results/speed.md and speed.json, of all runs
that are kept for this code.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.accuracy_cells import ROOT

SIZES = (100_000, 1_000_000, 5_000_000, 10_000_000, 100_000_000)
WINDOWS = (10, 60, 3600)
WEIGHTS = {100_000: (2,), 1_000_000: (2, 5), 5_000_000: (2, 5)}
"""Least weights of an edge, 5 unless listed. At 2, the default of coordination-network-toolkit, 5,000,000 actions leave
29,000,000 edges, so that writing them weighs more than counting, and the limit writes none."""

PROGRAMS = ("chorusline", "duckdb", "toolkit", "pandas", "limit")
SECONDS = 600
"""A run of another program may take so long; Chorusline may take ten times that."""

MEMORY = 16_000_000_000
BUDGET = "4GB"
"""What Chorusline is given with --memory."""

WORK = ROOT / "build" / "speed"

PLAIN = """
import sys
class NoPandas:
    def find_spec(self, name, *_):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPandas())
from chorusline.cli.main import program
program()
"""
"""Chorusline as a plain install runs it: it doesn't need pandas, but Arrow loads it for a quarter of a second where it
is, as it is here for another program."""


@dataclass(frozen=True)
class Cell:
    """One program on one input, once."""

    size: int
    window: int
    program: str
    round: int
    min_weight: int

    @property
    def key(self) -> str:
        """Its file."""
        return f"{self.size}-{self.window}-w{self.min_weight}-{self.program}-{self.round}.json"


def fingerprint() -> str:
    """Return a name for the code whose speed it is."""
    package = ROOT / "src" / "chorusline"
    files = [*(package / "coaction").glob("*.py"), package / "cli" / "edges.py"]
    files += (ROOT / "bench").glob("speed*.py")
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.name != "speed_tables.py":
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def measured(command: list[str], seconds: float, memory: int) -> dict[str, Any]:
    """Run a command; returns wall and CPU seconds, peak memory in MB and what became of it."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        fate, before = "finished", resource.getrusage(resource.RUSAGE_CHILDREN)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.perf_counter() - began > seconds:
                fate = "too slow"
            elif _resident(process.pid) > memory:
                fate = "too much memory"
            if fate != "finished":
                process.kill()
            time.sleep(0.02)
        said.seek(0)
        output = said.read().decode("utf-8", "replace")
    if fate == "finished" and process.returncode:
        fate = "failed"
    return {
        "fate": fate,
        "wall": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
        "children_before": before.ru_utime,
        "output": output[-600:],
    }


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def run(cell: Cell, pairs: int | None) -> dict[str, Any]:
    """Run one cell; its result as plain JSON values."""
    source = source_of(cell.size)
    folder = Path(tempfile.mkdtemp(dir=WORK))
    out = folder / "edges.parquet"
    module = [sys.executable, "-m", "bench.speed_programs", cell.program, str(source), str(cell.window)]
    module += [str(cell.min_weight), str(out)]
    steps = [module]
    if cell.program == "chorusline":
        words = ["edges", str(source), "--trace", "reshare", "--window", str(cell.window), "--quiet"]
        words += ["--min-weight", str(cell.min_weight), "--memory", BUDGET, "--out", str(out)]
        steps = [[sys.executable, "-c", PLAIN, *words]]
    elif cell.program == "limit":
        steps = [[*module, str(pairs)]]
    elif cell.program == "toolkit":
        out, steps = toolkit(cell, folder)
    load = os.getloadavg()[0]
    found = [measured(step, SECONDS * (10 if cell.program == "chorusline" else 1), MEMORY) for step in steps]
    fates = [each["fate"] for each in found if each["fate"] != "finished"]
    result = {
        "cell": asdict(cell),
        "fate": fates[0] if fates else "finished",
        "wall": sum(each["wall"] for each in found),
        "cpu": sum(each["cpu"] for each in found),
        "peak_mb": max(each["peak_mb"] for each in found),
        "load": load,
        "output": found[-1]["output"],
        "edges": edges_in(out) if not fates else None,
    }
    shutil.rmtree(folder)
    if result["fate"] == "finished" and result["edges"] is None and cell.program != "limit":
        result["fate"] = "failed"  # it says that it finished, but there is no output
    return result


def edges_in(out: Path) -> int | None:
    """Edges that a program wrote."""
    if not out.exists():
        return None
    if out.suffix == ".db":
        with sqlite3.connect(out) as database:
            # Both directions of a pair are in it, and an account beside itself.
            query = "select sum(user_1 < user_2) from co_retweet_network"
            return int(database.execute(query).fetchone()[0] or 0)
    import pyarrow.parquet as pq

    return int(pq.read_metadata(out).num_rows)


def toolkit(cell: Cell, folder: Path) -> tuple[Path, list[list[str]]]:
    """The steps of coordination-network-toolkit, in an environment of its own."""
    from bench.speed_programs import as_csv

    place = WORK / "toolkit"
    program = place / "bin" / "compute_networks"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        wanted = ["install", "--quiet", "coordination-network-toolkit"]
        subprocess.run([str(place / "bin" / "pip"), *wanted], check=True)
    table = WORK / f"{cell.size}.csv"
    if not table.exists():
        as_csv(str(source_of(cell.size)), table)
    # The edges stay in its database: version 1.5.2 ends with a TypeError when asked for them as CSV.
    out = folder / "toolkit.db"
    compute = ["compute", "co_retweet", "--time_window", str(cell.window), "--min_edge_weight"]
    compute += [str(cell.min_weight)]
    return out, [[str(program), str(out), "preprocess", str(table)], [str(program), str(out), *compute]]


def source_of(size: int) -> Path:
    """The input of a size, made where it isn't there."""
    path = WORK / f"{size}.parquet"
    if not path.exists():
        from bench.speed_input import write

        write(size, path)
    return path


def pairs_of(size: int, window: int) -> int:
    """Pairs of uses by different accounts within the window, exactly; posts are taken in shares that fit in memory."""
    kept = WORK / f"{size}-{window}.pairs"
    if not kept.exists():
        import duckdb
        import numpy as np

        from chorusline.coaction.kernel import windowed_pairs

        shares, pairs = -(-size // 10_000_000), 0
        for share in range(shares):
            rows: Any = duckdb.sql(
                "SELECT hash(reshare_of) AS o, epoch_us(time) AS t, hash(account) AS a "
                f"FROM read_parquet('{source_of(size)}') WHERE o % {shares} = {share} ORDER BY o, t"
            ).fetchnumpy()
            post = np.cumsum(np.diff(rows["o"], prepend=rows["o"][:1]) != 0).astype(np.int32)
            account = np.unique(rows["a"], return_inverse=True)[1].astype(np.int32)
            pairs += windowed_pairs(account, post, rows["t"], window * 1_000_000)
        kept.write_text(str(pairs))
    return int(kept.read_text())


def main() -> None:
    """Run what is missing, then write the table."""
    words = {"description": __doc__, "formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = argparse.ArgumentParser(**words)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--windows", default=",".join(map(str, WINDOWS)))
    parser.add_argument("--only", default=",".join(PROGRAMS))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    sizes, windows = ([int(word) for word in text.split(",")] for text in (given.sizes, given.windows))
    folder = WORK / fingerprint()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(  # compiled and cached before any clock runs
        [sys.executable, "-c", "from bench.speed import warm; warm()"], cwd=ROOT, check=True
    )
    stopped: set[tuple[str, int]] = set()
    for size in sizes:
        for window, weight in itertools.product(windows, WEIGHTS.get(size, (5,))):
            pairs = pairs_of(size, window)
            for round_ in range(given.rounds):
                for program in given.only.split(","):
                    cell = Cell(size, window, program, round_, weight)
                    kept = folder / cell.key
                    if not kept.exists():
                        if (program, window) in stopped:
                            continue
                        result = run(cell, pairs) | {"pairs": pairs}
                        part = kept.with_suffix(".part")
                        part.write_text(json.dumps(result))
                        part.rename(kept)
                    result = json.loads(kept.read_text())
                    if result["fate"] != "finished":
                        stopped |= {(program, each) for each in windows if each >= window}
                    print(
                        f"{cell.key}: {result['fate']}, {result['wall']:.1f} s, CPU {result['cpu']:.1f} s, "
                        f"{result['peak_mb']:,.0f} MB, load {result['load']:.1f}",
                        flush=True,
                    )
    from bench.accuracy import commit
    from bench.speed_tables import write

    write([json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))], commit())


def warm() -> None:
    """Count a little, so that the kernels are compiled."""
    from bench.speed_input import write as make

    WORK.mkdir(parents=True, exist_ok=True)
    make(1_000, WORK / "1000.parquet")
    cell = Cell(1_000, 60, "chorusline", 0, 2)
    result = run(cell, None)
    assert result["fate"] == "finished", result["output"]


if __name__ == "__main__":
    main()
