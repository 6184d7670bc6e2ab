"""The cells of the accuracy matrix: which worlds, hidden how, and which parts of the real archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ARCHIVE = ROOT.parent / "shared" / "data" / "benchmark" / "posts.parquet"

LEVELS = {
    "cascade": ("E0", "E1", "E2", "E3", "E4", "E5", "E6", "E7"),
    # The second generator knows no schedulers, variants of orders, or imitation.
    "hawkes": ("E0", "E1", "E2", "E3", "E6"),
}
LONG = ("E0", "E4")
"""Ways to hide in the long worlds."""
FIRST_SEED = 9000
"""Seeds of the matrix lie apart from those that tests and tuning use."""

SIZES: dict[str, dict[str, Any]] = {
    "tiny": {"seeds": 3},
    "small": {"seeds": 3, "days": 20, "cascade": 120_000, "hawkes": 20_000, "fewer": 3},
    "office": {"seeds": 2, "days": 20, "cascade": 120_000, "hawkes": 20_000, "fewer": 3},
    # Long collections, in which a crowd that meets now and then has met many times.
    "small month": {"preset": "small", "seeds": 2, "days": 30, "cascade": 180_000, "fewer": 3},
    "office quarter": {"preset": "office", "seeds": 2, "days": 90, "cascade": 300_000, "fewer": 3},
    "look-alikes": {"seeds": 3, "days": 20, "cascade": 120_000, "hawkes": 20_000},
    "nothing": {"seeds": 3, "days": 20, "cascade": 200_000, "hawkes": 20_000},
}
"""World -> its preset where that has another name, seeds, and where the matrix would take too long otherwise: days,
ordinary actions, and by how much the look-alikes are fewer, so that they don't outnumber the ordinary accounts of the
smaller world."""

PARTS = ("whole", "second half")
"""Parts of the archive. Settings were chosen on the first half of its time, so the second half says more."""


@dataclass(frozen=True)
class Cell:
    """One world or part of the archive to be judged on.

    level : how the operation hides; of the archive, its part. lookalikes : whether the honest look-alikes are
    in it. seed : of the world; of the archive, of Chorusline's random choices.
    """

    world: str
    level: str = "E0"
    generator: str = "cascade"
    lookalikes: bool = True
    seed: int = 0

    @property
    def key(self) -> str:
        """File name of its result."""
        honest = "with" if self.lookalikes else "without"
        return f"{self.world}.{self.generator}.{honest}.{self.level}.{self.seed}.json".replace(" ", "-")


def matrix(quick: bool) -> list[Cell]:
    """Return the cells, small worlds first."""
    if quick:
        return [Cell("tiny", level, seed=FIRST_SEED) for level in ("E0", "E2")] + [
            Cell("tiny", generator="hawkes", seed=FIRST_SEED)
        ]
    cells = []
    for world, size in SIZES.items():
        hides = world in ("tiny", "small", "office")
        for seed in range(FIRST_SEED, FIRST_SEED + size["seeds"]):
            if "preset" in size:
                cells += [Cell(world, level, seed=seed) for level in LONG]
                continue
            for generator, levels in LEVELS.items():
                cells += [
                    Cell(world, level, generator, True, seed) for level in (levels if hides else ("E0",))
                ]
            if hides:
                cells += [Cell(world, level, "cascade", False, seed) for level in ("E0", "E6")]
    if ARCHIVE.exists():
        cells += [Cell("archive", part, "real", True, seed) for part in PARTS for seed in range(3)]
    return cells


def world_config(cell: Cell) -> Any:
    """Return the simulator's config of a cell."""
    from chorusline.simulate import LookAlikes, hide, preset, resized

    size = SIZES[cell.world]
    config = hide(preset(size.get("preset", cell.world), cell.seed), cell.level)
    fewer = size.get("fewer", 1)
    honest = {
        name: count if name == "stars" else -(-count // fewer)
        for name, count in config.lookalikes.model_dump().items()
    }
    changes: dict[str, Any] = {
        "generator": cell.generator,
        "days": size.get("days", config.days),
        "lookalikes": LookAlikes(**honest) if cell.lookalikes else LookAlikes(),
    }
    config = config.model_copy(update=changes)
    return resized(config, size[cell.generator]) if cell.generator in size else config


def part_of_archive(part: str, folder: Path) -> Path:
    """Return a file with a part of the archive's posts, as they stand there."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if part == "whole":
        return ARCHIVE
    table = pq.read_table(ARCHIVE)
    time = table["created_at"].cast("int64")
    path = folder / "posts.parquet"
    pq.write_table(table.filter(pc.greater(time, pc.quantile(time, 0.5)[0])), path)
    return path
