"""Worlds without any operation, only look-alikes: whom does Chorusline name, and how high?

    python -m bench.lookalikes [SEEDS] [FIRST]

Each world is the preset `look-alikes` with some 60,000 ordinary actions over 21 days. Prints and writes to
bench/results/lookalikes.md the accounts named by kind, with Clopper-Pearson 95 % intervals, and by rung.
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

from chorusline.case import NAMED_RUNGS
from chorusline.config import Config
from chorusline.evaluate.intervals import clopper_pearson
from chorusline.investigation import investigate

RESULTS = Path(__file__).parent / "results" / "lookalikes.md"
_LOUD = "import sys; from chorusline.cli.main import run; run()"


def score(seed: int) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Simulate and investigate one world; return accounts by kind, and named ones by (kind, rung)."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["simulate", f"{folder}/world", "--preset", "look-alikes", "--seed", str(seed)]
        words += ["--actions", "60000", "--days", "21"]
        subprocess.run([sys.executable, "-c", _LOUD, *words], check=True, stdout=subprocess.DEVNULL)
        truth = pq.read_table(f"{folder}/world/truth/accounts.parquet")
        kind = dict(zip(truth["account"].to_pylist(), truth["kind"].to_pylist(), strict=True))
        case = investigate(f"{folder}/world/actions.parquet", f"{folder}/case", config=Config())
        accounts = case.table("accounts").select(["account", "rung"]).to_pylist()
    named = Counter((kind[row["account"]], row["rung"]) for row in accounts if row["rung"] in NAMED_RUNGS)
    return Counter(kind.values()), named


def main() -> None:
    """Run the worlds on two processes and write the table."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 3000
    total: Counter[str] = Counter()
    named: Counter[tuple[str, str]] = Counter()
    with ProcessPoolExecutor(2) as pool:
        for done, (kinds, names) in enumerate(pool.map(score, range(first, first + seeds)), 1):
            total += kinds
            named += names
            print(f"{done} of {seeds}: {sum(names.values())} named", file=sys.stderr, flush=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    lines = [
        f"# Worlds of look-alikes only: {seeds} worlds, seeds {first} to {first + seeds - 1}",
        "",
        f"Made by `python -m bench.lookalikes {seeds} {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit}.",
        "",
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
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
