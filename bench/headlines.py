"""Worlds of readers who copy headlines without their link: who is named, with and without an operation.

    python -m bench.headlines [SEEDS] [FIRST]

Worlds of tests/world.py: 3,000 accounts in interests of their own, each copying its own headlines. Where all copy
alike nobody may be named. Where two interests of twelve copy far more than the rest, somebody is: it says where the
stated rate ends.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
from tests.world import headlines

from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.traces import choose

KINDS: dict[str, dict[str, Any]] = {
    "3 interests, 12 % of posts copied": {"interests": 3},
    "12 interests, 12 %": {},
    "40 interests, 30 %": {"interests": 40, "copied": 0.3},
    "12 interests, 12 %, 30 planted accounts": {"planted": 30},
    "2 interests 20 %, 10 interests 5 %": {"copied": (0.2,) * 2 + (0.05,) * 10},
    "2 interests 30 %, 10 interests 5 %": {"copied": (0.3,) * 2 + (0.05,) * 10},
    "2 interests 50 %, 10 interests 5 %": {"copied": (0.5,) * 2 + (0.05,) * 10},
}


def score(job: tuple[str, int]) -> tuple[int, int, int, float]:
    """Investigate one world; return accounts named rightly and wrongly, tested, and the honest mean e-value."""
    kind, seed = job
    w = headlines(seed, **KINDS[kind])
    traces = {trace.name: trace for trace in choose(("text",))}
    found = confirm({"text": w.uses()}, traces, Config(), n_accounts=len(w.kind), resolution=1e-6)
    planted = w.kind == "planted"
    honest = found.e_value[found.tested & ~planted]
    return (
        int((found.named & planted).sum()), int((found.named & ~planted).sum()),
        int(found.tested.sum()), float(np.mean(honest)),
    )  # fmt: skip


def main() -> None:
    """Run all kinds on two processes."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 2_100
    print(
        "world | worlds, with anybody honest named | tested, honest named, planted named | mean e-value (median world)"
    )
    with ProcessPoolExecutor(2) as pool:
        for kind in KINDS:
            rows = list(pool.map(score, [(kind, seed) for seed in range(first, first + seeds)]))
            right, wrong, tested, mean = zip(*rows, strict=True)
            print(
                f"{kind} | {seeds}, {sum(w > 0 for w in wrong)} | {sum(tested):,}, {sum(wrong):,}, {sum(right):,} | "
                f"{np.median(mean):.2f}"
            )


if __name__ == "__main__":
    main()
