"""What accounts react to: others' posts, articles, hashtags and news, chosen by age and popularity."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from chorusline.simulate.acts import POST
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.rhythm import HOUR, midnight
from chorusline.simulate.streams import CATALOGUE, Array, combine, power_law_delay, stream, uniform, zipf_rank
from chorusline.units import DAY, SECOND

_TOPIC_BITS = 52  # microseconds since 1970 stay below 2^51 until 2041
TAGS_PER_INTEREST = 30
_TRENDING = 1 << 20
_PER_DAY = 1 << 14


@dataclass(frozen=True)
class Shelf:
    """Objects sorted by (interest, time of birth), with cumulated popularity.

    place : uint64 [n], interest << 52 | birth. cumulative : float64 [n + 1]. items : structured [n].
    """

    place: Array
    cumulative: Array
    items: Array

    @classmethod
    def of(cls, items: Array) -> Shelf:
        """Shelve items with fields topic, time and weight."""
        place = _place(items["topic"], items["time"])
        order = np.argsort(place, kind="stable")
        items = items[order]
        return cls(place[order], np.concatenate(([0.0], np.cumsum(items["weight"]))), items)

    def pick(self, topic: Array, time: Array, delay: Array, u: Array) -> Array:
        """Choose for each query an object of its topic that was born about `delay` before `time`.

        All arrays [n]; times in microseconds. Among objects born between 1.6 and 1/1.6 delays ago the
        choice is by popularity; where none was born then, the last one before is taken. Returns rows of
        the shelf, int64 [n], -1 where the topic has none so old.
        """
        early = np.searchsorted(self.place, _place(topic, time - (delay * 1.6).astype(np.int64)))
        late = np.searchsorted(self.place, _place(topic, time - (delay / 1.6).astype(np.int64)), side="right")
        low, high = self.cumulative[early], self.cumulative[late]
        row = np.searchsorted(self.cumulative, low + u * (high - low), side="right") - 1
        row = np.where(late > early, np.clip(row, early, np.maximum(late - 1, 0)), late - 1)
        known = row >= 0
        known[known] = self.items["topic"][row[known]] == topic[known]
        return np.where(known, row, -1)


def _place(topic: Array, time: Array) -> Array:
    return (topic.astype(np.uint64) << np.uint64(_TOPIC_BITS)) + np.maximum(time, 0).astype(np.uint64)


OBJECT = np.dtype(
    [("topic", "i2"), ("time", "i8"), ("weight", "f8"), ("code", "u8"), ("link", "u8"), ("tag", "u4")]
)
"""An article (code: its headline's text; link) or a hashtag (tag)."""

SOURCE = np.dtype(
    [
        ("topic", "i2"),
        ("time", "i8"),
        ("weight", "f8"),
        ("key", "u8"),
        ("account", "i4"),
        ("text", "u8"),
        ("variant", "u4"),
        ("style", "i2"),
        ("length", "i1"),
        ("tags", "u4", (3,)),
        ("link", "u8"),
        ("media", "u4"),
        ("language", "i1"),
    ]
)
"""A post that others may come to see."""


@dataclass(frozen=True)
class Shock:
    """News that an interest (or everyone: topic -1) turns to at once."""

    time: int
    topic: int
    size: float
    code: int


class Catalogue:
    """The objects of the last days. Days must be opened in order; posts come in as they are written."""

    def __init__(self, config: WorldConfig, per_day: float) -> None:
        self.config = config
        self._articles: deque[Array] = deque(maxlen=config.memory + 2)
        self._trends: deque[Array] = deque(maxlen=config.memory + 2)
        self._sources: deque[Array] = deque(maxlen=config.memory + 2)
        self._shocks: deque[list[Shock]] = deque(maxlen=4)
        self._per_day = per_day
        self.sources = Shelf.of(np.zeros(0, dtype=SOURCE))
        self.newest = self.sources.items
        self._by_author = np.zeros(0, dtype=np.uint64)
        for day in range(-config.memory, 0):
            self.open(day)

    def open(self, day: int) -> None:
        """Publish the articles, trending tags and shocks of a day."""
        rng = stream(self.config.seed, CATALOGUE, day + 1000)
        self._articles.append(self._publish(rng, day, max(8.0, self.config.articles * self._per_day), True))
        self._trends.append(self._publish(rng, day, max(4.0, 0.001 * self._per_day), False))
        self._shocks.append(self._strike(rng, day))
        self.articles = Shelf.of(np.concatenate(self._articles))
        self.trends = Shelf.of(np.concatenate(self._trends))

    @property
    def today(self) -> Array:
        """Posts shelved last, structured [n] in SOURCE."""
        return self._sources[-1] if self._sources else self.newest

    @property
    def shocks(self) -> list[Shock]:
        """Shocks of the last days, oldest first."""
        return sorted((shock for day in self._shocks for shock in day), key=lambda shock: shock.time)

    def _publish(self, rng: np.random.Generator, day: int, mean: float, articles: bool) -> Array:
        n = int(rng.poisson(mean))
        items = np.zeros(n, dtype=OBJECT)
        weights = 1.0 / (np.arange(self.config.interests) + 3.0)
        items["topic"] = rng.choice(self.config.interests, n, p=weights / weights.sum())
        hours = np.clip(rng.normal(13.0, 5.0, n), 0.0, 23.99)
        items["time"] = midnight(self.config.start) + day * DAY + (hours * HOUR).astype(np.int64)
        items["weight"] = np.minimum(np.maximum(rng.random(n), 1e-12) ** -self.config.zipf, 1e5)
        serial = np.arange(n, dtype=np.uint64) + np.uint64((day + 1000) * (1 << 20))
        if articles:
            site = 1 + zipf_rank(rng.random(n), self.config.sites).astype(np.uint64)
            items["link"] = (site << np.uint64(40)) + serial + np.uint64(1)
            items["code"] = combine(11, items["link"])
        else:
            items["tag"] = _TRENDING + (day + 1000) * _PER_DAY + np.arange(n) % _PER_DAY
        return items

    def _strike(self, rng: np.random.Generator, day: int) -> list[Shock]:
        result = []
        for serial in range(int(rng.poisson(self.config.shocks))):
            time = midnight(self.config.start) + day * DAY + int(rng.random() * 24 * HOUR)
            topic = -1 if rng.random() < 0.15 else int(rng.integers(self.config.interests))
            size = self.config.shock_draw * float(rng.random() ** 0.5)
            result.append(Shock(time, topic, size, (day + 1000) * 64 + serial))
        return sorted(result, key=lambda shock: shock.time)

    def add_posts(self, acts: Array, followers: Array) -> None:
        """Shelve the most visible posts of a day. acts [n]; followers [n] of each act's account."""
        appeal = uniform(combine(5, acts["key"]))
        popularity = np.asarray(followers, dtype=np.float64) ** 0.6 * np.maximum(1.0 - appeal, 1e-9) ** -0.7
        posts = np.flatnonzero(acts["kind"] == POST)
        if len(posts):
            least = np.quantile(popularity[posts], 1.0 - self.config.catalogue)
            posts = posts[popularity[posts] >= least]
        items = np.zeros(len(posts), dtype=SOURCE)
        for name in SOURCE.names or ():
            if name != "weight":
                items[name] = acts[name][posts]
        items["weight"] = popularity[posts]
        self._sources.append(items)
        self.sources = Shelf.of(np.concatenate(self._sources))
        author = self.sources.items["account"].astype(np.uint64) << np.uint64(_TOPIC_BITS - 20)
        clock = (self.sources.items["time"] // SECOND).astype(np.uint64)
        order = np.argsort(author + clock, kind="stable")
        self.newest, self._by_author = self.sources.items[order], (author + clock)[order]

    def latest(self, author: Array, time: Array) -> Array:
        """Row in `newest` of each author's last post before a time, int64 [n]; -1 where none is shelved."""
        clock = np.maximum(time, 0) // SECOND
        query = (author.astype(np.uint64) << np.uint64(_TOPIC_BITS - 20)) + clock.astype(np.uint64)
        row = np.searchsorted(self._by_author, query) - 1
        found = row >= 0
        found[found] = self.newest["account"][row[found]] == author[found]
        return np.where(found, row, -1)


def delays(config: WorldConfig, rng: np.random.Generator, n: int) -> Array:
    """Reaction delays in microseconds, float64 [n]."""
    cap = config.memory * 86_400.0
    return power_law_delay(rng, n, config.delay_start, config.delay_exponent, cap) * SECOND
