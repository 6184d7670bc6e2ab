"""Worlds without any operation, only look-alikes: whom does Chorusline name, and how high?

    python -m bench.lookalikes [FIRST]

Each world is the preset `look-alikes` with about as many ordinary accounts as make 60,000 actions in 21 days: fifty
worlds of 21 days, and twelve each of 30 and of 90, in which a crowd that meets now and then meets many times. Prints
and writes to bench/results/lookalikes.md the accounts named by kind, with Clopper-Pearson 95 % intervals, and by rung,
of all worlds together and by length.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from bench.shared import commit
from chorusline.case import NAMED_RUNGS
from chorusline.config import Config
from chorusline.intervals import clopper_pearson
from chorusline.investigation import investigate

RESULTS = Path(__file__).parent / "results" / "lookalikes.md"
WORLDS = ((21, 50), (30, 12), (90, 12))
"""Days, and how many worlds last so long."""
_LOUD = "import sys; from chorusline.cli.main import run; run()"


def score(world: tuple[int, int]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Simulate and investigate one world of (days, seed); return accounts by kind, and named ones by (kind, rung)."""
    days, seed = world
    with tempfile.TemporaryDirectory() as folder:
        words = ["simulate", f"{folder}/world", "--preset", "look-alikes", "--seed", str(seed)]
        words += ["--actions", str(60_000 * days // 21), "--days", str(days)]
        subprocess.run([sys.executable, "-c", _LOUD, *words], check=True, stdout=subprocess.DEVNULL)
        truth = pq.read_table(f"{folder}/world/truth/accounts.parquet")
        kind = dict(zip(truth["account"].to_pylist(), truth["kind"].to_pylist(), strict=True))
        config = Config(analyses=("none",))
        case = investigate(f"{folder}/world/actions.parquet", f"{folder}/case", config=config)
        accounts = case.table("accounts").select(["account", "rung"]).to_pylist()
    named = Counter((kind[row["account"]], row["rung"]) for row in accounts if row["rung"] in NAMED_RUNGS)
    return Counter(kind.values()), named


def table(total: Counter[str], named: Counter[tuple[str, str]]) -> list[str]:
    """Lines of the table: accounts by kind, and those named by rung."""
    lines = [
        "| kind | accounts | in step | scripted | higher | named per 10,000 (95 % interval) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for kind, accounts in total.most_common():
        by_rung = [named[kind, rung] for rung in NAMED_RUNGS]
        low, high = clopper_pearson(sum(by_rung), accounts)
        lines.append(
            f"| {kind} | {accounts:,} | {by_rung[0]} | {by_rung[1]} | {sum(by_rung[2:])} | "
            f"{1e4 * sum(by_rung) / accounts:.2f} ({1e4 * low:.2f}–{1e4 * high:.2f}) |"
        )
    return lines


def main() -> None:
    """Run the worlds on two processes and write the tables."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    worlds = [(days, seed) for days, count in WORLDS for seed in range(first, first + count)]
    total: dict[int, Counter[str]] = {days: Counter() for days, _ in WORLDS}
    named: dict[int, Counter[tuple[str, str]]] = {days: Counter() for days, _ in WORLDS}
    with ProcessPoolExecutor(2) as pool:
        for done, ((days, _), found) in enumerate(zip(worlds, pool.map(score, worlds), strict=True), 1):
            total[days] += found[0]
            named[days] += found[1]
            passed = f"{done} of {len(worlds)}: {days} days, {sum(found[1].values())} named"
            print(passed, file=sys.stderr, flush=True)
    lines = [
        f"# Worlds of look-alikes only: {len(worlds)} worlds",
        "",
        f"Made by `python -m bench.lookalikes {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}.",
        "",
        *table(sum(total.values(), Counter()), sum(named.values(), Counter())),
    ]
    for days, count in WORLDS:
        head = f"## {days} days: {count} worlds, seeds {first} to {first + count - 1}"
        lines += ["", head, "", *table(total[days], named[days])]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
