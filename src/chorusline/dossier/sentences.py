"""What the page says in words: findings with their error rates, rungs, statuses (docs/method.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chorusline.dossier.lettering import number, percent, plural, seconds

RUNGS: tuple[tuple[str, str, str], ...] = (
    (
        "aligned",
        "Shares posts, tags, links or words with others more often than their popularity explains.",
        "Coordination. People with one interest share things too. Nobody is named at this rung.",
    ),
    (
        "in step",
        "Named: on material that was not used to find the group, acts at the same moments, or uses the same words "
        "or passes on the same posts, more often than comparable outsiders do.",
        "Whether anybody told them to. Volunteers on shared templates and fans with a plan come out here too.",
    ),
    (
        "scripted",
        "The same words or media and the same moments, each beyond outsiders, and so for a good part of its "
        "group.",
        "Who wrote the script, and whether it was a secret one.",
    ),
    (
        "directed",
        "In step or scripted, in a group that keeps the hours of a staff and, day after day, takes up what is pushed "
        "as if on orders; and so does the account itself.",
        "Who gave the direction, and whether it was an order: a press office or an editorial desk works like this too.",
    ),
    (
        "shared hands",
        "Said of a directed group only, never of an account: some of its accounts are worked by the same hands.",
        "Which accounts, unless asked for, in an annex of its own; and which person. Chorusline never names a person.",
    ),
)
"""Rung, what it means, what it leaves open; from the bottom up."""

STATUSES: tuple[tuple[str, str], ...] = (
    ("named", "Acts with its group beyond chance, at the stated error rate, on material set aside for the test."),
    ("few days", "Acts with its group beyond chance, but on too few days to tell an event from a habit: a festival, an "
     "earthquake or an open call makes people do so too. It is not named."),
    ("not enough evidence", "Too little material was left for a test. This says nothing either way."),
    ("nothing found", "There was enough material, and on it the account did no more with the group than outsiders do."),
)  # fmt: skip
"""The outcomes, in the order in which the page lists them."""

TRACES: dict[str, str] = {
    "reshare": "passed on the same post", "hashtag": "used the same hashtag",
    "hashtag-sequence": "used the same row of hashtags", "link": "posted the same link",
    "domain": "linked to the same site", "mention": "mentioned the same account",
    "reply": "replied to the same post", "text": "wrote the same words",
    "near-text": "wrote nearly the same words", "media": "posted the same media",
    "hashtag-pair": "put the same rare pair of hashtags together",
    "mention-set": "mentioned the same accounts together", "template": "filled the slots of one text",
    "paraphrase": "said the same, in the same words or others",
    "rapid-reshare": "were quick to pass on one account’s posts", "client": "posted with the same rare program",
    "rhythm": "were active in the same ten minutes",
}  # fmt: skip
"""What accounts did alike, by trace."""


def error_rate(fdr: float) -> str:
    """Say what a false-discovery rate means in heads: of a hundred named, about one."""
    for size, word in ((100, "a hundred"), (1000, "a thousand"), (10000, "ten thousand")):
        if size * fdr >= 0.95:
            count = size * fdr
            heads = "one is" if round(count) == 1 else f"{count:.3g} are"
            return f"of {word} accounts named this way, about {heads} expected to be there by chance"
    return "of ten thousand accounts named this way, fewer than one is expected to be there by chance"


def headline(counts: Mapping[str, Any], fdr: float) -> list[str]:
    """What was found, in sentences; 'not enough evidence' is never worded as 'nothing found'."""
    accounts = counts.get("accounts", 0)
    named, tested = counts.get("accounts_named", 0), counts.get("accounts_tested", 0)
    proposed = counts.get("accounts_proposed")
    if proposed is not None:
        proposed += counts.get("accounts_drawn_in", 0)
    if accounts == 0:
        return ["Nothing could be looked at: no account was read from the inputs."]
    if not tested and not (proposed or counts.get("groups")):
        return [
            f"Nothing was found: of {plural(accounts, 'account')}, none shares more with others than the "
            "popularity of what they share explains.",
            "So no account was tested and none is named.",
        ]
    first = _first(accounts, proposed, tested)
    if not tested:
        return [
            first,
            "There was not enough evidence to test any of them. This is not a finding that nothing is there: "
            "a longer period, or all posts of these accounts, may hold enough.",
        ]
    few = counts.get("accounts_few_days", 0)
    events = [
        f"{plural(few, 'account')} acted with others on too few days to tell an event from a habit, "
        "and for that nobody is named."
    ] * bool(few)
    if not named:
        return [
            first,
            f"None is named at a false-discovery rate of {percent(fdr)}: none of the accounts tested acts with "
            f"its group, {'on more than a few days, ' if few else ''}beyond what comparable outsiders do.",
            *events,
        ]
    verb = "is" if named == 1 else "are"
    return [
        first,
        f"{number(named)} {verb} named at a false-discovery rate of {percent(fdr)}: {error_rate(fdr)}.",
        _groups(counts.get("groups_with_named", 0), counts.get("groups", 0)),
        *events,
    ]


def _first(accounts: int, proposed: int | None, tested: int) -> str:
    if proposed is None:
        return f"Of {plural(accounts, 'account')}, {number(tested)} were close enough to others to be tested."
    return (
        f"Of {plural(accounts, 'account')}, {number(proposed)} were close enough to others to be looked at; "
        f"{number(tested)} of these left enough material to be tested."
    )


def _groups(with_named: int, groups: int) -> str:
    if with_named == 1:
        where = "They belong to one group"
    else:
        where = f"They belong to {plural(with_named, 'group')}"
    rest = groups - with_named
    return f"{where}." if rest <= 0 else f"{where}; in {plural(rest, 'further group')} nobody is named."


def likelihood(named: int, fdr: float) -> str:
    """How likely the findings are chance, for a group's card; apart from `confidence`."""
    if not named:
        return "No account of this group is named, so no error rate applies."
    expected = named * fdr
    share = "fewer than one is" if expected < 0.95 else f"about {number(round(expected))} would be"
    return (
        f"False-discovery rate {percent(fdr)} over all accounts tested: of the {number(named)} named here, "
        f"{share} expected by chance if this group were like all others."
    )


def confidence(uses: int, traces: int, days: int, resolution: float) -> str:
    """What a group's figures rest on; said apart from how likely they are chance."""
    if not uses:
        return "It rests on no posts that could be listed."
    return (
        f"It rests on {plural(uses, 'use')} of held-out material in {plural(traces, 'trace')}, on "
        f"{plural(days, 'day')}, with a clock that keeps {seconds(resolution)}."
    )


def same_time(resolution: float) -> str:
    """How to say that no time lies between two actions, given the clock's resolution in seconds."""
    words = {1.0: "in the same second", 60.0: "in the same minute", 3600.0: "in the same hour"}
    if resolution < 1:
        return "at the same time"
    return words.get(resolution, f"at the same time by a clock that keeps {seconds(resolution)}")


def clock(resolution: float, window: float, effective: float) -> str:
    """The note on time zone and resolution."""
    note = (
        f"All times are UTC. The coarsest clock among the inputs keeps {seconds(resolution)}; accounts count as "
        f"acting together when they do so within {seconds(effective)}."
    )
    if effective > window:
        note += f" {seconds(window).capitalize()} was asked for, but this material can't show it."
    return note


def borders(group: Mapping[str, Any], seeds: int) -> str:
    """Say whether other seeds of the community search find the group too; nothing where only one was tried."""
    found, stability = group.get("found_by"), group.get("stability")
    if seeds < 2 or found is None or stability is None:
        return ""
    overlap = f"mean overlap {stability:.2f}"
    if 2 * found > seeds:
        return f"Found by {found} of {seeds} runs of the search, each with a seed of its own ({overlap})."
    return (
        f"Only {found} of {seeds} runs of the search find a group like it ({overlap}): where it ends is arbitrary. "
        "What is said of each account doesn’t rest on it."
    )
