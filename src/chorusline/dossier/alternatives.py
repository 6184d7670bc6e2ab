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
"""Columns of the table `alternatives` that the page shows: checks made for one group each."""


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
    return [
        Alternative(
            "A news event",
            "Everybody reacts to the same things at the same hour. Each use was held against outsiders who used "
            "the same object after a similar delay." + _events(config),
            "An event that only this circle noticed, so that there were few outsiders to compare with.",
        ),
        Alternative(
            "An open campaign",
            "Not tested by itself. An object that outsiders took up too counts only as far as they are few. What "
            "accounts merely pass on counts only in a group of which some are confirmed otherwise, and is held "
            "against sympathisers of that group.",
            "Campaigners who share templates and agree in public on a time are in step, quite legitimately, and "
            "can be named. Look for the call.",
        ),
        Alternative(
            "Fans with notifications on",
            f"Acting within {seconds(effective)} of the group was held against outsiders just as quick."
            + _reaction(config),
            "Fans who plan what to post, and when, act as any other group with a plan does.",
        ),
        Alternative(
            "A share button, or headlines copied",
            f"Words that mostly come with one and the same link are left out, and so are texts under "
            f"{plural(int(config.get('min_text_length', 20)), 'character')}. Words that outsiders wrote too count "
            "only as far as those are few." + _common(config),
            "A share text without a link that nobody outside the group used, or headlines in a circle that copies "
            "them far more than other accounts do. Search for the sentences on the web.",
        ),
        Alternative(
            "Syndication or a scheduler",
            _wire(config),
            "Several accounts of one newsroom, franchise or party branch whose tool spreads its posts over time. "
            "Look at who runs them openly.",
        ),
        Alternative(
            "A shared household or office",
            "Not tested. Posts alone don’t show it.",
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


def _events(config: Mapping[str, Any]) -> str:
    days = config.get("events")
    if not days:
        return ""
    return (
        f" A test counts for a group only where its agreement is spread over more than {number(days)} days."
    )


def _common(config: Mapping[str, Any]) -> str:
    common = config.get("common")
    if common is None:
        return ""
    return (
        f" Sharing {percent(common)} of what one writes oneself, or as much as accounts outside every group share "
        "with anybody, is taken for usual."
    )


def _reaction(config: Mapping[str, Any]) -> str:
    reaction = config.get("reaction")
    if not reaction:
        return ""
    return f" Within {seconds(reaction)} of an object’s first use, acting together counts for nothing."


def _wire(config: Mapping[str, Any]) -> str:
    wire = config.get("wire")
    if not wire:
        return "Not tested by itself. Accounts of one publisher or planning tool are named like any other."
    return (
        f"Where the clock is fine enough: objects whose uses all lie within {seconds(wire)}, as with an agency’s "
        "wire, are left out, and so are moments at second 0 of a minute, as planning tools have them."
    )


def _sampling(manifest: Mapping[str, Any]) -> tuple[str, str]:
    counts = manifest.get("counts") or {}
    seen = ""
    if counts.get("actions") and counts.get("accounts"):
        seen = f" The inputs hold {plural(counts['actions'], 'action')} of {plural(counts['accounts'], 'account')}."
    beside = counts.get("accounts_background")
    compared = (
        f"Outsiders come from the inputs and from {plural(beside, 'account')} given to compare with. What sets the two "
        "collections apart, such as their search words, is part of the difference."
        if beside
        else "Outsiders come from the same inputs as the group, so that what the whole collection has in common "
        "cancels out."
    )
    return (
        compared + seen,
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
    """Return the checks made for single groups, from the table `alternatives`; older cases have none."""
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
