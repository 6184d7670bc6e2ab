"""Two sides looked at alike: the same settings or no comparison, both shown, the error on honest look-alikes first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.config import Config
from chorusline.dossier.lettering import instant, number, percent, seconds, visible
from chorusline.dossier.material import table_of
from chorusline.errors import UsageError
from chorusline.findings.ladder import RUNGS
from chorusline.intervals import clopper_pearson
from chorusline.measured import LOOK_ALIKES, SOURCE


@dataclass(frozen=True)
class Side:
    """One case in figures. shares : of accounts named, with a 95 % interval. rungs : named accounts by rung."""

    folder: str
    actions: int
    accounts: int
    first: str | None
    last: str | None
    resolution: float
    proposed: int
    tested: int
    named: int
    few_days: int
    not_enough: int
    groups_with_named: int
    share: tuple[float, float, float]
    rungs: dict[str, int]
    held_out: float | None
    stands: float | None


@dataclass(frozen=True)
class Comparison:
    """Both sides, the accounts they have in common, and what makes them hard to compare, as sentences."""

    sides: tuple[Side, Side]
    accounts_in_both: int
    named_in_both: int
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values, the look-alikes first."""
        rows = [
            {"kind": kind, "named": named, "of": n, "interval": list(clopper_pearson(named, n))}
            for kind, named, n in LOOK_ALIKES
        ]
        return {
            "look_alikes": {"source": SOURCE, "kinds": rows},
            "sides": [side.__dict__ for side in self.sides],
            "accounts_in_both": self.accounts_in_both,
            "named_in_both": self.named_in_both,
            "cautions": list(self.cautions),
        }


def compare(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> Comparison:
    """Compare two cases made with identical settings by the same version.

    Raises UsageError where a setting or the version differs, with every difference, and CaseError where one is no case.
    """
    cases = (Case.open(first), Case.open(second))
    _alike(*cases)
    a, b = (set(case.log().names) for case in cases)
    named = [set(case.named) for case in cases]
    sides = (_side(cases[0]), _side(cases[1]))
    return Comparison(sides, len(a & b), len(named[0] & named[1]), tuple(_cautions(cases, sides)))


def _alike(a: Case, b: Case) -> None:
    """Raise UsageError where the two weren't looked at in the same way."""
    mine, yours = a.manifest["config"], b.manifest["config"]
    apart = [
        f"{name} is {mine.get(name, 'unknown')} in the first and {yours.get(name, 'unknown')} in the second"
        for name in sorted({*mine, *yours})
        if mine.get(name) != yours.get(name)
    ]
    if a.manifest["chorusline"] != b.manifest["chorusline"]:
        apart.append(
            f"Chorusline was {a.manifest['chorusline']} for the first and {b.manifest['chorusline']} for the second"
        )
    if apart:
        raise UsageError(
            f"{a.folder} and {b.folder} weren't looked at alike, so they can't be held against each other: "
            f"{visible('; '.join(apart))}. Make one of them again with the settings of the other."
        )


def _side(case: Case) -> Side:
    counts, period = case.manifest["counts"], case.manifest.get("period") or {}
    accounts = table_of(case, "accounts")
    named = accounts.filter(pc.equal(accounts["status"], "named"))
    status = accounts["status"].to_pylist()
    robustness = table_of(case, "robustness")
    stands = robustness.filter(pc.equal(robustness["finding"], "account"))["robustness"].drop_null()
    rungs = {rung: named["rung"].to_pylist().count(rung) for rung in RUNGS[2:]}
    return Side(
        folder=str(case.folder), actions=counts["actions"], accounts=counts["accounts"], first=period.get("first"),
        last=period.get("last"), resolution=float(case.manifest["resolution"]),
        proposed=counts["accounts_proposed"] + counts["accounts_drawn_in"], tested=counts["accounts_tested"],
        named=named.num_rows, few_days=counts["accounts_few_days"],
        not_enough=status.count("not enough evidence"), groups_with_named=counts["groups_with_named"],
        share=(named.num_rows / max(counts["accounts"], 1), *clopper_pearson(named.num_rows, counts["accounts"])),
        rungs={rung: count for rung, count in rungs.items() if count},
        held_out=float(np.median(named["held_out_uses"].to_numpy())) if named.num_rows else None,
        stands=float(np.mean(stands.to_numpy())) if len(stands) else None,
    )  # fmt: skip


def _cautions(cases: tuple[Case, Case], sides: tuple[Side, Side]) -> list[str]:
    said = []
    a, b = sides
    if a.resolution != b.resolution:
        said.append(
            f"Their clocks keep {seconds(a.resolution)} and {seconds(b.resolution)}: the coarser shows less."
        )
    if max(a.actions, b.actions) > 2 * min(a.actions, b.actions):
        said.append(
            "One side has more than twice the actions of the other: where there is more, more can be tested."
        )
    kinds = [{given["format"] for given in case.manifest.get("inputs") or []} for case in cases]
    if kinds[0] != kinds[1]:
        said.append("They were exported in different formats, which may hold different things.")
    traces = [{facts["trace"] for facts in case.manifest["traces"] if facts["uses"]} for case in cases]
    if traces[0] != traces[1]:
        only = "; ".join(
            ", ".join(sorted(one)) or "none" for one in (traces[0] - traces[1], traces[1] - traces[0])
        )
        said.append(f"They don't hold the same traces (on one side alone: {only}).")
    if (a.first or "")[:7] != (b.first or "")[:7] or (a.last or "")[:7] != (b.last or "")[:7]:
        said.append("They cover different times.")
    if cases[0].config != Config():
        said.append("The settings aren't the default ones, with which the look-alikes were measured.")
    return said


def words(found: Comparison) -> str:
    """Return a comparison as text: look-alikes, both sides, cautions. No account is named in it."""
    lines = [
        "Honest accounts named wrongly, by kind, worst first:",
        f"  {SOURCE}",
    ]
    for kind, named, n in LOOK_ALIKES:
        low, high = clopper_pearson(named, n)
        lines.append(
            f"  {kind}: {number(named)} of {number(n)}, {number(10_000 * named / n)} per 10,000 "
            f"(95 % interval {number(10_000 * low)} to {number(10_000 * high)})"
        )
    lines += ["", "Both sides, with identical settings:", ""]
    rows = [("", *[visible(side.folder) for side in found.sides])]
    rows += [(title, *[shown(side) for side in found.sides]) for title, shown in _ROWS]
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines += [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += [
        "",
        f"Accounts in both: {number(found.accounts_in_both)}; named in both: {number(found.named_in_both)}.",
        "What differs between them besides who they are:"
        if found.cautions
        else "Nothing else was seen that differs.",
        *[f"  {sentence}" for sentence in found.cautions],
        "Show both or neither. That more are named on one side says that more acted in concert where it could be seen, "
        "not that their cause is the worse, nor that anybody was told to.",
    ]
    return "\n".join(lines)


def _share(side: Side) -> str:
    share, low, high = side.share
    return f"{percent(share)} ({percent(low)} to {percent(high)})"


_ROWS: tuple[tuple[str, Any], ...] = (
    ("actions", lambda side: number(side.actions)),
    ("accounts", lambda side: number(side.accounts)),
    ("earliest captured", lambda side: instant(side.first)),
    ("last captured", lambda side: instant(side.last)),
    ("clock keeps", lambda side: seconds(side.resolution)),
    ("accounts looked at", lambda side: number(side.proposed)),
    ("accounts tested", lambda side: number(side.tested)),
    ("accounts named", lambda side: number(side.named)),
    ("share named", _share),
    ("by rung", lambda side: ", ".join(f"{n} {rung}" for rung, n in side.rungs.items()) or "–"),
    ("few days", lambda side: number(side.few_days)),
    ("not enough evidence", lambda side: number(side.not_enough)),
    ("groups with named", lambda side: number(side.groups_with_named)),
    ("median uses tested of the named", lambda side: "–" if side.held_out is None else number(side.held_out)),
    (
        "mean share of variants in which they stand",
        lambda side: "not tried" if side.stands is None else percent(side.stands),
    ),
)
