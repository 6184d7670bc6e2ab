"""Honest groups that resemble an operation: accounts with lives of their own, and what joins them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chorusline.simulate.acts import number
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.organic import fill, timeline
from chorusline.simulate.population import Population
from chorusline.simulate.streams import GROUP, Array, combine, stream

GROUP_TAGS = 1 << 29
Events = Callable[["LookAlikeGroup", int, Catalogue, np.random.Generator], Array]


@dataclass(frozen=True)
class LookAlikeGroup:
    """A look-alike: accounts, truth kind, and `events`, which gives the joint actions of a day.

    `life` is false for accounts that do nothing else (feeds, newsrooms).
    """

    config: WorldConfig
    part: int
    people: Population
    kind: str
    events: Events
    life: bool = True
    label: int = 0

    @property
    def group(self) -> str:
        """Name of the group in the truth."""
        return self.kind

    def day(self, day: int, catalogue: Catalogue) -> Array:
        """Actions of a day, unsorted: joint actions, then the ordinary life of the members."""
        rng = stream(self.config.seed, GROUP, self.part, day)
        joint = self.events(self, day, catalogue, rng)
        number(joint, 2 * self.part + 1, day)
        own = joint["text"] == 0
        joint["text"][own] = combine(1, joint["key"][own])
        joint["style"][own] = self.people.style[joint["account"][own] - self.people.first]
        if not self.life:
            return joint
        acts = timeline(self.config, self.people, 2 * self.part, day, catalogue.shocks)
        fill(self.config, self.people, catalogue, acts, 2 * self.part, day)
        return np.concatenate((joint, acts))

    def tags(self, event: int, count: int) -> Array:
        """Hashtag codes of an event of the group, uint32 [count]."""
        return np.uint32(GROUP_TAGS + self.part * (1 << 14) + event * 4) + np.arange(count, dtype=np.uint32)

    def texts(self, event: int, template: Array) -> Array:
        """Codes of shared texts, uint64 [n]."""
        return combine(19, self.part, event, template)
