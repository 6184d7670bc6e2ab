"""Hours and labour of an operation of the founding case's size: what is found, in what time and memory.

    python -m bench.founding --work FOLDER [--days 120] [--actions 1000000] [--seed 8500] [--analyses roster,effort,…]

The preset `founding` (1,250 operators with some 4,100 accounts at one site) over its first days, with as many actions
of ordinary accounts as fit. Members are taken from the truth. Writes bench/results/founding.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

import chorusline
from bench.shared import commit
from chorusline.config import Config
from chorusline.evaluate.roster import apart, true_hours
from chorusline.operation import choose, roster
from chorusline.operation.clocks import spans
from chorusline.operation.crews import crew_of_list
from chorusline.operation.run import run
from chorusline.operation.study import Study
from chorusline.simulate import preset, resized, write_world

RESULTS = Path(__file__).parent / "results" / "founding.md"


def main() -> None:
    """Simulate, read, analyse, and write the page."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--days", type=int, default=120)
    asked.add_argument("--actions", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=8500)
    asked.add_argument("--analyses", default="roster,effort,automation")
    given = asked.parse_args()
    folder = given.work / f"founding-{given.days}-{given.actions}-{given.seed}"
    config = preset("founding", given.seed).model_copy(update={"days": given.days})
    config = resized(config, given.actions)
    if not (folder / "world.json").exists():
        write_world(config, folder)
    steps: list[tuple[str, float, float, float]] = []
    begun = time.perf_counter(), time.process_time()
    log = chorusline.read(folder / "actions.parquet")
    steps.append(_step("reading", begun))
    truth = pq.read_table(folder / "truth" / "accounts.parquet")
    names = truth.filter(pc.equal(truth["kind"], "factory"))["account"]
    codes = pc.drop_null(pc.index_in(names, value_set=log.accounts["name"])).to_numpy()
    crew = crew_of_list(log, codes.astype(np.int32), Config(seed=given.seed))
    said: dict[str, Any] = {}
    for name in given.analyses.split(","):
        begun = time.perf_counter(), time.process_time()
        found = run(choose((name,)), [crew])
        steps.append(_step(name, begun))
        said[name] = found.record[name]["crews"][0]
        print(steps[-1], json.dumps(said[name])[:2000], file=sys.stderr, flush=True)
    study = roster.study_of(crew)
    mine = int(np.isin(log.account_codes, codes).sum())
    lines = [
        "# An operation of the founding case's size", "",
        f"Made by `python -m bench.founding --work FOLDER --days {given.days} --actions {given.actions} --seed "
        f"{given.seed} --analyses {given.analyses}` on {datetime.now(UTC):%Y-%m-%d}, commit {commit()}.",
        f"{given.days} of the preset's 730 days from {config.start}, {len(log):,} actions, {mine:,} of them by the "
        f"operation's {len(codes):,} accounts ({config.operations[0].operators:,} operators). Members from the truth.",
        "Wall-clock and processor time, on two cores shared with other work; peak memory of the process so far.", "",
        "| step | seconds | of processor | peak memory, GB |", "|---|---:|---:|---:|",
        *(f"| {name} | {seconds:,.0f} | {used:,.0f} | {memory:.1f} |" for name, seconds, used, memory in steps), "",
        *(_hours(study, folder, config.operations[0].zone) if isinstance(study, Study) else [str(study)]), "",
        *(f"- {name}: {sentence}" for name, one in said.items() for sentence in one["sentences"] or [one["reason"]]),
    ]  # fmt: skip
    RESULTS.write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


def _step(name: str, begun: tuple[float, float]) -> tuple[str, float, float, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return name, time.perf_counter() - begun[0], time.process_time() - begun[1], peak


def _hours(found: Study, folder: Path, zone: str) -> list[str]:
    """What was found of the hours against the truth."""
    shifts = pq.read_table(folder / "truth" / "shifts.parquet")
    micro = [np.asarray(shifts[c].cast("int64").to_numpy()) for c in ("start", "end")]
    errors = []
    for first_day, last_day, ahead in spans(found.first, found.jumps):
        true = true_hours(*micro, shifts["operator"].to_pylist(), days=(first_day, last_day))
        for edge in found.edges if true else ():
            near = min(true, key=lambda t: apart(t[0], edge.start[0] - ahead))
            errors += [apart(near[0], edge.start[0] - ahead), apart(near[1], edge.end[0] - ahead)]
    moments = [
        datetime.fromtimestamp((found.first + k) * 86400 + 43200, UTC) for k in range(len(found.jumps))
    ]
    offsets = [m.astimezone(ZoneInfo(zone)).utcoffset() for m in moments]
    true_clock = [int(offset.total_seconds() // 60) for offset in offsets if offset is not None]
    inside = any(found.all_clocks[k].minutes.tolist() == true_clock for k in found.inside.tolist())
    return [
        f"Verdict: {found.verdict}. Boundaries of the shift, in each span of days between changes of the clocks, off",
        f"by {', '.join(f'{e:.0f}' for e in errors)} minutes. The true clock is {'' if inside else 'not '}in the 95 %",
        f"set, which has {len(found.inside)} clocks of {len(roster.offsets(found))} offsets.",
    ]


if __name__ == "__main__":
    main()
