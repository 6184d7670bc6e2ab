"""The demo: simulate a world, investigate it, and say how many accounts were named rightly and wrongly.

python -m bench.demo FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq

from chorusline.case import Case
from chorusline.cli.main import run


def call(*words: str) -> None:
    """Run one command as a user would, shown before it runs."""
    print("\n$ chorusline", *words, flush=True)
    sys.argv = ["chorusline", *words]
    try:
        run()
    except SystemExit as leaving:
        if leaving.code:
            raise


def main() -> None:
    """Simulate, investigate, score."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    world, case = folder / "world", folder / "case"
    call("simulate", str(world), "--preset", "tiny", "--seed", "7")
    call("investigate", str(world / "actions.parquet"), "--out", str(case))
    call("evaluate", str(case), "--truth", str(world))
    named = set(Case.open(case).named)
    truth = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    operation = {row["account"] for row in truth if row["label"] == 1}
    print(f"\nNamed rightly: {len(named & operation)} of the operation's {len(operation)} accounts.")
    print(f"Named wrongly: {len(named - operation)} of {len(truth) - len(operation)} honest accounts.")
    print(f"Open the dossier: {(case / 'dossier.html').resolve()}")


if __name__ == "__main__":
    main()
