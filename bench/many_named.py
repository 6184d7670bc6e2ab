"""A case with more than a thousand named accounts, to measure its page on.

    python -m bench.many_named FOLDER

Simulates three operations of 340 operators and some 1,130 accounts among 4,500 honest ones for 35 days, and looks into
it as a user would, which takes some five minutes. Then `node bench/page.mjs FOLDER/case/dossier.html` (CONTRIBUTING).
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.demo import call
from chorusline.case import Case
from chorusline.simulate.config import Operation, WorldConfig
from chorusline.simulate.presets import preset
from chorusline.simulate.writing import write_world

SITES = (
    ("Europe/Tirane", "AL", "office", 120),
    ("Europe/Moscow", "RU", "two", 110),
    ("Asia/Tehran", None, "office", 110),
)
"""Zone, country, shifts and operators of each operation."""


def world(seed: int = 9000) -> WorldConfig:
    """The world; honest look-alikes are those of the preset `small`."""
    operations = tuple(
        Operation(
            operators=count, templates=25, name=f"operation {k}", zone=zone, country=country, shifts=shifts
        )
        for k, (zone, country, shifts, count) in enumerate(SITES, 1)
    )
    return WorldConfig(
        seed=seed, days=35, accounts=9_000, operations=operations, lookalikes=preset("small").lookalikes
    )


def main() -> None:
    """Simulate and investigate."""
    folder = Path(sys.argv[1])
    write_world(world(), folder / "world")
    call("investigate", str(folder / "world" / "actions.parquet"), "--out", str(folder / "case"))
    print(f"{len(Case.open(folder / 'case').named):,} accounts named")


if __name__ == "__main__":
    main()
