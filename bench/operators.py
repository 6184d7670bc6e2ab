"""Hands on worlds with answers: are accounts that share one linked, others not, and is their number in the interval?

    python -m bench.operators [WORLDS] [FIRST]

Worlds of the preset `small` with fewer ordinary accounts, hiding at E0 to E4 in turn: as they are (30 days), with the
operation at work for 120 days, and with 35 operators who hold one account each (120 days), where every link is wrong.
Members are taken from the truth, so that the analysis is measured and not the search; the same links are looked for
among the honest look-alikes of the second sort, but for households, who do share hands. Worlds done are kept in
bench/results/operators.json; the tables go to bench/results/operators.md. Seeds 7000 to 7003 were used for tuning.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.shared import commit, keep, kept, log_of
from chorusline.config import Config
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.operators import area, figures_of, hands_of, together
from chorusline.operation import operators
from chorusline.operation.base import LIST, Crew
from chorusline.operation.evidence import EVIDENCE
from chorusline.simulate.config import LookAlikes, Operation, WorldConfig
from chorusline.simulate.evasion import hide
from chorusline.simulate.presets import preset, resized
from chorusline.simulate.world import build

RESULTS = Path(__file__).parent / "results"
LEVELS = ("E0", "E1", "E2", "E3", "E4")
SOME = LookAlikes(
    fans=60, stars=4, streaming=40, hashtag_hour=40, volunteers=30, share_button=40, newsroom=6, feeds=9,
    witnesses=60, households=6, diaspora=30, exiles=10,
)  # fmt: skip
_EACH_ITS_OWN = Operation(operators=35, accounts_per_operator=1.0, shared_accounts=0.0, templates=12)
SORTS = ("30 days", "120 days", "one account each, 120 days")
ORDINARY = 20_000
"""Ordinary actions of a world, about; they are only compared with."""


def config_of(seed: int, level: str, sort: str) -> WorldConfig:
    """The world of a seed."""
    config = resized(preset("small", seed), ORDINARY).model_copy(update={"lookalikes": SOME})
    if sort != SORTS[0]:
        config = config.model_copy(update={"days": 120})
    if sort == SORTS[2]:
        config = config.model_copy(update={"operations": (_EACH_ITS_OWN,)})
    return hide(config, level)


def score(seed: int, level: str, sort: str) -> dict[str, Any]:
    """Simulate one world and look for its hands; returns what is kept of it."""
    world = build(config_of(seed, level, sort))
    log, truth = log_of(world), world.truth
    code = {name: k for k, name in enumerate(log.names)}
    kinds = np.full(len(code), "", dtype=object)
    for name, kind in zip(
        truth["accounts"]["account"].to_pylist(), truth["accounts"]["kind"].to_pylist(), strict=True
    ):
        kinds[code[name]] = kind
    organic = np.flatnonzero(kinds == "organic").astype(np.int32)

    def crew(kind: str) -> Crew:
        members = np.flatnonzero(kinds == kind).astype(np.int32)
        return Crew(log, Config(seed=seed), members, organic, None, LIST)

    mine, hands = crew("factory"), hands_of(truth["operators"])
    s = operators.study(mine)
    result: dict[str, Any] = {"seed": seed, "level": level, "sort": sort}
    if isinstance(s, str):
        return {**result, "too_little": s}
    assert s.weighed is not None
    result |= figures_of(s, mine, hands)
    same = together(s, mine, hands)
    result["alone"] = {
        e.name: area(same, s.weighed.levels[:, k].astype(np.float64)) for k, e in enumerate(EVIDENCE)
    } | {"exclusion": area(same, s.weighed.fixed)}
    rows = np.flatnonzero(mine.inside[log.account_codes])
    ordered = set(truth["order_actions"]["post_id"].to_pylist())
    posts = log.actions["post_id"].take(pa.array(rows)).to_pylist()
    result["ordered"] = sum(post in ordered for post in posts) / len(posts)
    clients = Counter(log.actions["client"].take(pa.array(rows)).to_pylist())
    result["by_timer"] = clients["scheduler"] / len(rows)
    if sort == SORTS[1]:
        result["others"] = [_claim(crew(kind), kind) for kind in sorted(set(kinds))
                            if kind not in ("", "organic", "factory", "household")]  # fmt: skip
    return result


def _claim(crew: Crew, kind: str) -> tuple[str, int, int]:
    """Pairs judged and linked among honest accounts of a kind."""
    s = operators.study(crew, resamples=1)
    if isinstance(s, str):
        return kind, 0, 0
    return kind, int(s.judged.sum()), int(operators.shared(s, crew.config).sum())


def _mean(values: list[float | None]) -> str:
    there = [v for v in values if v is not None]
    return "–" if not there else f"{np.mean(there):.3f} ({min(there):.3f}–{max(there):.3f})"


def table(rows: list[dict[str, Any]]) -> list[str]:
    """The results as Markdown."""
    lines = []
    for sort in SORTS:
        mine = [r for r in rows if r["sort"] == sort and "too_little" not in r]
        if not mine:
            continue
        lines += [f"## {sort[0].upper()}{sort[1:]}", "",
                  "| level | worlds | ordered | by timer | AUC, all pairs: mean (range) | AUC, judged pairs | "
                  "judged, of pairs that share a hand | links right | links found, of pairs that share a hand | "
                  "hands in the 90 % interval | interval over truth: low, high (median) | middle over truth (median) |",
                  "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
        for level in (*LEVELS, "all"):
            some = [r for r in mine if level in (r["level"], "all")]
            if some:
                lines.append(_row(level, some))
        lines.append("")
        names = [*(e.name for e in EVIDENCE), "exclusion"]
        alone = "; ".join(f"{name} {_mean([r['alone'][name] for r in mine])}" for name in names)
        lines += [f"AUC over all pairs of each sort of evidence alone, by its levels: {alone}.", ""]
        reckonings = {e[0] for r in mine for e in r["estimates"]}
        lines += ["Reckonings over the truth, median: " + "; ".join(
            f"{name} {np.median([e[2] / r['hands'] for r in mine for e in r['estimates'] if e[0] == name]):.2f}"
            for name in ("at once", "apart", "throughput", "linkage", "capture-recapture", "accounts")
            if name in reckonings) + ".", ""]  # fmt: skip
    lines += ["## Links claimed among honest accounts", "",
              "Each has a hand of its own, so every link is wrong.", "",
              "| accounts | sets | pairs judged | pairs linked |", "|---|---:|---:|---:|"]  # fmt: skip
    total: dict[str, list[int]] = {}
    for row in rows:
        for kind, judged, linked in row.get("others", []):
            old = total.setdefault(kind, [0, 0, 0])
            total[kind] = [old[0] + 1, old[1] + judged, old[2] + linked]
    for kind, (sets, judged, linked) in sorted(total.items()):
        lines.append(f"| {kind} | {sets} | {judged:,} | {linked:,} |")
    return lines


def _row(level: str, some: list[dict[str, Any]]) -> str:
    linked, right = sum(r["linked"] for r in some), sum(r["right"] for r in some)
    sharing = sum(r["sharing"] for r in some)
    low, high = (np.median([r[end] / r["hands"] for r in some]) for end in ("low", "high"))
    middles = [r["middle"] / r["hands"] for r in some if r["middle"] is not None]
    return (
        f"| {level} | {len(some)} | {np.mean([r['ordered'] for r in some]):.0%} | "
        f"{np.mean([r['by_timer'] for r in some]):.0%} | {_mean([r['auc'] for r in some])} | "
        f"{_mean([r['auc_judged'] for r in some])} | "
        f"{said(share(sum(r['judged_sharing'] for r in some), sharing))} | {said(share(right, linked))} | "
        f"{said(share(right, sharing))} | {said(share(sum(r['covered'] for r in some), len(some)))} | "
        f"{low:.2f}, {high:.2f} | "
        f"{f'{np.median(middles):.2f} ({len(middles)} worlds)' if middles else '–'} |"
    )


def main() -> None:
    """Run the worlds that aren't done yet and write the tables."""
    numbers = [int(word) for word in sys.argv[1:]]
    worlds = numbers[0] if numbers else 15
    first = numbers[1] if len(numbers) > 1 else 8000
    place = RESULTS / "operators.json"
    done: dict[str, dict[str, Any]] = kept(place, dict)
    jobs = [(first + k + 100 * place, LEVELS[k % len(LEVELS)], sort)
            for k in range(worlds) for place, sort in enumerate(SORTS)]  # fmt: skip
    for seed, level, sort in jobs:
        if str(seed) in done:
            continue
        done[str(seed)] = score(seed, level, sort)
        keep(place, done)
        print(f"{seed}: {level}, {sort}", file=sys.stderr, flush=True)
    rows = [done[str(seed)] for seed, _, _ in jobs]
    lines = [
        f"# Hands: {len(rows)} worlds from seed {first}", "",
        f"Made by `python -m bench.operators {worlds} {first}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}. "
        f"The 30-day worlds have seeds from {first}, the others from {first + 100} and {first + 200}.", "",
        *table(rows),
    ]  # fmt: skip
    (RESULTS / "operators.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
