"""How much work a group's activity took: low, middle and high, by sort of work and by day (docs/method.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, rows_of
from chorusline.errors import UsageError
from chorusline.operation import labour, roster
from chorusline.operation.automation import AUTOMATED, judge_all, text_codes
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.clocks import EPOCH
from chorusline.operation.hours import Edges
from chorusline.operation.labour import CLASSES, GAP, GAPS, HIGH, LOW, MIDDLE, Floats, Ints
from chorusline.operation.study import STAFFED, Study
from chorusline.units import DAY, SECOND

WEEK = 40.0
"""Hours of a full-time week."""

FEW = 20
"""Actions below which nothing is said."""

MOST_PER_HAND, USUAL_PER_HAND = 10.0, 3.0
"""Accounts that one person runs on a day: at most, and usually (press reports on staffed operations: two to five)."""


@dataclass(frozen=True)
class Duty:
    """Hours on duty by day, if whoever acts on a day is there for the hours of work that the roster found.

    day : since 1970, int64 [days]. low, middle, high : hours [days].
    """

    day: Ints
    low: Floats
    middle: Floats
    high: Floats


def duty(times: Ints, account: npt.NDArray[np.integer], seconds: Floats, s: Study) -> Duty:
    """Hours on duty of actions [n], ascending in time, under a roster.

    High: each account active on a day has a hand of its own. Low: as many hands as the busiest hour takes at fast
    rates, and one for every ten accounts. Middle: one for every three. Each is there for the hours of its shift.
    seconds : of work at fast rates.
    """
    length = np.array([_net(e) for e in s.edges])
    per_account = np.where(s.shift >= 0, length[np.maximum(s.shift, 0)], length.mean())
    day = times // DAY
    first, days = int(day[0]), int(day[-1] - day[0]) + 1
    pair = np.unique((day - first) * len(s.shift) + account)
    there, who = pair // len(s.shift), pair % len(s.shift)
    high = np.bincount(there, weights=per_account[who], minlength=days).astype(np.float64)
    number = np.bincount(there, minlength=days).astype(np.float64)
    mean = high / np.maximum(number, 1)
    hands = np.maximum(np.ceil(labour.busiest(times, seconds)), np.ceil(number / MOST_PER_HAND)) * (
        number > 0
    )
    usual = np.maximum(number / USUAL_PER_HAND, hands)
    return Duty(
        first + np.arange(days), np.minimum(hands, number) * mean, np.minimum(usual, number) * mean, high
    )


def _net(e: Edges) -> float:
    """Hours of work of a shift, without its break."""
    length = (e.end[0] - e.start[0]) % 1440
    if e.pause_start and e.pause_end:
        length -= (e.pause_end[0] - e.pause_start[0]) % 1440
    return length / 60.0


def find(crew: Crew, wage: float | None = None, currency: str = "") -> Result:
    """Reckon a crew's effort. wage : what an hour costs, for the replacement cost; currency : in which."""
    if wage is not None and not 0 < wage < 1e9:
        raise UsageError(f"A wage of {wage:g} an hour is no wage: give one above 0.")
    log = crew.log
    judged = judge_all(crew)
    by_timer = crew.members[[h.verdict == AUTOMATED for h in judged]]
    members = np.setdiff1d(crew.members, by_timer)
    rows = np.flatnonzero(np.isin(log.account_codes, members))
    if len(rows) < FEW:
        return Result(reason=f"{len(rows)} actions by hand are too few to reckon with")
    times, account = log.times[rows], np.searchsorted(members, log.account_codes[rows])
    answer = np.isin(log.kinds[rows], [KINDS.index("reply"), KINDS.index("quote")])
    reshare = log.kinds[rows] == KINDS.index("reshare")
    words = np.where(reshare, -1, text_codes(log)[rows])
    sort = labour.classes(reshare, answer, labour.seen_before(words))
    length = pc.fill_null(pc.utf8_length(rows_of(log.actions["text"], rows)), 0)
    characters = np.asarray(length.to_numpy(zero_copy_only=False), dtype=np.float64)
    idle = labour.rested(times, account)
    low, middle, high = (labour.composing(sort, characters, idle, rates) for rates in (LOW, MIDDLE, HIGH))
    spans = {minutes: labour.sessions(times, account, minutes) for minutes in GAPS}
    begin, end = spans[GAP]
    day = begin // DAY
    in_sessions = np.bincount(
        np.concatenate((day, times // DAY)) - times[0] // DAY,
        weights=np.concatenate(((end - begin) / SECOND, middle)),
    )
    hours = (
        _by_day(times, low),
        _by_day(times, middle),
        np.maximum(_by_day(times, high), in_sessions / 3600.0),
    )
    on_duty = _on_duty(crew, members, times, account, low)
    tables = {
        "effort": _summary(crew, hours, on_duty, wage, currency),
        "effort_kinds": _kinds(crew, sort, low, middle, high),
        "effort_days": _days(crew, times, hours, on_duty),
        "effort_gaps": _gaps(crew, spans, middle),
    }
    return Result(tables, _sentences(crew, tables, len(by_timer)))


def _by_day(times: Ints, seconds: Floats) -> Floats:
    return np.bincount(times // DAY - times[0] // DAY, weights=seconds) / 3600.0


def _on_duty(
    crew: Crew, members: npt.NDArray[np.int32], times: Ints, account: Ints, low: Floats
) -> Duty | None:
    """Hours on duty, where the roster finds staffed hours."""
    found = roster.study_of(Crew(crew.log, crew.config, members, crew.outsiders, crew.group, crew.basis))
    return duty(times, account, low, found) if isinstance(found, Study) and found.verdict == STAFFED else None


def _summary(
    crew: Crew, hours: tuple[Floats, Floats, Floats], on_duty: Duty | None, wage: float | None, currency: str
) -> pa.Table:
    weeks = len(hours[0]) / 7.0
    sums = {"at work": [float(h.sum()) for h in hours]}
    if on_duty is not None:
        sums["on duty"] = [float(h.sum()) for h in (on_duty.low, on_duty.middle, on_duty.high)]
    columns: dict[str, list[Any]] = {"measure": list(sums)}
    for k, name in enumerate(("low", "middle", "high")):
        columns[f"hours_{name}"] = [row[k] for row in sums.values()]
        columns[f"full_time_{name}"] = [row[k] / (weeks * WEEK) for row in sums.values()]
        columns[f"cost_{name}"] = [None if wage is None else row[k] * wage for row in sums.values()]
    columns["wage"] = [wage] * len(sums)
    columns["currency"] = [currency or None] * len(sums)
    columns["days"] = [len(hours[0])] * len(sums)
    return crew.table("effort", columns)


def _kinds(crew: Crew, sort: Ints, low: Floats, middle: Floats, high: Floats) -> pa.Table:
    def summed(seconds: Floats) -> list[float]:
        return [float(x) / 3600.0 for x in np.bincount(sort, weights=seconds, minlength=len(CLASSES))]

    return crew.table(
        "effort_kinds",
        {
            "kind": list(CLASSES),
            "actions": np.bincount(sort, minlength=len(CLASSES)).tolist(),
            "hours_low": summed(low),
            "hours_middle": summed(middle),
            "hours_high": summed(high),
        },
    )


def _days(crew: Crew, times: Ints, hours: tuple[Floats, Floats, Floats], on_duty: Duty | None) -> pa.Table:
    first, days = int(times[0] // DAY), len(hours[0])
    return crew.table(
        "effort_days",
        {
            "day": (np.datetime64(EPOCH) + first + np.arange(days)).tolist(),
            "actions": np.bincount(times // DAY - first, minlength=days).tolist(),
            **{f"hours_{name}": h.tolist() for name, h in zip(("low", "middle", "high"), hours, strict=True)},
            **{
                f"duty_{name}": [None] * days if on_duty is None else getattr(on_duty, name).tolist()
                for name in ("low", "middle", "high")
            },
        },
    )


def _gaps(crew: Crew, spans: dict[int, tuple[Ints, Ints]], middle: Floats) -> pa.Table:
    work = float(middle.sum()) / 3600.0
    return crew.table(
        "effort_gaps",
        {
            "gap_minutes": list(spans),
            "sessions": [len(b) for b, _ in spans.values()],
            "hours_each_account": [float((e - b).sum()) / SECOND / 3600.0 + work for b, e in spans.values()],
            "hours_one_hand": [labour.covered(b, e) / 3600.0 for b, e in spans.values()],
        },
    )


def _sentences(crew: Crew, tables: dict[str, pa.Table], by_timer: int) -> tuple[str, ...]:
    rows = tables["effort"].to_pylist()
    work = rows[0]
    said = [
        f"What {crew.words} did in {work['days']:,} days took {_span(work, 'hours')} person-hours at work "
        f"(middle {_number(work['hours_middle'])}): {_span(work, 'full_time')} full-time equivalents of {WEEK:g} hours."
    ]
    if len(rows) > 1:
        on = rows[1]
        said.append(
            f"On duty for the hours of work that the roster finds, whoever acts on a day: {_span(on, 'hours')} "
            f"person-hours (middle {_number(on['hours_middle'])}), {_span(on, 'full_time')} full-time equivalents; the "
            "middle takes three accounts to a hand."
        )
    if work["wage"] is not None:
        unit = work["currency"] or "units of currency"
        for row in rows:
            said.append(
                f"Replacement cost of the hours {row['measure']}, at {row['wage']:g} an hour: {_span(row, 'cost')} "
                f"{unit} (middle {_number(row['cost_middle'])}). It is what the work would cost, and "
                "says nothing of pay."
            )
    gaps = tables["effort_gaps"].to_pylist()
    said.append(
        "Hours in sessions, every account for itself, by the gap that ends one: "
        + ", ".join(f"{row['gap_minutes']} min {_number(row['hours_each_account'])}" for row in gaps)
        + "."
    )
    if by_timer:
        said.append(f"{by_timer:,} automated accounts are left out: the hours of a timer are nobody's.")
    return tuple(said)


def _span(row: dict[str, float], name: str) -> str:
    return f"{_number(row[f'{name}_low'])} to {_number(row[f'{name}_high'])}"


def _number(value: float) -> str:
    """Two or three figures, never more: these are estimates."""
    if value >= 1000:
        digits = len(str(int(value)))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"


ANALYSIS = Analysis(
    name="effort",
    about="How many person-hours a group's activity took, at work and on duty, low, middle and high.",
    function=find,
    tables=("effort", "effort_kinds", "effort_days", "effort_gaps"),
    resolution=60.0,
    members=1,
    place=50,
)
