"""How the accounts work and how the data were collected: tools, rooms, languages, clocks."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from chorusline.findings.alternatives.material import (
    NOTHING,
    Data,
    Group,
    Said,
    percent,
    share,
)
from chorusline.wording import plural

HOUSEHOLD = 6
"""Accounts that one household may have, said beside the group's number and nothing more."""


def scheduler(here: Group, data: Data) -> Said:
    """Programs the posts were sent with, and whole minutes, against accounts in no group."""
    check = (
        "Were the posts sent with one program, or on whole minutes, more than those of accounts in no group?"
    )
    remains = (
        "One newsroom or party office whose tool spreads its posts. Look at who runs the accounts openly."
    )
    said, possible = [], data.resolution < 60 or not data.clients.empty
    if data.resolution < 60:
        hits, total = data.minutes
        mine, others = (share(int(hits[k]), int(total[k])) for k in (here.number, 0))
        said.append(
            f"{mine} of the named accounts’ actions fall on second 0 of a minute, {others} of those of accounts in no "
            "group (1.7 % by chance)."
        )
    else:
        said.append("The clock is too coarse to see whole minutes.")
    if data.clients.empty:
        said.append("The data don’t say which program a post was sent with.")
    elif shares := data.clients.said(here.number):
        said.append(f"{shares[0]} were sent with one program, {shares[1]} of those of accounts in no group.")
    if not possible:
        said = [
            NOTHING + "the clock keeps whole minutes, and nothing says which program a post was sent with."
        ]
    return check, possible, " ".join(said), remains


def household(here: Group, data: Data) -> Said:
    """How many there are, and whether they keep the same hours; posts say nothing of who sits where."""
    check = "How many are there, and do they keep the same hours?"
    remains = "An office, or friends in one room: posts say nothing of who sits where."
    context = data.tables["context"]
    rhythm = context.filter(pc.equal(context["group"], here.number))["rhythm"].drop_null().to_numpy()
    many = len(here.named) > HOUSEHOLD
    size = "more than one household has" if many else "no more than one household may have"
    outcome = f"{plural(len(here.named), 'account')} named, {size}."
    if len(rhythm) >= 3:
        outcome += (
            f" Their active hours are {float(np.median(rhythm)):.1f} standard deviations more like each other’s than "
            "those of accounts in no group; colleagues, neighbours and shifts all keep common hours."
        )
    return check, True, outcome, remains


def sampling(here: Group, data: Data) -> Said:
    """Whether outsiders are comparable: language, and a tag by which the collection was made."""
    check = "Are the outsiders comparable: do they write in the group’s language, and was one tag the way in?"
    remains = (
        "A collection of people with one interest, whose outsiders are fewer and more alike than elsewhere."
    )
    said, possible = [], bool(data.most_tagged)
    if data.languages.empty:
        said.append("The data don’t say in which language a post is.")
    elif shares := data.languages.said(here.number):
        possible = True
        said.append(
            f"{shares[0]} of the group’s actions are in one language, and {shares[1]} of those of accounts in no group."
        )
    if data.most_tagged:
        said.append(
            f"The most frequent hashtag is in {percent(data.most_tagged, len(data.log))} of all actions."
        )
        if data.most_tagged > 0.5 * len(data.log):
            said.append("The collection was probably made by it: sharing that tag shows nothing.")
    n = int(np.count_nonzero(data.group == 0))
    said.append(f"Outsiders were drawn from {plural(n, 'account')} in no group.")
    if not possible:
        said = [NOTHING + "they hold no language and no hashtags.", said[-1]]
    return check, possible, " ".join(said), remains


def clock(here: Group, data: Data) -> Said:
    """What the clock keeps against the window, and days on which nothing was captured; deletions leave nothing."""
    check = "What does the clock keep, and are there days without any action?"
    remains = "Posts deleted before the collection leave no sign: that can’t be checked. First means earliest captured."
    days, _ = data.days
    gaps = int(days[-1] - days[0] + 1 - len(days)) if len(days) else 0
    lags = here.evidence.filter(pc.equal(here.evidence["test"], "synchrony"))["lag"].to_numpy()
    window = max(data.config.window, data.resolution)
    keeps = "parts of a second" if data.resolution < 1 else f"{data.resolution:g} s"
    outcome = f"It keeps {keeps}, and acting together means within {window:g} s. "
    if len(lags):
        outcome += f"The median lag in the evidence in time is {float(np.median(lags)):.1f} s. "
    if len(days):
        span = plural(int(days[-1] - days[0] + 1), "day")
        outcome += f"On {gaps:,} of {span} nothing was captured at all."
    return check, True, outcome, remains
