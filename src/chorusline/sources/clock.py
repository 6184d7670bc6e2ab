"""Times in the styles that exports use -> UTC microseconds, a column at a time.

A column of strings is sorted by *shape* ("0000-00-00a00:00:00a": digits as 0, letters as a). Each
shape is understood once; its digits are then read for all rows together. Times without a zone are
read in the zone the user gave, else as UTC, and that is noted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.errors import UsageError

Ints = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Cells = np.ndarray[Any, np.dtype[np.uint8]]

UTC = pa.timestamp("us", tz="UTC")
UNREADABLE = np.iinfo(np.int64).min
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
LONGEST = 40
SHAPES = 400

NO_ZONE = "Times have no zone and were read as UTC; name their zone with --timezone if that is wrong."
AMBIGUOUS = (
    "Dates such as 3/4/17 leave open which is the day and which the month: the month was read first; "
    "give the dates as 2017-03-04 if that is wrong."
)

_CLOCK = r"(?P<h>0{1,2}):(?P<mi>00)(?::(?P<s>00)(?:[.,](?P<f>0+))?)?"
_ZONE = r"(?: ?(?P<zone>[+\-]00:?00|[+\-]00|a{1,3}))?"
_PATTERNS = tuple(
    re.compile(pattern + "$")
    for pattern in (
        rf"(?P<y>0000)[-/.](?P<mo>0{{1,2}})[-/.](?P<d>0{{1,2}})(?:(?P<t>[a ]|, ){_CLOCK}{_ZONE})?",
        r"(?P<y>0000)(?P<mo>00)(?P<d>00)a(?P<h>00)(?P<mi>00)(?P<s>00)(?P<zone>a)?",
        r"(?P<p>0{1,2})(?P<sep>[/.\-])(?P<q>0{1,2})(?P=sep)(?P<y>0000|00)"
        rf"(?:,? {_CLOCK}(?: ?(?P<half>aa))?{_ZONE})?",
        rf"aaa (?P<month>aaa) +(?P<d>0{{1,2}}) {_CLOCK} (?P<zone>[+\-]0000|aaa) (?P<y>0000)",
        rf"(?:aaa,? )?(?P<d>0{{1,2}})[ \-](?P<month>aaa)[ \-](?P<y>0000)(?: {_CLOCK}{_ZONE})?",
        rf"(?P<month>aaa) (?P<d>0{{1,2}}),? (?P<y>0000)(?:,? {_CLOCK}(?: ?(?P<half>aa))?{_ZONE})?",
    )
)
_NUMBER = re.compile(r"-?0+(\.0*)?$")


@dataclass
class Clock:
    """How the times of one input are read, and what was noticed while reading them.

    zone : IANA name for times without a zone; None reads them as UTC and counts them in `zoneless`.
    order : which comes first in 3/4/17, month or day.
    """

    zone: str | None = None
    order: Literal["month", "day"] = "month"
    zoneless: int = 0

    def __post_init__(self) -> None:
        if self.zone is not None:
            from zoneinfo import ZoneInfo

            try:
                ZoneInfo(self.zone)
            except (ValueError, OSError, KeyError):
                raise UsageError(
                    f"There is no time zone '{self.zone}'; give a name such as Europe/Berlin or UTC."
                ) from None

    def read(self, values: pa.Array) -> pa.Array:
        """Times of a column of any type -> timestamp[us, UTC], null where none can be read."""
        kind = values.type
        if pa.types.is_dictionary(kind):
            return self.read(values.dictionary_decode())
        if pa.types.is_timestamp(kind):
            micros = _scaled(values.cast(pa.timestamp(kind.unit)).cast(pa.int64()), *_UNITS[kind.unit])
            return self._localise(micros) if kind.tz is None else _as_times(micros)
        if pa.types.is_date(kind):
            days = pa.types.is_date32(kind)
            whole = values.cast(pa.int32() if days else pa.int64()).cast(pa.int64())
            return self._localise(_scaled(whole, 86_400_000_000 if days else 1000, 1))
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return _as_times(_from_numbers(values))
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            words = [
                None if value is None else value.decode("utf-8", "replace") for value in values.to_pylist()
            ]
            return self.read(pa.array(words, pa.large_string()))
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            return pa.nulls(len(values), UTC)  # lists, structs, lengths of time: nothing here is a moment
        return self._from_strings(pc.utf8_trim_whitespace(values.cast(pa.large_string())))

    def _localise(self, micros: Ints) -> pa.Array:
        """Times without a zone, microseconds as their clock showed them (`UNREADABLE` for none), in the zone."""
        known = micros != UNREADABLE
        self.zoneless += int(known.sum())
        if self.zone is None:
            return _as_times(micros)
        # A zone has no rules for years beyond belief, which are told of as they stand.
        lived = known & (np.abs(micros) < _LIVED)
        naive = pa.array(micros, mask=~lived).cast(pa.timestamp("us"))
        local = pc.assume_timezone(naive, self.zone, ambiguous="earliest", nonexistent="earliest").cast(UTC)
        return pc.if_else(pa.array(known & ~lived), _as_times(micros), local)

    def _from_strings(self, values: pa.Array) -> pa.Array:
        n = len(values)
        micros = np.full(n, UNREADABLE, dtype=np.int64)
        naive = np.zeros(n, dtype=bool)
        lengths = np.asarray(pc.fill_null(pc.binary_length(values), 0).to_numpy(zero_copy_only=False))
        for length in np.unique(lengths).tolist():
            if 0 < length <= LONGEST:
                places = np.flatnonzero(lengths == length)
                cells = _matrix(values.take(pa.array(places)), length)
                self._read_shapes(cells, places, micros, naive)
        known = micros != UNREADABLE
        bare = naive & known
        times = _as_times(micros)
        if bare.any():
            moved = self._localise(np.where(bare, micros, UNREADABLE))
            times = pc.if_else(pa.array(bare), moved, times)
        return times

    def _read_shapes(self, cells: Cells, places: Ints, micros: Ints, naive: Bools) -> None:
        """Read all strings of one length, one shape after the other."""
        shapes = _SHAPE[cells]
        left = np.arange(len(cells))
        for _ in range(SHAPES):
            if not len(left):
                return
            shape = shapes[left[0]]
            alike = (shapes[left] == shape).all(axis=1)
            mine = left[alike]
            left = left[~alike]
            text = bytes(shape).decode("ascii")
            if _NUMBER.match(text):
                numbers = cells[mine].view(f"S{cells.shape[1]}").ravel().astype(np.str_)
                kind = np.float64 if len(text) > 19 or not text.isdigit() else np.uint64
                micros[places[mine]] = _from_numbers(pa.array(numbers.astype(kind)))
                continue
            for pattern in _PATTERNS:
                match = pattern.match(text)
                if match:
                    found, bare = _read_shape(cells[mine], match, self.order)
                    micros[places[mine]] = found
                    naive[places[mine]] = bare
                    break


_SHAPE = np.full(256, ord("?"), dtype=np.uint8)
for _code in range(128):
    _letter = chr(_code)
    _SHAPE[_code] = ord("0") if _letter.isdigit() else ord("a") if _letter.isalpha() else _code


def _matrix(values: pa.Array, length: int) -> Cells:
    """Bytes of strings that are all `length` bytes long: uint8 (n, length)."""
    buffer = values.cast(pa.large_binary()).cast(pa.binary(length)).buffers()[1]
    return np.frombuffer(buffer, dtype=np.uint8)[: len(values) * length].reshape(len(values), length)


def _as_times(micros: Ints) -> pa.Array:
    return pa.array(micros, pa.int64(), mask=micros == UNREADABLE).cast(UTC)


_UNITS = {"s": (1_000_000, 1), "ms": (1_000, 1), "us": (1, 1), "ns": (1, 1_000)}
"""Factor and divisor that make a count of each unit into microseconds."""

_LIVED = 60_000_000_000_000_000
"""Microseconds from 1970, either way, within which a zone's rules are asked: some 1,900 years."""


def _scaled(counts: pa.Array, factor: int, divisor: int) -> Ints:
    """Counts of a unit as microseconds; what is null, or would not fit 64 bits, is unreadable."""
    whole = np.asarray(pc.fill_null(counts, UNREADABLE).to_numpy(zero_copy_only=False), dtype=np.int64)
    fits = (whole != UNREADABLE) & (np.abs(whole) <= np.iinfo(np.int64).max // factor)
    return np.where(fits, np.where(fits, whole, 0) * factor // divisor, UNREADABLE)


def _from_numbers(values: pa.Array) -> Ints:
    """Unix times; seconds, milli-, micro- or nanoseconds are told apart by their size, row by row."""
    micros = np.full(len(values), UNREADABLE, dtype=np.int64)
    if pa.types.is_integer(values.type):
        whole = np.asarray(
            pc.fill_null(values.cast(pa.int64(), safe=False), UNREADABLE).to_numpy(zero_copy_only=False)
        )
        size = np.abs(whole.astype(np.float64))
        seconds, milli = size < 1e11, (size >= 1e11) & (size < 1e14)
        micro, nano = (size >= 1e14) & (size < 1e17), (size >= 1e17) & (size < 9.2e18)
        micros[seconds] = whole[seconds] * 1_000_000
        micros[milli] = whole[milli] * 1_000
        micros[micro] = whole[micro]
        micros[nano] = whole[nano] // 1_000
        return micros
    real = np.asarray(
        pc.fill_null(values.cast(pa.float64(), safe=False), np.nan).to_numpy(zero_copy_only=False)
    )
    with np.errstate(invalid="ignore"):
        size = np.abs(real)
        scale = np.where(size < 1e11, 1e6, np.where(size < 1e14, 1e3, np.where(size < 1e17, 1.0, 1e-3)))
        sound = np.isfinite(real) & (size < 9.2e18)
    micros[sound] = np.rint(real[sound] * scale[sound]).astype(np.int64)
    return micros


def _digits(cells: Cells, span: tuple[int, int]) -> Ints:
    """Value of the digits in columns span[0]:span[1] of each row."""
    value = np.zeros(len(cells), dtype=np.int64)
    for column in range(*span):
        value = value * 10 + (cells[:, column].astype(np.int64) - 48)
    return value


def _word(cells: Cells, span: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The letters in columns span[0]:span[1] of each row, lower case, as fixed-width bytes."""
    low = np.ascontiguousarray(cells[:, span[0] : span[1]] | 0x20)
    word: np.ndarray[Any, Any] = low.view(f"S{span[1] - span[0]}").ravel()
    return word


def _read_shape(cells: Cells, match: re.Match[str], order: str) -> tuple[Ints, bool | Bools]:
    """Times of rows of one shape, UTC microseconds before any zone the user named, and which lack a zone."""
    groups = {name: match.span(name) for name, text in match.groupdict().items() if text is not None}

    def part(name: str, default: int = 0) -> Ints:
        return _digits(cells, groups[name]) if name in groups else np.full(len(cells), default, np.int64)

    year, hour, minute, second = part("y"), part("h"), part("mi"), part("s")
    sound = np.ones(len(cells), dtype=bool)
    if groups["y"][1] - groups["y"][0] == 2:
        year += np.where(year < 70, 2000, 1900)
    if "month" in groups:
        word = _word(cells, groups["month"])
        month, day = np.zeros(len(cells), dtype=np.int64), part("d")
        for number, name in enumerate(MONTHS, 1):
            month[word == name.encode()] = number
    elif "p" in groups:
        first, then = part("p"), part("q")
        day_first = order == "day" or match.group("sep") == "."
        month, day = (then, first) if day_first else (first, then)
    else:
        month, day = part("mo"), part("d")
    if "t" in groups and match.group("t") == "a":
        sound &= _word(cells, groups["t"]) == b"t"
    if "half" in groups:
        half = _word(cells, groups["half"])
        sound &= ((half == b"am") | (half == b"pm")) & (hour >= 1) & (hour <= 12)
        hour = hour % 12 + np.where(half == b"pm", 12, 0)
    offset, bare, zoned = _offset(cells, match, groups)
    sound &= zoned
    sound &= (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 24) & (minute < 60) & (second <= 60)
    sound &= (hour < 24) | ((minute == 0) & (second == 0))
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.clip(month - 1, 0, 11)
    days = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - days).astype(np.int64)
    sound &= day <= length
    total = (days.astype(np.int64) + day - 1) * 86400 + hour * 3600 + minute * 60 + second - offset * 60
    micros = total * 1_000_000 + _fraction(cells, groups)
    return np.where(sound, micros, UNREADABLE), bare


def _fraction(cells: Cells, groups: dict[str, tuple[int, int]]) -> Ints:
    """Microseconds of the fraction of a second; digits beyond the sixth are cut."""
    if "f" not in groups:
        return np.zeros(len(cells), dtype=np.int64)
    start, end = groups["f"]
    end = min(end, start + 6)
    scale: int = 10 ** (6 - (end - start))
    return _digits(cells, (start, end)) * scale


def _offset(
    cells: Cells, match: re.Match[str], groups: dict[str, tuple[int, int]]
) -> tuple[Ints, bool, Bools | bool]:
    """Minutes east of UTC, whether there is no zone, and in which rows the zone could be read."""
    zero = np.zeros(len(cells), dtype=np.int64)
    if "zone" not in groups:
        return zero, True, True
    start, end = groups["zone"]
    if match.group("zone").startswith("a"):
        word = _word(cells, (start, end))
        return zero, False, np.isin(word, np.array([b"z", b"utc", b"gmt", b"ut"]))
    minutes = _digits(cells, (start + 1, start + 3)) * 60
    if end - start > 3:
        minutes = minutes + _digits(cells, (end - 2, end))
    return np.where(cells[:, start] == ord("-"), -minutes, minutes), False, True


_PARTS = r"^\s*(?P<a>\d{1,2})[/\-](?P<b>\d{1,2})[/\-](?:\d{4}|\d\d)(?:\D|$)"


def day_parts(values: pa.Array) -> tuple[int, int] | None:
    """Largest first and second number in dates such as 3/4/17 of a column of strings.

    Whichever goes beyond 12 is the day. None where there are no such dates.
    """
    found = pc.extract_regex(values.cast(pa.large_string()), _PARTS)
    if found.null_count == len(found):
        return None
    first, second = (pc.max(pc.struct_field(found, [k]).cast(pa.int64())).as_py() for k in (0, 1))
    return int(first), int(second)
