"""A world put together day by day from independent parts, in memory or as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from chorusline.simulate.acts import ACT, TABLE_SCHEMA, by_time, render
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.factory import Factory
from chorusline.simulate.membership import find_rival, make_groups
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.orders import imitable
from chorusline.simulate.organic import fill, timeline
from chorusline.simulate.population import populate
from chorusline.simulate.rhythm import midnight
from chorusline.simulate.streams import POPULATION, Array, stream
from chorusline.simulate.truth import Truth
from chorusline.units import DAY

ORGANIC_PART, FIRST_GROUP_PART, FIRST_OPERATION_PART = 1, 10, 100
# Account codes of the parts lie in ranges of their own, so that a part doesn't move another's.
_FIRST_GROUP_CODE, _CODES_EACH = 1 << 27, 1 << 22


class Organic:
    """The ordinary population; its posts are what everyone else can react to."""

    label, kind, group = 0, "organic", None

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.people = populate(config, stream(config.seed, POPULATION, ORGANIC_PART), config.accounts, 0)

    def day(self, day: int, catalogue: Catalogue) -> Array:
        """Actions of a day, unsorted; the day's posts enter the catalogue."""
        acts = timeline(self.config, self.people, ORGANIC_PART, day, catalogue.shocks)
        fill(self.config, self.people, catalogue, acts, ORGANIC_PART, day, seen=True)
        return acts


class Cascade:
    """The first generator: sessions first, then what they are spent on (parts in order: organic first)."""

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        organic = Organic(config)
        groups = make_groups(config, FIRST_GROUP_PART, _FIRST_GROUP_CODE, _CODES_EACH, organic.people)
        rival = find_rival(groups, config) or imitable(config, 0)
        operations = []
        for place, operation in enumerate(config.operations):
            part, code = FIRST_OPERATION_PART + place, _FIRST_GROUP_CODE + (40 + place) * _CODES_EACH
            copied = rival if operation.imitate else None
            operations.append(Factory(config, operation, part, code, organic.people, copied))
        self.parts: list[Any] = [organic, *groups, *operations]
        self.catalogue = Catalogue(config, config.expected_actions() / config.days)
        self.first_orders = first_orders(self.parts)

    def day(self, day: int) -> Array:
        """Everyone's actions of a day, unsorted, with orders numbered through the world."""
        self.catalogue.open(day)
        return number_orders([part.day(day, self.catalogue) for part in self.parts], self.first_orders)


def first_orders(parts: Sequence[Any]) -> dict[int, int]:
    """Number of the first order of each part that gives orders."""
    result, first = {}, 0
    for place, part in enumerate(parts):
        if hasattr(part, "order_count"):
            result[place] = first
            first += part.order_count
    return result


def number_orders(acts: list[Array], first: dict[int, int]) -> Array:
    """Join the parts' actions, [n] in ACT, turning each part's own order numbers into the world's."""
    for place, offset in first.items():
        order = acts[place]["order"]
        acts[place]["order"] = np.where(order >= 0, order + offset, -1)
    return np.concatenate(acts)


def make_generator(config: WorldConfig) -> Any:
    """Make the generator that the config names."""
    if config.generator == "hawkes":
        from chorusline.simulate.hawkes import Hawkes

        return Hawkes(config)
    return Cascade(config)


def chunks(generator: Any, truth: Truth) -> Iterator[Array]:
    """Yield the world's actions in order of time, a day at a time; the truth notes what is yielded.

    A part's day may reach into the next two (night shifts, late sessions), so a day's chunk ends where no
    later day can begin: at noon UTC of the day before.
    """
    config = generator.config
    begin, waiting = midnight(config.start), np.zeros(0, dtype=ACT)
    end = begin + config.days * DAY
    for day in range(config.days):
        acts = generator.day(day)
        inside = (acts["time"] >= begin) & (acts["time"] < end)
        waiting = np.concatenate((waiting, acts[inside]))
        done = waiting["time"] < begin + (day + 1) * DAY - DAY // 2 if day + 1 < config.days else np.True_
        ready = waiting[np.broadcast_to(done, len(waiting))]
        waiting = waiting[~np.broadcast_to(done, len(waiting))]
        if len(ready):
            ready = by_time(ready)
            truth.note(ready)
            yield ready


@dataclass(frozen=True)
class World:
    """A world in memory.

    actions : table in TABLE_SCHEMA, sorted by time. truth : the tables of TRUTH_SCHEMAS by name.
    facts : accounts in ACCOUNT_FACTS. config : what it was made from.
    """

    actions: pa.Table
    truth: dict[str, pa.Table]
    facts: pa.Table
    config: WorldConfig


def build(config: WorldConfig) -> World:
    """Make a world in memory; for many millions of actions use `write_world`, which streams."""
    generator = make_generator(config)
    truth = Truth(generator.parts)
    batches = [render(acts) for acts in chunks(generator, truth)]
    actions = pa.concat_tables([TABLE_SCHEMA.empty_table(), *batches]).combine_chunks()
    return World(actions, truth.tables(generator.first_orders), truth.facts(), config)
