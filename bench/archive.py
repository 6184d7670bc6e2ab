"""The real labelled archive: accounts named, against its labels, over seeds and over time.

    python -m bench.archive

Needs ../shared/data/benchmark/posts.parquet, which is not part of the project. The labels are read here only.
The first half of the archive's time was used when settings were chosen; the second was not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from chorusline import investigate, read
from chorusline.actions import ActionLog
from chorusline.config import Config

ARCHIVE = Path(__file__).resolve().parents[2] / "shared" / "data" / "benchmark" / "posts.parquet"


def part(log: ActionLog, keep: np.ndarray) -> ActionLog:
    """The log under a mask of its actions."""
    return ActionLog(log.actions.filter(pa.array(keep)), log.accounts, log.inputs)


def main() -> None:
    """Print precision and recall for seeds 0 to 4 on the whole archive and on its halves."""
    if not ARCHIVE.exists():
        sys.exit(f"{ARCHIVE} is not here; this measurement needs it.")
    query = f"select distinct account_id, label from '{ARCHIVE}'"
    label = dict(duckdb.sql(query).fetchall())
    log = read(ARCHIVE)
    middle = np.median(log.times)
    parts = {
        "whole": log,
        "first half": part(log, log.times <= middle),
        "second half": part(log, log.times > middle),
    }
    print("part         seed  seconds  named  right  false  precision  recall  false per 10,000 honest")
    for name, piece in parts.items():
        present = {piece.names[code] for code in np.unique(piece.account_codes)}
        of_operation = sum(label[account] for account in present)
        for seed in range(5):
            with tempfile.TemporaryDirectory() as folder:
                start = time.perf_counter()
                case = investigate(piece, Path(folder) / "case", config=Config(seed=seed))
                seconds = time.perf_counter() - start
                named = case.named
            right = sum(label[account] for account in named)
            false = len(named) - right
            print(
                f"{name:12s} {seed:4d} {seconds:8.1f} {len(named):6d} {right:6d} {false:6d} "
                f"{right / max(len(named), 1):10.4f} {right / of_operation:7.4f} "
                f"{1e4 * false / (len(present) - of_operation):10.2f}"
            )


if __name__ == "__main__":
    main()
