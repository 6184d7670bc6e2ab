"""Hours, effort and hands or machines, on worlds with answers: what is found of operations, what is claimed of others.

    python -m bench.roster [WORLDS] [FIRST] [--tables]
    python -m bench.roster --archive [FILE]

Worlds of 120 days with an operation of 12 operators, in turn in eight zones, of four ways to hide, in one or two
shifts, with look-alikes; and copies of the founding case on a smaller scale (seeds FIRST + 100 on, a quarter as many).
Members are taken from the truth, so that the analyses are measured and not the search. The same claims are looked for
in every group of look-alikes and in ten sets of ordinary accounts of the operation's size. Worlds done are kept in
bench/results/roster.json; the tables go to bench/results/roster.md. Seeds 7000 to 7003 were used for tuning.
--tables writes them of the worlds done so far.
--archive runs the analyses on the labelled accounts of the real archive and prints what comes out.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.archive import ARCHIVE
from bench.shared import commit, keep, kept, log_of
from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.evaluate.effort import at_work
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.roster import apart, true_hours
from chorusline.operation import automation, effort, roster
from chorusline.operation.base import LIST, Crew
from chorusline.operation.clocks import clocks, spans
from chorusline.operation.study import STAFFED, VERDICTS, Study, study
from chorusline.simulate.config import LookAlikes, Operation, WorldConfig
from chorusline.simulate.evasion import with_evasion
from chorusline.simulate.world import build

RESULTS = Path(__file__).parent / "results"
ZONES = (
    ("Europe/Tirane", "AL"), ("Europe/Moscow", "RU"), ("Asia/Manila", "PH"), ("America/New_York", "US"),
    ("Asia/Tehran", "IR"), ("Europe/London", "GB"), ("Asia/Dhaka", "BD"), ("Africa/Lagos", "NG"),
)  # fmt: skip
HIDING = ("E0", "E2", "E3", "E4")
SOME = LookAlikes(
    fans=60, stars=4, streaming=40, hashtag_hour=40, volunteers=30, share_button=40, newsroom=6, feeds=30,
    witnesses=60, households=6, diaspora=30, exiles=10,
)  # fmt: skip
RANDOM_SETS = 10


def config_of(seed: int, turn: int, founding: bool) -> tuple[WorldConfig, str]:
    """The world of a seed, and its kind in words."""
    if founding:
        operation = Operation(operators=25)
        return WorldConfig(
            seed=seed, start=date(2017, 10, 1), days=210, accounts=8_000, activity=0.05, reference_days=210,
            operations=(operation,), lookalikes=SOME,
        ), "founding, small"  # fmt: skip
    zone, country = ZONES[turn % len(ZONES)]
    shifts = "two" if turn % 5 == 4 else "office"
    level = HIDING[(turn + turn // len(ZONES)) % len(HIDING)]
    operation = with_evasion(
        Operation(
            operators=12, accounts_per_operator=3.0, templates=20, zone=zone, country=country, shifts=shifts
        ),
        level,
    )
    return WorldConfig(
        seed=seed, start=date(2024, 1, 22), days=120, accounts=6_000, activity=0.05, reference_days=200,
        operations=(operation,), lookalikes=SOME,
    ), f"{level}, {'two shifts' if shifts == 'two' else 'office'}"  # fmt: skip


def score(seed: int, turn: int, founding: bool) -> dict[str, Any]:
    """Simulate one world and make the analyses; returns what is kept of it."""
    config, words = config_of(seed, turn, founding)
    world = build(config)
    log, truth = log_of(world), world.truth
    facts = truth["accounts"]
    code = {name: k for k, name in enumerate(log.names)}
    kinds = np.full(len(code), "", dtype=object)
    for name, kind in zip(facts["account"].to_pylist(), facts["kind"].to_pylist(), strict=True):
        if name in code:
            kinds[code[name]] = kind
    organic = np.flatnonzero(kinds == "organic").astype(np.int32)

    def crew(members: np.ndarray) -> Crew:
        outside = np.setdiff1d(organic, members).astype(np.int32)
        return Crew(log, Config(seed=seed), np.sort(members).astype(np.int32), outside, None, LIST)

    mine = crew(np.flatnonzero(kinds == "factory"))
    result: dict[str, Any] = {
        "seed": seed,
        "kind": words,
        "zone": config.operations[0].zone,
        "founding": founding,
    }
    result |= _hours(roster.study_of(mine), truth, config)
    result["effort"] = _effort(mine, truth)
    result["others"] = [(kind, _claim(crew(np.flatnonzero(kinds == kind)))) for kind in sorted(set(kinds))
                        if kind not in ("", "organic", "factory")]  # fmt: skip
    rng = np.random.default_rng(seed)
    busy = np.bincount(log.account_codes, minlength=len(code))
    active = organic[busy[organic] >= 100]
    for k in range(RANDOM_SETS):
        among = active if k % 2 else organic
        chosen = rng.choice(among, min(len(mine.members), len(among)), replace=False)
        result["others"].append(("ordinary, active" if k % 2 else "ordinary", _claim(crew(chosen))))
    result["automation"] = _automation(log, kinds, Config(seed=seed))
    return result


def _hours(found: Study | str, truth: dict[str, pa.Table], config: WorldConfig) -> dict[str, Any]:
    if isinstance(found, str):
        return {"verdict": "too little", "errors": [], "covered": None, "offsets": None}
    rows = truth["shifts"]
    micro = [np.asarray(rows[c].cast(pa.int64()).to_numpy()) for c in ("start", "end")]
    errors, breaks, true = [], [], []
    # Hours are told in UTC for each span of days between changes of the clocks, and held against the truth of it.
    for first_day, last_day, ahead in spans(found.first, found.jumps):
        true = true_hours(*micro, rows["operator"].to_pylist(), days=(first_day, last_day))
        for edge in found.edges if true else ():
            near = min(true, key=lambda t: apart(t[0], edge.start[0] - ahead))
            errors += [apart(near[0], edge.start[0] - ahead), apart(near[1], edge.end[0] - ahead)]
            if edge.pause_start and edge.pause_end:
                length = 9.0 if config.operations[0].shifts == "office" else 12.0
                lunch = near[0] + 0.42 * length * 60
                told = edge.pause_start[0] - ahead, edge.pause_end[0] - ahead
                breaks += [apart(lunch, told[0]), apart(lunch + 60, told[1])]
    first, days = int(found.all_clocks[0].first), len(found.all_clocks[0].minutes)
    from zoneinfo import ZoneInfo

    rule = ZoneInfo(config.operations[0].zone)
    moments = [datetime.fromtimestamp((first + k) * 86400 + 43200, UTC).astimezone(rule) for k in range(days)]
    minutes = [int(m.utcoffset().total_seconds() // 60) for m in moments if m.utcoffset() is not None]
    inside = [found.all_clocks[k] for k in found.inside.tolist()]
    assert any(c.minutes.tolist() == minutes for c in clocks(first, days))
    return {
        "verdict": found.verdict, "errors": errors, "breaks": breaks, "shifts": [len(found.edges), len(true)],
        "covered": any(c.minutes.tolist() == minutes for c in inside),
        "offset_covered": min(minutes) in roster.offsets(found), "offsets": len(roster.offsets(found)),
        "off": list(found.off),
    }  # fmt: skip


def _claim(crew: Crew) -> str:
    """The verdict on a set of honest accounts; one resample, since verdicts need none."""
    held = roster._gather(crew)
    return "too little" if isinstance(held, str) else study(*held, seed=crew.config.seed, resamples=1).verdict


def _effort(crew: Crew, truth: dict[str, pa.Table]) -> list[tuple[str, float, float, float, float]]:
    """Measure, true hours, low, middle and high."""
    found = effort.find(crew)
    log = crew.log
    rows = np.flatnonzero(crew.inside[log.account_codes])
    hand_of: dict[str, str] = {}
    table = truth["operators"]
    for account, operator in zip(table["account"].to_pylist(), table["operator"].to_pylist(), strict=True):
        hand_of.setdefault(account, operator)
    ordered = set(truth["order_actions"]["post_id"].to_pylist())
    posts = log.actions["post_id"].take(pa.array(rows)).to_pylist()
    hands = {name: k for k, name in enumerate(sorted(set(hand_of.values())))}
    by = np.array([hands[hand_of[log.names[c]]] for c in log.account_codes[rows].tolist()])
    on_order = np.array([post in ordered for post in posts])
    spans = [np.asarray(truth["shifts"][c].cast(pa.int64()).to_numpy()) for c in ("start", "end")]
    true = {
        "at work": at_work(log.kinds[rows].astype(np.int64), on_order, by, log.account_codes[rows]),
        "on duty": float((spans[1] - spans[0]).sum()) / 3.6e9,
    }
    return [
        (row["measure"], true[row["measure"]], row["hours_low"], row["hours_middle"], row["hours_high"])
        for row in found.tables["effort"].to_pylist()
    ]


def _automation(log: ActionLog, kinds: np.ndarray, config: Config) -> list[tuple[str, str, int]]:
    """Verdicts on all accounts by kind; the clients are blanked, so that only behaviour speaks."""
    place = log.actions.column_names.index("client")
    blank = log.actions.set_column(place, "client", pa.nulls(len(log), pa.string()))
    blind = ActionLog(blank, log.accounts, log.inputs)
    members = np.flatnonzero(np.bincount(log.account_codes, minlength=len(kinds)) > 0).astype(np.int32)
    found = automation.judge_all(Crew(blind, config, members, members[:0], None, LIST))
    count = Counter((str(kinds[c]), h.verdict) for c, h in zip(members.tolist(), found, strict=True))
    return [(kind, verdict, n) for (kind, verdict), n in sorted(count.items())]


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The results as Markdown."""
    return [*_table_of_hours(rows), *_table_of_claims(rows), *_table_of_effort(rows), *_table_of_hands(rows)]


def _table_of_hours(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "## Hours of operations",
        "",
        "| worlds | n | staffed hours | boundaries within 30 min | median error, min | clock in the set | "
        "offsets in the set, median (most) |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    groups = {"all but the founding copies": [r for r in rows if not r["founding"]]}
    for words in sorted({r["kind"] for r in rows}):
        groups[words] = [r for r in rows if r["kind"] == words]
    for words, mine in groups.items():
        told = [r for r in mine if r["verdict"] == STAFFED]
        if not told:
            lines.append(f"| {words} | {len(mine)} | 0 | – | – | – | – |")
            continue
        errors = [e for r in told for e in r["errors"]]
        sizes = [r["offsets"] for r in told]
        lines.append(
            f"| {words} | {len(mine)} | {len(told)} | {said(share(sum(e <= 30 for e in errors), len(errors)))} | "
            f"{np.median(errors):.0f} | {said(share(sum(bool(r['covered']) for r in told), len(told)))} | "
            f"{np.median(sizes):.0f} ({max(sizes)}) |"
        )
    breaks = [e for r in rows for e in r.get("breaks", [])]
    counted = [r["shifts"] for r in rows if "shifts" in r]
    return [
        *lines,
        "",
        f"Boundaries of breaks within 30 minutes: {said(share(sum(e <= 30 for e in breaks), len(breaks)))}. Number of "
        f"shifts right: {said(share(sum(a == b for a, b in counted), len(counted)))}.",
        "",
    ]


def _table_of_claims(rows: list[dict[str, Any]]) -> list[str]:
    verdicts = (*VERDICTS, "too little")
    lines = [
        "## Claimed of honest accounts",
        "",
        f"| accounts | sets | {' | '.join(verdicts)} |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    others: dict[str, Counter[str]] = {}
    for row in rows:
        for kind, verdict in row["others"]:
            others.setdefault(kind, Counter())[verdict] += 1
    total: Counter[str] = Counter()
    for kind, count in sorted(others.items()):
        total += count
        lines.append(f"| {kind} | {sum(count.values())} | {' | '.join(str(count[v]) for v in verdicts)} |")
    claimed = said(share(total[STAFFED], sum(total.values()) - total["too little"]))
    return [
        *lines,
        "",
        f"Staffed hours claimed of honest sets of which something could be said: {claimed}.",
        "",
    ]


def _table_of_effort(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "## Effort",
        "",
        "| measure | true hours between low and high | middle over truth, median (5–95 %) | high over low, median |",
        "|---|---:|---:|---:|",
    ]
    for measure in ("at work", "on duty"):
        found = [e for r in rows for e in r["effort"] if e[0] == measure and e[1]]
        if found:
            low, mid, high = np.quantile([e[3] / e[1] for e in found], [0.05, 0.5, 0.95])
            inside = said(share(sum(e[2] <= e[1] <= e[4] for e in found), len(found)))
            wide = np.median([e[4] / e[2] for e in found])
            lines.append(f"| {measure} | {inside} | {mid:.2f} ({low:.2f}–{high:.2f}) | {wide:.0f} |")
    return [*lines, ""]


def _table_of_hands(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        "## Hands or machines, clients blanked",
        "",
        "Of an operation under E4, every account is half by scheduler: neither word would be right of it.",
        "",
        f"| accounts | n | {' | '.join(automation.VERDICTS)} |",
        "|---|---:|---:|---:|---:|",
    ]
    hands: dict[str, Counter[str]] = {}
    for row in rows:
        for kind, verdict, n in row["automation"]:
            level = "E0" if row["founding"] else row["kind"][:2]
            hands.setdefault(f"factory, {level}" if kind == "factory" else kind, Counter())[verdict] += n
    for kind, count in sorted(hands.items()):
        each = " | ".join(f"{count[v]:,}" for v in automation.VERDICTS)
        lines.append(f"| {kind} | {sum(count.values()):,} | {each} |")
    return lines


def archive(path: str) -> None:
    """Run the analyses on the labelled accounts of the real archive; labels only choose the list."""
    import duckdb

    from chorusline import read

    log = read(path)
    rows = duckdb.sql(f"select distinct account_id, label, \"group\" from '{path}'").fetchall()
    code = {name: k for k, name in enumerate(log.names)}
    honest = np.array(sorted(code[a] for a, label, _ in rows if not label and a in code), dtype=np.int32)
    every = sorted({group for _, label, group in rows if label})
    for words in ("all labelled", *every):
        mine = [code[a] for a, label, group in rows if label and (words == "all labelled" or group == words)]
        crew = Crew(log, Config(), np.array(sorted(set(mine)), dtype=np.int32), honest, None, LIST)
        print(f"\n{words}: {len(crew.members)} accounts")
        for name, analysis in (
            ("roster", roster.find),
            ("effort", effort.find),
            ("automation", automation.find),
        ):
            found = analysis(crew)
            for sentence in found.sentences or (f"nothing is said: {found.reason}",):
                print(f"  {name}: {sentence}")


def main() -> None:
    """Run the worlds that aren't done yet and write the tables."""
    if "--archive" in sys.argv:
        place = sys.argv.index("--archive") + 1
        return archive(sys.argv[place] if place < len(sys.argv) else str(ARCHIVE))
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    worlds = numbers[0] if numbers else 20
    first = numbers[1] if len(numbers) > 1 else 8000
    place = RESULTS / "roster.json"
    done: dict[str, dict[str, Any]] = kept(place, dict)
    jobs = [(first + k, k, False) for k in range(worlds)] + [
        (first + 100 + k, k, True) for k in range(worlds // 4)
    ]
    for seed, turn, founding in jobs:
        if str(seed) in done or "--tables" in sys.argv:
            continue
        done[str(seed)] = score(seed, turn, founding)
        keep(place, done)
        print(f"{seed}: {done[str(seed)]['kind']}, {done[str(seed)]['verdict']}", file=sys.stderr, flush=True)
    rows = [done[str(seed)] for seed, _, _ in jobs if str(seed) in done]
    lines = [
        f"# Hours, effort, hands or machines: {len(rows)} of {len(jobs)} worlds from seed {first}", "",
        f"Made by `python -m bench.roster {worlds} {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}.", "",
        *table(rows),
    ]  # fmt: skip
    (RESULTS / "roster.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
