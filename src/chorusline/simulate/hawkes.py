"""A second generator of different construction: self-exciting cascades in clusters, with planted groups.

Hawkes processes have an equal representation as clusters (Hawkes & Oakes 1974): immigrants come at random,
each event has Poisson-many children after power-law delays. There are no sessions, operators or shifts
here; whatever holds in both generators owes nothing to how one of them was built.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from chorusline.simulate.acts import ACT, POST, QUOTE, REPLY, RESHARE, blank, number, render
from chorusline.simulate.config import Operation, WorldConfig
from chorusline.simulate.population import Population, populate
from chorusline.simulate.rhythm import HOUR, hours_awake, midnight, offsets
from chorusline.simulate.streams import HAWKES, POPULATION, Array, combine, power_law_delay, stream, uniform
from chorusline.simulate.world import first_orders, number_orders
from chorusline.units import DAY, SECOND

_PLANTED_CODE, _CODES_EACH = 1 << 27, 1 << 22
_HONEST, _DIRECTED = 50, 60
_TAGS = 3 << 28


class Crowd:
    """Accounts of one community each, active by a Pareto law; their posts set off cascades."""

    label, kind, group = 0, "organic", None

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        rng = stream(config.seed, HAWKES, POPULATION)
        people = populate(config, rng, config.accounts, 0)
        self.people = people.changed(interests=np.repeat(people.interests[:, :1], 3, axis=1))
        self.weight = np.minimum(rng.random(config.accounts) ** (-1.0 / config.degree), 500.0)
        self.order = np.argsort(people.interests[:, 0], kind="stable")
        self.cumulative = np.concatenate(([0.0], np.cumsum(self.weight[self.order])))
        self.edges = np.searchsorted(people.interests[self.order, 0], np.arange(config.interests + 1))

    def someone(self, topic: Array, rng: np.random.Generator) -> Array:
        """Draw a member of each community by activity, int64 [n]; one in ten comes from anywhere."""
        low, high = self.cumulative[self.edges[topic]], self.cumulative[self.edges[topic + 1]]
        stranger = (rng.random(len(topic)) < 0.1) | (high <= low)
        low, high = np.where(stranger, 0.0, low), np.where(stranger, self.cumulative[-1], high)
        row = np.searchsorted(self.cumulative, low + rng.random(len(topic)) * (high - low), side="right") - 1
        return np.asarray(self.order[np.minimum(row, len(self.order) - 1)])

    def day(self, day: int) -> Array:
        """All clusters that immigrate on a day, complete with their later descendants; unsorted."""
        config, rng = self.config, stream(self.config.seed, HAWKES, 1, day)
        mean = config.expected_actions() / config.days * (1.0 - config.branching)
        n = int(rng.poisson(mean))
        who = self.order[
            np.minimum(
                np.searchsorted(self.cumulative, rng.random(n) * self.cumulative[-1], side="right") - 1,
                len(self.order) - 1,
            )
        ]
        roots = new_acts(self.people, who, _own_hours(config, self.people, who, day, rng))
        _dress(roots, config, rng, day)
        number(roots, 1, day)
        roots["text"] = combine(1, roots["key"])
        generations = [roots]
        while len(generations[-1]):
            generations.append(self._children(generations[-1], sum(map(len, generations)), day, rng))
        return np.concatenate(generations)

    def _children(self, parents: Array, before: int, day: int, rng: np.random.Generator) -> Array:
        """The next generation: reshares, replies, quotes, and posts that take over tags and link."""
        config = self.config
        # Heavy-tailed fertility (survival exponent 5/3), an event's own: with an account's own, a community
        # that a single busy account dominates would be supercritical and its cascades never end.
        mean = config.branching * np.minimum(0.4 * rng.random(len(parents)) ** -0.6, 40.0)
        source = parents[np.repeat(np.arange(len(parents)), rng.poisson(mean))]
        delay = power_law_delay(rng, len(source), 60.0, 0.5, config.memory * 86_400.0)
        who = self.someone(source["topic"].astype(np.int64), rng)
        acts = new_acts(self.people, who, source["time"] + (delay * SECOND).astype(np.int64))
        acts["topic"] = source["topic"]
        kind = np.array([POST, RESHARE, REPLY, QUOTE])[
            np.searchsorted([0.15, 0.75, 0.92], rng.random(len(acts)))
        ]
        react(acts, source, kind)
        acts["key"] = (np.uint64(1) << np.uint64(50)) + (np.uint64(day) << np.uint64(34))
        acts["key"] += np.arange(before + 1, before + len(acts) + 1, dtype=np.uint64)
        own = acts["kind"] != RESHARE
        acts["text"][own] = combine(1, acts["key"][own])
        return acts


def new_acts(people: Population, who: Array, time: Array) -> Array:
    """Bare posts of accounts (rows of `people` [n]) at times [n]."""
    acts = blank(len(who))
    acts["account"], acts["time"], acts["topic"] = who + people.first, time, people.interests[who, 0]
    acts["client"], acts["style"], acts["language"] = (
        people.client[who],
        people.style[who],
        people.language[who],
    )
    return acts


def react(acts: Array, source: Array, kind: Array) -> None:
    """Let acts [n] react to sources [n] in the given kinds, in place; reshares of reshares go to the root."""
    acts["kind"] = kind
    acts["tags"], acts["link"] = source["tags"], source["link"]
    root = np.where(source["kind"] == RESHARE, source["parent"], source["key"])
    acts["parent"] = np.where(kind == POST, 0, root)
    author = np.where(source["kind"] == RESHARE, source["mention"], source["account"])
    acts["mention"] = np.where((kind == RESHARE) | (kind == REPLY), author, -1)
    same = kind == RESHARE
    for name in ("text", "variant", "style", "length", "media", "language", "topic"):
        acts[name][same] = source[name][same]
    reply = kind == REPLY
    acts["tags"][reply], acts["link"][reply] = 0, 0


def _own_hours(
    config: WorldConfig, people: Population, who: Array, day: int, rng: np.random.Generator
) -> Array:
    hours = hours_awake(rng.random(len(who)), people.profile[who])
    zone = offsets(config.zones, config.start + timedelta(days=day))[people.zone[who]]
    return np.asarray(midnight(config.start) + day * DAY + (hours * HOUR).astype(np.int64) - zone)


def _dress(acts: Array, config: WorldConfig, rng: np.random.Generator, day: int) -> None:
    """Give immigrants tags and links by Zipf's law; these come from outside and spread by the cascades."""
    n = len(acts)
    tagged, linked = rng.random(n) < config.tagged, rng.random(n) < config.linked
    rank = np.minimum(rng.random(n) ** -1.1, 3000.0).astype(np.int64)
    acts["tags"][:, 0] = np.where(tagged, _TAGS + acts["topic"].astype(np.int64) * 4096 + rank, 0)
    page = np.minimum(rng.random(n) ** -1.1, 3000.0).astype(np.int64)
    site = 1 + (uniform(combine(47, acts["topic"], page)) * config.sites).astype(np.int64)
    link = (site << 40) + ((day // 3) << 24) + acts["topic"].astype(np.int64) * 4096 + page
    acts["link"] = np.where(linked, link, 0)


class Planted:
    """A group whose members excite each other: on orders (label 1), or as fans of some authors (label 0)."""

    def __init__(self, config: WorldConfig, operation: Operation, place: int, crowd: Crowd) -> None:
        self.config, self.operation, self.place = config, operation, place
        self.label, self.kind, self.group = 1, "factory", operation.name
        self.part = _DIRECTED + place
        rng = stream(config.seed, HAWKES, self.part)
        size = max(3, round(operation.operators * operation.accounts_per_operator))
        self.people = populate(config, rng, size, _PLANTED_CODE + (40 + place) * _CODES_EACH, crowd.people)
        count = int(rng.poisson(operation.orders_per_day * config.days))
        hours = np.sort(rng.uniform(7.0, 18.0, count) + 24.0 * rng.integers(0, config.days, count))
        self.times = midnight(config.start) + (hours * HOUR).astype(np.int64)

    @property
    def order_count(self) -> int:
        """Orders given over the whole world."""
        return len(self.times)

    def orders(self) -> list[tuple[int, str]]:
        """Time and hashtag of each order."""
        acts = blank(len(self.times))
        acts["tags"][:, 0] = self._tag(np.arange(len(acts)))
        return [
            (int(t), tags[0])
            for t, tags in zip(self.times, render(acts)["hashtags"].to_pylist(), strict=True)
        ]

    def _tag(self, order: Array) -> Array:
        return np.asarray(_TAGS + (1 << 27) + self.place * (1 << 20) + order)

    def day(self, day: int, crowd: Array) -> Array:
        """Actions of a day: what orders set off, what that excites in the group, and life in the crowd."""
        rng = stream(self.config.seed, HAWKES, self.part, day)
        begin = midnight(self.config.start) + day * DAY
        today = np.flatnonzero((self.times >= begin) & (self.times < begin + DAY))
        acts = np.concatenate([blank(0), *(self._obey(int(order), rng) for order in today)])
        ordered = len(acts)
        acts = np.concatenate(
            (acts, cloak(self.config, self.people, crowd, ordered, self.operation.camouflage, rng))
        )
        number(acts, self.part, day)
        own = acts["text"] == 0
        acts["text"][own] = combine(1, acts["key"][own])
        return acts

    def _obey(self, order: int, rng: np.random.Generator) -> Array:
        op, n = self.operation, len(self.people)
        first = np.flatnonzero(rng.random(n) < op.audience * op.compliance)
        lag = np.exp(np.log(30.0) + rng.standard_normal(len(first))) * 60.0
        if op.jitter:
            lag = np.abs(lag + 60.0 * rng.uniform(-op.jitter, op.jitter, len(first)))
        # Whoever acts draws others along within a minute or so: excitation inside the group.
        drawn = np.repeat(lag, rng.poisson(0.6 * max(op.quota - 1.0, 0.0), len(first)))
        drawn = drawn + rng.exponential(60.0, len(drawn))
        who = np.concatenate((first, rng.integers(0, n, len(drawn))))
        time = self.times[order] + (np.concatenate((lag, drawn)) * SECOND).astype(np.int64)
        acts = new_acts(self.people, who, time)
        acts["order"], acts["tags"][:, 0] = order, self._tag(np.array([order]))[0]
        copied = rng.random(len(acts)) >= op.paraphrase
        acts["text"][copied] = combine(53, self.part, order, rng.integers(0, op.templates, int(copied.sum())))
        acts["style"][copied] = 0
        near = copied & (rng.random(len(acts)) < op.near_duplicates)
        acts["variant"][near] = 1 + rng.integers(0, 1 << 30, int(near.sum()))
        return acts


class Fans:
    """Honest accounts that react within seconds to the posts of some authors of the crowd."""

    label, kind, group, part = 0, "fan", "fan", _HONEST

    def __init__(self, config: WorldConfig, crowd: Crowd) -> None:
        self.config = config
        rng = stream(config.seed, HAWKES, self.part)
        self.people = populate(config, rng, config.lookalikes.fans, _PLANTED_CODE, crowd.people)
        self.stars = np.argsort(crowd.weight)[::-1][: config.lookalikes.stars]

    def day(self, day: int, crowd: Array) -> Array:
        """Actions of a day: quick reactions, and life in the crowd."""
        rng = stream(self.config.seed, HAWKES, self.part, day)
        posts = crowd[(crowd["kind"] == POST) & np.isin(crowd["account"], self.stars)]
        post, who = np.nonzero(rng.random((len(posts), len(self.people))) < 0.25)
        wait = 3.0 + 20.0 * np.exp(0.8 * rng.standard_normal(len(who)))
        acts = new_acts(self.people, who, posts["time"][post] + (wait * SECOND).astype(np.int64))
        react(acts, posts[post], np.where(rng.random(len(acts)) < 0.75, RESHARE, REPLY))
        acts = np.concatenate((acts, cloak(self.config, self.people, crowd, len(acts), 0.5, rng)))
        number(acts, self.part, day)
        own = acts["text"] == 0
        acts["text"][own] = combine(1, acts["key"][own])
        return acts


def cloak(
    config: WorldConfig, people: Population, crowd: Array, joint: int, share: float, rng: np.random.Generator
) -> Array:
    """Ordinary reactions of a group to the crowd's cascades, so many that they make up `share` of all."""
    n = int(rng.poisson((joint + 0.5 * len(people)) * share / (1.0 - share)))
    if not len(crowd):
        return blank(0)
    source = crowd[rng.integers(0, len(crowd), n)]
    delay = power_law_delay(rng, n, 60.0, 0.5, config.memory * 86_400.0)
    acts = new_acts(
        people, rng.integers(0, len(people), n), source["time"] + (delay * SECOND).astype(np.int64)
    )
    react(acts, source, rng.choice([POST, RESHARE, REPLY, QUOTE], n, p=[0.25, 0.5, 0.17, 0.08]))
    return acts


class Hawkes:
    """The second generator: the crowd, then groups planted in it (operations, and fans)."""

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.crowd = Crowd(config)
        planted = [Planted(config, op, place, self.crowd) for place, op in enumerate(config.operations)]
        fans = [Fans(config, self.crowd)] if config.lookalikes.fans else []
        self.parts: list[Crowd | Planted | Fans] = [self.crowd, *fans, *planted]
        self.first_orders = first_orders(self.parts)

    def day(self, day: int) -> Array:
        """Everyone's actions that begin on a day, unsorted."""
        crowd = self.crowd.day(day)
        rest = [part.day(day, crowd) for part in self.parts[1:] if not isinstance(part, Crowd)]
        return number_orders([crowd, *rest], self.first_orders).astype(ACT, copy=False)
