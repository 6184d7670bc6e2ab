"""Targets found in simulated worlds, and made up of honest crowds, on seeds that nothing was tuned on.

    python -m bench.targets --work FOLDER [--small N] [--first SEED] [--make-only]

Each world (preset `small`, at E0, E1 and E2) is simulated and investigated once and kept in the work folder; then the
targets of its named accounts are looked for and scored. Long pressure is no order of these worlds, so it is made up in
each: eight members of each crew keep at one account, on five days over two weeks or more. What is found wrongly is
looked for in three ways. The accounts of each look-alike are given as a user's list, all of them and a random half. So
are random lists of 30 ordinary accounts that address others. And in each world an event is made up: for two hours about
noon, who writes anything addresses one well-known account, members and others alike, or members three times as readily;
it should be no pile-on. Writes bench/results/targets.md. Seeds 7000 to 7003 were tuned on; 8000 and up were not.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.orders import pooled
from bench.shared import commit, made, named_crews
from chorusline.actions import KINDS, ActionLog
from chorusline.case import OPERATION, Case
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.targets import score
from chorusline.evaluate.truth import read
from chorusline.operation import choose
from chorusline.operation.base import Crew
from chorusline.operation.crews import crew_of_list
from chorusline.operation.pushed import target_uses
from chorusline.operation.run import run
from chorusline.operation.targets import find
from chorusline.operation.words import LEAST_Z, common_words, compared, used
from chorusline.units import DAY, HOUR

RESULTS = Path(__file__).parent / "results" / "targets.md"
FIGURES = (
    ("pile_ons_right", "pile-ons that were ordered"),
    ("orders_seen", "orders on a target that show as one"),
    ("beyond_prominence", "beyond prominence that were ordered"),
    ("targets_found", "ordered targets found so"),
    ("pressure_right", "under long pressure that were ordered"),
)
SAID = ("targets", "beyond", "pile-on", "event", "reaction", "wire", "pressure", "words")
LEVELS = ("E0", "E1", "E2")
LISTS, OF, KEEPING = 10, 30, 8
HALVES = (("words", "targets"), ("words", "looked"), ("words", "shown"))
READILY = (("alike", 0.5, 0.5), ("members 3 times as readily", 0.75, 0.25))


def one_world(
    world: Path, folder: Path
) -> tuple[dict[str, Any], Counter[tuple[str, str]], list[tuple[int, Counter[str]]]]:
    """Score the targets of a case's named accounts, in crews of which half at least work for an operation.

    Also returns what is said of what was made up, by (what, said), and what is said of the other crews, by accounts.
    """
    case = Case.open(folder)
    log = case.log()
    truth = read(world)
    working = {
        name
        for name, label in zip(truth.accounts["account"].to_pylist(), truth.label.tolist(), strict=True)
        if label
    }
    crews, honest = [], []
    for crew in named_crews(case, log):
        own = sum(log.names[member] in working for member in crew.members.tolist())
        (crews if 2 * own >= len(crew.members) else honest).append(crew)
    tables = run(choose(("targets",)), crews).tables
    figures = score(Case(folder, case.manifest, dict(tables)), truth).figures
    events: Counter[tuple[str, str]] = Counter()
    for name, members, others in READILY:
        for crew in (*crews, *honest):
            changed, minister = with_event(log, crew, members, others)
            found = find(replace(crew, log=changed), unmask=True).tables["pile_ons"]
            mine = found.filter(pc.equal(found["target"], minister)).to_pylist()
            begin = _noon(log)
            here = [
                row
                for row in mine
                if row["end"].timestamp() * 1e6 >= begin and row["start"].timestamp() * 1e6 <= begin + DAY
            ]
            events[name, "crews"] += 1
            for row in here:
                events[name, row["status"]] += 1
    for crew in (*crews, *honest):
        made_up = with_pressure(log, crew)
        if made_up is not None:
            targets = find(replace(crew, log=made_up[0]), unmask=True).tables["targets"]
            pressed = targets.filter(pc.and_(pc.equal(targets["target"], made_up[1]), targets["pressure"]))
            events["pressure", "crews"] += 1
            events["pressure", "found"] += pressed.num_rows
    return figures, events, [(len(crew.members), _said(crew)) for crew in honest]


def with_pressure(log: ActionLog, crew: Crew) -> tuple[ActionLog, str] | None:
    """Let eight members keep at an account that some address; None where fewer of the crew are there for long."""
    uses = target_uses(log, crew.config)
    count = np.bincount(uses.object[~crew.inside[uses.account]], minlength=len(uses.objects))
    known = np.argsort(-count, kind="stable")[200]
    rows = np.flatnonzero(crew.inside[log.account_codes] & (log.kinds != KINDS.index("reshare")))
    chosen, keeping = [], 0
    for member in crew.members.tolist():
        mine = rows[log.account_codes[rows] == member]
        days, first = np.unique(log.times[mine] // DAY, return_index=True)
        if keeping < KEEPING and len(days) >= 5 and days[-1] - days[0] >= 14:
            keeping += 1
            chosen += mine[first[np.linspace(0, len(days) - 1, 5).astype(int)]].tolist()
    if keeping < KEEPING:
        return None
    return mentioning(log, np.sort(np.array(chosen)), uses.objects[int(known)].as_py())


def _noon(log: ActionLog) -> int:
    """Ten in the morning UTC of the log's third Tuesday or what comes next to it; a working day."""
    day = int(log.times[0]) // DAY + 14
    while (day + 3) % 7 != 1:  # 1970-01-01 was a Thursday
        day += 1
    return day * DAY + 10 * HOUR


def with_event(log: ActionLog, crew: Crew, members: float, others: float) -> tuple[ActionLog, str]:
    """Let a share of what members, and of what others, write in two hours mention the log's most addressed account."""
    uses = target_uses(log, crew.config)
    count = np.bincount(uses.object[~crew.inside[uses.account]], minlength=len(uses.objects))
    minister: str = uses.objects[int(count.argmax())].as_py()
    begin = _noon(log)
    rng = np.random.default_rng(begin // DAY)
    here = np.arange(*np.searchsorted(log.times, [begin, begin + 2 * HOUR]))
    here = here[log.kinds[here] != KINDS.index("reshare")]
    chance = np.where(crew.inside[log.account_codes[here]], members, others)
    return mentioning(log, here[rng.random(len(here)) < chance], minister)


def mentioning(log: ActionLog, here: np.ndarray, name: str) -> tuple[ActionLog, str]:
    """Let the actions in rows `here`, ascending, mention an account, too."""
    mentions = log.actions["mentions"].combine_chunks()
    listed = mentions.take(pa.array(here)).to_pylist()
    new = pa.array([[*(names or []), name] for names in listed], mentions.type)
    mask = np.zeros(len(log), dtype=bool)
    mask[here] = True
    place = np.full(len(log), -1)
    place[here] = np.arange(len(here)) + len(mentions)
    both = pa.concat_arrays([mentions, new]).take(pa.array(np.where(mask, place, np.arange(len(log)))))
    column = log.actions.column_names.index("mentions")
    actions = log.actions.set_column(column, log.actions.schema.field("mentions"), both)
    return replace(log, actions=actions, memo={}), name


def honest(world: Path, folder: Path) -> Iterable[tuple[str, str, int, Counter[str]]]:
    """What is said of lists of honest accounts: (kind, which, accounts, counts of SAID)."""
    case = Case.open(folder)
    log = case.log()
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    rng = np.random.default_rng(1)
    for kind in sorted(set(truth["kind"].to_pylist()) - {"organic", "factory"}):
        codes = _codes(log, truth, kind)
        half = np.sort(rng.permutation(codes)[: len(codes) // 2])
        for which, listed in (("all", codes), ("half", half)):
            yield kind, which, len(listed), _said(crew_of_list(log, listed, case.config))
    uses = target_uses(log, case.config)
    talkers = np.intersect1d(_codes(log, truth, "organic"), np.unique(uses.account))
    for _ in range(LISTS):
        listed = np.sort(rng.choice(talkers, OF, replace=False))
        yield "organic", f"{LISTS} random lists", OF, _said(crew_of_list(log, listed, case.config))


def random_halves(log: ActionLog, case: Case) -> tuple[int, int, int]:
    """Words among random 30 of those who address each of the 60 foremost targets: targets, words looked at, shown."""
    uses, rng = target_uses(log, case.config), np.random.default_rng(2)
    pairs = np.unique(uses.object.astype(np.int64) * uses.n_accounts + uses.account)
    count = np.bincount(pairs // uses.n_accounts, minlength=len(uses.objects))
    targets = looked = shown = 0
    for t in np.argsort(-count, kind="stable")[:60].tolist():
        here = slice(*np.searchsorted(uses.object, [t, t + 1]))
        inside = np.zeros(uses.n_accounts, dtype=bool)
        inside[rng.choice(np.unique(uses.account[here]), min(OF, int(count[t]) // 2), replace=False)] = True
        rows = np.sort(uses.action[here])
        one = compared(used(log, rows, case.config), inside, common_words(log, case.config))
        if one is not None:
            targets, looked = targets + 1, looked + int((one.members >= 3).sum())
            shown += int(((one.z >= LEAST_Z) & (one.members >= 3)).sum())
    return targets, looked, shown


def _codes(log: ActionLog, truth: pa.Table, kind: str) -> np.ndarray:
    names = truth.filter(pc.equal(truth["kind"], kind))["account"]
    return pc.drop_null(pc.index_in(names, value_set=log.accounts["name"])).to_numpy()


def _said(crew: Crew) -> Counter[str]:
    tables = {name: OPERATION[name].empty_table() for name in ("targets", "pile_ons", "target_words")}
    tables |= find(crew).tables
    targets = tables["targets"]
    return Counter(
        {
            "targets": targets.num_rows,
            "beyond": pc.sum(pc.less_equal(targets["q_value"], crew.config.fdr)).as_py() or 0,
            "pressure": pc.sum(targets["pressure"]).as_py() or 0,
            "words": tables["target_words"].num_rows,
            **Counter(tables["pile_ons"]["status"].to_pylist()),
        }
    )


def main() -> None:
    """Make and score the worlds, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--small", type=int, default=2)
    asked.add_argument("--first", type=int, default=8000)
    asked.add_argument("--make-only", action="store_true")
    asked.add_argument("--results", type=Path, default=RESULTS)
    given = asked.parse_args()
    results: dict[str, list[dict[str, Any]]] = {}
    crowds: Counter[tuple[str, str, str]] = Counter()
    events: Counter[tuple[str, str]] = Counter()
    for seed in range(given.first, given.first + given.small):
        for level in LEVELS:
            world, case = made(given.work, "small", seed, level)
            if given.make_only:
                continue
            figures, event, others = one_world(world, case)
            for accounts, counts in others:
                crowds["named though honest", "E0 to E2", "accounts"] += accounts
                for name, n in counts.items():
                    crowds["named though honest", "E0 to E2", name] += n
            results.setdefault(level, []).append(figures)
            events.update(event)
            if level == "E0":
                opened = Case.open(case)
                events.update(dict(zip(HALVES, random_halves(opened.log(), opened), strict=True)))
            # The look-alikes do the same whatever the operation does to hide.
            for kind, which, accounts, counts in honest(world, case) if level == "E0" else ():
                crowds[kind, which, "accounts"] += accounts
                for name, n in counts.items():
                    crowds[kind, which, name] += n
            shown = {name: figures[name]["value"] for name, _ in FIGURES}
            print(seed, level, shown, dict(event), file=sys.stderr, flush=True)
        if not given.make_only:
            write(given, seed + 1 - given.first, results, crowds, events)


def write(
    given: argparse.Namespace,
    worlds: int,
    results: dict[str, list[dict[str, Any]]],
    crowds: Counter[tuple[str, str, str]],
    events: Counter[tuple[str, str]],
) -> None:
    """Write the page of results."""
    lines = [
        "# Targets in simulated worlds",
        "",
        f"Made by `python -m bench.targets --work FOLDER --small {worlds} --first {given.first}` on "
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit()}.",
        "Targets of the accounts that `investigate` names, in groups of which half at least work for the operation, at",
        "a false-discovery rate of 1 %; groups of honest accounts that were named stand below. A pile-on is right",
        "where half of its posts at least were made on one order to address a target; orders count that five accounts",
        "or more acted on. With 95 % intervals (Clopper & Pearson), which take orders for independent.",
        "",
        f"| worlds | {' | '.join(title for _, title in FIGURES)} |",
        f"|---{'|---' * len(FIGURES)}|",
    ]
    every = [figures for found in results.values() for figures in found]
    for level, found in [*results.items(), ("all", every)]:
        lines.append(
            f"| small {level} ({len(found)}) | {' | '.join(pooled(found, name) for name, _ in FIGURES)} |"
        )
    lines += [
        "",
        "## An event that everybody speaks of",
        "",
        "For two hours who writes anything mentions one well-known account: in half of all posts, or in three quarters",
        "of members' and a quarter of others'. What is said of it for each crew of named accounts; only `pile-on` is",
        "wrong.",
        "",
        "| members and others | crews | pile-on | event | reaction | wire |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, *_ in READILY:
        counts = [events[name, word] for word in ("crews", "pile-on", "event", "reaction", "wire")]
        lines.append(f"| {name} | {' | '.join(f'{n:,}' for n in counts)} |")
    lines += [
        "",
        f"Eight members made to keep at one account, on five days over two weeks: long pressure found in "
        f"{said(share(events['pressure', 'found'], events['pressure', 'crews']))} of the crews.",
        "",
        f"Words of a random 30 of those who address a target against the others': of {events['words', 'looked']:,} "
        f"looked at, for {events['words', 'targets']:,} targets, {events['words', 'shown']:,} would be shown.",
        "",
        "## Honest crowds given as a user's list",
        "",
        "All accounts of a look-alike and a random half of them, random lists of ordinary accounts (sums over the E0",
        "worlds), and groups of honest accounts that `investigate` named (all worlds). What is said: targets beyond",
        "prominence, occasions by what is said of each, targets under long",
        "pressure, words. Fans do address their stars, and more than others do; that is said of them and is right.",
        "",
        "| accounts | list | accounts | targets | beyond | pile-on | event | reaction | wire | pressure | words |",
        f"|---|---|{'---:|' * 9}",
    ]
    for kind, which in sorted({key[:2] for key in crowds}):
        counts = [crowds[kind, which, name] for name in ("accounts", *SAID)]
        lines.append(f"| {kind} | {which} | {' | '.join(f'{n:,}' for n in counts)} |")
    given.results.parent.mkdir(exist_ok=True)
    given.results.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
