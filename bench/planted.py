"""Planted and empty worlds: how many planted accounts are named, how many honest ones.

    python -m bench.planted [SEEDS]

Worlds of tests/world.py: 20,000 accounts, 40 interests, 300 fans who react within seconds; 60 planted accounts
on 40 ordered objects with 25 s jitter, or none. Prints a row a world and the worst of each column.
"""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor

from tests.world import world

from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.traces import choose


def score(job: tuple[int, int]) -> tuple[int, int, dict[str, int]]:
    """Investigate one world; return (seed, planted, accounts named by kind)."""
    seed, planted = job
    w = world(seed, planted=planted)
    traces = {trace.name: trace for trace in choose(("reshare",))}
    found = confirm({"reshare": w.uses()}, traces, Config(), n_accounts=len(w.kind), resolution=1e-6)
    return (
        seed,
        planted,
        {kind: int((found.named & (w.kind == kind)).sum()) for kind in ("planted", "fan", "organic")},
    )


def main() -> None:
    """Run the worlds of seeds 1000 and up on two processes."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    jobs = [(1000 + seed, planted) for seed in range(seeds) for planted in (60, 0)]
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(score, jobs))
    print("seed planted | named: planted fans organic")
    for seed, planted, named in rows:
        print(f"{seed} {planted:7d} | {named['planted']:14d} {named['fan']:4d} {named['organic']:7d}")
    with_planted = [named for _, planted, named in rows if planted]
    print(f"least planted named: {min(n['planted'] for n in with_planted)} of 60")
    print(f"most honest named beside them: {max(n['fan'] + n['organic'] for n in with_planted)}")
    print(
        f"most named in a world without them: {max(sum(n.values()) for _, planted, n in rows if not planted)}"
    )


if __name__ == "__main__":
    main()
