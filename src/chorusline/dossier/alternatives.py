"""What else could explain acting in concert: what the method did about it, and what remains possible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chorusline.case import Case
from chorusline.dossier.lettering import number, percent, plural, seconds, visible
from chorusline.errors import CaseError

COLUMNS = ("group", "alternative", "check", "outcome", "remains")
"""Columns of the optional table `alternatives`: checks made for one group each."""


@dataclass(frozen=True)
class Alternative:
    """One explanation without coordination: what was done about it, and what remains possible."""

    name: str
    done: str
    remains: str


def general(manifest: Mapping[str, Any]) -> list[Alternative]:
    """Return the alternatives that hold for every group, with the case's own figures where it has any."""
    config = manifest.get("config") or {}
    fdr = float(config.get("fdr", 0.01))
    effective = float(manifest.get("effective_window") or config.get("window", 60.0))
    wide = float(config.get("wide_window", 3600.0))
    return [
        Alternative(
            "A news event",
            f"Everybody reacts to the same posts at the same hour. Each use was compared with outsiders who used "
            f"the same object within {seconds(wide)}, after a similar delay.",
            "An event that only this circle noticed, so that there were few outsiders to compare with.",
        ),
        Alternative(
            "An open campaign",
            "Not tested by itself. Tags and links that many outsiders took up too count for little; accounts "
            "that only passed on what a campaign posted are not named for that alone.",
            "Campaigners who agreed in public on a time and a text are in step, and may be scripted, quite "
            "legitimately. Look for the call.",
        ),
        Alternative(
            "Fans with notifications on",
            f"Their outsiders are just as fast, so being quick alone names nobody. Accounts count as in step "
            f"only beyond outsiders with a similar delay, within {seconds(effective)}.",
            "A circle of fans that always answers one leader within seconds looks the same as a group that is "
            "told to. Organised fans also use scripts.",
        ),
        Alternative(
            "A share button",
            f"Words that outsiders wrote too are discounted by how many did so. Texts under "
            f"{plural(int(config.get('min_text_length', 20)), 'character')} count for nothing.",
            "A share text that nobody outside the group used. Search for the sentence on the web.",
        ),
        Alternative(
            "Syndication or a scheduler",
            "Not tested by itself. Feeds of one publisher and planning tools post the same item at the same "
            "second; they are named like any other account.",
            "Several accounts of one newsroom, franchise or party branch. Look at who runs them openly.",
        ),
        Alternative(
            "A shared household or office",
            "Not tested. Posts alone don't show it.",
            "Colleagues or a family who show each other posts.",
        ),
        Alternative("Sampling or language", *_sampling(manifest)),
        Alternative("The clock, or deletions", *_clock(manifest, effective)),
        Alternative(
            "Imitation",
            "Not tested. Accounts that copy a group are in step with it on held-out material too.",
            "A bystander who follows one member closely, or somebody who wants the group, or a stranger, to "
            "look guilty. Read the posts: who comes second every time?",
        ),
        Alternative("An error of this method", *_error(manifest, fdr)),
    ]


def _sampling(manifest: Mapping[str, Any]) -> tuple[str, str]:
    counts = manifest.get("counts") or {}
    seen = ""
    if counts.get("actions") and counts.get("accounts"):
        seen = f" The inputs hold {plural(counts['actions'], 'action')} of {plural(counts['accounts'], 'account')}."
    return (
        "Outsiders come from the same inputs as the group, so that what the whole collection has in common "
        "cancels out." + seen,
        "A collection made by a few search words, or in one language, holds mostly people with one interest: "
        "the outsiders are then fewer and more alike than on the platform as a whole.",
    )


def _clock(manifest: Mapping[str, Any], effective: float) -> tuple[str, str]:
    resolution = manifest.get("resolution")
    counts = manifest.get("counts") or {}
    done = f"Acting together means within {seconds(effective)}."
    if resolution:
        done = f"The coarsest clock keeps {seconds(float(resolution))}; {done[0].lower()}{done[1:]}"
    aside = [
        f"{number(counts[name])} {word}"
        for name, word in (("rows_set_aside", "rows set aside"), ("rows_repeated", "repeated rows left out"),
                           ("rows_merged", "rows merged"))
        if counts.get(name)
    ]  # fmt: skip
    if aside:
        done += f" {', '.join(aside).capitalize()}."
    return (
        done,
        "Posts that were deleted before the collection are missing for the group and for outsiders alike, but "
        "need not be missing in equal parts. Who came first means: earliest captured.",
    )


def _error(manifest: Mapping[str, Any], fdr: float) -> tuple[str, str]:
    named = (manifest.get("counts") or {}).get("accounts_named")
    done = f"The false-discovery rate is held at {percent(fdr)} over all accounts tested."
    if named:
        expected = named * fdr
        heads = "fewer than one" if expected < 0.95 else f"about {number(round(expected))}"
        done += f" Of the {number(named)} named, {heads} can be expected to be there by chance."
    return (
        done,
        "The rate is an average over cases like this one, and holds if outsiders are comparable. Any single "
        "account may be the one that is there by chance: check it by hand before you write about it.",
    )


def by_group(case: Case) -> dict[int, list[dict[str, str]]]:
    """Return the checks made for single groups, from the optional table `alternatives`."""
    try:
        table = case.table("alternatives")
    except CaseError:
        return {}
    if not set(COLUMNS) <= set(table.column_names):
        return {}
    found: dict[int, list[dict[str, str]]] = defaultdict(list)
    for row in table.select(list(COLUMNS)).to_pylist():
        found[row["group"]].append({name: visible(str(row[name] or "–")) for name in COLUMNS[1:]})
    return dict(found)
