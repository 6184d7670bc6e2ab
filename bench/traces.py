"""What each trace adds to the others: named rightly and wrongly with it and without.

    python -m bench.traces [--quick] [--worlds N] [--first SEED] [--divisions N] [TRACE[+TRACE] ...]

Worlds of the seeds 7000 and up, which are for tuning (or from another seed up), with the operation hidden in eight
ways; worlds of look-alikes only; and the first half of ../shared/data/benchmark, where it is there, in several
divisions. The second half is left alone. A trace
that was used by default is left out of the defaults, any other is added. The rule: a trace is used by default where
more of the operations' accounts are named with it than without, and no more of anybody else. Writes
bench/results/traces.md; each figure is kept under build/traces, so that a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.accuracy_cells import ARCHIVE, ROOT, Cell, world_config
from bench.shared import commit

FIRST_SEED = 7000
RESULTS = ROOT / "bench" / "results" / "traces.md"
KEPT = ROOT / "build" / "traces"
LEVELS = ("E0", "E1", "E2", "E3", "E4", "E5", "E6", "E7")
LARGER = ("E0", "E1", "E3", "E5")
"""Levels at which a world of 120,000 ordinary actions is made too."""
FIRST_HALF = "first half"
TOGETHER = "hashtag-pair+hashtag-sequence+mention-set"
"""Measured together too: what stands together in a post."""
Count = tuple[int, int, int, int]
"""Named rightly, labelled, named wrongly, honest."""


def cells(quick: bool, worlds: int = 2, first: int = FIRST_SEED, divisions: int = 2) -> list[Cell]:
    """The worlds, quick ones first. worlds : seeds of each kind. divisions : of the archive."""
    found = [Cell("tiny", level, seed=first) for level in LEVELS]
    if quick:
        return found
    seeds = range(first, first + worlds)
    found = [Cell("tiny", level, seed=seed) for seed in seeds for level in LEVELS]
    archive = [Cell("archive", FIRST_HALF, "real", seed=k) for k in range(divisions) if ARCHIVE.exists()]
    larger = [Cell("small", level, seed=seed) for seed in seeds[: (worlds + 2) // 3] for level in LARGER]
    honest = [Cell("look-alikes", seed=seed) for seed in seeds[: (worlds + 1) // 2]]
    return [*archive[:1], *found, *honest[:1], *larger, *archive[1:], *honest[1:]]


def material(cell: Cell, folder: Path) -> tuple[Any, set[str]]:
    """The log of a cell, and the accounts of its operations."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from chorusline import read
    from chorusline.evaluate.truth import read as read_truth
    from chorusline.simulate import write_world

    if cell.world == "archive":
        actions = folder / "posts.parquet"
        table = pq.read_table(ARCHIVE)
        instant = table["created_at"].cast("int64")
        pq.write_table(table.filter(pc.less_equal(instant, pc.quantile(instant, 0.5)[0])), actions)
        truth = read_truth(actions, {"kind": "group"})
    else:
        write_world(world_config(cell), folder / "world")
        actions, truth = folder / "world" / "actions.parquet", read_truth(folder / "world")
    return read(actions), set(truth.accounts["account"].filter(pa.array(truth.label)).to_pylist())


def judge(log: Any, guilty: set[str], seed: int, variants: dict[str, list[str]]) -> dict[str, Count]:
    """Confirm with each list of traces; returns the counts by variant."""
    import numpy as np

    from chorusline.config import Config
    from chorusline.confirm.confirmation import confirm
    from chorusline.traces import available

    config, traces = Config(seed=seed), available()
    uses = {}
    for name in sorted({name for names in variants.values() for name in names}):
        found = traces[name].extract(log, config)
        if len(found):
            uses[name] = found
    bad = np.array([name in guilty for name in log.names])
    results: dict[str, Count] = {}
    done: dict[tuple[str, ...], Count] = {}
    for variant, names in variants.items():
        present = tuple(sorted(name for name in names if name in uses))
        if present not in done:
            began = time.perf_counter()
            found = confirm(
                {name: uses[name] for name in present}, {name: traces[name] for name in present}, config,
                n_accounts=log.accounts.num_rows, resolution=log.resolution,
            )  # fmt: skip
            named = found.named
            done[present] = (
                int((named & bad).sum()), int(bad.sum()), int((named & ~bad).sum()), int((~bad).sum())
            )  # fmt: skip
            print(f"  {variant}: {done[present]} {time.perf_counter() - began:.1f} s", file=sys.stderr)
        results[variant] = done[present]
    return results


def lists(wanted: list[str]) -> dict[str, list[str]]:
    """Variants: the defaults, and for each trace the defaults with or without it."""
    from chorusline.traces import available, choose

    usual = [trace.name for trace in choose(None)]
    found = {"defaults": usual}
    for name in wanted or [*available(), TOGETHER]:
        added = [part for part in name.split("+") if part not in usual]
        if not added:
            found[f"without {name}"] = [other for other in usual if other not in name.split("+")]
            continue
        # What one covers, or what covers it, would see the same twice.
        covered = {other for part in added for other in available()[part].covers}
        rest = [o for o in usual if o not in covered and not set(added) & set(available()[o].covers)]
        found[f"with {name.replace('+', ', ')}"] = [*rest, *added]
    return found


def run(cell: Cell, variants: dict[str, list[str]]) -> dict[str, Count]:
    """Counts of a cell by variant, those kept from before not made again."""
    kept = KEPT / cell.key
    before = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    keys = {variant: " ".join(sorted(names)) for variant, names in variants.items()}
    missing = {variant: names for variant, names in variants.items() if keys[variant] not in before}
    if missing:
        print(f"{asdict(cell)}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            log, guilty = material(cell, Path(folder))
            made = judge(log, guilty, cell.seed if cell.world == "archive" else 0, missing)
        before |= {keys[variant]: count for variant, count in made.items()}
        KEPT.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(before, indent=0), "utf-8")
    return kept_of(cell, variants)


def kept_of(cell: Cell, variants: dict[str, list[str]]) -> dict[str, Count]:
    """Counts of a cell that are kept from before, by variant."""
    kept = KEPT / cell.key
    before = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    keys = {variant: " ".join(sorted(names)) for variant, names in variants.items()}
    return {variant: tuple(before[key]) for variant, key in keys.items() if key in before}


def table(found: dict[Cell, dict[str, Count]], variants: dict[str, list[str]]) -> list[str]:
    """The table in Markdown: named rightly of those labelled, and wrongly, by place and variant.

    A place where a variant wasn't measured on every cell is left open. The last columns add up the cells that the
    variant was measured on, and the same cells for the defaults.
    """
    places: dict[str, list[Cell]] = defaultdict(list)
    for cell in found:
        places[cell.level if cell.world in ("tiny", "archive") else _place(cell)].append(cell)
    names = sorted(places, key=lambda name: (len(name) > 2, name))
    last = ("all: right; wrong", "the defaults there")
    lines = ["| traces | " + " | ".join((*names, *last)) + " |", "|---|" + "---:|" * (len(names) + 2)]
    for variant in variants:
        row = []
        for name in names:
            counts = [found[cell].get(variant) for cell in places[name]]
            if None in counts:
                row.append("–")
                continue
            right, labelled, wrong, honest = (sum(column) for column in zip(*counts, strict=True))
            row.append(f"{right} of {labelled}; {wrong}" if labelled else f"{wrong} of {honest:,}")
        here = [cell for cell in found if variant in found[cell] and "defaults" in found[cell]]
        for name in (variant, "defaults"):
            row.append("; ".join(str(sum(found[cell][name][k] for cell in here)) for k in (0, 2)))
        lines.append(f"| {variant} | " + " | ".join(row) + " |")
    return lines


def _place(cell: Cell) -> str:
    return cell.world if cell.world == "look-alikes" else f"{cell.world}, {cell.level}"


def better_and_worse(found: dict[Cell, dict[str, Count]], variant: str) -> str:
    """In how many worlds, and divisions of the archive, a variant names more and fewer rightly; and wrongly."""
    parts = []
    for words, archive in (("worlds", False), ("divisions of the archive", True)):
        pairs = [
            (counts[variant], counts["defaults"])
            for cell, counts in found.items()
            if {variant, "defaults"} <= set(counts) and (cell.world == "archive") == archive
        ]
        for what, k in (("rightly", 0), ("wrongly", 2)):
            more = sum(with_it[k] > without[k] for with_it, without in pairs)
            fewer = sum(with_it[k] < without[k] for with_it, without in pairs)
            parts.append(f"{what}, of {len(pairs)} {words}: more in {more}, fewer in {fewer}")
    return f"{variant}: " + "; ".join(parts) + "."


def main() -> None:
    """Run what is missing and write the table."""
    parser = argparse.ArgumentParser(description="What each trace adds.")
    parser.add_argument("--quick", action="store_true", help="one small world at each level only")
    parser.add_argument("--kept", action="store_true", help="tabulate what is kept, and measure nothing")
    parser.add_argument("--worlds", type=int, default=2, help="seeds of each kind of world")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help="the first seed of the worlds")
    parser.add_argument("--divisions", type=int, default=2, help="random divisions of the archive")
    parser.add_argument("traces", nargs="*")
    given = parser.parse_args()
    variants = lists(given.traces)
    made = kept_of if given.kept else run
    found = {
        cell: made(cell, variants) for cell in cells(given.quick, given.worlds, given.first, given.divisions)
    }
    found = {cell: counts for cell, counts in found.items() if counts}
    words = " ".join(sys.argv[1:])
    lines = [
        "# What each trace adds", "",
        f"Made by `python -m bench.traces{' ' + words if words else ''}` on {datetime.now(UTC):%Y-%m-%d}, "
        f"commit {commit()}.", "",
        "Cells: accounts of operations named, of all in the data; then honest accounts named. Worlds `tiny` by way of "
        f"hiding, with all look-alikes ({given.worlds} seeds from {given.first} up), fewer larger ones (`small`, "
        f"120,000 ordinary actions) and such with look-alikes only; and {given.divisions} divisions of the first half "
        "of the archive. Used by default: " + ", ".join(variants["defaults"]) + ".", "",
        *table(found, variants), "",
        *(better_and_worse(found, variant) for variant in variants if variant != "defaults"),
    ]  # fmt: skip
    print("\n".join(lines))
    if not given.quick:
        RESULTS.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
