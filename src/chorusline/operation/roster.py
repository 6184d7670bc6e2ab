"""Working hours, breaks, shifts, days off and the clocks they agree with, of groups only (docs/method.md, "Roster")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.errors import UsageError
from chorusline.operation import hours
from chorusline.operation.automation import by_machine
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.clocks import EPOCH, Clock, offset_words, spans
from chorusline.operation.habits import WIDTH, Ints
from chorusline.operation.hours import Edges, Presences, presences
from chorusline.operation.onoff import PER_HOUR
from chorusline.operation.study import GAIN, NONE, STAFFED, Study, study, too_little, weekly
from chorusline.units import DAY, HOUR, SECOND

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

SHOWN_SILENT = 12
"""Silent days told in a sentence."""


def by_hand(times: Ints, resolution: float) -> npt.NDArray[np.bool_]:
    """Which moments [n] to look at where schedulers take part: those not on a whole minute, if too many are on one.

    times : int64 microseconds. Whole minutes are dropped where their share is 3 % above chance and beyond it for
    certain; hands lose one moment in thirty by that. A clock that keeps minutes can't tell.
    """
    from scipy.stats import binom

    if resolution > 1.0 or not len(times):
        return np.ones(len(times), dtype=np.bool_)
    whole = times % (60 * SECOND) < WIDTH * SECOND
    chance = WIDTH / 60
    share = float(whole.mean())
    sure = share > chance + 0.03 and float(binom.sf(int(whole.sum()) - 1, len(times), chance)) < 1e-6
    return ~whole if sure else np.ones(len(times), dtype=np.bool_)


def find(crew: Crew, zone: str | None = None) -> Result:
    """Find a crew's hours. zone : IANA name or offset such as +3:30 for a second heatmap."""
    chosen = None if zone is None else _clock_of(zone)
    held = _gather(crew)
    if isinstance(held, str):
        return Result(reason=held)
    found = study_of(crew)
    assert isinstance(found, Study)
    return Result(_tables(crew, found, *held, chosen), _sentences(crew, found))


def study_of(crew: Crew) -> Study | str:
    """Study a crew's hours, or say why nothing can be said; kept in the log's memo, for the analyses that need it."""
    key = ("operation.roster", crew.members.tobytes(), crew.outsiders.tobytes())

    def made() -> Study | str:
        held = _gather(crew)
        return held if isinstance(held, str) else study(*held, seed=crew.config.seed)

    return crew.log.once(key, made)


def _gather(crew: Crew) -> tuple[Presences, Presences] | str:
    """Presences of a crew and of its outsiders over the same days, or why there is too little."""
    log = crew.log
    machine = by_machine(log) == 1
    rows = np.flatnonzero(crew.inside[log.account_codes] & ~machine)
    rows = rows[by_hand(log.times[rows], log.resolution)]
    if not len(rows):
        return "none of their actions is by hand"
    first = int(log.times[rows[0]] // DAY)
    days = int(log.times[rows[-1]] // DAY) - first + 1
    mine = _presences(crew, rows, crew.members, first, days)
    reason = too_little(mine)
    if reason:
        return reason
    others = np.flatnonzero(crew.outside[log.account_codes] & ~machine)
    theirs = _presences(crew, others, crew.outsiders, first, days)
    if len(theirs) < 200:
        return f"outsiders to compare with were active in {len(theirs):,} moments only, of 200 it takes"
    return mine, theirs


def _presences(crew: Crew, rows: Ints, accounts: npt.NDArray[np.int32], first: int, days: int) -> Presences:
    place = np.searchsorted(accounts, crew.log.account_codes[rows])
    return presences(crew.log.times[rows], place, len(accounts), first, days)


def _clock_of(zone: str) -> ZoneInfo | int:
    """A time zone by name, or an offset in minutes. Raises UsageError where it is neither."""
    match = re.fullmatch(r"(?:UTC)?([+\-−])(\d{1,2})(?::?(\d{2}))?", zone.strip(), re.IGNORECASE)
    if match:
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes <= 14 * 60:
            return minutes if match[1] == "+" else -minutes
    elif zone.strip().upper() == "UTC":
        return 0
    else:
        try:
            return ZoneInfo(zone.strip())
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise UsageError(
        f"{zone!r} is no time zone: give an offset such as +3:30, or a name such as Asia/Tehran."
    )


def hour_of_week(p: Presences, clock: Clock | ZoneInfo | int) -> npt.NDArray[np.float64]:
    """Presences by hour of the week, Monday 0:00 first, on a clock; float64 [168]."""
    hour = p.slot // PER_HOUR
    if isinstance(clock, Clock):
        local = clock.local(p.slot * hours.SLOT) // HOUR
    elif isinstance(clock, int):
        local = (p.slot * hours.SLOT + clock * 60 * SECOND) // HOUR
    else:
        each, back = np.unique(hour, return_inverse=True)
        moments = [datetime.fromtimestamp(int(h) * 3600, UTC).astimezone(clock) for h in each]
        ahead = np.array(
            [int((m.utcoffset() or timedelta()).total_seconds()) for m in moments], dtype=np.int64
        )
        local = (p.slot * hours.SLOT + ahead[back] * SECOND) // HOUR
    return np.bincount((local + 72) % 168, minlength=168).astype(np.float64)


def _tables(
    crew: Crew, s: Study, mine: Presences, theirs: Presences, chosen: ZoneInfo | int | None
) -> dict[str, pa.Table]:
    best = s.all_clocks[int(s.inside[0])]
    maps: list[tuple[str, Clock | ZoneInfo | int]] = [("UTC", 0)]
    if chosen is not None:
        maps.append((offset_words(chosen) if isinstance(chosen, int) else str(chosen), chosen))
    elif s.verdict != NONE:
        maps.append((best.words(), best))
    told = s.verdict != NONE
    inside = s.inside.tolist() if told else []
    edges = s.edges if told else ()
    size = np.bincount(s.shift[s.shift >= 0], minlength=len(s.schedules))
    heat = [(name, hour_of_week(mine, clock), hour_of_week(theirs, clock)) for name, clock in maps]
    return {
        "roster": crew.table("roster", {
            "verdict": [s.verdict],
            "gain": [s.fitted.gain],
            "rival": [s.fitted.rival.kind],
            "presences": [int(s.fitted.n)],
            "dispersion": [s.fitted.phi],
            "off_over_on": [s.deep],
            "shifts": [len(edges)],
            "days_off": [[WEEKDAYS[k] for k in s.off]],
            "offsets": [[offset_words(m) for m in offsets(s)] if told else []],
            "clock_rule": [best.words() if told else None],
            "clock_rule_kept": [s.sure_of_jumps],
            "outsiders_too": [s.outsiders_too],
        }),
        "roster_shifts": crew.table("roster_shifts", {
            "shift": list(range(1, len(edges) + 1)),
            "accounts": size[: len(edges)].tolist(),
            **{
                name + end: [None if getattr(e, name) is None else getattr(e, name)[k] for e in edges]
                for name in ("start", "end", "pause_start", "pause_end")
                for k, end in enumerate(("", "_low", "_high"))
            },
        }),
        "roster_periods": crew.table("roster_periods", _periods(s, edges)),
        "roster_weekdays": crew.table("roster_weekdays", {
            "weekday": list(WEEKDAYS),
            "activity": [w[0] for w in s.weekday],
            "low": [w[1] for w in s.weekday],
            "high": [w[2] for w in s.weekday],
            "outsiders": [w[3] for w in s.weekday],
            "day_off": [k in s.off for k in range(7)],
        }),
        "roster_silent": crew.table("roster_silent", {
            "day": [_date(day) for day, _, _ in s.silent] if told else [],
            "accounts": [int(y) for _, y, _ in s.silent] if told else [],
            "expected": [e for _, _, e in s.silent] if told else [],
        }),
        "roster_clocks": crew.table("roster_clocks", {
            "clock": [s.all_clocks[k].words() for k in inside],
            "offset": [s.all_clocks[k].standard for k in inside],
            "probability": [float(s.probability[k]) for k in inside],
            "starts": [[written(e.start[0] + s.all_clocks[k].standard) for e in edges] for k in inside],
            "ends": [[written(e.end[0] + s.all_clocks[k].standard) for e in edges] for k in inside],
        }),
        "roster_hours": crew.table("roster_hours", {
            "clock": [name for name, _, _ in heat for _ in range(168)],
            "hour": list(range(168)) * len(heat),
            "presences": np.concatenate([a for _, a, _ in heat]).astype(np.int64).tolist(),
            "share": np.concatenate([a / max(a.sum(), 1) for _, a, _ in heat]).tolist(),
            "outsiders": np.concatenate([b / max(b.sum(), 1) for _, _, b in heat]).tolist(),
        }),
    }  # fmt: skip


_PERIODS = ("shift", "first_day", "last_day", "ahead", "start", "end", "pause_start", "pause_end")


def _periods(s: Study, edges: Sequence[Edges]) -> dict[str, list[object]]:
    """Columns of roster_periods: each shift's hours in UTC, span by span of days between changes of the clocks."""
    rows = []
    for begin, last, ahead in spans(s.first, s.jumps):
        for k, e in enumerate(edges, start=1):
            at = [
                None if x is None else (x[0] - ahead) % 1440
                for x in (e.start, e.end, e.pause_start, e.pause_end)
            ]
            rows.append((k, begin, last, ahead, *at))
    return {name: [row[k] for row in rows] for k, name in enumerate(_PERIODS)}


def offsets(s: Study) -> list[int]:
    """Different winter offsets of the 95 % set, minutes, ascending."""
    return sorted({s.all_clocks[k].standard for k in s.inside.tolist()})


def written(minutes: float) -> str:
    """A time of day from minutes after midnight: 07:55."""
    whole = round(minutes) % 1440
    return f"{whole // 60:02d}:{whole % 60:02d}"


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def _sentences(crew: Crew, s: Study) -> tuple[str, ...]:
    if s.verdict == NONE:
        if s.fitted.gain < GAIN:
            why = f"a smooth profile explains their activity as well (BIC {s.fitted.gain:+,.0f}, of +{GAIN:g} needed)"
        elif weekly(s.weekday):
            most = max(range(7), key=lambda k: s.weekday[k][0])
            times = s.weekday[most][0]
            why = f"{WEEKDAYS[most]} has {times:.1f} times the activity of other days, as a weekly event has"
        else:
            why = f"they do {100 * s.deep:.0f} % as much outside their busiest hours as inside"
        return (f"Of {crew.words}, no hours of work are found: {why}.",)
    jump = bool(s.jumps.any())
    shifts = [_shift_words(k, s) for k in range(len(s.edges))]
    verb = "keep hours of work" if s.verdict == STAFFED else "are active in set hours"
    said = [
        f"{crew.words[0].upper()}{crew.words[1:]} {verb}: {'; '.join(shifts)} (UTC{_days_of_clock(s)}). They explain "
        f"their activity better than any smooth profile does, outsiders' included (BIC {s.fitted.gain:+,.0f})."
    ]
    if own := int((s.shift < 0).sum()):
        said.append(f"Hours of their own are kept by {own:,} of them, of which nothing is said.")
    if jump:
        others = (
            "Outsiders' hours move with these as well, so this may be the readers' clock."
            if s.outsiders_too
            else "Outsiders' hours don't move with these."
        )
        said.append(
            f"In {100 * s.sure_of_jumps:.0f} % of resamples their hours move with the same clock changes: "
            f"{s.all_clocks[int(s.inside[0])].words()}. {others}"
        )
        said.append(_local(s))
    said.append(_days_off(s))
    if s.silent:
        shown = ", ".join(str(_date(day)) for day, _, _ in s.silent[:SHOWN_SILENT])
        more = f" and {len(s.silent) - SHOWN_SILENT} more" if len(s.silent) > SHOWN_SILENT else ""
        said.append(f"On {len(s.silent)} working days they were as silent as on a day off: {shown}{more}.")
    names = ", ".join(offset_words(m) for m in offsets(s))
    said.append(
        f"Clocks that agree with all this, at 95 %: {names}. That takes an office to begin around nine, shifts around "
        "half past seven, and lunch to be around one; staff who keep their readers' hours show their readers' clock."
    )
    return tuple(said)


def _shift_words(k: int, s: Study) -> str:
    e = s.edges[k]
    words = f"{written(e.start[0])} (± {_half(e.start)} min) to {written(e.end[0])} (± {_half(e.end)})"
    if e.pause_start and e.pause_end:
        words += f" with a break from {written(e.pause_start[0])} to {written(e.pause_end[0])}"
    if len(s.edges) > 1:
        words = f"shift {k + 1} ({int((s.shift == k).sum()):,} accounts) {words}"
    return words


SHOWN_SPANS = 3
"""Spans of days with another clock told in a sentence."""


def _days_of_clock(s: Study) -> str:
    """On which days the hours told hold in UTC, where clocks change, and how they move on the others."""
    found = spans(s.first, s.jumps)
    moved: dict[int, list[str]] = {}
    for begin, last, ahead in found:
        moved.setdefault(ahead, []).append(f"{begin} to {last}")
    if len(moved) == 1:
        return ""

    def days(ahead: int) -> str:
        rows = moved[ahead]
        more = f" and {len(rows) - SHOWN_SPANS} spans more" if len(rows) > SHOWN_SPANS else ""
        return f"{', '.join(rows[:SHOWN_SPANS])}{more}"

    parts = [f" from {days(0)}"]
    for ahead in sorted(set(moved) - {0}):
        time = f"{ahead} minutes" if ahead % 60 else "an hour" if ahead == 60 else f"{ahead // 60} hours"
        parts.append(f"{time} earlier from {days(ahead)}")
    return "; ".join(parts)


def _local(s: Study) -> str:
    """The hours on the most probable clock, which are the same all year."""
    clock = s.all_clocks[int(s.inside[0])]
    hours_there = "; ".join(
        f"{written(e.start[0] + clock.standard)} to {written(e.end[0] + clock.standard)}" for e in s.edges
    )
    return f"On the clock that agrees best, {clock.words()}, that is {hours_there} all the time."


def _half(edge: tuple[float, float, float]) -> str:
    return f"{(edge[2] - edge[1]) / 2:.0f}"


def _days_off(s: Study) -> str:
    if s.verdict != STAFFED:
        return "No weekday is a day off, so this may be any people who share a day: nothing says that they are staff."
    parts = [
        f"{WEEKDAYS[k]} ({100 * s.weekday[k][0]:.0f} % of a working day, {100 * s.weekday[k][1]:.0f}–"
        f"{100 * s.weekday[k][2]:.0f}; outsiders {100 * s.weekday[k][3]:.0f} %)"
        for k in s.off
    ]
    return f"Days off: {', '.join(parts)}. A newsroom or a press office keeps such hours too."


ANALYSIS = Analysis(
    name="roster",
    about="When a group works: hours, breaks, shifts, days off, and the clocks that agree with them.",
    function=find,
    tables=(
        "roster",
        "roster_shifts",
        "roster_periods",
        "roster_weekdays",
        "roster_silent",
        "roster_clocks",
        "roster_hours",
    ),
    resolution=600.0,
    members=5,
    place=30,
)
