"""The results of bench.accuracy as Markdown and JSON."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.accuracy import SYMMETRIC
from chorusline.intervals import clopper_pearson

Result = dict[str, Any]

HEAD = """# Accuracy

Made by `python -m bench.accuracy` on {date}, commit {commit}, from {cells} cells ({fresh} run anew in {seconds:.0f} s).
Nothing here was entered by hand; `accuracy.json` has every figure.

Seeds are pooled. Precision and recall are shares of accounts, with exact 95 % binomial intervals that take
accounts as independent, which accounts of one operation are not. Recall counts every account of the operation
that did anything in the log. False names are honest accounts named, per 10,000.
"""
EQUAL = """
## Recall at Chorusline's precision

Every baseline gets, in each world, the settings and the threshold that serve it best among those at which its
precision is at least what Chorusline's was there (0.99 where Chorusline named nobody). Nobody who lacks the labels
could choose them, so this flatters the baselines. Chorusline runs at its defaults.
"""
BEST = """
## Recall at precision {precision}, every method at its best threshold

Chorusline's accounts are ranked by evidence of a habit here, those without by evidence on any days, and the others by
what little there is and their resemblance to those with evidence; in brackets the mean average precision.
"""
DEFAULT = """
## As published: precision / recall / false names per 10,000

Baselines at their published settings, Chorusline at its default false-discovery rate.
"""
NULL = """
## Worlds without an operation: honest accounts named
"""
HARM = """
## Whom the methods name wrongly: false names per 10,000, by kind of honest account, over all simulated worlds
"""
REAL = """
## The real labelled archive

Its settings were chosen on the first half of the archive's time, so the second half says more than the whole.
The seed is that of Chorusline's random choices. Precision / recall / false names per 10,000 honest accounts.
"""


def write(results: list[Result], folder: Path, commit: str, seconds: float, fresh: int) -> None:
    """Write accuracy.md and accuracy.json."""
    folder.mkdir(parents=True, exist_ok=True)
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    page = render(results, date, commit, seconds, fresh)
    (folder / "accuracy.md").write_text(page, "utf-8")
    about = {"date": date, "commit": commit, "seconds": round(seconds), "cells_run": fresh, "cells": results}
    (folder / "accuracy.json").write_text(json.dumps(about, indent=1, sort_keys=True) + "\n", "utf-8")


def render(results: list[Result], date: str, commit: str, seconds: float, fresh: int) -> str:
    """Return the page."""
    worlds = [r for r in results if r["cell"]["world"] != "archive"]
    hidden = by_world([r for r in worlds if r["labelled"]])
    null = by_world([r for r in worlds if not r["labelled"]])
    archive = {
        f"archive, {r['cell']['level']}, seed {r['cell']['seed']}": [r]
        for r in results
        if r["cell"]["world"] == "archive"
    }
    parts = [HEAD.format(date=date, commit=commit, cells=len(results), fresh=fresh, seconds=seconds)]
    for head, rows in ((EQUAL, hidden), ("\nThe archive:\n", archive)):
        if rows:
            parts += [head, grid(rows, equal, {"Chorusline's precision": own_precision})]
    if hidden:
        parts += [BEST.format(precision=SYMMETRIC), grid(hidden | archive, best, {})]
        parts += [DEFAULT, grid(hidden, published, {"accounts": size})]
    if null:
        parts += [NULL, grid(null, false_names, {"accounts": size})]
    if worlds:
        parts += [HARM, harm(worlds)]
    if archive:
        parts += [REAL, grid(archive, published, {"accounts": size})]
    return "".join(parts)


def by_world(results: list[Result]) -> dict[str, list[Result]]:
    """Group results that differ in their seed only, under a name for people."""
    groups: dict[str, list[Result]] = defaultdict(list)
    for r in results:
        cell = r["cell"]
        honest = "" if cell["lookalikes"] else ", no look-alikes"
        level = f", {cell['level']}" if r["labelled"] else ""
        groups[f"{cell['world']}, {cell['generator']}{level}{honest}"].append(r)
    return dict(sorted(groups.items()))


def grid(
    groups: dict[str, list[Result]],
    say: Callable[[list[Result], str], str],
    extra: dict[str, Callable[[list[Result]], str]],
) -> str:
    """Return a Markdown table: a row for each group, a column for each method."""
    methods = list(next(iter(groups.values()))[0]["methods"])
    lines = [["World", *extra, *methods], ["---"] * (1 + len(extra) + len(methods))]
    for name, found in groups.items():
        lines.append([name, *(tell(found) for tell in extra.values()), *(say(found, m) for m in methods)])
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def total(found: list[Result], method: str, name: str) -> int:
    """Sum a count of a method over results."""
    return sum(r["methods"][method][name] for r in found)


def share(hits: int, of: int) -> str:
    """Word a share with its interval."""
    if not of:
        return "–"
    low, high = clopper_pearson(hits, of)
    return f"{hits / of:.3f} ({low:.2f}–{high:.2f})"


def equal(found: list[Result], method: str) -> str:
    """Recall at Chorusline's precision."""
    name = "right" if method == "Chorusline" else "right_at_target"
    return share(total(found, method, name), sum(r["labelled"] for r in found))


def best(found: list[Result], method: str) -> str:
    """Recall at the symmetric precision, and the mean average precision."""
    average = sum(r["methods"][method]["average_precision"] for r in found) / len(found)
    recall = total(found, method, "right_at_symmetric") / sum(r["labelled"] for r in found)
    return f"{recall:.3f} [{average:.3f}]"


def published(found: list[Result], method: str) -> str:
    """Precision, recall and harm at the method's own verdict."""
    right, false = total(found, method, "right"), total(found, method, "false")
    precision = f"{right / (right + false):.3f}" if right + false else "–"
    recall = right / sum(r["labelled"] for r in found)
    return f"{precision} / {recall:.3f} / {1e4 * false / sum(r['honest'] for r in found):.1f}"


def false_names(found: list[Result], method: str) -> str:
    """Honest accounts named."""
    return f"{total(found, method, 'false'):,}"


def own_precision(found: list[Result]) -> str:
    """Chorusline's precision."""
    right, false = total(found, "Chorusline", "right"), total(found, "Chorusline", "false")
    return share(right, right + false)


def size(found: list[Result]) -> str:
    """Accounts: labelled of all."""
    labelled, honest = (sum(r[name] for r in found) for name in ("labelled", "honest"))
    return f"{labelled:,} of {labelled + honest:,}"


def harm(worlds: list[Result]) -> str:
    """Return false names by kind of honest account, as a Markdown table."""
    methods = list(worlds[0]["methods"])
    kinds = sorted({kind for r in worlds for kind in r["methods"]["Chorusline"]["false_by_kind"]})
    lines = [["Kind", "accounts", *methods], ["---"] * (2 + len(methods))]
    for kind in kinds:
        sums = {}
        for method in methods:
            pairs = [r["methods"][method]["false_by_kind"].get(kind, (0, 0)) for r in worlds]
            sums[method] = (sum(p[0] for p in pairs), sum(p[1] for p in pairs))
        accounts = sums["Chorusline"][1]
        words = [f"{1e4 * sums[m][0] / accounts:,.1f}" for m in methods]
        low, high = clopper_pearson(*sums["Chorusline"])
        words[0] += f" ({1e4 * low:,.1f}–{1e4 * high:,.1f})"
        lines.append([kind, f"{accounts:,}", *words])
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
