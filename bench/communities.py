"""What it changes to keep only communities that most seeds of Leiden find: names, and processor time.

    python -m bench.communities [--worlds 8] [--first 7000]

Paired: each world, and the first half of the archive's time where ../shared/data/benchmark is there, is confirmed
with `proposal_seeds` at 1 and at 5. Seeds from 7000 are for tuning; the matrix's own are left alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy_cells import ARCHIVE, Cell, world_config
from chorusline import read
from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.evaluate.truth import read as read_truth
from chorusline.network import stability
from chorusline.simulate import write_world
from chorusline.traces import choose

SEEDS = (1, 5)
LEVELS = ("E0", "E1", "E2", "E4")


def confirmed(log: ActionLog, config: Config) -> tuple[set[str], int, float, float]:
    """Accounts named, accounts proposed, and seconds of processor time: of all, and of finding communities."""
    spent = [0.0]
    plain = stability.communities

    def timed(*given: Any, **settings: Any) -> Any:
        began = time.thread_time()
        found = plain(*given, **settings)
        spent[0] += time.thread_time() - began
        return found

    traces = {trace.name: trace for trace in choose(None)}
    uses = {name: trace.extract(log, config) for name, trace in traces.items()}
    uses = {name: here for name, here in uses.items() if len(here)}
    stability.communities = timed
    began = time.process_time()
    try:
        found = confirm(uses, traces, config, n_accounts=log.accounts.num_rows, resolution=log.resolution)
    finally:
        stability.communities = plain
    seconds = time.process_time() - began
    named = {log.names[code] for code in np.flatnonzero(found.named)}
    return named, int(found.proposed.sum()), seconds, spent[0]


def compare(name: str, log: ActionLog, labelled: set[str], seed: int) -> None:
    """Print one row for each number of seeds."""
    for seeds in SEEDS:
        named, proposed, seconds, communities = confirmed(log, Config(seed=seed, proposal_seeds=seeds))
        print(
            f"{name:22s} {seed:4d} {seeds:5d} {proposed:8d} {len(labelled):8d} {len(named & labelled):6d} "
            f"{len(named - labelled):6d} {seconds:8.1f} {communities:11.2f}",
            flush=True,
        )


def main() -> None:
    """Compare on the archive's first half and on worlds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=8)
    parser.add_argument("--first", type=int, default=7000, help="seed of the first world")
    given = parser.parse_args()
    print("material               seed seeds proposed labelled  right  false  seconds communities")
    for k in range(given.worlds):
        with tempfile.TemporaryDirectory() as folder:
            level = LEVELS[k % len(LEVELS)]
            cell = Cell("small", level, seed=given.first + k)
            write_world(world_config(cell), Path(folder))
            truth = read_truth(Path(folder))
            names = np.array(truth.accounts["account"].to_pylist())
            log = read(Path(folder) / "actions.parquet")
        compare(f"small {level} {cell.seed}", log, set(names[truth.label].tolist()), 0)
    if ARCHIVE.exists():
        from bench.archive import part

        log = read(ARCHIVE)
        first = part(log, log.times <= np.median(log.times))
        truth = read_truth(ARCHIVE, {"kind": "group"})
        labelled = set(np.array(truth.accounts["account"].to_pylist())[truth.label].tolist())
        labelled &= {first.names[code] for code in np.unique(first.account_codes)}
        for seed in range(3):
            compare("archive, first half", first, labelled, seed)


if __name__ == "__main__":
    main()
