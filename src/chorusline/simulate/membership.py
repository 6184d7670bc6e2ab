"""Who belongs to each look-alike group."""

from __future__ import annotations

from functools import partial

import numpy as np

from chorusline.simulate.config import WorldConfig
from chorusline.simulate.groups import Events, LookAlikeGroup
from chorusline.simulate.lookalikes import (
    HASHTAG_HOUR,
    HASHTAG_WEEKDAY,
    exiles,
    fans,
    feeds,
    hashtag_hour,
    hour_tags,
    newsroom,
    nothing,
    share_button,
    streaming,
    volunteers,
    witnesses,
)
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.orders import Rival
from chorusline.simulate.organic import fill, timeline
from chorusline.simulate.population import Population, populate
from chorusline.simulate.rhythm import OFFICE, midnight, one_after_another
from chorusline.simulate.streams import POPULATION, Array, combine, stream, uniform
from chorusline.units import DAY

KINDS_OF_GROUPS: dict[str, tuple[str, Events | None]] = {
    "fans": ("fan", None),
    "streaming": ("streaming fandom", streaming),
    "hashtag_hour": ("hashtag hour", hashtag_hour),
    "volunteers": ("volunteer", volunteers),
    "share_button": ("share button", share_button),
    "newsroom": ("newsroom", newsroom),
    "feeds": ("feed", feeds),
    "witnesses": ("earthquake witness", witnesses),
    "households": ("household", None),
    "diaspora": ("diaspora office", nothing),
    "exiles": ("exile", exiles),
}
"""Field of LookAlikes -> kind in the truth, joint actions. A group's part follows its place here."""


class Households:
    """People who run two accounts each: one pair of hands, one account at a time, no orders."""

    label, kind, group = 0, "household", "household"

    def __init__(self, config: WorldConfig, part: int, people: Population) -> None:
        self.config, self.part, self.people = config, part, people

    def day(self, day: int, catalogue: Catalogue) -> Array:
        """Actions of a day: a person's timeline, dealt to two accounts in spells of forty minutes."""
        hands = self.people.take(np.arange(0, len(self.people), 2))
        acts = timeline(self.config, hands, 2 * self.part, day, catalogue.shocks)
        person = (acts["account"] - hands.first).astype(np.int64)
        spell = combine(41, self.part, person, acts["time"] // (2400 * 1_000_000))
        acts["account"] = self.people.first + 2 * person + (uniform(spell) < 0.4)
        order = np.lexsort((acts["time"], person))
        acts, person = acts[order], person[order]
        changed = np.append(False, acts["account"][1:] != acts["account"][:-1])[: len(acts)]
        begin = midnight(self.config.start)
        acts["time"] = begin + one_after_another(
            person, acts["time"] - begin, np.where(changed, 12, 2) * 1_000_000
        )
        fill(self.config, self.people, catalogue, acts, 2 * self.part, day)
        return acts


def make_groups(
    config: WorldConfig, first_part: int, first_code: int, codes_each: int, authors: Population
) -> list[LookAlikeGroup | Households]:
    """Make the groups that the config asks for; each has its own part, codes and random streams."""
    result: list[LookAlikeGroup | Households] = []
    for place, (name, (kind, events)) in enumerate(KINDS_OF_GROUPS.items()):
        size = getattr(config.lookalikes, name) * (2 if name == "households" else 1)
        if not size:
            continue
        part = first_part + place
        people = _members(config, name, part, size, first_code + place * codes_each, authors)
        if name == "households":
            result.append(Households(config, part, people))
            continue
        if name == "fans":
            events = partial(fans, stars=find_stars(config, authors))
        life = name not in ("feeds", "newsroom")
        result.append(LookAlikeGroup(config, part, people, kind, events or nothing, life))
    return result


def find_stars(config: WorldConfig, authors: Population) -> Array:
    """Codes of the best-followed authors who are there all the time, ascending."""
    there = (authors.born <= 0) & (authors.died >= config.days - 1)
    posts = authors.presence * np.exp(authors.pace) * authors.kinds[:, 0]
    worth = np.where(there, authors.followers**0.5 * np.minimum(posts, 2.0), 0.0)
    best = np.argsort(worth, kind="stable")[::-1][: config.lookalikes.stars]
    return np.sort(best) + authors.first


def find_rival(groups: list[LookAlikeGroup | Households], config: WorldConfig) -> Rival | None:
    """The hashtag hour as something to imitate, if the world has one."""
    for group in groups:
        if isinstance(group, LookAlikeGroup) and group.kind == "hashtag hour":
            return Rival(hour_tags(group, 0), config.zones[0], HASHTAG_HOUR, HASHTAG_WEEKDAY)
    return None


def _members(
    config: WorldConfig, name: str, part: int, size: int, first: int, authors: Population
) -> Population:
    """Draw the accounts of a group, present all the time, with what they have in common."""
    rng = stream(config.seed, POPULATION, part)
    people = populate(config, rng, size, first, authors)
    topics = rng.integers(0, config.interests, 3).astype(np.int16)
    people = people.changed(born=np.full(size, -1.0), died=np.full(size, config.days + 1.0))
    if name in ("fans", "streaming", "hashtag_hour", "volunteers", "diaspora", "exiles"):
        interests = people.interests.copy()
        interests[:, 0] = topics[0]
        people = people.changed(interests=interests)
    if name == "diaspora":
        zone = np.full(size, min(2, len(config.zones) - 1), dtype=np.int8)
        same = np.where(rng.random(people.follows.shape) < 0.8, people.follows[:1], people.follows)
        people = people.changed(
            profile=np.full(size, OFFICE, dtype=np.int8),
            zone=zone,
            follows=same,
            interests=topics[rng.integers(0, 2, (size, 3))],
            presence=np.full(size, 0.7),
            chronotype=(people.chronotype * 0.2).astype(np.float32),
        )
    if name == "households":
        people = people.changed(presence=np.maximum(people.presence, 0.4))
    if name == "exiles":
        batch = midnight(config.start) - 200 * DAY + rng.integers(0, DAY // 8, size)
        people = people.changed(created=batch, interests=np.repeat(topics[:1], 3 * size).reshape(size, 3))
    return people
