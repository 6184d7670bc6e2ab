"""Who gets the ladder's upper rungs: of operations, of honest accounts beside them, and of lists of those.

    python -m bench.direction --work FOLDER --worlds small:8000,8001:E0,E1 … --honest 20:8400 30:8400 90:8400 …

Worlds are made and investigated as in bench.orders; then roster, orders and operators of the named accounts decide. For
`--honest DAYS:SEED`, worlds of look-alikes alone are simulated, and all accounts of a kind, a random half of them, and
sets of busy ordinary accounts are looked at as if a test had named them: the rung is never given to lists, so this is
what would be left of the rules if one had. Results are kept in the work folder by world, so that a run goes on where it
stopped. Writes bench/results/direction.md. The rules were set on seeds 7000 to 7003.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.shared import commit, kept, log_of, made, named_crews
from chorusline.case import NAMED_RUNGS, TABLES, Case
from chorusline.config import Config
from chorusline.evaluate.intervals import said, share
from chorusline.operation import choose, orders, roster
from chorusline.operation.base import Crew
from chorusline.operation.crews import crew_of_list
from chorusline.operation.direction import directed, raised
from chorusline.operation.run import run
from chorusline.operation.study import STAFFED, study
from chorusline.simulate import build
from chorusline.simulate.presets import preset

RESULTS = Path(__file__).parent / "results" / "direction.md"
SETS = 10


def of_world(work: Path, name: str, seed: int, level: str) -> dict[str, Any]:
    """What a world's named accounts get: by kind how many are named and directed; groups on each upper rung."""
    world, folder = made(work, name, seed, level)
    case = Case.open(folder)
    log = case.log()
    truth = pq.read_table(world / "truth" / "accounts.parquet", columns=["account", "kind"]).to_pylist()
    kind = {row["account"]: row["kind"] for row in truth}
    crews = named_crews(case, log)
    hours = run(choose(("roster",)), crews).tables
    staffed = {row["group"] for row in hours["roster"].to_pylist() if row["verdict"] == STAFFED}
    # Without staffed hours no rung is given, whatever the rest says.
    rest = run(choose(("orders", "operators")), [crew for crew in crews if crew.group in staffed]).tables
    tables = {"accounts": case.table("accounts"), "groups": case.table("groups"), **hours, **rest}
    after = raised(tables, case.config)
    named: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for row in after["accounts"].to_pylist():
        named[kind[row["account"]]] += row["rung"] in NAMED_RUNGS
        given[kind[row["account"]]] += row["rung"] == "directed"
    rungs = Counter(after["groups"]["rung"].to_pylist())
    return {
        "named": dict(named), "directed": dict(given), "staffed": len(staffed), "groups": len(crews),
        "rungs": {rung: rungs[rung] for rung in ("directed", "shared hands")},
        "scheduled": [row["scheduled"] for row in rest["operators"].to_pylist()],
    }  # fmt: skip


def of_honest(days: int, seed: int) -> list[tuple[str, str, int, str, int]]:
    """Kind, which, accounts, what is said of their hours, and how many would be directed; in a world of look-alikes."""
    # Long worlds have fewer ordinary accounts, so that they fit; look-alikes are all there.
    size = {"days": days, "accounts": 20_000 if days <= 30 else 5_000}
    world = build(preset("look-alikes", seed).model_copy(update=size))
    log = log_of(world)
    truth = world.truth["accounts"]
    kinds = dict(zip(truth["account"].to_pylist(), truth["kind"].to_pylist(), strict=True))
    kind = np.array([kinds.get(name, "") for name in log.names])
    rng = np.random.default_rng(1)
    lists = []
    for one in sorted(set(kind.tolist()) - {"", "organic"}):
        codes = np.flatnonzero(kind == one)
        lists += [(one, "all", codes), (one, "half", np.sort(rng.permutation(codes)[: len(codes) // 2]))]
    busy = np.flatnonzero((kind == "organic") & (np.bincount(log.account_codes, minlength=len(kind)) >= 100))
    lists += [("ordinary, active", str(k), np.sort(rng.choice(busy, 40, replace=False))) for k in range(SETS)]
    result = []
    for one, which, codes in lists:
        crew = crew_of_list(log, codes.astype(np.int32), Config(seed=seed))
        crew = Crew(log, crew.config, crew.members, crew.outsiders, 1, "named accounts")
        held = roster._gather(crew)
        # Verdicts need no resamples of boundaries.
        verdict = "too little" if isinstance(held, str) else study(*held, seed=seed, resamples=2).verdict
        result.append((one, which, len(codes), verdict, _would(crew) if verdict == STAFFED else 0))
    return result


def _would(crew: Crew) -> int:
    """How many of a crew with staffed hours would be directed."""
    found = orders.find(crew).tables
    if not found:
        return 0
    names = [crew.log.names[code] for code in crew.members.tolist()]
    rows = [
        {f.name: None for f in TABLES["accounts"]} | {"account": n, "group": 1, "rung": "in step"}
        for n in names
    ]
    accounts = pa.Table.from_pylist(rows, pa.schema([f.with_nullable(True) for f in TABLES["accounts"]]))
    hours = crew.table(
        "roster", roster.find(crew).tables["roster"].drop_columns(["group", "crew"]).to_pydict()
    )
    return sum(map(len, directed({"accounts": accounts, "roster": hours, **found}, crew.config).values()))


def main() -> None:
    """Make the worlds that aren't done yet and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--worlds", nargs="*", default=[])
    asked.add_argument("--honest", nargs="*", default=[])
    asked.add_argument("--kept", action="store_true", help="only what is kept already")
    given = asked.parse_args()
    worlds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    honest: dict[int, list[Any]] = {}
    for word in given.worlds:
        name, seeds, levels = word.split(":")
        for seed in map(int, seeds.split(",")):
            for level in levels.split(","):
                path = given.work / f"direction-{name}-{seed}-{level}.json"
                if given.kept and not path.exists():
                    continue
                found = kept(path, lambda n=name, s=seed, e=level: of_world(given.work, n, s, e))
                worlds.setdefault((name, level), []).append(found)
                print(name, seed, level, found, file=sys.stderr, flush=True)
    for word in given.honest:
        days, seed = map(int, word.split(":"))
        path = given.work / f"direction-honest-{days}-{seed}.json"
        if given.kept and not path.exists():
            continue
        rows = kept(path, lambda d=days, s=seed: of_honest(d, s))
        honest.setdefault(days, []).append(rows)
        print(word, Counter(row[3] for row in rows), file=sys.stderr, flush=True)
    write(given, worlds, honest)


def write(
    given: Any, worlds: dict[tuple[str, str], list[dict[str, Any]]], honest: dict[int, list[Any]]
) -> None:
    """Write the page of results."""
    words = f"--worlds {' '.join(given.worlds)} --honest {' '.join(given.honest)}"
    lines = [
        "# Who is called directed", "",
        f"Made by `python -m bench.direction --work FOLDER {words}` on {datetime.now(UTC):%Y-%m-%d}, commit "
        f"{commit()}.",
        "Accounts that `investigate` names, and of these those that are called *directed*; groups by their upper rung.",
        "", "| worlds | operation named | of these directed | honest named | of these directed | groups with named | "
        "staffed hours | directed | shared hands |", "|---|---:|---|---:|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    every = [one for found in worlds.values() for one in found]
    for (name, level), found in [*worlds.items(), (("all", ""), every)]:
        mine = [sum(one[what].get("factory", 0) for one in found) for what in ("named", "directed")]
        both = [sum(sum(one[what].values()) for one in found) for what in ("named", "directed")]
        others = [a - b for a, b in zip(both, mine, strict=True)]
        rungs = [sum(one["rungs"][rung] for one in found) for rung in ("directed", "shared hands")]
        groups = [sum(one[what] for one in found) for what in ("groups", "staffed")]
        lines.append(
            f"| {name} {level} ({len(found)}) | {mine[0]:,} | {said(share(mine[1], mine[0]))} | {others[0]:,} | "
            f"{said(share(others[1], others[0]))} | {' | '.join(f'{n:,}' for n in (*groups, *rungs))} |"
        )
    lines += [
        "", "## Honest accounts as if a test had named them", "",
        "Worlds of look-alikes alone: all accounts of a kind, a random half of them, sets of busy ordinary accounts.",
        "", "| days | worlds | sets | staffed hours | hours, but no days off | sets with anybody directed |",
        "|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for days, found in sorted(honest.items()):
        rows = [row for world in found for row in world]
        counts = (
            len(found), len(rows), sum(r[3] == STAFFED for r in rows), sum(r[3].startswith("hours") for r in rows),
            sum(r[4] > 0 for r in rows),
        )  # fmt: skip
        lines.append(f"| {days} | {' | '.join(f'{n:,}' for n in counts)} |")
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
