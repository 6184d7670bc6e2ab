"""What goes on in public: news, open campaigns, fans, texts that anybody may copy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.confirm.days import effective
from chorusline.findings.alternatives.material import (
    NOTHING,
    Data,
    Group,
    Ints,
    Said,
    micros,
    percent,
)
from chorusline.units import DAY
from chorusline.wording import plural

_WORDS = ("text", "near-text", "template")
_PASSED_ON = ("reshare", "rapid-reshare")


def news(here: Group, data: Data) -> Said:
    """On how many days the evidence lies, and whether everybody was busy on the fullest."""
    check = (
        "On how many days does the evidence lie, and was the whole collection busy on the fullest of them?"
    )
    remains = "An event that only this circle noticed, or a series of them."
    days, count = np.unique(micros(here.evidence["time"]) // DAY, return_counts=True)
    if not len(days):
        return check, False, f"{NOTHING}no posts are listed as evidence.", remains
    spread = effective(count)
    fullest = int(days[count.argmax()])
    captured, actions = data.days
    busy = int(actions[np.searchsorted(captured, fullest)])
    outcome = (
        f"It lies on {plural(len(days), 'day')}, which weigh as {spread:.1f} equal ones. The fullest has "
        f"{percent(int(count.max()), int(count.sum()))} of it, and {percent(busy, len(data.log))} of all actions. "
    )
    few = spread <= data.config.events
    outcome += "So few days can be those of one event." if few else "One event doesn’t explain so many days."
    return check, True, outcome, remains


def campaign(here: Group, data: Data) -> Said:
    """Whether accounts in no group took up the same objects, and who was captured first."""
    check = "Did accounts in no group use the same objects, and which use was captured first?"
    remains = "Campaigners who agree in public and share their templates among themselves. Look for the call."
    objects, taken_up, led = 0, 0, 0
    for trace in pc.unique(here.evidence["trace"]).to_pylist():
        found = outsiders(here, data, trace)
        objects, taken_up, led = objects + found[0], taken_up + found[1], led + found[2]
    if not objects:
        return check, False, f"{NOTHING}no objects are listed as evidence.", remains
    outcome = (
        f"Of {plural(objects, 'object')} behind the evidence, {percent(taken_up, objects)} were used by accounts in no "
        f"group too"
    )
    outcome += (
        f"; in {percent(led, taken_up)} of these an outsider’s use was captured first." if taken_up else "."
    )
    half = taken_up >= objects / 2
    outcome += (
        " So much of it was open to anybody that an open campaign can explain it."
        if half
        else " Most of it was used by nobody else."
    )
    return check, True, outcome, remains


def outsiders(here: Group, data: Data, trace: str) -> tuple[int, int, int]:
    """Objects of a trace behind the evidence, those that accounts in no group used, those that these used first."""
    uses = data.uses.get(trace)
    rows = here.evidence.filter(pc.equal(here.evidence["trace"], trace))
    names = pc.unique(rows["object"])
    if uses is None:
        return len(names), 0, 0
    found = pc.fill_null(pc.index_in(names, value_set=uses.objects), -1)
    codes = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
    codes = codes[codes >= 0]
    begin, end = (np.searchsorted(uses.object, codes, side) for side in ("left", "right"))  # sorted by object
    of = np.repeat(np.arange(len(codes)), end - begin)
    at = np.arange(len(of)) + np.repeat(begin - np.append(0, np.cumsum(end - begin)[:-1]), end - begin)
    group = data.group[uses.account[at]]
    first = np.full((2, len(codes)), np.iinfo(np.int64).max)
    for side, hit in enumerate((group == 0, group == here.number)):
        np.minimum.at(first[side], of[hit], uses.time[at][hit])
    taken = np.unique(of[group == 0])
    return len(names), len(taken), int(np.count_nonzero(first[0, taken] < first[1, taken]))


def fans(here: Group, data: Data) -> Said:
    """Whether what was passed on is one account's, and how soon after it came out."""
    check = "Whose posts were passed on, and how many of them one account’s?"
    remains = "Fans of something that isn’t an account here: a series, a team, a song."
    rows = here.evidence.filter(pc.is_in(here.evidence["trace"], value_set=pa.array(_PASSED_ON)))
    if not rows.num_rows:
        return (
            check,
            True,
            "The evidence holds no posts that were passed on: nothing points to one star.",
            remains,
        )
    known = [data.authors[post] for post in rows["object"].to_pylist() if post in data.authors]
    if len(known) < rows.num_rows / 10:
        said = f"{NOTHING}the posts that were passed on are not in the collection, so their authors aren’t known."
        return check, False, said, remains
    _, count = np.unique(known, return_counts=True)
    outcome = (
        f"Of {plural(rows.num_rows, 'use')} of posts passed on, {percent(len(known), rows.num_rows)} by an author "
        f"known here: {plural(len(count), 'author')}, and {percent(int(count.max()), len(known))} go to one. "
    )
    one = count.max() > len(known) / 2
    outcome += "That is how fans of one account act." if one else "No single account is at the centre of it."
    return check, True, outcome, remains


def button(here: Group, data: Data) -> Said:
    """Whether the shared words come with links, as share texts and copied headlines do."""
    check = "Do the shared words come with links, as the texts of share buttons and copied headlines do?"
    remains = "A share text without a link, or headlines copied without theirs. Search for the sentences on the web."
    rows = here.evidence.filter(pc.is_in(here.evidence["trace"], value_set=pa.array(_WORDS)))
    if not rows.num_rows:
        return check, True, "The evidence holds no shared words.", remains
    with_link = data.linked
    if not with_link.any():
        return check, False, f"{NOTHING}they hold no links.", remains
    actions = _actions_of(rows, data)
    linked = int(np.count_nonzero(with_link[actions]))
    outcome = (
        f"{percent(linked, len(actions))} of {plural(len(actions), 'use')} of shared words stand in a post with a "
        f"link; of all actions {percent(int(np.count_nonzero(with_link)), len(with_link))} have one. "
    )
    many = linked > len(actions) / 2
    outcome += (
        "Copied headlines can explain these."
        if many
        else "Most have none, where a share button would leave one."
    )
    return check, True, outcome, remains


def _actions_of(rows: pa.Table, data: Data) -> Ints:
    """Row of the log of each row of evidence, found by input and row; those that aren't found are left out."""
    source = {given.path: number for number, given in enumerate(data.log.inputs)}
    keys, order, span = data.rows
    of = np.array([source.get(path, 0) for path in rows["input"].to_pylist()], dtype=np.int64)
    wanted = of * span + np.asarray(rows["row"].to_numpy())
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.asarray(order[at[keys[at] == wanted]], dtype=np.int64)
