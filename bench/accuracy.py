"""How right Chorusline is, against what others do: worlds with known answers, and the real labelled archive.

    python -m bench.accuracy [--quick]

The matrix: worlds x ways to hide x seeds x two generators, worlds without honest look-alikes, worlds without an
operation, and ../shared/data/benchmark where it is there. Every cell is kept under build/accuracy, in a folder
named after the code that made it, so that a run that was broken off goes on where it stopped. The result is
bench/results/accuracy.md and .json; --quick runs a few small worlds and writes to build/accuracy-quick instead.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.accuracy_cells import ROOT, Cell, matrix, part_of_archive, world_config

SYMMETRIC = 0.95
"""Precision at which every method, Chorusline too, gets the threshold that serves it best."""

BEST_OF = ("average_precision", "right_at_target", "right_at_symmetric")
"""Measures in which a baseline gets the best of its settings; its verdict is that of the published ones."""

MAKERS = (
    "actions.py", "assemble", "case.py", "config.py", "sources", "traces", "coaction", "network", "confirm",
    "findings", "simulate", "evaluate", "investigation.py",
)  # fmt: skip
"""What of the package makes the figures; the dossier and the command line don't."""


def run(cell: Cell) -> dict[str, Any]:
    """Judge all methods on one cell; returns its result as plain JSON values."""
    from chorusline import investigate, read
    from chorusline.config import Config
    from chorusline.evaluate import evaluate
    from chorusline.evaluate.truth import read as read_truth
    from chorusline.simulate import write_world

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if cell.world == "archive":
            actions, seed = part_of_archive(cell.level, folder), cell.seed
            truth = read_truth(actions, {"kind": "group"})
        else:
            write_world(world_config(cell), folder / "world")
            actions, truth, seed = folder / "world" / "actions.parquet", read_truth(folder / "world"), 0
        log = read(actions)
        began = time.perf_counter()
        case = investigate(log, folder / "case", config=Config(seed=seed, analyses=("none",)))
        seconds = time.perf_counter() - began
        figures = {name: scored.figures for name, scored in evaluate(case, truth).scores.items()}
        found = judge_all(log, truth, case, seconds)
    return {"cell": asdict(cell), "actions": len(log), **found, "chorusline": figures}


def judge_all(log: Any, truth: Any, case: Any, seconds: float) -> dict[str, Any]:
    """Score Chorusline and every baseline on one log, all by the same functions."""
    import numpy as np
    import pyarrow.compute as pc

    from bench.baselines import BASELINES, OTHER_SETTINGS
    from chorusline.evaluate.judged import judge
    from chorusline.evaluate.ranking import places

    j = judge(case, truth)
    kind = truth.words("kind")[j.rows] if truth.has("kind") else np.full(len(j.label), "")
    ranked = np.isfinite(j.p_value) | (j.resemblance > 0)
    rank = places(*j.evidence_keys())
    ours = np.where(ranked, 1.0 + rank.max(initial=0) - rank, 0.0)
    methods = {"Chorusline": measures(j.label, ours, j.named, kind, None) | {"seconds": seconds}}
    target = methods["Chorusline"]["precision"]
    target = 1 - case.config.fdr if target is None else target
    accounts = truth.accounts["account"].take(j.rows)
    table = door(log)
    for name, name_accounts in BASELINES.items():
        tried = []
        for settings in ({}, *OTHER_SETTINGS[name]):
            began = time.perf_counter()
            result = name_accounts(table, **settings)
            seconds = time.perf_counter() - began
            at = pc.index_in(accounts, value_set=result["account"].combine_chunks()).fill_null(-1).to_numpy()
            score, named = (np.r_[result[word].to_numpy(), 0.0][at] for word in ("score", "named"))
            tried.append(measures(j.label, score, named > 0, kind, target) | {"seconds": seconds})
        methods[name] = tried[0] | {
            word: max(m[word] for m in tried) for word in BEST_OF if tried[0][word] is not None
        }
    return {
        "labelled": int(j.label.sum()),
        "honest": int((~j.label).sum()),
        "target": target,
        "methods": methods,
    }


def door(log: Any) -> Any:
    """The log as the baselines read it: names of accounts and words for kinds."""
    import pyarrow as pa

    from chorusline.actions import KINDS

    table = log.actions
    for name, values in (("account", log.accounts["name"]), ("kind", pa.array(KINDS))):
        words = values.take(table[name])
        table = table.set_column(table.column_names.index(name), name, words)
    return table


def measures(label: Any, score: Any, named: Any, kind: Any, target: float | None) -> dict[str, Any]:
    """Return counts at the method's own verdict, and recall at the thresholds that serve it best."""
    import numpy as np

    from chorusline.evaluate.ranking import average_precision, places

    right, false = int((named & label).sum()), int((named & ~label).sum())
    words, honest = np.unique(kind[~label], return_counts=True)
    return {
        "right": right,
        "false": false,
        "precision": right / (right + false) if right + false else None,
        "false_by_kind": {
            str(word): [int((named & ~label & (kind == word)).sum()), int(count)]
            for word, count in zip(words, honest, strict=True)
        },
        "average_precision": average_precision(label, places(-score)) if label.any() else None,
        "right_at_target": None if target is None else found_at(label, score, target),
        "right_at_symmetric": found_at(label, score, SYMMETRIC),
    }


def found_at(label: Any, score: Any, precision: float) -> int:
    """Return the most labelled accounts above any threshold that keeps at least this precision; ties together."""
    import numpy as np

    level, group = np.unique(-score, return_inverse=True)
    taken = np.cumsum(np.bincount(group, minlength=len(level)))
    right = np.cumsum(np.bincount(group, weights=label, minlength=len(level)))
    good = (right >= precision * taken - 1e-9) & (level < 0)
    return int(right[good].max(initial=0))


def fingerprint() -> str:
    """Return a name for the code that makes the figures: results of other code are not taken over."""
    package = ROOT / "src" / "chorusline"
    files = [path for name in MAKERS for path in (package / name, *(package / name).rglob("*.py"))]
    files = [*filter(Path.is_file, files), *(ROOT / "bench" / "baselines").glob("*.py")]
    files += [ROOT / "bench" / name for name in ("accuracy.py", "accuracy_cells.py")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def commit() -> str:
    """Return the commit, and whether the tree had changes on top."""
    try:
        words = [
            subprocess.run(
                ("git", *given), cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.strip()
            for given in (
                ("rev-parse", "--short=12", "HEAD"),
                ("status", "--porcelain", "src", "bench/baselines"),
            )
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return words[0] + (" with uncommitted changes" if words[1] else "")


def _kept(cell: Cell, folder: Path) -> None:
    """Run a cell and keep its result; the file appears whole or not at all.

    Raises RuntimeError where the code was changed since the start: its figures would be of neither.
    """
    if fingerprint() != folder.name:
        raise RuntimeError("the code was changed meanwhile")
    part = folder / (cell.key + ".part")
    part.write_text(json.dumps(run(cell)))
    part.rename(folder / cell.key)


def main() -> None:
    """Run what is missing, then write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few small worlds, as a smoke test")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    given = parser.parse_args()
    # One thread a process: the cells are what runs side by side.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    cells, folder = matrix(given.quick), ROOT / "build" / "accuracy" / fingerprint()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if not (folder / cell.key).exists()]
    print(f"{len(cells)} cells, {len(cells) - len(missing)} of them known from before: {folder}")
    began, failed = time.perf_counter(), 0
    with ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_kept, cell, folder): cell for cell in missing}
        for done, future in enumerate(as_completed(waiting), 1):
            error = future.exception()
            failed += error is not None
            passed = time.perf_counter() - began
            words = f"FAILED: {error!r}" if error else f"{passed / done * (len(missing) - done):.0f} s to go"
            print(f"{done}/{len(missing)} {waiting[future].key} {passed:.0f} s, {words}", flush=True)
    seconds = time.perf_counter() - began
    print(f"Total: {seconds:.0f} s for {len(missing)} cells on {given.workers} processes.")
    if failed:
        sys.exit(f"{failed} cells failed, so no table was written; run it again to try only those.")
    from bench.accuracy_tables import write

    results = [json.loads((folder / cell.key).read_text()) for cell in cells]
    out = ROOT / "build" / "accuracy-quick" if given.quick else ROOT / "bench" / "results"
    write(results, out, commit(), seconds, len(missing))
    print(f"Written: {out / 'accuracy.md'}, {out / 'accuracy.json'}")


if __name__ == "__main__":
    main()
