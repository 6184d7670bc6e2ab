"""The order book: what an operation tells its operators to push, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from chorusline.simulate.acts import account_names, render
from chorusline.simulate.acts import blank as blank_acts
from chorusline.simulate.config import ORDER_KINDS, Operation, WorldConfig
from chorusline.simulate.objects import TAGS_PER_INTEREST
from chorusline.simulate.population import Population
from chorusline.simulate.rhythm import HOUR, hours_awake, midnight, offset
from chorusline.simulate.staff import attendance
from chorusline.simulate.streams import ORDERS, Array, combine, stream
from chorusline.units import DAY

TAG, LINK, PHRASE, TARGET, RESHARED = range(len(ORDER_KINDS))
MODES = ("fast", "measured", "burst")
_ORDER_TAGS = 1 << 28
_OWN_SITES = 3

ORDER = np.dtype(
    [
        ("day", "i4"),
        ("time", "i8"),
        ("kind", "i1"),
        ("mode", "i1"),
        ("tags", "u4", (3,)),
        ("link", "u8"),
        ("target", "i4"),
        ("topic", "i2"),
    ]
)


@dataclass(frozen=True)
class Rival:
    """An honest group that an operation imitates: its tags, hour (local, zone) and weekday."""

    tags: Array
    zone: str
    hour: int
    weekday: int


@dataclass(frozen=True)
class OrderBook:
    """Orders in time, structured [k] in ORDER; an order's variant v has its own objects."""

    orders: Array
    part: int

    def tags(self, order: Array, variant: Array) -> Array:
        """Hashtags of orders in variants, uint32 [n, 3]; other tags for each variant but the first."""
        tags = self.orders["tags"][order]
        shift = (variant.astype(np.uint32) << np.uint32(22))[:, None]
        return np.where((tags >= _ORDER_TAGS) & (shift > 0), tags + shift, tags)

    def links(self, order: Array, variant: Array) -> Array:
        """Links of orders in variants, uint64 [n]."""
        links = self.orders["link"][order]
        return np.where(links > 0, links + (variant.astype(np.uint64) << np.uint64(32)), links)

    def texts(self, order: Array, variant: Array, template: Array) -> Array:
        """Codes of the template texts, uint64 [n]."""
        return combine(17, self.part, order, variant, template)


def draw_orders(
    config: WorldConfig,
    operation: Operation,
    part: int,
    authors: Population,
    topics: Array,
    rival: Rival | None,
) -> OrderBook:
    """Draw all orders of an operation. Fewer are given on days off."""
    rng = stream(config.seed, ORDERS, part)
    first, last = operation.days or (0, config.days - 1)
    days = np.arange(max(first, 0), min(last, config.days - 1) + 1)
    rate = np.array([attendance(config, operation, int(day)) for day in days])
    day = np.repeat(days, rng.poisson(operation.orders_per_day * rate))
    orders = np.zeros(len(day), dtype=ORDER)
    orders["day"] = day
    orders["time"] = _times(config, operation, day, rng)
    orders = orders[np.argsort(orders["time"], kind="stable")]
    n, serial = len(orders), np.arange(len(orders))
    shares = np.array(operation.order_kinds)
    orders["kind"] = rng.choice(len(ORDER_KINDS), n, p=shares / shares.sum())
    orders["mode"] = np.array([MODES.index(mode) for mode in operation.uptake])[
        serial % len(operation.uptake)
    ]
    orders["topic"] = topics[rng.integers(0, len(topics), n)]
    orders["target"] = -1
    _objects(config, orders, part, authors, rng)
    if rival is not None:
        _borrow(config, orders, rival, rng)
    return OrderBook(orders, part)


def _times(config: WorldConfig, operation: Operation, day: Array, rng: np.random.Generator) -> Array:
    n = len(day)
    hour = rng.uniform(9.0, 17.0, n) if operation.shifts == "office" else rng.uniform(7.0, 30.0, n)
    if operation.imitate:
        hour = hours_awake(rng.random(n), np.zeros(n, dtype=np.int8))
    hour = np.where(rng.random(n) < operation.round_time, np.round(hour * 2) / 2, hour)
    shift = np.array(
        [offset(operation.zone, config.start + timedelta(days=int(d))) for d in day], dtype=np.int64
    )
    return np.asarray(midnight(config.start) + day * DAY + (hour * HOUR).astype(np.int64) - shift)


def _objects(
    config: WorldConfig, orders: Array, part: int, authors: Population, rng: np.random.Generator
) -> None:
    n, kind = len(orders), orders["kind"]
    serial = np.arange(n, dtype=np.uint32)
    base = np.uint32(_ORDER_TAGS + (part % 16) * (1 << 18))
    # A campaign's side tags come back: the second and third are drawn from a small set.
    side = base + np.uint32(1 << 17) + rng.integers(0, 12, (n, 2)).astype(np.uint32)
    tags = np.column_stack((base + serial, side[:, 0], np.where(side[:, 1] == side[:, 0], 0, side[:, 1])))
    orders["tags"] = np.where((kind == TAG)[:, None], tags, 0)
    site = np.uint64(600 + part * 8) + rng.integers(0, _OWN_SITES, n).astype(np.uint64)
    orders["link"] = np.where(kind == LINK, (site << np.uint64(40)) + serial + np.uint64(1), 0)
    targets = _targets(config, authors)
    if len(targets):
        aimed = targets[np.minimum((len(targets) * rng.random(n) ** 2).astype(int), len(targets) - 1)]
        orders["target"] = np.where(kind == TARGET, aimed, -1)


def _targets(config: WorldConfig, authors: Population) -> Array:
    """Codes of authors worth addressing: well followed, often there, all the time; the foremost first."""
    alive = (authors.born < 0.1 * config.days) & (authors.died > 0.9 * config.days)
    worth = np.where(alive, authors.followers**0.5 * authors.presence, 0.0)
    best = np.argsort(worth, kind="stable")[::-1][: max(10, len(authors) // 500)]
    return np.asarray(best[worth[best] > 0] + authors.first)


def _borrow(config: WorldConfig, orders: Array, rival: Rival, rng: np.random.Generator) -> None:
    """Let orders of tags use the rival's tags, on its weekday at its hour."""
    tagged = orders["kind"] == TAG
    orders["tags"][tagged] = rival.tags
    for row in np.flatnonzero(tagged):
        date = config.start + timedelta(days=int(orders["day"][row]))
        if date.weekday() == rival.weekday:
            late = int(rng.exponential(0.1 * HOUR))
            orders["time"][row] = (
                midnight(date) + rival.hour * HOUR - offset(rival.zone, date, rival.hour) + late
            )


def order_objects(book: OrderBook, order: int, variants: int) -> list[str]:
    """Names of what an order told to push, as they stand in the action log (all variants).

    For an order to reshare, none: the post is named only on the day (Factory.objects).
    """
    row, names = book.orders[order], []
    many, each = np.full(variants, order), np.arange(variants)
    if row["kind"] == TAG:
        acts = blank_acts(variants)
        acts["tags"] = book.tags(many, each)
        names = [tag for tags in render(acts)["hashtags"].to_pylist() for tag in tags]
    elif row["kind"] == LINK:
        acts = blank_acts(variants)
        acts["link"] = book.links(many, each)
        names = [link for links in render(acts)["links"].to_pylist() for link in links]
    elif row["kind"] == PHRASE:
        acts = blank_acts(variants)
        acts["text"] = book.texts(many, each, np.zeros(variants, dtype=int))
        acts["topic"] = row["topic"]
        names = render(acts)["text"].to_pylist()
    elif row["kind"] == TARGET and row["target"] >= 0:
        names = account_names(np.array([row["target"]])).to_pylist()
    return list(dict.fromkeys(names))


def imitable(config: WorldConfig, topic: int) -> Rival:
    """A rival where no group with an hour of its own is there: an interest's commonest tags."""
    tags = 1 + topic * TAGS_PER_INTEREST + np.arange(3)
    return Rival(tags.astype(np.uint32), config.zones[0], 20, 2)
