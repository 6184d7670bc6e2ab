"""Small worlds for tests: who reshares what when, with everything that makes honest accounts look alike.

Interests, popular objects, busy hours, late and early reactions, fans who react within seconds; on request a
planted group that acts on ordered objects. The room `simulate` builds the worlds on which claims are measured;
these are made in a fraction of a second and know nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.traces.base import Uses

DAY = 86_400.0
START = 1_704_067_200.0
"""When logs of these worlds begin: 2024-01-01, seconds."""


@dataclass(frozen=True)
class World:
    """Reshares of one world: account, object, time (seconds) [n], and who is what [accounts]."""

    account: np.ndarray
    object: np.ndarray
    time: np.ndarray
    kind: np.ndarray

    def uses(self) -> Uses:
        """The world as the uses of one trace."""
        return as_uses(self.account, self.object, self.time, len(self.kind))


def as_uses(account: np.ndarray, objects: np.ndarray, time: np.ndarray, n_accounts: int) -> Uses:
    """Sorted Uses from plain arrays (time in seconds)."""
    micro = np.rint(time * 1e6).astype(np.int64)
    order = np.lexsort((account, micro, objects))
    names = pa.array([f"o{k}" for k in range(int(objects.max(initial=-1)) + 1)], pa.string())
    return Uses(
        account[order].astype(np.int32), objects[order].astype(np.int32), micro[order],
        order.astype(np.int64), names, n_accounts,
    )  # fmt: skip


def busy(rng: np.random.Generator, size: int, days: float) -> np.ndarray:
    """Moments with a daily rhythm: evenings are busy, nights are quiet."""
    day = rng.integers(0, int(days), size)
    hour = (19 + rng.normal(0, 3.5, size)) % 24
    return day * DAY + hour * 3600


def world(
    seed: int, *, accounts: int = 20_000, actions: int = 80_000, interests: int = 40, fans: int = 300,
    planted: int = 60, ordered: int = 40, jitter: float = 25.0, days: float = 14.0,
    obedience: float = 0.9, starred: int = 120,
) -> World:  # fmt: skip
    """A world of reshares. Fans are accounts 0..fans-1, planted accounts are the last ones.

    actions : organic reshares. fans : react to `starred` posts of a star within seconds, besides being
    ordinary. planted : act on `ordered` ordinary posts at an ordered moment with `jitter` seconds, besides
    being ordinary.
    """
    rng = np.random.default_rng(seed)
    n_objects = interests * 100
    interest_of_object = rng.integers(0, interests, n_objects)
    born = busy(rng, n_objects, days)
    popularity = 1.0 / (1 + rng.permutation(n_objects)) ** 0.8
    activity = rng.pareto(1.5, accounts) + 0.2
    interest = rng.integers(0, interests, (accounts, 2))
    who = rng.choice(accounts, actions, p=activity / activity.sum())
    topic = interest[who, rng.integers(0, 2, actions)]
    what = np.empty(actions, dtype=np.int64)
    for k in range(interests):
        inside = np.flatnonzero(interest_of_object == k)
        chosen = topic == k
        weight = popularity[inside]
        what[chosen] = rng.choice(inside, int(chosen.sum()), p=weight / weight.sum())
    # Power-law reaction delays, thinned at night by moving into the next busy hour.
    delay = 20 * (rng.pareto(0.7, actions))
    when = born[what] + np.minimum(delay, 10 * DAY)
    night = ((when / 3600) % 24 < 7) & (rng.random(actions) < 0.8)
    when = np.where(night, when + (7 + 4 * rng.random(actions)) * 3600, when)
    parts = [(who, what, when)]

    star = rng.choice(n_objects, starred, replace=False)
    if fans:
        f, s = np.nonzero(rng.random((fans, starred)) < 0.5)
        parts.append((f, star[s], born[star[s]] + rng.lognormal(np.log(15), 0.8, len(f))))
    kind = np.full(accounts + planted, "organic", dtype=object)
    kind[:fans] = "fan"
    kind[accounts:] = "planted"
    if planted:
        target = rng.choice(n_objects, ordered, replace=False)
        moment = born[target] + rng.uniform(600, 2 * DAY, ordered)
        p, o = np.nonzero(rng.random((planted, ordered)) < obedience)
        parts.append((accounts + p, target[o], moment[o] + rng.normal(0, jitter, len(p))))
        own = rng.integers(0, len(who), planted * 6)
        parts.append(
            (
                accounts + np.repeat(np.arange(planted), 6),
                what[own],
                when[own] + rng.normal(0, 3600, len(own)),
            )
        )
    account, objects, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    return World(account, objects, time, kind)


def _door(table: pa.Table) -> pa.Table:
    """The table with every column a reader gives."""
    columns = [
        table[f.name] if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in DOOR_SCHEMA
    ]
    return pa.table(columns, schema=DOOR_SCHEMA)


def as_log(w: World) -> ActionLog:
    """The world as an action log of reshares."""
    n = len(w.account)
    table = pa.table(
        {
            "row": pa.array(np.arange(1, n + 1)),
            "post_id": pa.array([f"p{k}" for k in range(n)]),
            "account": pa.array([f"a{k:06d}" for k in w.account]),
            "time": pa.array(np.rint((START + w.time) * 1e6).astype(np.int64)).cast(
                pa.timestamp("us", tz="UTC")
            ),
            "kind": pa.array(["reshare"] * n),
            "reshare_of": pa.array([f"o{k}" for k in w.object]),
        }
    )
    return ActionLog.build([Input("world", [Batch(_door(table))])])


def headlines(
    seed: int, *, accounts: int = 3_000, interests: int = 12, posts: int = 24_000, planted: int = 0,
    days: float = 30.0, copied: float | tuple[float, ...] = 0.12,
) -> World:  # fmt: skip
    """A world of texts: most are unique; interest communities share headlines, everybody shares quotes.

    Objects are texts. A headline is shared within its community in the hours after it came out, by some in
    seconds; a quote by anybody at any time. copied : share of the posts that are headlines, of all or of
    each interest. planted : accounts at the end that also write from a bank of 60 texts when told to, 3 times a
    day, within minutes to hours.
    """
    rng = np.random.default_rng(seed)
    activity = rng.pareto(1.3, accounts) + 0.3
    interest = rng.integers(0, interests, accounts)
    who = rng.choice(accounts, posts, p=activity / activity.sum())
    what = np.arange(posts) + 10_000
    when = busy(rng, posts, days)
    shared = rng.random(posts) < np.broadcast_to(copied, interests)[interest[who]]
    of_interest = 60
    born = busy(rng, interests * of_interest, days)
    story = interest[who] * of_interest + (rng.random(posts) ** 2 * of_interest).astype(int)
    what = np.where(shared, story, what)
    when = np.where(shared, born[story] + 30 * rng.pareto(0.6, posts).clip(max=5_000), when)
    quote = rng.random(posts) < 0.03
    what = np.where(quote, 9_000 + (rng.random(posts) ** 2 * 200).astype(int), what)
    parts = [(who, what, when)]
    if planted:
        orders = int(3 * days)
        moment = busy(rng, orders, days)
        p, o = np.nonzero(rng.random((planted, orders)) < 0.5)
        text = 8_000 + (o * 2 + rng.integers(0, 2, len(p))) % 60
        parts.append((accounts + p, text, moment[o] + rng.lognormal(np.log(1800), 1.0, len(p))))
        own = planted * 20
        parts.append(
            (accounts + rng.integers(0, planted, own), 50_000 + np.arange(own), busy(rng, own, days))
        )
    kind = np.full(accounts + planted, "organic", dtype=object)
    kind[accounts:] = "planted"
    account, objects, time = (np.concatenate(column) for column in zip(*parts, strict=True))
    return World(account, objects, time, kind)
