"""Orders: what a crew was told to push and when, who answered, and how much of each trend it made.

Method: docs/method.md, "Orders". Bursts of first uses are found by `bursts`, joined into pushes by `waves`, dated by
`onset` on the crew's own `clock`, and measured against everybody else's posts by `trend`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.case import OPERATION
from chorusline.confirm.days import effective
from chorusline.operation import bursts
from chorusline.operation.answers import alike, first_of_each, learned
from chorusline.operation.appointments import weekly
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.bursts import QUARTER, scan
from chorusline.operation.onset import LOG_PRIOR, Floats, Onset, onset
from chorusline.operation.private import prominent
from chorusline.operation.pushed import KINDS_PUSHED, Pushed, names_of_targets, numbered, pushed, whence
from chorusline.operation.trend import Lineage, Trend, others_during, trend
from chorusline.operation.waves import Push, Wave, banks, pushes, waves
from chorusline.units import DAY, HOUR, SECOND
from chorusline.wording import percent, plural

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TOGETHER = 0.75
"""Members' part of those who take an object up while the crew does, below which it is an event for everybody."""

ON_ORDERS = 0.3
"""Share of its working days on which a crew gets orders at least; less can't be told from announced events."""

ONE_IN = 0.2
"""Share of the members at work that take an object up, below which a shared interest may be all that moves them."""

FOLLOWED = 3
"""Posts of one author that a crew reshares together from which it may just follow that author."""

LEARN = 5
"""Orders from which it is learned how a crew answers: which accounts do so alike, and after how long."""

SAME_MEMBERS = 0.5
"""Overlap (Jaccard) of the members of two orders of one hour from which they are one bundle."""

BEFORE, AFTER = 6 * HOUR, 48 * HOUR


@dataclass(frozen=True)
class _Seen:
    """What the log has of a push, whenever it was ordered.

    accounts, times : of all members' first uses, in order of time. stray : share of them taken for no answer.
    every, who, other : time, account and whether it is no member, of all uses of the leading object.
    rows, own, rooted : posts with it; those by members; those by members or leading back to them.
    """

    push: Push
    accounts: Ints
    times: Ints
    stray: float
    every: Ints
    who: npt.NDArray[np.int32]
    other: Bools
    rows: Ints
    own: Bools
    rooted: Bools


@dataclass(frozen=True)
class _Order:
    """A push with all that is said of it. accounts, times : of members' first uses that answer it, in order of time."""

    seen: _Seen
    status: str
    when: Onset
    accounts: Ints
    times: Ints
    given: tuple[int, int, int]
    on_duty: int
    used_before: int
    others_during: int
    others_after: int
    trend: Trend
    curve: tuple[Ints, Ints, Ints]

    @property
    def push(self) -> Push:
        """The push."""
        return self.seen.push

    @property
    def first(self) -> tuple[int, int]:
        """Account and time of the first use of the leading object by anybody."""
        return int(self.seen.who[0]), int(self.seen.every[0])


def find(crew: Crew, roles: Mapping[str, str] | None = None, unmask: bool = False) -> Result:
    """Find the orders of a crew. roles, unmask : which targets are named in the tables, as in `targets.find`."""
    log, config = crew.log, crew.config
    mine = crew.inside[log.account_codes]
    kinds = pushed(log, config)
    if not mine.any() or not kinds:
        return Result(reason="these accounts have no actions with anything that could be pushed")
    clock = crew.clock
    scans = [scan(one.uses, crew.inside, crew.presence, clock) for one in kinds]
    p_object = np.concatenate([found.p_object for found in scans])
    cut = bursts.threshold(p_object, config.fdr)
    scale = config.fdr / cut if cut > 0 else np.inf
    found: list[Wave] = []
    for one, scanned in zip(kinds, scans, strict=True):
        found += waves(one, scanned, crew.inside, clock, cut, scale)
    by_kind = {one.kind: one for one in kinds}
    orders = [
        _dated(_looked_up(push, by_kind[push.lead.kind], crew), crew)
        for push in banks(pushes(found), log.account_codes, log.times)
    ]
    orders = _dated_anew(_appointed(_followed(orders, crew), crew), crew)
    orders.sort(key=lambda order: (order.given[0], order.push.lead.name))
    few = _few_days(orders, crew)
    if "target" in by_kind:
        uses = by_kind["target"].uses
        aimed = {wave.object for wave in found if wave.kind == "target"}
        called = names_of_targets(uses, aimed, log, roles, unmask, prominent(uses, crew))
    else:
        called = {}
    return Result(
        _tables(orders, crew, few, {code: name for code, (name, _) in called.items()}),
        _sentences(orders, crew, few, len(p_object)),
    )


def _looked_up(push: Push, one: Pushed, crew: Crew) -> _Seen:
    """Look up what the log has of a push. one : uses of its leading object's kind."""
    log, lead = crew.log, push.lead
    phrases = [wave.actions for wave in push.others if wave.kind == lead.kind == "phrase"]
    actions = np.unique(np.concatenate([lead.actions, *phrases]))
    account = log.account_codes[actions].astype(np.int64)
    _, first = np.unique(account, return_index=True)
    first = np.sort(first)
    time = log.times[actions[first]]
    here = one.uses.places(lead.object)
    every, who, row = one.uses.time[here], one.uses.account[here], one.uses.action[here]
    other = ~crew.inside[who]
    rows = Lineage.of(log).with_reshares(row) if lead.kind != "post" else np.sort(row)
    own = crew.inside[log.account_codes[rows]]
    stray = _stray(time, every[other], len(crew.members) / len(crew.inside))
    return _Seen(
        push, account[first], time, stray, every, who, other, rows, own, Lineage.of(log).rooted(rows, own)
    )


def _dated(
    seen: _Seen, crew: Crew, status: str = "", classes: dict[int, int] | None = None,
    log_prior: Floats = LOG_PRIOR,
) -> _Order:  # fmt: skip
    """Date a push and work out what hangs on its date. status : where it is known already, what it counts for.

    classes, log_prior : what was learned of the crew (`answers`).
    """
    log, clock, every, who = crew.log, crew.clock, seen.every, seen.who
    counts = None if classes is None else first_of_each(seen.accounts, classes)
    when = onset(clock.at(seen.times), seen.stray, clock, counts, log_prior)
    account, time = seen.accounts[when.answers], seen.times[when.answers]
    middle, low = clock.instant(np.array([when.middle, when.low])).tolist()
    begin = int(time[0])
    given = (middle, low, max(begin, middle))
    during, usual = others_during(
        seen.push.lead.kind, every, who, seen.other, begin, int(time[(len(time) - 1) // 2]), log.times
    )
    earlier = np.unique(who[seen.other & (every < begin)])
    later = np.unique(who[seen.other & (every >= begin) & (every < begin + 7 * DAY)])
    duty = slice(*np.searchsorted(log.times, [given[0], given[0] + DAY]))
    there = np.unique(log.account_codes[duty])
    on_duty = int(np.count_nonzero(crew.inside[np.union1d(there, account)]))
    posted = log.times[seen.rows]
    return _Order(
        seen=seen, status=status or _status(seen, account, time, during, on_duty, crew), when=when,
        accounts=account, times=time, given=given, on_duty=on_duty, used_before=len(earlier), others_during=during,
        others_after=len(np.setdiff1d(later, earlier)), trend=trend(posted, seen.own, seen.rooted, begin, usual),
        curve=_curve(posted, seen.own, begin),
    )  # fmt: skip


def _dated_anew(orders: Sequence[_Order], crew: Crew) -> list[_Order]:
    """Date orders anew by how the crew answers all of them; what they count for stays."""
    counted = [order.seen for order in orders if order.status == "order"]
    if len(counted) < LEARN:
        return list(orders)
    used = [crew.clock.at(seen.times) for seen in counted]
    classes = alike([seen.accounts for seen in counted], used)
    kept = [first_of_each(seen.accounts, classes) for seen in counted]
    log_prior = learned(
        [mine[chosen] for mine, chosen in zip(used, kept, strict=True)], [seen.stray for seen in counted]
    )
    return [
        _dated(order.seen, crew, "order", classes, log_prior) if order.status == "order" else order
        for order in orders
    ]


def _stray(time: Ints, others: Ints, members: float) -> float:
    """Share of members' uses that would be theirs unasked, as others use the object over the same time.

    time : of members' first uses. others : of others' uses. members : their share of all accounts.
    """
    span = int(((others >= time[0]) & (others <= time[-1])).sum())
    return span * members / (1.0 - members) / len(time) if members < 1 else 0.0


def _status(seen: _Seen, account: Ints, time: Ints, during: int, on_duty: int, crew: Crew) -> str:
    """Say whether a push counts as an order, or what it looks like otherwise."""
    config, push = crew.config, seen.push
    if len(account) < TOGETHER * (len(account) + during):
        return "event"
    if push.lead.kind != "target" and 2 * push.lead.members < push.lead.everybody:
        return "event"
    if all(_span(wave, crew) <= config.wire * SECOND for wave in _same_kind(push)):
        return "wire"
    if push.lead.kind == "post" and _just_published(seen, int(time[0]), crew):
        return "reaction"
    return "few members" if len(account) < ONE_IN * on_duty else "order"


def _same_kind(push: Push) -> list[Wave]:
    """Waves of the leading kind: of a bank of phrases each."""
    return [push.lead, *(wave for wave in push.others if wave.kind == push.lead.kind)]


def _span(wave: Wave, crew: Crew) -> int:
    """Microseconds from the first member's first use to the last one's."""
    _, first = np.unique(crew.log.account_codes[wave.actions], return_index=True)
    time = crew.log.times[wave.actions[first]]
    return int(time.max() - time.min())


def _followed(orders: Sequence[_Order], crew: Crew) -> list[_Order]:
    """Orders to reshare posts of an author whose posts are pushed again and again are called reactions.

    Followers do the same, and these data don't tell the two apart.
    """
    author: dict[int, int] = {}
    for k, order in enumerate(orders):
        if order.push.lead.kind == "post" and order.status == "order":
            parent = _passed_on(order.seen, crew)
            if len(parent):
                author[k] = int(crew.log.account_codes[parent[0]])
    often = Counter(author.values())
    return [
        replace(order, status="reaction") if k in author and often[author[k]] >= FOLLOWED else order
        for k, order in enumerate(orders)
    ]


def _passed_on(seen: _Seen, crew: Crew) -> Ints:
    """Rows of the posts that a push's posts reshare, where the log holds them."""
    parent = Lineage.of(crew.log).parents[0][seen.rows]
    return np.asarray(parent[parent >= 0])


def _just_published(seen: _Seen, begin: int, crew: Crew) -> bool:
    """Whether members reshared a post within `config.reaction` of its being published, or first captured."""
    log = crew.log
    known = _passed_on(seen, crew)
    born = int(log.times[known[0]]) if len(known) else int(log.times[seen.rows].min())
    return begin - born <= crew.config.reaction * SECOND


def _appointed(orders: Sequence[_Order], crew: Crew) -> list[_Order]:
    """Orders at an hour of the week at which something comes week after week are called weekly."""
    counted = [k for k, order in enumerate(orders) if order.status == "order"]
    begun = np.array([orders[k].times[0] for k in counted], dtype=np.int64)
    found = weekly(begun, _days_at_work(crew), crew.config.fdr).tolist()
    chosen = {k for k, one in zip(counted, found, strict=True) if one}
    return [replace(order, status="weekly") if k in chosen else order for k, order in enumerate(orders)]


def _days_at_work(crew: Crew) -> Ints:
    """Days on which half as many members at least are there as on the median day with any, int64."""
    day, count = _attendance(crew)
    return np.asarray(day[count >= 0.5 * np.median(count)])


def _attendance(crew: Crew) -> tuple[Ints, Ints]:
    """Days on which members did anything, and how many did, int64."""
    mine = crew.inside[crew.log.account_codes]
    present = np.unique(crew.log.times[mine] // DAY * len(crew.inside) + crew.log.account_codes[mine])
    day, count = np.unique(present // len(crew.inside), return_counts=True)
    return day, count


def _few_days(orders: Sequence[_Order], crew: Crew) -> str:
    """Say why the orders are too few to be told from events, as half a sentence; empty where they aren't.

    Days are counted by how the orders, and the members at work, are spread over them.
    """
    work = effective(_attendance(crew)[1])
    days = np.array([order.times[0] // DAY for order in orders if order.status == "order"], dtype=np.int64)
    got = effective(np.unique(days, return_counts=True)[1])
    if not len(days) or (got > crew.config.events and got >= ON_ORDERS * work):
        return ""
    return f"they fall on {len(np.unique(days))} of the days on which these accounts were at work"


def _bundles(orders: Sequence[_Order]) -> list[int]:
    """Number bundles: orders of one hour to the same members."""
    number, result = 0, list[int]()
    for k, order in enumerate(orders):
        mine = set(order.accounts.tolist())
        for j in range(k - 1, -1, -1):
            if order.given[0] - orders[j].given[0] > HOUR:
                j = -1
                break
            others = set(orders[j].accounts.tolist())
            if len(mine & others) >= SAME_MEMBERS * len(mine | others):
                break
        else:
            j = -1
        number += j < 0
        result.append(result[j] if j >= 0 else number)
    return result


def _curve(time: Ints, own: Bools, begin: int) -> tuple[Ints, Ints, Ints]:
    """Quarters of an hour around the first use with any posts: their starts, posts by members and by others."""
    here = slice(*np.searchsorted(time, [begin - BEFORE, begin + AFTER]))
    quarter, place = np.unique(time[here] // QUARTER, return_inverse=True)
    members = np.bincount(place, weights=own[here], minlength=len(quarter)).astype(np.int64)
    return quarter * QUARTER, members, np.bincount(place, minlength=len(quarter)) - members


def _tables(
    orders: Sequence[_Order], crew: Crew, few: str, targets: Mapping[int, str]
) -> dict[str, pa.Table]:
    """Make the tables. few : why the orders are too few, if they are. targets : what targets are called, by code."""
    log = crew.log

    def called(wave: Wave) -> str:
        return targets[wave.object] if wave.kind == "target" else wave.name

    bundle = _bundles(orders)
    kindred = np.isin(np.arange(log.accounts.num_rows), crew.kindred)
    rows, uses, curves = [], [], []
    for k, (order, bundled) in enumerate(zip(orders, bundle, strict=True), start=1):
        push, lead = order.push, order.push.lead
        names = [called(wave) for wave in (lead, *push.others, *push.companions)]
        lag = (order.times - order.given[0]) / SECOND / 60.0
        quarters = np.quantile(lag, (0.25, 0.5, 0.75)) if len(lag) else (None, None, None)
        shares = {
            f"share_{span}_{bound}": None if found is None else found[place]
            for span, found in order.trend.shares.items()
            for place, bound in enumerate(("low", "middle", "high"))
        }
        rows.append(
            {
                "order": k, "status": "few days" if few and order.status == "order" else order.status,
                "bundle": bundled, "kind": lead.kind, "object": called(lead),
                "objects": list(dict.fromkeys(names)),
                "given": order.given[0], "given_after": order.given[1], "given_before": order.given[2],
                "first_use": int(order.times[0]), "window": lead.width / SECOND, "members_in_window": lead.members,
                "users_in_window": lead.everybody, "q_value": lead.q, "complied": len(order.accounts),
                "kindred": int(kindred[order.accounts].sum()),
                "on_duty": order.on_duty, "lag_q25": quarters[0], "lag_median": quarters[1], "lag_q75": quarters[2],
                "first_account": log.names[order.first[0]], "first_time": order.first[1],
                "first_by_member": bool(crew.inside[order.first[0]]), "used_before": order.used_before,
                "others_during": order.others_during, "others_after": order.others_after, **shares,
            }
        )  # fmt: skip
        uses += _uses(k, order, crew, called)
        curves += [
            {"order": k, "start": start, "members": members, "others": others}
            for start, members, others in zip(*(column.tolist() for column in order.curve), strict=True)
        ]
    return {
        name: crew.table(name, {field: [row[field] for row in found] for field in _fields(name)})
        for name, found in (("orders", rows), ("order_uses", uses), ("order_curves", curves))
    }


def _fields(name: str) -> list[str]:
    return [field for field in OPERATION[name].names if field not in ("group", "crew")]


def _uses(number: int, order: _Order, crew: Crew, called: Callable[[Wave], str]) -> list[dict[str, object]]:
    log, waves = crew.log, (order.push.lead, *order.push.others)
    kindred = set(crew.kindred.tolist())
    # Where a target isn't named, posts that address it aren't told by id.
    private = any(wave.kind == "target" and called(wave) == numbered(wave.object) for wave in waves)
    first = set(zip(order.accounts.tolist(), order.times.tolist(), strict=True))
    seen: set[int] = set()
    result = []
    for wave in waves:
        rows = np.array([row for row in wave.actions.tolist() if row not in seen], dtype=np.int64)
        seen.update(rows.tolist())
        taken = whence(log, rows)
        for row, post, source, line in zip(
            rows.tolist(), *(column.to_pylist() for column in taken), strict=True
        ):
            who, when = int(log.account_codes[row]), int(log.times[row])
            result.append(
                {
                    "order": number, "account": log.names[who], "time": when, "object": called(wave),
                    "first": (who, when) in first, "kindred": who in kindred,
                    "post_id": None if private else post,
                    "input": log.inputs[source].path if source < len(log.inputs) else "", "row": line,
                }
            )  # fmt: skip
    return result


def _sentences(orders: Sequence[_Order], crew: Crew, few: str, tried: int) -> tuple[str, ...]:
    counted = [order for order in orders if order.status == "order"]
    rest = len(orders) - len(counted)
    rate = f"a false-discovery rate of {percent(crew.config.fdr, 2)} over {tried:,} objects"
    if few:
        return (
            f"{len(counted)} objects were taken up together by {crew.words}, beyond chance, but {few}: too few to tell "
            f"orders from events that were announced.",
        )
    more = (
        f"{rest:,} bursts count for no order: others took part at the same time, too few of those at work "
        f"did, a post had just been published, all came within seconds as from one wire, or they come at one hour "
        f"of the week, as what was announced does."
    )
    if not counted:
        said = f"No object was taken up by {crew.words} as it would be on orders, at {rate}."
        return (said, more) if rest else (said,)
    kinds = [order.push.lead.kind for order in counted]
    words = ", ".join(plural(n, kind) for kind in KINDS_PUSHED if (n := kinds.count(kind)))
    days = len({int(order.times[0]) // DAY for order in counted})
    part = float(np.median([len(order.accounts) / max(order.on_duty, 1) for order in counted]))
    lead = float(np.median([(order.times[0] - order.given[0]) / SECOND / 60.0 for order in counted]))
    hour = np.array([order.trend.shares["hour"] for order in counted if order.trend.shares["hour"]])
    low, middle, high = (percent(float(share), 0) for share in np.median(hour, axis=0))
    result = [
        f"{len(counted):,} pushes by {crew.words} look like orders ({words}), on {days:,} days: far more of them took "
        f"the object up in a short time than their share of those at work, and others did not, at {rate}.",
        f"In the median order {percent(part, 0)} of those at work in the next 24 hours took it up, and the time at "
        f"which it was probably given lies {lead:.0f} minutes before the first use.",
        f"Of the posts with the object in its first hour, {low} at least and {high} at most were of their making "
        f"(middle figure {middle}; medians over the orders).",
    ]
    return (*result, more) if rest else tuple(result)


ANALYSIS = Analysis(
    name="orders",
    about="What a group pushed as if on orders, when they were given, and how much of each trend it made.",
    function=find,
    tables=("orders", "order_uses", "order_curves"),
    needs=("hashtags", "links", "text", "mentions", "reshare_of"),
    resolution=3600.0,
    kindred=True,
    place=10,
)
