"""The work of an operation: orders carried out by hands that hold one account at a time."""

from __future__ import annotations

import numpy as np

from chorusline.simulate.acts import DESK, POST, QUOTE, REPLY, RESHARE, SCHEDULER, blank, number, post_names
from chorusline.simulate.config import Operation, WorldConfig
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.orders import (
    LINK,
    MODES,
    PHRASE,
    RESHARED,
    TAG,
    TARGET,
    OrderBook,
    Rival,
    draw_orders,
    order_objects,
)
from chorusline.simulate.organic import fill, quote_found
from chorusline.simulate.population import Population
from chorusline.simulate.rhythm import MINUTE, one_after_another
from chorusline.simulate.staff import Roster, hire, roster
from chorusline.simulate.streams import WORK, Array, combine, split_lognormal, stream, uniform
from chorusline.units import DAY, SECOND

TASK = np.dtype(
    [
        ("operator", "i4"),
        ("account", "i4"),
        ("clock", "i8"),
        ("order", "i4"),
        ("template", "i4"),
        ("kind", "i1"),
        ("burst", "?"),
        ("age", "i1"),
    ]
)
"""What an operator means to do once `clock` microseconds of the day are worked; order -1: own content."""

SERVICE = np.array([90.0, 5.0, 45.0, 30.0])
"""Seconds of work by kind (an original, a reshare, a reply, a quote); a text from a bank takes 20."""
_PATIENCE = 3  # days after which an order is forgotten


class Factory:
    """One operation: its staff, its order book and its daily work (method.md, sections 4 to 6)."""

    label = 1
    kind = "factory"

    def __init__(
        self,
        config: WorldConfig,
        operation: Operation,
        part: int,
        first: int,
        authors: Population,
        rival: Rival | None = None,
    ) -> None:
        self.config, self.operation, self.part, self.group = config, operation, part, operation.name
        self.staff = hire(config, operation, part, first, authors)
        self.people = self.staff.people
        topics = np.unique(self.people.interests)
        self.book: OrderBook = draw_orders(config, operation, part, authors, topics, rival)
        self.waiting = np.zeros(0, dtype=TASK)
        self.named: dict[int, Array] = {}
        self.shifts: list[tuple[Array, Array, Array]] = []

    @property
    def order_count(self) -> int:
        """Orders in the book."""
        return len(self.book.orders)

    def day(self, day: int, catalogue: Catalogue) -> Array:
        """Actions of a day, unsorted."""
        rng = stream(self.config.seed, WORK, self.part, day, 1)
        duty = roster(self.config, self.operation, self.staff, self.part, day)
        self.shifts.append(
            (np.repeat(duty.operators, 4), duty.start.ravel(), (duty.start + duty.length).ravel())
        )
        today = np.flatnonzero(self.book.orders["day"] == day)
        for order in today[self.book.orders["kind"][today] == RESHARED]:
            self._name_posts(int(order), catalogue, rng)
        row = np.full(len(self.staff), -1)
        row[duty.operators] = np.arange(len(duty.operators))
        issued = [self._issue(int(order), duty, row, rng) for order in today]
        tasks = np.concatenate([*self._carried(row), *issued, self._own(day, duty, rng)])
        acts = self._perform(tasks, duty, row, rng)
        acts["language"] = 0
        number(acts, self.part, day)
        self._give_objects(acts, catalogue, day, rng)
        return acts

    def _carried(self, row: Array) -> list[Array]:
        """What was left over from earlier days, for those on duty now."""
        due = row[self.waiting["operator"]] >= 0
        now, self.waiting = self.waiting[due], self.waiting[~due]
        self.waiting["age"] += 1
        self.waiting = self.waiting[self.waiting["age"] < _PATIENCE]
        return [now]

    def _issue(self, order: int, duty: Roster, row: Array, rng: np.random.Generator) -> Array:
        """Tasks that an order makes: operators addressed, their accounts, how often, and after how long."""
        operation, staff = self.operation, self.staff
        addressed = duty.operators[rng.random(len(duty.operators)) < operation.audience]
        mine = np.isin(staff.operator, addressed)
        hands = np.flatnonzero(mine & (rng.random(len(staff.operator)) < operation.compliance))
        mode = MODES[self.book.orders["mode"][order]]
        repeats = 1 + rng.poisson(operation.quota - 1.0, len(hands))
        if self.book.orders["kind"][order] == RESHARED or mode == "burst":
            repeats = np.ones(len(hands), dtype=np.int64)
        hands = np.repeat(hands, repeats)
        again = np.arange(len(hands)) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        tasks = np.zeros(len(hands), dtype=TASK)
        tasks["operator"], tasks["account"] = staff.operator[hands], staff.account[hands]
        # A round is one text and one moment: pasted through all of an operator's accounts, or one's own.
        turn = tasks["operator"].astype(np.int64) * 64 + np.minimum(again, 63)
        alone = uniform(combine(37, self.part, order, turn)) >= operation.pasted
        turns, place = np.unique(np.where(alone, -1 - np.arange(len(turn)), turn), return_inverse=True)
        lag = self._lags(mode, len(staff), rng)[tasks["operator"]]
        lag = lag * np.exp(0.2 * rng.standard_normal(len(turns)))[place]
        lag += np.where(again > 0, rng.exponential(60.0, len(turns))[place] * again, 0.0)
        if operation.jitter and mode != "burst":
            lag = np.abs(lag + rng.uniform(-operation.jitter, operation.jitter, len(hands)))
        elapsed = duty.clock_at(row[tasks["operator"]], int(self.book.orders["time"][order]))
        tasks["clock"] = elapsed + (lag * MINUTE).astype(np.int64)
        tasks["order"], tasks["burst"] = order, mode == "burst"
        # The bank is worked through without replacement, in the order in which texts are taken.
        taken = np.full(len(turns), np.iinfo(np.int64).max)
        np.minimum.at(taken, place, tasks["clock"])
        tasks["template"] = np.argsort(np.argsort(taken, kind="stable"))[place] % operation.templates
        tasks["kind"] = {TARGET: REPLY, RESHARED: RESHARE}.get(int(self.book.orders["kind"][order]), POST)
        return tasks[self._awake_accounts(tasks, int(self.book.orders["day"][order]))]

    def _lags(self, mode: str, n: int, rng: np.random.Generator) -> Array:
        """Minutes worked between an order and an operator's first action on it, float64 [n]."""
        if mode == "fast":
            return np.asarray(30.0 * np.exp(rng.standard_normal(n)))
        if mode == "measured":
            return split_lognormal(rng, n, 28.0, 147.0, 343.0)
        return rng.random(n)

    def _awake_accounts(self, tasks: Array, day: int) -> Array:
        """Leave out accounts that rest this week (rotation), bool [n]."""
        rest = uniform(combine(23, self.part, tasks["account"], day // 7))
        return np.asarray(rest >= self.operation.rotation)

    def _own(self, day: int, duty: Roster, rng: np.random.Generator) -> Array:
        """Camouflage: an operator keeps to one account for about twenty minutes, then takes another."""
        op = self.operation
        ordered = op.orders_per_day * op.audience * op.accounts_per_operator * op.compliance * op.quota * 0.85
        mean = max(ordered, 4.0) * op.camouflage / (1.0 - op.camouflage)
        who = np.repeat(np.arange(len(duty.operators)), rng.poisson(mean, len(duty.operators)))
        tasks = np.zeros(len(who), dtype=TASK)
        tasks["operator"] = duty.operators[who]
        tasks["clock"] = (rng.random(len(who)) * duty.worked[who]).astype(np.int64)
        spell = combine(29, self.part, day, tasks["operator"], tasks["clock"] // (20 * MINUTE))
        place = (uniform(spell) * self.staff.count[tasks["operator"]]).astype(np.int64)
        tasks["account"] = self.staff.account[self.staff.first[tasks["operator"]] + place]
        tasks["order"] = -1
        tasks["kind"] = np.minimum(
            (rng.random(len(who))[:, None] > np.array([0.3, 0.8, 0.9])).sum(axis=1), QUOTE
        )
        return tasks[self._awake_accounts(tasks, day)]

    def _perform(self, tasks: Array, duty: Roster, row: Array, rng: np.random.Generator) -> Array:
        """Turn tasks into actions with times: by hand one after another, by scheduler, or in a burst."""
        at = row[tasks["operator"]]
        machine = tasks["burst"] | (rng.random(len(tasks)) < self.operation.scheduled)
        hand = np.flatnonzero(~machine)
        clock = tasks["clock"].copy()
        hand = hand[np.lexsort((tasks["account"][hand], clock[hand], tasks["operator"][hand]))]
        clock[hand] = self._one_after_another(tasks[hand], rng)
        late = clock >= duty.worked[at]
        carried = tasks[late & (tasks["order"] >= 0) & ~tasks["burst"]]
        carried["clock"] = np.maximum(clock - duty.worked[at], 0)[
            late & (tasks["order"] >= 0) & ~tasks["burst"]
        ]
        self.waiting = np.concatenate((self.waiting, carried))
        kept = np.flatnonzero(~late)
        tasks, machine, clock, at = tasks[kept], machine[kept], clock[kept], at[kept]
        acts = blank(len(tasks))
        acts["time"] = duty.time_at(at, clock)
        acts["account"] = tasks["account"] + self.people.first
        acts["client"] = self.people.client[tasks["account"]]
        acts["style"] = self._habits(tasks)
        acts["kind"], acts["order"] = tasks["kind"], tasks["order"]
        acts["variant"] = tasks["template"]  # read and cleared by _give_objects
        self._by_machine(acts, machine & ~tasks["burst"], tasks["burst"], rng)
        return acts

    def _habits(self, tasks: Array) -> Array:
        """Writing habit of the hand at work (an account in several hands shows several)."""
        mine = self.staff.account[self.staff.first[tasks["operator"]]]
        return np.asarray(self.people.style[mine])

    def _one_after_another(self, tasks: Array, rng: np.random.Generator) -> Array:
        """Clock at which tasks [n], sorted by operator and wish, are done by one pair of hands each.

        Each waits for the work on the one before and, where the account changes, for the change.
        """
        work = np.where((tasks["order"] >= 0) & (tasks["kind"] == POST), 20.0, SERVICE[tasks["kind"]])
        work = work * np.exp(0.35 * rng.standard_normal(len(tasks)))
        changed = np.append(False, tasks["account"][1:] != tasks["account"][:-1])[: len(tasks)]
        work += np.where(changed, rng.uniform(*self.operation.switching, len(tasks)), 0.0)
        begins = np.append(True, tasks["operator"][1:] != tasks["operator"][:-1])[: len(tasks)]
        return one_after_another(np.cumsum(begins), tasks["clock"], (work * SECOND).astype(np.int64))

    def _by_machine(self, acts: Array, scheduled: Array, burst: Array, rng: np.random.Generator) -> None:
        """Put scheduled actions on whole minutes some time later, and bursts right behind their order."""
        rows = np.flatnonzero(scheduled)
        later = acts["time"][rows] + (rng.exponential(90.0, len(rows)) * MINUTE).astype(np.int64)
        acts["time"][rows], acts["client"][rows] = later // MINUTE * MINUTE, SCHEDULER
        rows = np.flatnonzero(burst)
        acts["time"][rows] = self.book.orders["time"][acts["order"][rows]] + rng.integers(
            0, 60 * SECOND, len(rows)
        )
        life = self.operation.deletion_median * np.exp(
            self.operation.deletion_sigma * rng.standard_normal(len(rows))
        )
        acts["deleted"][rows] = acts["time"][rows] + (life * SECOND).astype(np.int64)
        acts["client"][rows] = DESK

    def _give_objects(self, acts: Array, catalogue: Catalogue, day: int, rng: np.random.Generator) -> None:
        """Give ordered actions their order's objects and the others what ordinary accounts would choose."""
        template, acts["variant"] = acts["variant"].astype(np.int64), 0
        own = np.flatnonzero(acts["order"] < 0)
        acts["topic"] = self.people.interests[acts["account"] - self.people.first, 0]
        acts["text"] = combine(1, acts["key"])
        part = acts[own]
        fill(self.config, self.people, catalogue, part, self.part, day)
        acts[own] = part
        rows = np.flatnonzero(acts["order"] >= 0)
        order = acts["order"][rows]
        variant = (combine(31, acts["account"][rows]) % np.uint64(self.operation.variants)).astype(np.int64)
        kind = self.book.orders["kind"][order]
        acts["topic"][rows] = self.book.orders["topic"][order]
        bank = np.where(kind == PHRASE, template[rows] % 3, template[rows])
        self._word(acts, rows, self.book.texts(order, variant, bank), rng)
        acts["tags"][rows] = np.where((kind == TAG)[:, None], self.book.tags(order, variant), 0)
        acts["link"][rows] = np.where(kind == LINK, self.book.links(order, variant), 0)
        aimed = (kind == TARGET) | (kind == RESHARED)
        self._address(acts, rows[aimed], variant[aimed], catalogue)

    def _word(self, acts: Array, rows: Array, codes: Array, rng: np.random.Generator) -> None:
        """Write template texts, anew or with swapped tokens where the operation paraphrases."""
        u, v = rng.random(len(rows)), rng.random(len(rows))
        copied = u >= self.operation.paraphrase
        acts["text"][rows[copied]], acts["style"][rows[copied]] = codes[copied], 0
        near = rows[copied & (v < self.operation.near_duplicates)]
        acts["variant"][near] = 1 + (acts["key"][near] % np.uint64(1_000_003)).astype(np.uint32)

    def _name_posts(self, order: int, catalogue: Catalogue, rng: np.random.Generator) -> None:
        """Choose what an order to reshare is about: visible posts of the last 36 hours, one a variant."""
        posts, given = catalogue.sources.items, int(self.book.orders["time"][order])
        posts = posts[(posts["time"] < given) & (posts["time"] > given - 3 * DAY // 2)]
        mine = posts[posts["topic"] == self.book.orders["topic"][order]]
        posts = mine if len(mine) >= self.operation.variants else posts
        if len(posts):
            # Weighted draw without replacement (Efraimidis & Spirakis 2006).
            rank = np.log(rng.random(len(posts))) / posts["weight"]
            self.named[order] = posts[np.argsort(rank)[::-1][: self.operation.variants]]

    def objects(self, order: int) -> list[str]:
        """Names of what an order told to push, as they stand in the action log."""
        if order in self.named:
            return list(post_names(self.named[order]["key"]).to_pylist())
        return order_objects(self.book, order, self.operation.variants)

    def _address(self, acts: Array, rows: Array, variant: Array, catalogue: Catalogue) -> None:
        """Aim replies at the target's newest post and reshares at the post that the order names."""
        order = acts["order"][rows]
        latest = catalogue.latest(self.book.orders["target"][order], acts["time"][rows])
        found = np.zeros(len(rows), dtype=catalogue.newest.dtype)
        found[latest >= 0] = catalogue.newest[latest[latest >= 0]]
        for each in np.unique(order[self.book.orders["kind"][order] == RESHARED]):
            named = self.named.get(int(each), found[:0])
            mine = order == each
            found[mine] = named[variant[mine] % len(named)] if len(named) else 0
        acts["mention"][rows] = self.book.orders["target"][order]
        quote_found(acts, rows, found)
