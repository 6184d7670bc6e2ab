"""The cluster engine against the local one, on this machine: CPU seconds, shuffled bytes, the same edges.

    python -m bench.spark [ACTIONS ...]

Writes an action log of reshares with heavy tails in accounts and posts (seven pairs within the window an action, at a
million), counts its edges (window 60 s, weight 2 up)
by `chorusline edges` in a process of its own, once with each engine, and compares the tables. CPU is user and
system time of the process and all it started, the JVM's start included; times on the wall hang on what else runs.
What Spark shuffles is read off its event log. Needs the extra `spark`, Java 17 and Linux.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.simulate.acts import TABLE_SCHEMA

WINDOW, MIN_WEIGHT = "60", "2"
PIECE = 1_000_000
DAYS = 30


def write_log(path: Path, actions: int, seed: int = 0) -> None:
    """Write reshares: a fifth as many accounts and posts, Pareto tails, delays that decay."""
    rng = np.random.default_rng(seed)
    accounts, posts = max(actions // 5, 10), max(actions // 5, 10)
    by_account = np.cumsum(rng.pareto(1.5, accounts) + 0.2)
    by_post = np.cumsum(rng.pareto(1.5, posts) + 0.1)
    born = rng.uniform(0, DAYS * 86_400, posts)
    with pq.ParquetWriter(path, TABLE_SCHEMA, compression="zstd") as out:
        for first in range(0, actions, PIECE):
            n = min(PIECE, actions - first)
            who = np.searchsorted(by_account, rng.uniform(0, by_account[-1], n))
            what = np.searchsorted(by_post, rng.uniform(0, by_post[-1], n))
            delay = np.minimum(600 * rng.pareto(0.8, n), 20 * 86_400)
            moment = (1_700_000_000 + born[what] + delay).astype(np.int64) * 1_000_000
            columns = {
                "post_id": pa.array(np.arange(first, first + n)).cast(pa.string()),
                "account": pa.array(who + 1_000_000_000).cast(pa.string()),
                "time": pa.array(moment).cast(pa.timestamp("us", tz="UTC")),
                "kind": pa.array(["reshare"]).take(pa.array(np.zeros(n, dtype=np.int64))),
                "reshare_of": pa.array(what + 7_000_000_000).cast(pa.string()),
            }
            out.write_table(
                pa.table(
                    [columns.get(f.name, pa.nulls(n, f.type)) for f in TABLE_SCHEMA], schema=TABLE_SCHEMA
                )
            )


def run(words: list[str]) -> tuple[float, float, int]:
    """Run the command line; return CPU seconds of all its processes, wall seconds, and edges."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    code = "from chorusline.cli.main import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--json"], stdout=subprocess.PIPE, check=True, text=True
    )
    wall = time.perf_counter() - begun
    while True:  # the JVM outlives the process that started it by a moment, and is ours to wait for
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, int(json.loads(done.stdout)["edges"])


def shuffled(folder: Path) -> dict[str, float]:
    """Add up what the tasks of the only event log in a folder did."""
    total = dict.fromkeys(("bytes", "records", "spilled", "seconds", "largest"), 0.0)
    (log,) = folder.iterdir()
    with log.open() as stream:
        for line in stream:
            event = json.loads(line)
            if event["Event"] != "SparkListenerTaskEnd" or not event.get("Task Metrics"):
                continue
            metrics = event["Task Metrics"]
            written = metrics["Shuffle Write Metrics"]
            total["bytes"] += written["Shuffle Bytes Written"]
            total["records"] += written["Shuffle Records Written"]
            total["spilled"] += metrics["Disk Bytes Spilled"]
            total["seconds"] += metrics["Executor Run Time"] / 1e3
            total["largest"] = max(total["largest"], metrics["Peak Execution Memory"])
    return total


def compare(folder: Path, actions: int, with_local: bool = True) -> str:
    """Run both engines on one log and return a row of the table."""
    source = folder / "actions.parquet"
    write_log(source, actions)
    words = ["edges", str(source), "--window", WINDOW, "--min-weight", MIN_WEIGHT, "--out"]
    local, cluster, events = folder / "local.parquet", folder / "cluster.parquet", folder / "events"
    events.mkdir()
    settings = {
        "spark.driver.memory": "3g", "spark.sql.shuffle.partitions": str(max(4, actions // 250_000)),
        "spark.local.dir": str(folder / "scratch"), "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": events.as_uri(), "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }  # fmt: skip
    conf = [word for name, value in settings.items() for word in ("--spark-conf", f"{name}={value}")]
    if with_local:
        run([*words, str(folder / "warm.parquet")])  # compiled once and kept, as on any machine but a new one
    here = run([*words, str(local)])
    there = run([*words, str(cluster), "--engine", "spark", "--master", "local[2]", *conf])
    one, other = pq.read_table(local), pq.read_table(cluster)
    if not other.cast(one.schema).equals(one):
        raise SystemExit(f"{actions:,} actions: the engines disagree.")
    done = shuffled(events)
    return (
        f"| {actions:,} | {one.num_rows:,} | {here[0]:.1f} | {there[0]:.1f} | {there[0] / here[0]:.1f} | "
        f"{here[1]:.0f} | {there[1]:.0f} | {done['bytes'] / actions:.0f} | {done['records'] / actions:.1f} | "
        f"{done['seconds']:.1f} | {done['spilled'] / 1e6:.0f} |"
    )


def main() -> None:
    """Compare at each size and print a table."""
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: children of children become ours
    print(
        "| actions | edges | local, CPU s | Spark, CPU s | ratio | local, wall s | Spark, wall s | "
        "shuffled bytes an action | shuffled rows an action | task seconds | spilled MB |"
    )
    print("|" + "---|" * 11)
    for actions in [int(float(word)) for word in sys.argv[1:]] or [100_000, 1_000_000]:
        with tempfile.TemporaryDirectory(prefix="chorusline-spark-") as folder:
            print(compare(Path(folder), actions), flush=True)


if __name__ == "__main__":
    main()
