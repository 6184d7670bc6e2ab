"""Civil clocks: every distinct history of offsets from UTC that any place on earth had over some days.

Places are used to read the rules and never shown: what comes out are offsets and dates of change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import numpy.typing as npt

from chorusline.units import DAY, MINUTE

Ints = npt.NDArray[np.int64]

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Clock:
    """One history of offsets.

    minutes : offset from UTC of each day, int64 [days], at noon UTC. countries : ISO codes of countries where it was
    kept, for their public holidays; never shown.
    """

    first: int
    minutes: Ints
    countries: tuple[str, ...]

    @property
    def standard(self) -> int:
        """Its smallest offset in these days, minutes: winter time where clocks change."""
        return int(self.minutes.min())

    @property
    def jumps(self) -> Ints:
        """What is added to the standard offset on each day, minutes, int64 [days]."""
        return self.minutes - self.standard

    def changes(self) -> list[tuple[date, int]]:
        """Days on which the offset changes, and the new one, minutes."""
        places = np.flatnonzero(np.diff(self.minutes)) + 1
        return [(EPOCH + timedelta(days=self.first + int(k)), int(self.minutes[k])) for k in places]

    def words(self) -> str:
        """Name it by what it does: "UTC+1, UTC+2 from 2024-03-31 to 2024-10-26"."""
        changes = self.changes()
        if not changes:
            return offset_words(int(self.minutes[0]))
        parts = [offset_words(int(self.minutes[0]))]
        parts += [f"{offset_words(minutes)} from {day}" for day, minutes in changes[:4]]
        return ", ".join(parts) + (", and so on" if len(changes) > 4 else "")

    def local(self, times: Ints) -> Ints:
        """Local time of moments [n], int64 microseconds; days outside the history take its nearest one."""
        day = np.clip(times // DAY - self.first, 0, len(self.minutes) - 1)
        return np.asarray(times + self.minutes[day] * MINUTE)


def spans(first: int, ahead: Ints) -> list[tuple[date, date, int]]:
    """Days on which nothing changes: first and last day of each span, and what `ahead` is in it.

    ahead : minutes, int64 [days], at least one day; first : the first of these, since 1970.
    """
    begins = np.append(0, np.flatnonzero(np.diff(ahead)) + 1)
    ends = np.append(begins[1:], len(ahead)) - 1
    return [
        (EPOCH + timedelta(days=first + int(a)), EPOCH + timedelta(days=first + int(b)), int(ahead[a]))
        for a, b in zip(begins, ends, strict=True)
    ]


def offset_words(minutes: int) -> str:
    """Write an offset: UTC+1, UTC−3:30."""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def clocks(first: int, days: int) -> list[Clock]:
    """Every distinct clock of the days [first, first + days), counted from 1970-01-01, in order of offset."""
    histories: dict[tuple[int, ...], set[str]] = {}
    moments = [datetime.fromtimestamp((first + k) * 86_400 + 43_200, UTC) for k in range(days)]
    for zone, countries in places().items():
        try:
            rules = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            continue
        offsets = tuple(
            int((m.astimezone(rules).utcoffset() or timedelta()).total_seconds() // 60) for m in moments
        )
        histories.setdefault(offsets, set()).update(countries)
    found = [
        Clock(first, np.array(minutes, dtype=np.int64), tuple(sorted(where)))
        for minutes, where in histories.items()
    ]
    return sorted(found, key=lambda c: (c.standard, c.minutes.tolist()))


@cache
def places() -> dict[str, tuple[str, ...]]:
    """Zone -> countries, from the tz database's zone1970.tab; all zones, without countries, where it isn't there."""
    text = ""
    for folder in TZPATH:
        table = Path(folder) / "zone1970.tab"
        if table.is_file():
            text = table.read_text("utf-8")
            break
    else:
        try:
            text = (resources.files("tzdata") / "zoneinfo" / "zone1970.tab").read_text("utf-8")
        except (ModuleNotFoundError, OSError):
            every = sorted(available_timezones())
            return {zone: () for zone in every if "/" in zone and not zone.startswith("Etc/")}
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {row[2]: tuple(row[0].split(",")) for row in rows if len(row) > 2}


@cache
def holidays_of(country: str, first_year: int, last_year: int) -> frozenset[int]:
    """Public holidays of a country, days since 1970; none where the package doesn't know it."""
    import holidays

    try:
        found = holidays.country_holidays(country, years=range(first_year, last_year + 1))
    except (NotImplementedError, KeyError):
        return frozenset()
    return frozenset((day - EPOCH).days for day in found)
