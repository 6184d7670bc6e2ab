"""The look-alikes: for each, who its accounts are and what they do together on a day (science notes, 4)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from chorusline.simulate.acts import BUTTON, FEED, NEWSROOM, POST, REPLY, RESHARE, blank, number
from chorusline.simulate.groups import LookAlikeGroup
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.organic import quote_found
from chorusline.simulate.rhythm import HOUR, MINUTE, awake, hours_awake, midnight, offset, offsets
from chorusline.simulate.streams import Array, combine, power_law_delay, stream, uniform
from chorusline.units import DAY, SECOND

HASHTAG_HOUR, HASHTAG_WEEKDAY = 20, 2
"""The activists meet on Wednesdays at 20:00 of the first zone."""


def nothing(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """No joint actions: what these accounts have in common lies in their lives."""
    return blank(0)


def _acts(group: LookAlikeGroup, member: Array, time: Array, day: int) -> Array:
    acts = blank(len(member))
    acts["account"], acts["time"] = member + group.people.first, time
    acts["client"], acts["language"] = group.people.client[member], group.people.language[member]
    acts["topic"] = group.people.interests[member, 0]
    return acts


def _noon(group: LookAlikeGroup, day: int) -> int:
    return midnight(group.config.start) + day * DAY


def _local(group: LookAlikeGroup, member: Array, day: int, hour: Array) -> Array:
    """UTC microseconds of local hours of members [n] on a day."""
    zones = offsets(group.config.zones, group.config.start + timedelta(days=day))
    return np.asarray(_noon(group, day) + (hour * HOUR).astype(np.int64) - zones[group.people.zone[member]])


def _local_hour(group: LookAlikeGroup, member: Array, day: int, time: Array) -> Array:
    zones = offsets(group.config.zones, group.config.start + timedelta(days=day))
    return np.asarray(((time + zones[group.people.zone[member]]) % DAY) / HOUR)


def stars_of(group: LookAlikeGroup, stars: Array) -> Array:
    """Which stars each fan follows, bool [fans, stars]: one to all, so that stars share their fans."""
    rng = stream(group.config.seed, 7, group.part, 1 << 20)
    followed = rng.random((len(group.people), len(stars))) < 0.35
    followed[np.arange(len(group.people)), rng.integers(0, len(stars), len(group.people))] = True
    return followed


def fans(
    group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator, stars: Array
) -> Array:
    """Fans with notifications on: who is awake reacts to a star's post within seconds."""
    posts = catalogue.today[np.isin(catalogue.today["account"], stars)]
    followed = stars_of(group, stars)[:, np.searchsorted(stars, posts["account"])]
    member, post = np.nonzero(followed & (rng.random(followed.shape) < 0.35))
    wait = 3.0 + 20.0 * np.exp(0.8 * rng.standard_normal(len(member)))
    time = posts["time"][post] + (wait * SECOND).astype(np.int64)
    up = awake(_local_hour(group, member, day, time))
    member, post, time = member[up], post[up], time[up]
    acts = _acts(group, member, time, day)
    acts["kind"] = np.where(rng.random(len(acts)) < 0.75, RESHARE, REPLY)
    quote_found(acts, np.arange(len(acts)), posts[post])
    return acts


def streaming(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """A fandom's streaming day: an open call, everyone posts the same tags and texts all day long."""
    if day % 10 != min(3, group.config.days - 1):
        return blank(0)
    keen = np.exp(rng.standard_normal(len(group.people))) * np.where(
        rng.random(len(group.people)) < 0.35, 1, 9
    )
    count = np.where(rng.random(len(group.people)) < 0.8, np.clip(keen, 1, 80), 0).astype(np.int64)
    member = np.repeat(np.arange(len(group.people)), count)
    hour = np.clip(hours_awake(rng.random(len(member)), group.people.profile[member]), 7.0, 23.9)
    acts = _acts(group, member, _local(group, member, day, hour), day)
    shared = rng.random(len(acts)) < 0.8
    acts["text"][shared] = group.texts(day, rng.integers(0, 20, shared.sum()))
    acts["tags"] = group.tags(day, 3)
    return acts


def hashtag_hour(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Activists at a round hour: an open call with a published bank of texts, and reshares of each other."""
    date = group.config.start + timedelta(days=day)
    if date.weekday() != HASHTAG_WEEKDAY:
        return blank(0)
    begin = _noon(group, day) + HASHTAG_HOUR * HOUR - offset(group.config.zones[0], date, HASHTAG_HOUR)
    there = rng.random(len(group.people)) < 0.7
    count = np.where(there, np.clip(5.0 * np.exp(0.8 * rng.standard_normal(len(there))), 1, 25), 0).astype(
        np.int64
    )
    member = np.repeat(np.arange(len(group.people)), count)
    late = np.minimum(rng.exponential(6.0, len(there)), 50.0)
    minute = late[member] + rng.random(len(member)) * (62.0 - late[member])
    acts = _acts(group, member, begin + (minute * MINUTE).astype(np.int64), day)
    acts = acts[np.argsort(acts["time"], kind="stable")]
    shared = rng.random(len(acts)) < 0.5
    acts["text"][shared] = group.texts(day // 7, rng.integers(0, 40, shared.sum()))
    acts["tags"] = hour_tags(group, day)
    number(acts, 2 * group.part + 1, day)
    own = acts["text"] == 0
    acts["text"][own] = combine(1, acts["key"][own])
    acts["style"][own] = group.people.style[acts["account"][own] - group.people.first]
    return _among_themselves(acts, rng)


def _among_themselves(acts: Array, rng: np.random.Generator) -> Array:
    """Let four in ten reshare a post of another member from the last minutes; acts sorted by time."""
    reshares = np.flatnonzero(rng.random(len(acts)) < 0.4)
    posts = np.setdiff1d(np.arange(len(acts)), reshares)
    before = np.searchsorted(posts, reshares) - 1 - (rng.random(len(reshares)) ** 2 * 30).astype(np.int64)
    good = before >= 0
    good[good] = acts["account"][posts[before[good]]] != acts["account"][reshares[good]]
    rows, parents = reshares[good], posts[before[good]]
    acts["kind"][rows], acts["parent"][rows] = RESHARE, acts["key"][parents]
    acts["mention"][rows] = acts["account"][parents]
    for name in ("text", "style", "tags"):
        acts[name][rows] = acts[name][parents]
    return acts


def hour_tags(group: LookAlikeGroup, day: int) -> Array:
    """The hour's two hashtags, uint32 [3]: the movement's own and the theme of the month."""
    return np.array([group.tags(0, 1)[0], group.tags(1 + day // 28, 2)[1], 0], dtype=np.uint32)


def volunteers(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Party volunteers: two calls a day with ten texts and a link or tag, taken up in their own time."""
    result = []
    for call in range(2):
        serial = 2 * day + call
        hour = rng.uniform(8.0, 19.0)
        member = np.flatnonzero(rng.random(len(group.people)) < 0.3)
        lag = 2.5 * np.exp(1.1 * rng.standard_normal(len(member)))
        local = hour + lag
        at = np.where(local < 23.5, local, 31.0 + (local - 23.5) % 16.0)
        acts = _acts(group, member, _local(group, member, day, at), day)
        shared = rng.random(len(acts)) < 0.85
        acts["text"][shared] = group.texts(serial, rng.integers(0, 10, shared.sum()))
        if call == 0:
            acts["tags"] = [*group.tags(serial, 2).tolist(), 0]
        else:
            acts["link"] = (np.uint64(900 + group.part) << np.uint64(40)) + np.uint64(serial + 1)
        result.append(acts)
    return np.concatenate(result)


def share_button(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Strangers press the button of a page: the same text and link, over ten days from a start."""
    result = [blank(0)]
    for start in range(max(0, day - 9), day + 1):
        if start % 5:
            continue
        turn = uniform(combine(37, group.part, start, np.arange(len(group.people))))
        # Day of pressing, from a decaying share a day; one in three never does.
        when = start + np.floor(np.log1p(-np.minimum(turn * 1.5, 0.999999)) / np.log(0.7)).astype(np.int64)
        member = np.flatnonzero((turn < 0.65) & (when == day))
        hour = hours_awake(rng.random(len(member)), group.people.profile[member])
        acts = _acts(group, member, _local(group, member, day, hour), day)
        acts["text"] = group.texts(start, np.zeros(1, dtype=np.int64))
        acts["link"] = (np.uint64(930 + group.part) << np.uint64(40)) + np.uint64(start + 1)
        acts["client"] = BUTTON
        result.append(acts)
    return np.concatenate(result)


def newsroom(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Outlets of one owner: the same story on all of them within seconds, each with its own link."""
    stories = int(rng.poisson(12.0))
    hour = rng.uniform(6.0, 21.0, stories)
    story, member = np.nonzero(rng.random((stories, len(group.people))) < 0.85)
    spread = (rng.exponential(5.0, len(member)) * SECOND).astype(np.int64)
    zone = offset(group.config.zones[0], group.config.start + timedelta(days=day))
    time = _noon(group, day) - zone + (hour[story] * HOUR).astype(np.int64) + spread
    acts = _acts(group, member, time, day)
    acts["text"] = combine(19, group.part, day, story)
    serial = np.uint64(day * 256) + story.astype(np.uint64) + np.uint64(1)
    acts["link"] = ((np.uint64(1000) + member.astype(np.uint64)) << np.uint64(40)) + serial
    acts["client"] = NEWSROOM
    return acts


def feeds(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Accounts that post a site's articles, title and link, when their timer next looks (whole minutes)."""
    begin = _noon(group, day)
    articles = catalogue.articles.items
    articles = articles[(articles["time"] >= begin) & (articles["time"] < begin + DAY)]
    site = (articles["link"] >> np.uint64(40)).astype(np.int64)
    member = np.arange(len(group.people))
    feed, article = np.nonzero((1 + member // 3)[:, None] == site)
    every = np.array([5, 10, 15, 30])[feed % 4] * MINUTE
    acts = _acts(group, feed, (articles["time"][article] // every + 1) * every, day)
    acts["text"], acts["link"] = articles["code"][article], articles["link"][article]
    acts["topic"], acts["client"], acts["kind"] = articles["topic"][article], FEED, POST
    return acts


def witnesses(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """An earthquake: within minutes everybody writes the same few words."""
    if day % 20 != min(5, group.config.days - 1):
        return blank(0)
    struck = _noon(group, day) + int(rng.uniform(0.0, 24.0) * HOUR)
    there = rng.random(len(group.people)) < 0.7
    member = np.repeat(np.arange(len(there)), np.where(there, 1 + rng.poisson(0.6, len(there)), 0))
    delay = 8.0 + power_law_delay(rng, len(member), 120.0, 0.9, 6 * 3600.0)
    acts = _acts(group, member, struck + (delay * SECOND).astype(np.int64), day)
    shared = rng.random(len(acts)) < 0.6
    template = np.minimum(rng.random(shared.sum()) ** -1.0, 30.0).astype(np.int64)
    acts["text"][shared] = group.texts(0, template)
    acts["topic"] = 0
    acts["length"] = np.where(shared, 0, rng.integers(2, 9, len(acts)))
    acts["length"][shared] = 2 + (template % 5)
    acts["tags"][:, 0] = np.where(rng.random(len(acts)) < 0.5, group.tags(day, 1)[0], 0)
    return acts


def exiles(group: LookAlikeGroup, day: int, catalogue: Catalogue, rng: np.random.Generator) -> Array:
    """Exiles: each on own hours, own words, with the cause's tag; nobody tells them to."""
    count = rng.poisson(2.5, len(group.people)) * (rng.random(len(group.people)) < 0.6)
    member = np.repeat(np.arange(len(group.people)), count)
    hour = (
        hours_awake(rng.random(len(member)), group.people.profile[member]) + group.people.chronotype[member]
    )
    acts = _acts(group, member, _local(group, member, day, hour), day)
    acts["tags"][:, 0] = 1 + acts["topic"].astype(np.int64) * 30
    return acts
