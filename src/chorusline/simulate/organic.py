"""What ordinary accounts do in a day: first when, then on what."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from chorusline.simulate.acts import POST, QUOTE, REPLY, RESHARE, blank, number
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.objects import TAGS_PER_INTEREST, Catalogue, Shock, delays
from chorusline.simulate.population import Population
from chorusline.simulate.rhythm import HOUR, hours_awake, midnight, offsets
from chorusline.simulate.streams import (
    OBJECTS,
    TIMELINE,
    Array,
    combine,
    power_law_delay,
    stream,
    uniform,
    zipf_rank,
)
from chorusline.units import DAY, SECOND


def timeline(config: WorldConfig, people: Population, part: int, day: int, shocks: list[Shock]) -> Array:
    """Actions of a population on a day, with times, kinds and topics but no objects yet; unsorted.

    An account's day runs from 04:00 local time. A post opens a session, at a time that the rhythm of the
    region gives, or follows the last one in the session (Halfaker et al. 2015: activity comes in sessions).
    """
    rng = stream(config.seed, TIMELINE, part, day)
    account, sessions, place = _sessions(config, people, part, day, rng)
    opening = _openings(config, people, account[sessions], day, rng)
    _drawn_to_news(people, account[sessions], opening, shocks, rng)
    acts = blank(len(account))
    acts["time"] = opening[place] + _within(config, sessions, place, rng)
    acts["account"] = account + people.first
    acts["topic"] = people.interests[account, rng.integers(0, 3, len(account))]
    acts["kind"] = np.minimum((rng.random(len(account))[:, None] > people.kinds[account]).sum(axis=1), 3)
    acts["client"], acts["style"] = people.client[account], people.style[account]
    acts["language"] = people.language[account]
    number(acts, part, day)
    acts["text"] = combine(1, acts["key"])
    return acts


def _sessions(
    config: WorldConfig, people: Population, part: int, day: int, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Who acts how often: account row of each act [n], first act of each session [s], session of each act."""
    date = config.start + timedelta(days=day)
    mood = 0.6 + 0.8 * uniform(combine(7, people.codes, day // 7))
    chance = people.presence * mood * (config.weekend if date.weekday() >= 5 else 1.02)
    alive = (people.born <= day + 0.5) & (people.died > day + 0.5)
    active = np.flatnonzero(alive & (rng.random(len(people)) < chance))
    own = config.day_sigma * np.sqrt(1.0 - config.account_share)
    count = np.rint(np.exp(people.pace[active] + own * rng.standard_normal(len(active))))
    count = np.clip(count, 1, 1500).astype(np.int64)
    account = np.repeat(active, count)
    # Busy days are busy in long sittings: the more posts, the fewer of them open a session.
    busy = np.repeat(config.new_session * np.minimum(1.0, (12.0 / count) ** 0.5), count)
    opens = rng.random(len(account)) < busy
    opens[np.cumsum(count) - count] = True
    return account, np.flatnonzero(opens), np.cumsum(opens) - 1


def _openings(
    config: WorldConfig, people: Population, who: Array, day: int, rng: np.random.Generator
) -> Array:
    """Start of each session, int64 microseconds UTC."""
    hours = hours_awake(rng.random(len(who)), people.profile[who]) + people.chronotype[who]
    zone = offsets(config.zones, config.start + timedelta(days=day))
    local = midnight(config.start) + day * DAY + (hours * HOUR).astype(np.int64)
    return np.asarray(local - zone[people.zone[who]])


def _drawn_to_news(
    people: Population, who: Array, opening: Array, shocks: list[Shock], rng: np.random.Generator
) -> None:
    """Move a share of the day's sessions of those concerned to the hours after a shock, in place."""
    for shock in shocks:
        concerned = (
            (people.interests[who] == shock.topic).any(axis=1) if shock.topic >= 0 else np.ones(1, bool)
        )
        near = np.abs(opening - shock.time) < 9 * HOUR
        moved = np.flatnonzero(concerned & near & (rng.random(len(who)) < 0.5 * shock.size))
        after = power_law_delay(rng, len(moved), 900.0, 0.6, 12 * 3600.0)
        opening[moved] = shock.time + (after * SECOND).astype(np.int64)


def _within(config: WorldConfig, sessions: Array, place: Array, rng: np.random.Generator) -> Array:
    """Time since the session's start of each act, int64 microseconds."""
    gaps = config.gap_median * np.exp(config.gap_sigma * rng.standard_normal(len(place)))
    gaps = np.clip(gaps, 2.0, 5 * 3600.0)
    gaps[sessions] = 0.0
    since = np.cumsum(gaps)
    return np.asarray(((since - since[sessions][place]) * SECOND).astype(np.int64))


def fill(
    config: WorldConfig,
    people: Population,
    catalogue: Catalogue,
    acts: Array,
    part: int,
    day: int,
    seen: bool = False,
) -> None:
    """Give actions (with account, time, kind and topic) their objects, in place.

    With `seen`, the posts among them enter the catalogue first, so that reactions may be to them.
    """
    posts, reactions = np.flatnonzero(acts["kind"] == POST), np.flatnonzero(acts["kind"] != POST)
    _write(config, catalogue, acts, posts, stream(config.seed, OBJECTS, part, day, 0))
    if seen:
        catalogue.add_posts(acts, people.followers[acts["account"] - people.first])
    _react(config, people, catalogue, acts, reactions, stream(config.seed, OBJECTS, part, day, 1))


def _react(
    config: WorldConfig,
    people: Population,
    catalogue: Catalogue,
    acts: Array,
    rows: Array,
    rng: np.random.Generator,
) -> None:
    """Choose the posts that reshares, replies and quotes refer to; without one, it becomes a post."""
    time, topic, n = acts["time"][rows], acts["topic"][rows], len(rows)
    delay = delays(config, rng, n)
    items, chosen = catalogue.sources.items, catalogue.sources.pick(topic, time, delay, rng.random(n))
    found = np.zeros(n, dtype=items.dtype)
    found[chosen >= 0] = items[chosen[chosen >= 0]]
    following = np.flatnonzero(rng.random(n) < config.follow)
    slot = (rng.random(len(following)) ** 1.5 * config.follows).astype(np.int64)
    author = people.follows[acts["account"][rows[following]] - people.first, slot]
    latest = catalogue.latest(author, time[following] - (3.0 * SECOND + rng.exponential(30.0 * SECOND)))
    seen = latest >= 0
    found[following[seen]] = catalogue.newest[latest[seen]]
    for shock in catalogue.shocks:
        _follow_news(catalogue, shock, time, topic, found, rng)
    found["key"][found["account"] == acts["account"][rows]] = 0  # nobody reshares himself here
    quote_found(acts, rows, found)


def _follow_news(
    catalogue: Catalogue, shock: Shock, time: Array, topic: Array, found: Array, rng: np.random.Generator
) -> None:
    """Turn a share of the reactions after a shock to the posts written on it."""
    age = (time - shock.time) / SECOND
    draw = np.where(age > 60, shock.size * (1.0 + np.maximum(age, 0.0) / 1800.0) ** -0.6, 0.0)
    if shock.topic >= 0:
        draw = np.where(topic == shock.topic, draw, 0.0)
    rows = np.flatnonzero(rng.random(len(time)) < draw)
    lead = catalogue.sources.items
    near = (lead["time"] > shock.time) & (lead["time"] < shock.time + HOUR)
    if shock.topic >= 0:
        near &= lead["topic"] == shock.topic
    leads = lead[np.flatnonzero(near)]
    if not len(rows) or not len(leads):
        return
    leads = leads[np.argsort(leads["weight"], kind="stable")[::-1][:40]]
    weights = np.cumsum(1.0 / (np.arange(len(leads)) + 1.0))
    pick = leads[np.searchsorted(weights / weights[-1], rng.random(len(rows)) * 0.999999)]
    later = pick["time"] < time[rows]
    found[rows[later]] = pick[later]


def quote_found(acts: Array, rows: Array, found: Array) -> None:
    """Write the posts found into reactions: a reshare carries its post, a reply addresses its author."""
    none = found["key"] == 0
    acts["kind"][rows[none]] = POST
    rows, found = rows[~none], found[~none]
    acts["parent"][rows] = found["key"]
    kind = acts["kind"][rows]
    same, answer = rows[kind == RESHARE], rows[kind == REPLY]
    for name in ("text", "variant", "style", "length", "topic", "tags", "link", "media", "language"):
        acts[name][same] = found[name][kind == RESHARE]
    acts["mention"][same] = found["account"][kind == RESHARE]
    acts["mention"][answer] = found["account"][kind == REPLY]
    quoted = rows[kind == QUOTE]
    acts["tags"][quoted, 0] = found["tags"][kind == QUOTE, 0]


def _write(
    config: WorldConfig, catalogue: Catalogue, acts: Array, rows: Array, rng: np.random.Generator
) -> None:
    """Give original posts links, headlines, tags, pictures and the odd line that everyone quotes."""
    n, topic, time = len(rows), acts["topic"][rows], acts["time"][rows]
    linked = np.flatnonzero(rng.random(n) < config.linked)
    delay = delays(config, rng, len(linked))
    chosen = catalogue.articles.pick(topic[linked], time[linked], delay, rng.random(len(linked)))
    linked, chosen = linked[chosen >= 0], chosen[chosen >= 0]
    articles = catalogue.articles.items[chosen]
    acts["link"][rows[linked]] = articles["link"]
    bare = rng.random(len(linked)) < config.headlines
    acts["text"][rows[linked[bare]]] = articles["code"][bare]
    acts["style"][rows[linked[bare]]] = 0
    known = np.flatnonzero(rng.random(n) < config.lyrics)
    line = np.minimum(rng.random(len(known)) ** -1.2, 5000.0).astype(np.uint64)
    acts["text"][rows[known]], acts["style"][rows[known]] = combine(13, topic[known], line), 0
    tag(config, catalogue, acts, rows, rng)
    pictured = rows[rng.random(n) < config.pictured]
    acts["media"][pictured] = (
        1 + (acts["key"][pictured] * np.uint64(2654435761) >> np.uint64(8)).astype(np.uint32) // 2
    )


def tag(
    config: WorldConfig, catalogue: Catalogue, acts: Array, rows: Array, rng: np.random.Generator
) -> None:
    """Put up to three hashtags on a share of posts: the interest's own (Zipf) or a trending one."""
    n = len(rows)
    count = np.where(rng.random(n) < config.tagged, 1 + rng.binomial(2, 0.3, n), 0)
    for place in range(3):
        chosen = np.flatnonzero(count > place)
        topic, time = acts["topic"][rows[chosen]], acts["time"][rows[chosen]]
        rank = zipf_rank(rng.random(len(chosen)), TAGS_PER_INTEREST, 1.0)
        code = 1 + topic.astype(np.int64) * TAGS_PER_INTEREST + rank
        trend = catalogue.trends.pick(topic, time, delays(config, rng, len(chosen)), rng.random(len(chosen)))
        use = (trend >= 0) & (rng.random(len(chosen)) < 0.35)
        code[use] = catalogue.trends.items["tag"][trend[use]]
        # A tag stands once in a post.
        twice = (acts["tags"][rows[chosen]] == code[:, None].astype(np.uint32)).any(axis=1)
        acts["tags"][rows[chosen], place] = np.where(twice, 0, code)
