"""Hands: pair AUC, precision of links and coverage of the headcount's interval, at five ways to hide.

    python -m bench.operators [WORLDS EACH] [FIRST]

Worlds of 270 days with an operation of 8, 12, 20 or 30 operators and hardly anybody else; members are taken from the
truth. Each row states the share of actions on orders and by scheduler, since both decide what can be told. The
command's own abstentions are counted; AUC is of all worlds, those too. To bench/results/operators.md. Seeds 7000 to
7003 were used for tuning.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.roster import log_of
from chorusline.config import Config
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.ranking import average_precision
from chorusline.operation import operators, pairs
from chorusline.operation.base import LIST, Crew
from chorusline.operation.roster import by_hand
from chorusline.simulate.config import LookAlikes, Operation, WorldConfig
from chorusline.simulate.evasion import with_evasion
from chorusline.simulate.world import build

RESULTS = Path(__file__).parent / "results"
LEVELS = ("E0", "E1", "E2", "E3", "E4")
SIZES = (8, 12, 20, 30)


def score(seed: int, level: str, size: int) -> dict[str, Any]:
    """Simulate one world and count its hands."""
    operation = with_evasion(Operation(operators=size, templates=20), level)
    world = build(
        WorldConfig(
            seed=seed, start=date(2024, 1, 22), days=270, accounts=600, activity=0.05, reference_days=270,
            operations=(operation,), lookalikes=LookAlikes(),
        )
    )  # fmt: skip
    log, truth = log_of(world), world.truth
    hands: dict[str, set[str]] = {}
    for account, operator in zip(
        *(truth["operators"][c].to_pylist() for c in ("account", "operator")), strict=True
    ):
        hands.setdefault(account, set()).add(operator)
    members = np.array([k for k, name in enumerate(log.names) if name in hands], dtype=np.int32)
    outside = np.setdiff1d(np.arange(len(log.names)), members).astype(np.int32)
    crew = Crew(log, Config(seed=seed), members, outside, None, LIST)
    rows = np.flatnonzero(crew.inside[log.account_codes])
    clients = log.actions["client"].to_pylist()
    result: dict[str, Any] = {
        "level": level, "size": size,
        "ordered": truth["order_actions"].num_rows / len(rows),
        "scheduled": float(np.mean([clients[k] == "scheduler" for k in rows.tolist()])),
    }  # fmt: skip
    found = operators.hands_of(crew)
    true = len(set().union(*(hands[log.names[c]] for c in members.tolist())))
    if isinstance(found, operators.Hands):
        result |= {"low": found.low, "high": found.high, "accounts": len(found.accounts),
                   "linked": found.linked[0] if found.linked else None}  # fmt: skip
    result |= {
        "true": true,
        "said": "nothing" if isinstance(found, str) else "bounds" if not found.linked else "linked",
    }
    # What the evidence is worth is measured whether or not the command would speak.
    rows = rows[by_hand(log.times[rows], log.resolution)]
    place = np.searchsorted(members, log.account_codes[rows])
    counted = pairs.count(log.times[rows], place, len(members))
    linked = pairs.link(counted, np.ones(len(counted.near)))
    upper = np.triu_indices(len(members), 1)
    sets = [hands[log.names[c]] for c in members.tolist()]
    same = np.array([bool(sets[a] & sets[b]) for a, b in zip(*(u.tolist() for u in upper), strict=True)])
    for name, evidence in (
        ("all", linked.exclusion + linked.hand_over + linked.absences), ("exclusion", linked.exclusion),
        ("hand_over", linked.hand_over), ("absences", linked.absences),
    ):  # fmt: skip
        result[f"auc_{name}"] = auc(same, evidence[upper])
    sure = (linked.posterior[upper] >= operators.LINK) & (linked.expected[upper] >= operators.LEAST_EXPECTED)
    ranks = np.argsort(
        np.argsort(-(linked.exclusion + linked.hand_over + linked.absences)[upper], kind="stable")
    )
    return result | {
        "links": int(sure.sum()), "right": int((sure & same).sum()), "pairs": int(same.sum()),
        "expected": float(np.median(linked.expected[upper])), "average_precision": average_precision(same, ranks + 1),
    }  # fmt: skip


def auc(same: np.ndarray, evidence: np.ndarray) -> float:
    """Chance that a pair of one hand has more evidence than another pair; ties count half."""
    from scipy.stats import rankdata

    rank = rankdata(evidence)
    n = int(same.sum())
    return float((rank[same].mean() - (n + 1) / 2) / (len(same) - n))


def main() -> None:
    """Run the worlds that aren't done yet and write the table."""
    numbers = [int(word) for word in sys.argv[1:]]
    each = numbers[0] if numbers else 8
    first = numbers[1] if len(numbers) > 1 else 8000
    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / "operators.json"
    done: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}
    jobs = [
        (first + 100 * k + n, level, SIZES[n % len(SIZES)])
        for n in range(each)
        for k, level in enumerate(LEVELS)
    ]
    for seed, level, size in jobs:
        if str(seed) not in done:
            done[str(seed)] = score(seed, level, size)
            kept.write_text(json.dumps(done) + "\n")
            print(seed, level, size, done[str(seed)]["said"], file=sys.stderr, flush=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True
    ).stdout.strip()
    lines = [
        f"# Hands: {len(jobs)} worlds from seed {first}",
        "",
        f"Made by `python -m bench.operators {each} {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit}.",
        "",
        "Pair AUC is of all worlds; links are pairs at a posterior of .9 with five coincidences expected; the "
        "interval is of worlds in which the command speaks.",
        "",
        "| way to hide | worlds | on orders | by scheduler | expected | AUC | exclusion | hand-over | absences | "
        "links right | of pairs | said: linked, bounds, nothing | interval holds the truth | width over truth | "
        "guess over truth |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    rows = [done[str(seed)] for seed, _, _ in jobs]
    for level in (*LEVELS, "all"):
        lines.append(_row(level, [r for r in rows if level in (r["level"], "all")]))
    (RESULTS / "operators.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


def _row(level: str, mine: list[dict[str, Any]]) -> str:
    told = [r for r in mine if "low" in r]
    linked = [r for r in told if r["linked"] is not None]
    mean = {name: np.mean([r[name] for r in mine]) for name in (
        "ordered", "scheduled", "expected", "auc_all", "auc_exclusion", "auc_hand_over", "auc_absences")}  # fmt: skip
    links, right = (sum(r[name] for r in mine) for name in ("links", "right"))
    holds = said(share(sum(r["low"] <= r["true"] <= r["high"] for r in told), len(told)))
    wide = f"{np.median([(r['high'] - r['low']) / r['true'] for r in linked]):.2f}" if linked else "–"
    guess = f"{np.median([r['linked'] / r['true'] for r in linked]):.2f}" if linked else "–"
    count = [sum(r["said"] == word for r in mine) for word in ("linked", "bounds", "nothing")]
    aucs = " | ".join(f"{mean[f'auc_{name}']:.3f}" for name in ("all", "exclusion", "hand_over", "absences"))
    of_pairs = f"{right / max(sum(r['pairs'] for r in mine), 1):.0%}".replace("%", " %")
    return (
        f"| {level} | {len(mine)} | {100 * mean['ordered']:.0f} % | {100 * mean['scheduled']:.0f} % | "
        f"{mean['expected']:.1f} | {aucs} | {right} of {links} | {of_pairs} | {', '.join(map(str, count))} | {holds} | "
        f"{wide} | {guess} |"
    )


if __name__ == "__main__":
    main()
