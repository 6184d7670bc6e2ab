"""What a sentence model adds to near-duplicates, on the first half of the labelled archive.

    python -m bench.paraphrase MODEL [--similarity COSINE ...] [--divisions N]

MODEL is a folder with model.onnx and tokenizer.json. For each cosine: which share of their own texts ordinary and
labelled accounts have in common with anybody within a day (each account one vote), and how many the confirmation
names with trace `paraphrase` in place of `near-text`, over so many divisions: mean and its standard error. One
division says nothing: the same evidence, divided anew, names from 7 to 74. The second half of the archive is left
alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy_cells import Cell
from bench.traces import FIRST_HALF, material


def in_common(uses: Any, who: Any) -> float:
    """Mean over accounts of the share of their texts that somebody else used within a day."""
    from chorusline.confirm.content import _with_anybody
    from chorusline.traces.base import first_uses

    hit = _with_anybody(uses.account, uses.object, uses.time, 86_400_000_000, uses.n_accounts)
    first = first_uses(uses.account, uses.object, uses.n_accounts)
    made = np.bincount(uses.account[first], minlength=uses.n_accounts)
    shared = np.bincount(uses.account[hit], minlength=uses.n_accounts)
    mine = who & (made > 0)
    return float((shared[mine] / made[mine]).mean())


def main() -> None:
    """Print the table."""
    from chorusline.config import Config
    from chorusline.confirm.confirmation import confirm
    from chorusline.traces import available, choose

    parser = argparse.ArgumentParser(description="What a sentence model adds.")
    parser.add_argument("model")
    parser.add_argument("--similarity", type=float, nargs="*", default=[0.75, 0.8, 0.85, 0.9])
    parser.add_argument("--divisions", type=int, default=24)
    given = parser.parse_args()
    traces = available()
    with tempfile.TemporaryDirectory() as folder:
        log, guilty = material(Cell("archive", FIRST_HALF, "real"), Path(folder))
    labelled = np.array([name in guilty for name in log.names])
    texts = ("text", "near-text", "template", "paraphrase")
    rest = {trace.name: trace.extract(log, Config()) for trace in choose(None) if trace.name not in texts}
    rest = {name: uses for name, uses in rest.items() if len(uses)}
    print(f"{len(log):,} actions, {labelled.sum()} labelled accounts of {len(labelled):,}\n")
    print("| trace | cosine | ordinary: in common | labelled | named rightly, mean | wrongly, all | s |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name, similarity in [("near-text", None), *(("paraphrase", s) for s in given.similarity)]:
        config = Config(embedding_model=given.model, embedding_similarity=similarity or 0.8)
        began = time.perf_counter()
        mine = traces[name].extract(log, config)
        took = time.perf_counter() - began
        uses = {**rest, name: mine}
        named = []
        for seed in range(given.divisions):
            found = confirm(
                uses, {k: traces[k] for k in uses}, config.model_copy(update={"seed": seed}),
                n_accounts=len(labelled), resolution=log.resolution,
            ).named  # fmt: skip
            named.append((int((found & labelled).sum()), int((found & ~labelled).sum())))
        right, wrong = np.array(named).T
        spread = right.std(ddof=1) / np.sqrt(len(right)) if len(right) > 1 else np.nan
        print(
            f"| {name} | {similarity or ''} | {in_common(mine, ~labelled):.2%} | {in_common(mine, labelled):.2%} "
            f"| {right.mean():.1f} ± {spread:.1f} | {wrong.sum()} | {took:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
