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
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import orders_bound
from bench.shared import commit, made, named_crews
from chorusline.case import Case
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.orders import score
from chorusline.evaluate.truth import Truth, read
from chorusline.extend import put_tables
from chorusline.operation import choose
from chorusline.operation.base import Crew
from chorusline.operation.crews import crew_of_list
from chorusline.operation.run import run
from chorusline.simulate.presets import preset

RESULTS = Path(__file__).parent / "results" / "orders.md"
FIGURES = ("precision", "recall", "recall_of_all", "within_30_minutes", "interval_holds", "share_holds")
ALONE = ("precision", "recall", "within_30_minutes")
WHOM = (
    ("operation", "in all"),
    ("named", "operation"),
    ("kindred", "operation"),
    ("named", "honest"),
    ("kindred", "honest"),
)


@dataclass(frozen=True)
class Scored:
    """A world's figures (evaluate.orders): of the named accounts with their kindred, and of the named alone.

    whom : accounts by (named or kindred, of the operation or honest), and the operation's in all. lists : what became
    of the look-alikes' lists, as (kind, all or half, accounts, bursts by status).
    """

    figures: dict[str, Any]
    alone: dict[str, Any]
    whom: Counter[tuple[str, str]]
    lists: list[tuple[str, str, int, Counter[str]]]


def one_world(world: Path, folder: Path, lists: bool) -> Scored:
    """Score the orders of a case's named accounts. lists : whether look-alikes are to be looked at as well."""
    case, truth = Case.open(folder), read(world)
    log = case.log()
    crews = named_crews(case, log)
    kind = dict(zip(truth.accounts["account"].to_pylist(), truth.accounts["kind"].to_pylist(), strict=True))
    whom = Counter({("operation", "in all"): sum(one == "factory" for one in kind.values())})
    for crew in crews:
        for which, codes in (("named", crew.members), ("kindred", crew.kindred)):
            for code in codes.tolist():
                whom[which, "operation" if kind[log.names[code]] == "factory" else "honest"] += 1
    alone = None
    if any(len(crew.kindred) for crew in crews):
        alone = _score(folder, [replace(crew, kindred=crew.kindred[:0]) for crew in crews], truth)
    figures = _score(folder, crews, truth)
    return Scored(figures, alone or figures, whom, list(_look_alikes(world, case, log)) if lists else [])


def _score(folder: Path, crews: list[Crew], truth: Truth) -> dict[str, Any]:
    put_tables(folder, run(choose(("orders",)), crews).tables)
    return score(Case.open(folder), truth).figures


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


def _made_and_scored(work: Path, which: tuple[str, int, str]) -> tuple[Path, Scored]:
    world, case = made(work, *which)
    # The look-alikes do the same whatever the operation does to hide.
    found = one_world(world, case, which[2] == "E0")
    shown = {figure: found.figures[figure]["value"] for figure in FIGURES}
    print(*which, shown, dict(found.whom), file=sys.stderr, flush=True)
    return world, found


def main() -> None:
    """Make and score the worlds, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("worlds", nargs="+")
    given = asked.parse_args()
    worlds = [
        (name, int(seed), level)
        for name, seeds, levels in (word.split(":") for word in given.worlds)
        for seed in seeds.split(",")
        for level in levels.split(",")
    ]
    results: dict[tuple[str, str], list[Scored]] = {}
    truths: dict[tuple[str, str], list[orders_bound.Truth]] = {}
    honest: Counter[tuple[str, str, str, str]] = Counter()
    with ProcessPoolExecutor(given.jobs, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(_made_and_scored, [given.work] * len(worlds), worlds))
    for (name, _, level), (world, found) in zip(worlds, done, strict=True):
        results.setdefault((name, level), []).append(found)
        truths.setdefault((name, level), []).append(orders_bound.read(world))
        for kind, which, accounts, statuses in found.lists:
            honest[name, kind, which, "accounts"] += accounts
            for status, n in statuses.items():
                honest[name, kind, which, status] += n
    bound = {
        (name, level): orders_bound.within(orders_bound.best_possible(mine, preset(name).operations[0].zone))
        for (name, level), mine in truths.items()
    }
    write(given.worlds, results, bound, honest)


def write(
    worlds: list[str],
    results: dict[tuple[str, str], list[Scored]],
    bound: dict[tuple[str, str], dict[str, Any]],
    honest: Counter[tuple[str, str, str, str]],
) -> None:
    """Write the page of results."""
    words = " ".join(worlds)
    lines = [
        "# Orders in simulated worlds",
        "",
        f"Made by `python -m bench.orders --work FOLDER {words}` on {datetime.now(UTC):%Y-%m-%d}, commit "
        f"{commit()}.",
        "Orders of the accounts that `investigate` names, with those of their groups that are as alike as the accounts",
        "with evidence (*kindred*), at a false-discovery rate of 1 %. An order counts as right",
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
    worlds_of = [*results.items(), (("all", ""), [one for found in results.values() for one in found])]
    every = [one.figures for one in worlds_of[-1][1]]
    bound = {**bound, ("all", ""): {key: sum(b[key] for b in bound.values()) for key in ("hits", "of")}}
    for (preset_name, level), found in worlds_of:
        cells = [pooled([one.figures for one in found], name) for name in FIGURES if name != "recall_of_all"]
        best = bound[preset_name, level]
        cells.insert(3, said(share(best["hits"], best["of"])))
        parts = sum(one.figures["parts"] for one in found)
        lines.append(f"| {preset_name} {level} ({len(found)}) | {' | '.join(cells)} | {parts} |")
    lines += [
        "",
        "What the named accounts alone give, and whom it is looked for among:",
        "",
        "| worlds | precision | recall | time within 30 min | operation | of it named | kindred | honest named | "
        "kindred |",
        "|---|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for (preset_name, level), found in worlds_of:
        cells = [pooled([one.alone for one in found], name) for name in FIGURES if name in ALONE]
        cells += [f"{sum(one.whom[key] for one in found):,}" for key in WHOM]
        lines.append(f"| {preset_name} {level} ({len(found)}) | {' | '.join(cells)} |")
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
