"""Groups over time: the material cut into periods, who acted together in each, and groups followed through them.

Communities of successive periods are matched by their overlap, as dynamic communities are (Palla, Barabási & Vicsek
2007; Greene, Doyle & Cunningham 2010): each group that lives on is held against the last community seen of it, so it
can be silent for some periods and come back. It describes; nobody is named by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.network.discovery import discovery_window
from chorusline.network.groups import fuse
from chorusline.network.layers import propose
from chorusline.network.stability import consensus
from chorusline.traces.base import Trace, Uses
from chorusline.units import DAY, HOUR

Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]


LENGTHS = (HOUR, 6 * HOUR, DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY, 364 * DAY)
"""Lengths a period is given where the one asked for doesn't fit the span, microseconds."""

FEWEST, MOST = 4, 60
"""Periods that a span should make: fewer show no course, and more can't be read."""

HALF = 0.5
"""Share of the smaller of two sets, from which they belong together though Jaccard says less."""

EVENTS = ("there", "born", "split", "steady", "grown", "shrunk", "back", "dormant", "merged", "gone")
"""What can happen to a group in a period. there: seen in the first period, so nobody knows since when."""


@dataclass(frozen=True)
class Periods:
    """Successive or sliding periods. start : int64 [periods], microseconds UTC; each is `length` long."""

    start: Ints
    length: int

    def __len__(self) -> int:
        return len(self.start)

    def mask(self, times: Ints, k: int) -> Bools:
        """Which times [n] lie in period k: from its start on, its end left out."""
        return np.asarray((times >= self.start[k]) & (times < self.start[k] + self.length))


@dataclass(frozen=True)
class Step:
    """A group in one period.

    life : number of the group followed, from 0. accounts : int32, ascending, none where it is silent. overlap :
    Jaccard with the last community seen of it, nan where there is none. others : lives it took in, came from or
    went into, as the event says. joined, left : accounts against the last seen of it.
    """

    life: int
    period: int
    event: str
    accounts: Codes
    overlap: float = float("nan")
    others: tuple[int, ...] = ()
    joined: int = 0
    left: int = 0


def cut(times: Ints, config: Config) -> Periods:
    """Cut the span of some times, int64 microseconds, into periods of `config.period` days.

    Where that makes fewer than 4 or more than 60 periods, the nearest of LENGTHS that doesn't is taken (beyond
    them, years). They begin at a multiple of the length, of days at midnight UTC of the first day. A step shorter than
    the length makes periods that overlap.
    """
    if not len(times):
        return Periods(np.empty(0, dtype=np.int64), round(config.period * DAY))
    first, last = int(times.min()), int(times.max())
    asked = max(round(config.period * DAY), 1)
    share = min((config.period_step or config.period) / config.period, 1.0)

    def starts(length: int) -> Ints:
        grid = min(length, DAY)
        step = max(round(length * share), 1)
        return np.arange(first // grid * grid, last + 1, step, dtype=np.int64)

    length = asked
    if not FEWEST <= (last - first) // max(round(asked * share), 1) + 1 <= MOST:
        known = sorted(LENGTHS, key=lambda one: (abs(np.log(one / asked)), one))
        length = next((one for one in known if FEWEST <= len(starts(one)) <= MOST), 0)
        if not length:
            years = int((last - first) // (LENGTHS[-1] * share * MOST)) + 1
            length = LENGTHS[0] if last - first < FEWEST * LENGTHS[0] else years * LENGTHS[-1]
    return Periods(starts(length), length)


def communities_of(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], members: Bools, periods: Periods, config: Config,
    resolution: float,
) -> list[list[Codes]]:  # fmt: skip
    """Return for each period the communities found in it among some accounts, largest first.

    members : bool [n_accounts], those in a group of the case; popularity and activity are everybody's. Edges and
    communities are those of discovery (docs/method.md), on the uses of the period alone.
    """
    found = []
    for k in range(len(periods)):
        layers = []
        for name, every in uses.items():
            here = every.keep(periods.mask(every.time, k))
            least = config.min_content_weight if traces[name].original else config.min_weight
            window = discovery_window(traces[name], config, resolution)
            layers.append(propose(here, name, window, least, config.proposal_fdr, members))
        group = consensus(
            fuse(layers), len(members), resolution=config.resolution, min_group=config.min_group,
            seed=config.seed, seeds=config.community_seeds,
        ).group  # fmt: skip
        found.append(
            [np.flatnonzero(group == g).astype(np.int32) for g in range(int(group.max(initial=-1)) + 1)]
        )
    return found


@dataclass
class _Front:
    """The last community seen of a life that may go on."""

    life: int
    accounts: Codes
    seen: int
    silent: list[int] = field(default_factory=list)


def follow(
    found: Sequence[Sequence[Codes]], config: Config, seen: Sequence[bool] | Bools | None = None
) -> list[Step]:
    """Follow groups through the periods; pure and deterministic. Steps come in order of life, then period.

    found : communities of each period, sets of account codes, disjoint within a period. seen : whether the collection
    holds anything of a period at all; one without is skipped, since silence in it means nothing.
    Communities are matched with the last one seen of each life, greedily by Jaccard (`config.period_match` or
    more), then by the share of the smaller one (half). A life that finds no match has merged where half of its accounts
    are in a community that goes on with another life; it is dormant for up to `config.period_dormant` periods, and
    gone after more. A community without match has split off where half of its accounts were in a life that goes on.
    """
    steps: list[Step] = []
    fronts: list[_Front] = []
    lives = 0
    first = True
    for period, here in enumerate(found):
        if seen is not None and not seen[period]:
            continue
        held = _Held(here)
        match = _matched([front.accounts for front in fronts], here, held, config.period_match)
        taken = {c: fronts[f] for f, c in match.items()}
        heirs = {f: _holder(fronts[f].accounts, held, taken) for f in range(len(fronts)) if f not in match}
        merged = {f: taken[c].life for f, c in heirs.items() if c is not None}
        born = [c for c in range(len(here)) if c not in taken]
        going = [fronts[f] for f in match]
        of_going = _Held([front.accounts for front in going])
        parents = {c: _parent(here[c], going, of_going) for c in born}
        merging: dict[int | None, list[int]] = {}
        for g, heir in heirs.items():
            merging.setdefault(heir, []).append(fronts[g].life)
        for f, c in match.items():
            into = tuple(merging.get(c, ()))
            steps += _silence(fronts[f], "dormant")
            steps.append(_lived(fronts[f], period, here[c], config.period_change, into))
        for f, into_life in merged.items():
            steps += _silence(fronts[f], "dormant")
            nobody = np.empty(0, dtype=np.int32)
            steps.append(
                Step(
                    fronts[f].life,
                    period,
                    "merged",
                    nobody,
                    others=(into_life,),
                    left=len(fronts[f].accounts),
                )
            )
        kept = []
        for f, front in enumerate(fronts):
            if f in match:
                kept.append(_Front(front.life, here[match[f]], period))
            elif f not in merged:
                front.silent.append(period)
                if len(front.silent) > config.period_dormant:
                    steps += _silence(front, "gone")
                else:
                    kept.append(front)
        for c in born:
            event = "there" if first else "born" if parents[c] is None else "split"
            others = () if first or parents[c] is None else (int(parents[c] or 0),)
            steps.append(Step(lives, period, event, here[c], others=others, joined=len(here[c])))
            kept.append(_Front(lives, here[c], period))
            lives += 1
        fronts = sorted(kept, key=lambda front: front.life)
        first = False
    for front in fronts:
        steps += _silence(front, "dormant")
    return sorted(steps, key=lambda step: (step.life, step.period))


class _Held:
    """Which of some sets of accounts, each ascending, an account is in: so that none is compared with all."""

    def __init__(self, sets: Sequence[Codes]) -> None:
        account = np.concatenate([*sets, np.empty(0, dtype=np.int32)])
        owner = np.repeat(np.arange(len(sets)), np.array([len(one) for one in sets], dtype=np.int64))
        order = np.argsort(account, kind="stable")
        self._account, self._owner = account[order], owner[order]

    def common(self, accounts: Codes) -> Iterator[tuple[int, int]]:
        """Yield the sets, ascending, that have any of some accounts, and how many of them."""
        low = np.searchsorted(self._account, accounts)
        size = np.searchsorted(self._account, accounts, side="right") - low
        place = np.repeat(low - np.append(0, np.cumsum(size)[:-1]), size) + np.arange(size.sum())
        sets, count = np.unique(self._owner[place], return_counts=True)
        yield from zip(sets.tolist(), count.tolist(), strict=True)


def _matched(last: list[Codes], here: Sequence[Codes], held: _Held, least: float) -> dict[int, int]:
    """Place in `last` -> place in `here`: best overlap first, each once; ties by place. held : of `here`."""
    jaccard, of_smaller = [], []
    for f, old in enumerate(last):
        for c, both in held.common(old):
            new = here[c]
            overlap = both / (len(old) + len(new) - both)
            if overlap >= least:
                jaccard.append((-overlap, f, c))
            elif both >= HALF * min(len(old), len(new)):
                of_smaller.append((-overlap, f, c))
    match: dict[int, int] = {}
    taken: set[int] = set()
    for _, f, c in [*sorted(jaccard), *sorted(of_smaller)]:
        if f not in match and c not in taken:
            match[f] = c
            taken.add(c)
    return match


def _holder(accounts: Codes, held: _Held, taken: Mapping[int, _Front]) -> int | None:
    """The community, of those that go on with another life, that holds half of some accounts."""
    both = [(count, -c) for c, count in held.common(accounts) if c in taken]
    most, place = max(both, default=(0, 0))
    return -place if most and most >= HALF * len(accounts) else None


def _parent(accounts: Codes, going: Sequence[_Front], held: _Held) -> int | None:
    """The life, of those that go on, in whose last community half of some accounts were. held : of these."""
    both = [(count, -going[k].life) for k, count in held.common(accounts)]
    most, life = max(both, default=(0, 0))
    return -life if most and most >= HALF * len(accounts) else None


def _lived(front: _Front, period: int, accounts: Codes, change: float, others: tuple[int, ...]) -> Step:
    """One more period of a life."""
    both = len(np.intersect1d(front.accounts, accounts, assume_unique=True))
    old, new = len(front.accounts), len(accounts)
    event = "grown" if new >= old * (1 + change) else "shrunk" if new * (1 + change) <= old else "steady"
    event = "back" if front.silent else event
    return Step(
        front.life, period, event, accounts, both / (old + new - both), others, new - both, old - both
    )


def _silence(front: _Front, event: str) -> list[Step]:
    """The periods in which a life wasn't seen; one step where it is gone."""
    nobody = np.empty(0, dtype=np.int32)
    periods = front.silent[:1] if event == "gone" else front.silent
    return [Step(front.life, period, event, nobody) for period in periods]
