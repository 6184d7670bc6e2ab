"""What a background is worth: collections of one side, with ordinary accounts to compare with and without.

    python -m bench.background [SEEDS] [FIRST]

Two questions. How many of a real operation's accounts are named when the collection holds them alone, or with a few
honest accounts, and how many with honest accounts given as background (../shared/data/benchmark, where it is there)?
And whom does Chorusline name when it is shown an honest crowd alone, without anybody to compare with (worlds of the
preset `look-alikes`, each kind by itself, and all of them together without the ordinary accounts)? Prints and writes
bench/results/background.md.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.archive import ARCHIVE
from bench.shared import commit
from chorusline import investigate

RESULTS = Path(__file__).parent / "results" / "background.md"
SHOWN = ((0, 0), (0, 2_000), (0, 20_948), (400, 0), (400, 10_000), (5_000, 0), (5_000, 15_948))
"""Honest accounts of the archive in the inputs, and in the background."""
ALL = "all of these together"


def archive() -> list[str]:
    """Rows of the archive's table."""
    label = dict(duckdb.sql(f"select distinct account_id, label from '{ARCHIVE}'").fetchall())
    honest = np.array(sorted(account for account, of_it in label.items() if not of_it))
    np.random.default_rng(0).shuffle(honest)
    operation = [account for account, of_it in label.items() if of_it]
    posts = pq.read_table(ARCHIVE)
    author = posts["account_id"].combine_chunks()
    rows = []
    for here, beside in SHOWN:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)

            def part(name: str, wanted: list[str], folder: Path = folder) -> Path:
                inside = np.isin(np.asarray(author.to_pylist()), wanted)
                pq.write_table(posts.filter(pa.array(inside)), folder / name)
                return folder / name

            inputs = part("inputs.parquet", [*operation, *honest[:here]])
            apart = part("background.parquet", list(honest[here : here + beside])) if beside else None
            named = investigate(inputs, folder / "case", background=apart).named
        right = sum(label[account] for account in named)
        rows.append(f"| {here:,} | {beside:,} | {right} of {len(operation)} | {len(named) - right} |")
        print(rows[-1], flush=True)
    return rows


def crowds(seeds: range) -> list[str]:
    """Rows of the table of honest crowds."""
    total: Counter[str] = Counter()
    named: Counter[tuple[str, bool]] = Counter()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            words = ["simulate", f"{folder}/world", "--preset", "look-alikes", "--seed", str(seed)]
            words += ["--actions", "60000", "--days", "21"]
            loud = "import sys; from chorusline.cli.main import run; run()"
            subprocess.run([sys.executable, "-c", loud, *words], check=True, stdout=subprocess.DEVNULL)
            truth = pq.read_table(folder / "world" / "truth" / "accounts.parquet")
            kind = dict(zip(truth["account"].to_pylist(), truth["kind"].to_pylist(), strict=True))
            actions = pq.read_table(folder / "world" / "actions.parquet")
            kinds = np.array([kind[account] for account in actions["account"].to_pylist()])
            ordinary = folder / "ordinary.parquet"
            pq.write_table(actions.filter(pa.array(kinds == "organic")), ordinary)
            for crowd in [ALL, *sorted({*kinds} - {"organic"})]:
                here = kinds != "organic" if crowd == ALL else kinds == crowd
                pq.write_table(actions.filter(pa.array(here)), folder / "inputs.parquet")
                total[crowd] += sum(k != "organic" if crowd == ALL else k == crowd for k in kind.values())
                for apart in (None, ordinary):
                    case = investigate(folder / "inputs.parquet", folder / "case", background=apart)
                    named[crowd, apart is not None] += len(case.named)
        print(f"world {seed}: {sum(named.values())} named so far", file=sys.stderr, flush=True)
    return [f"| {c} | {total[c]:,} | {named[c, False]} | {named[c, True]} |" for c in total]


def main() -> None:
    """Measure both and write the tables."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 3200
    lines = [
        "# With and without a background",
        "",
        f"Made by `python -m bench.background {seeds} {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}.",
        "",
    ]
    if ARCHIVE.exists():
        lines += [
            "The labelled archive, its operation with some of its honest accounts; others as background.",
            "",
            "| honest accounts in the inputs | in the background | named rightly | named wrongly |",
            "|---:|---:|---:|---:|",
            *archive(),
            "",
        ]
    lines += [
        f"Honest crowds shown alone, {seeds} worlds, seeds {first} to {first + seeds - 1}; the ordinary accounts of "
        "their worlds as background.",
        "",
        "| crowd | accounts | named, alone | named, with background |",
        "|---|---:|---:|---:|",
        *crowds(range(first, first + seeds)),
    ]
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
