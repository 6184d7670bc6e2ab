"""What could have been seen: the chance to find a described operation in described data.

Before anybody writes "we found nothing", this says what would have been found. Worlds with such an operation
among ordinary accounts are simulated and investigated like any export (docs/method.md, "Power").
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.evaluate.intervals import share

SEEN_FROM = 3
"""Accounts of an operation that must be named for it to count as seen."""

WANTED = 0.8
"""Chance of being seen that "the smallest operation seen" stands for."""

SIZES = (3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 320, 500)
"""Sizes among which the smallest operation seen is looked for, accounts."""

MOST_ACTIONS = 200_000
"""Ordinary actions simulated at most; a larger collection is stood for by a part of this size."""

_FIRST_SEED = 40_000

_PER_ACCOUNT = (11.3, 14.7, 27.3, 79.0, 143.0, 414.0)
_ACTIVITY = (0.002, 0.005, 0.02, 0.1, 0.3, 1.0)
# Actions an ordinary account in a world of 30 days has where the collection is about this share of its active
# days (measured, seed 1, 30,000 actions).


@dataclass(frozen=True)
class Described:
    """An operation and the data it would hide in.

    accounts : of the operation. days : length of the collection. orders : a day. uptake : how fast orders are
    taken up, 'measured' (median 2.5 h), 'fast' (30 min) or 'burst' (a minute). jitter : shift of ordered
    actions, ± minutes. camouflage : share of actions unrelated to orders. evasion : level of the simulator's
    dial, E0 to E7. active : days at the end of the collection on which the operation works; all where None.
    actions, others : ordinary actions in the collection and the accounts that made them, about. sample : share
    of all posts that was collected. resolution : of the clock, seconds.
    """

    accounts: int = 20
    days: int = 30
    orders: float = 3.0
    uptake: str = "measured"
    jitter: float = 0.0
    camouflage: float = 0.3
    evasion: str = "E0"
    active: int | None = None
    actions: int = 40_000
    others: int = 1_500
    sample: float = 1.0
    resolution: float = 1.0

    def checked(self) -> Described:
        """Return the description; raises UsageError where it can't be simulated."""
        rules = (
            (self.accounts >= SEEN_FROM, f"An operation of fewer than {SEEN_FROM} accounts can't be seen."),
            (0 < self.sample <= 1, f"The share collected lies above 0 and up to 1, not {self.sample:g}."),
            (0 <= self.camouflage < 1, f"The share of camouflage lies from 0 to below 1, not {self.camouflage:g}."),
            (self.uptake in ("measured", "fast", "burst"), f"Uptake is measured, fast or burst, not '{self.uptake}'."),
            (
                self.days >= 1 and self.others >= 1 and self.actions >= self.others,
                "A collection has at least one day, one account, and an action of each account.",
            ),
            (self.orders > 0 and self.jitter >= 0, "Orders a day are above 0, and jitter is not negative."),
            (self.active is None or 1 <= self.active <= self.days, f"The operation works on 1 to {self.days} days."),
        )  # fmt: skip
        for holds, sentence in rules:
            if not holds:
                raise UsageError(sentence)
        return self


@dataclass(frozen=True)
class Chance:
    """How a description fared: worlds in which it was seen, accounts named rightly and wrongly.

    described : what was simulated. seen : share of the worlds in which at least SEEN_FROM of its accounts were
    named. recall : share of its accounts named. false_names : share of all other accounts named. All with
    exact 95 % intervals (evaluate.intervals.share); of recall and false names these take accounts for
    independent, which those of one world are not. actions, others : of ordinary accounts, mean of the worlds.
    """

    described: Described
    seen: dict[str, Any]
    recall: dict[str, Any]
    false_names: dict[str, Any]
    actions: float
    others: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def chance(
    described: Described, *, worlds: int, seed: int = 0, config: Config | None = None,
    progress: Callable[[float], None] | None = None,
) -> Chance:  # fmt: skip
    """Simulate `worlds` worlds of a description and investigate each; the same seed gives the same answer."""
    described = described.checked()
    seen = right = present = wrong = honest = acted = 0
    for number in range(worlds):
        named, label, actions = _one(described, _FIRST_SEED + seed * 1_000 + number, config or Config())
        seen += int((named & label).sum()) >= SEEN_FROM
        right, present = right + int((named & label).sum()), present + int(label.sum())
        wrong, honest = wrong + int((named & ~label).sum()), honest + int((~label).sum())
        acted += actions
        if progress is not None:
            progress((number + 1) / worlds)
    return Chance(
        described, share(seen, worlds), share(right, present), share(wrong, honest),
        acted / worlds, honest / worlds,
    )  # fmt: skip


def smallest(
    described: Described, *, worlds: int, seed: int = 0, config: Config | None = None,
    sizes: Sequence[int] = SIZES, progress: Callable[[int], None] | None = None,
) -> tuple[int | None, list[Chance]]:  # fmt: skip
    """Find the smallest operation that is seen at the wanted chance, all else as described.

    Bisects `sizes`, taking a larger operation for easier to see. Returns the size, None where even the
    largest isn't seen that often, and all chances computed, smallest first. progress : called with each size
    before it is tried.
    """
    tried: dict[int, Chance] = {}
    low, high = 0, len(sizes)
    while low < high:
        middle = (low + high) // 2
        size = sizes[middle]
        if progress is not None:
            progress(size)
        tried[size] = chance(replace(described, accounts=size), worlds=worlds, seed=seed, config=config)
        if tried[size].seen["value"] >= WANTED:
            high = middle
        else:
            low = middle + 1
    found = sizes[low] if low < len(sizes) else None
    return found, [tried[size] for size in sorted(tried)]


def _one(described: Described, seed: int, config: Config) -> tuple[Any, Any, int]:
    """Simulate and investigate one world.

    Returned: by account of its log, whether named and whether of the operation; actions of all the others.
    """
    from chorusline.confirm.confirmation import confirm
    from chorusline.simulate import write_world
    from chorusline.sources import read
    from chorusline.traces import choose

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_world(_world(described, seed), folder, _faults(described))
        truth = pq.read_table(folder / "truth" / "accounts.parquet")
        log = read(folder / "actions.parquet")
        chosen = choose(config.traces)
        uses = {trace.name: trace.extract(log, config) for trace in chosen}
        uses = {name: found for name, found in uses.items() if len(found)}
        traces = {trace.name: trace for trace in chosen if trace.name in uses}
        arguments = {"n_accounts": log.accounts.num_rows, "resolution": log.resolution}
        found = confirm(uses, traces, config, **arguments)
        works = truth.filter(truth["label"].cast("bool"))["account"].to_pylist()
        label = np.isin(np.array(log.names, dtype=np.str_), works)
        return found.named, label, int((~label[log.account_codes]).sum())


def _world(described: Described, seed: int) -> Any:
    """The simulator's config of a description."""
    from chorusline.simulate import Operation, hide

    operators = max(1, round(described.accounts / 3.3))
    last = described.days - 1
    operation = Operation(
        operators=operators,
        accounts_per_operator=max(1.0, described.accounts / operators),
        orders_per_day=described.orders,
        uptake=(described.uptake,),
        camouflage=described.camouflage,
        days=None if described.active is None else (described.days - described.active, last),
    )
    ordinary = _ordinary(
        described.days,
        round(min(described.actions, MOST_ACTIONS) / described.sample),
        max(1, round(described.others * min(1.0, MOST_ACTIONS / described.actions))),
    )
    world = ordinary.model_copy(update={"seed": seed, "operations": (operation,)})
    world = hide(world, described.evasion)
    # A level of evasion brings its own jitter and camouflage; what is described goes where it is more.
    (hidden,) = world.operations
    more = {name: max(getattr(hidden, name), getattr(described, name)) for name in ("jitter", "camouflage")}
    world = world.model_copy(update={"operations": (hidden.model_copy(update=more),)})
    return world


@cache
def _ordinary(days: int, actions: int, others: int) -> Any:
    """A world of about so many actions of so many ordinary accounts: guessed, tried, and corrected twice."""
    from chorusline.simulate import WorldConfig, build, resized

    per_account, wanted = actions / others, float(actions)
    for _ in range(3):
        activity = np.exp(np.interp(np.log(per_account), np.log(_PER_ACCOUNT), np.log(_ACTIVITY)))
        world = WorldConfig(days=days, reference_days=max(60, 2 * days), activity=float(activity))
        world = resized(world, max(1, round(wanted)))
        made = build(world).actions
        present = len(made["account"].unique())
        per_account *= actions / others / (made.num_rows / present)
        wanted *= actions / made.num_rows
    return world


def _faults(described: Described) -> list[str]:
    clock = "minutes" if described.resolution >= 60 else "seconds" if described.resolution >= 1 else None
    sample = [f"sample:{described.sample:g}"] if described.sample < 1 else []
    return [*sample, *([clock] if clock else [])]
