"""Orders found in simulated worlds, and orders made up of look-alikes, on seeds that nothing was tuned on.

    python -m bench.orders --work FOLDER PRESET:SEED,SEED:LEVEL,LEVEL ...

such as `small:8000,8001:E0,E1,E2 office:8000:E0`. Each world is simulated and investigated once and kept in the work
folder; then the orders of its named accounts are looked for and scored. The accounts of each look-alike are given as a
user's list as well, all of them and a random half: who is asked about whole crowds of honest people should be told of
no orders. Writes bench/results/orders.md. Seeds 7000 to 7003 were tuned on; 8000 and up were not. The column "best
possible" is what bench.orders_bound reaches.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import orders_bound
from chorusline.case import Case
from chorusline.config import Config
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.orders import score
from chorusline.evaluate.truth import read
from chorusline.extend import put_tables
from chorusline.investigation import investigate
from chorusline.operation import choose
from chorusline.operation.crews import crew_of_list, crews_of
from chorusline.operation.run import run
from chorusline.simulate.presets import preset

RESULTS = Path(__file__).parent / "results" / "orders.md"
_LOUD = "import sys; from chorusline.cli.main import run; run()"
FIGURES = ("precision", "recall", "recall_of_all", "within_30_minutes", "interval_holds", "share_holds")


def made(work: Path, name: str, seed: int, level: str) -> tuple[Path, Path]:
    """Return the folders of a world and its case, made where they aren't there."""
    folder = work / f"{name}-{seed}-{level}"
    world, case = folder / "world", folder / "case"
    if not (case / "case.json").exists():
        words = ["simulate", str(world), "--preset", name, "--seed", str(seed), "--evasion", level]
        subprocess.run([sys.executable, "-c", _LOUD, *words], check=True, stdout=subprocess.DEVNULL)
        investigate(world / "actions.parquet", case, config=Config(analyses=("none",)))
    return world, case


def one_world(
    world: Path, folder: Path, lists: bool
) -> tuple[dict[str, Any], list[tuple[str, str, int, Counter[str]]]]:
    """Score the orders of a case's named accounts; return figures, and what became of the look-alikes' lists.

    The latter, if asked for, as (kind, all or half, accounts, bursts by status).
    """
    case = Case.open(folder)
    log = case.log()
    crews = [c for c in crews_of(log, case.table("accounts"), case.config) if c.basis == "named accounts"]
    found = run(choose(("orders",)), crews)
    put_tables(folder, found.tables)
    figures = score(Case.open(folder), read(world)).figures
    return figures, list(_look_alikes(world, case, log)) if lists else []


def _look_alikes(world: Path, case: Case, log: Any) -> Iterable[tuple[str, str, int, Counter[str]]]:
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    rng = np.random.default_rng(1)
    for kind in sorted(set(truth["kind"].to_pylist()) - {"organic", "factory"}):
        names = truth.filter(pc.equal(truth["kind"], kind))["account"]
        codes = pc.drop_null(pc.index_in(names, value_set=log.accounts["name"])).to_numpy()
        half = np.sort(rng.permutation(codes)[: len(codes) // 2])
        for which, listed in (("all", codes), ("half", half)):
            crew = crew_of_list(log, listed, case.config)
            orders = run(choose(("orders",)), [crew]).tables["orders"]
            yield kind, which, len(listed), Counter(orders["status"].to_pylist())


def pooled(figures: list[dict[str, Any]], name: str) -> str:
    """A share over several worlds, in words."""
    return said(share(sum(f[name]["hits"] for f in figures), sum(f[name]["of"] for f in figures)))


def main() -> None:
    """Make and score the worlds, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("worlds", nargs="+")
    given = asked.parse_args()
    worlds = [
        (name, int(seed), level)
        for name, seeds, levels in (word.split(":") for word in given.worlds)
        for seed in seeds.split(",")
        for level in levels.split(",")
    ]
    results: dict[tuple[str, str], list[dict[str, Any]]] = {}
    truths: dict[tuple[str, str], list[orders_bound.Truth]] = {}
    honest: Counter[tuple[str, str, str, str]] = Counter()
    for name, seed, level in worlds:
        world, case = made(given.work, name, seed, level)
        # The look-alikes do the same whatever the operation does to hide.
        figures, lists = one_world(world, case, level == "E0")
        results.setdefault((name, level), []).append(figures)
        truths.setdefault((name, level), []).append(orders_bound.read(world))
        for kind, which, accounts, statuses in lists:
            honest[name, kind, which, "accounts"] += accounts
            for status, n in statuses.items():
                honest[name, kind, which, status] += n
        print(
            name,
            seed,
            level,
            {figure: figures[figure]["value"] for figure in FIGURES},
            file=sys.stderr,
            flush=True,
        )
    bound = {
        (name, level): orders_bound.within(orders_bound.best_possible(mine, preset(name).operations[0].zone))
        for (name, level), mine in truths.items()
    }
    write(given.worlds, results, bound, honest)


def write(
    worlds: list[str],
    results: dict[tuple[str, str], list[dict[str, Any]]],
    bound: dict[tuple[str, str], dict[str, Any]],
    honest: Counter[tuple[str, str, str, str]],
) -> None:
    """Write the page of results."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    words = " ".join(worlds)
    lines = [
        "# Orders in simulated worlds",
        "",
        f"Made by `python -m bench.orders --work FOLDER {words}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit}.",
        "Orders of the accounts that `investigate` names, at a false-discovery rate of 1 %. An order counts as right",
        "where half of its posts at least were made on one true order; recall is over orders that three accounts or",
        "more acted on. *Share holds* where the true share of the first day's posts lies between the low and the high",
        "figure. With 95 % intervals (Clopper & Pearson), which take orders for independent. *Best possible* is what",
        "somebody reaches who knows the hands, their hours and their lags (`bench/orders_bound.py`), over all of the",
        "orders that could be found.",
        "",
        "| worlds | precision | recall | time within 30 min | best possible | 90 % interval holds | share holds | "
        "parts too many |",
        "|---|---|---|---|---|---|---|---:|",
    ]
    every = [figures for found in results.values() for figures in found]
    bound = {**bound, ("all", ""): {key: sum(b[key] for b in bound.values()) for key in ("hits", "of")}}
    for (preset_name, level), found in [*results.items(), (("all", ""), every)]:
        cells = [pooled(found, name) for name in FIGURES if name != "recall_of_all"]
        best = bound[preset_name, level]
        cells.insert(3, said(share(best["hits"], best["of"])))
        parts = sum(figures["parts"] for figures in found)
        lines.append(f"| {preset_name} {level} ({len(found)}) | {' | '.join(cells)} | {parts} |")
    for what, title in (("by_kind", "kind of order"), ("by_uptake", "uptake")):
        lines += ["", f"| {title} | recall | time within 30 min |", "|---|---|---|"]
        for name in sorted({name for figures in every for name in figures[what]}):
            mine = [figures[what][name] for figures in every if name in figures[what]]
            lines.append(f"| {name} | {pooled(mine, 'recall')} | {pooled(mine, 'within_30_minutes')} |")
    lines += [
        "",
        "## Look-alikes given as a user's list",
        "",
        "All accounts of a kind, and a random half of them; bursts by what is said of each. Only `orders` is an",
        "accusation. Of volunteers the word is right as far as it goes: they are called twice a day to push something.",
        "",
        "| worlds | kind | list | accounts | orders | event | reaction | wire | few members | weekly | few days |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for preset_name, kind, which in sorted({key[:3] for key in honest}):
        counts = [
            honest[preset_name, kind, which, name]
            for name in (
                "accounts",
                "order",
                "event",
                "reaction",
                "wire",
                "few members",
                "weekly",
                "few days",
            )
        ]
        lines.append(f"| {preset_name} | {kind} | {which} | {' | '.join(f'{n:,}' for n in counts)} |")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
