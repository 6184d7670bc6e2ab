"""How names, numbers and times are written on the page."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_BIDI = r"\u202a-\u202e\u2066-\u2069"

INVISIBLE = re.compile(
    f"[{_CONTROLS}{_BIDI}"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028\u2029\u2060-\u2065"
    r"\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Characters that show nothing or turn the direction of writing: two names may differ in them alone."""

# In running text, joiners and direction marks are ordinary Persian and Arabic spelling, and emoji need
# selectors; only what overrides the direction or hides whole messages is shown.
_UNRULY = re.compile(f"[{_BIDI}" + r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufff0-\ufffb\U000e0000-\U000e0fff]")


def _code(match: re.Match[str]) -> str:
    return f"⟨U+{ord(match.group()):04X}⟩"


def visible(name: str) -> str:
    """Show a name with every invisible character as its code, such as ⟨U+202E⟩."""
    return INVISIBLE.sub(_code, name)


def quoted(text: str, length: int = 400) -> str:
    """Show a stranger's text: direction overrides and control characters as codes, cut with … at `length`."""
    text = text if len(text) <= length else text[: length - 1] + "…"
    return _UNRULY.sub(_code, text)


def number(value: float | None, digits: int = 1) -> str:
    """Write a number for people: 21,381; at most `digits` decimals, none where it is whole.

    None is a figure that a public edition leaves out.
    """
    if value is None:
        return "left out"
    if not math.isfinite(value):
        return "–"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.{digits}f}"


_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def probability(value: float | None) -> str:
    """Write a p- or q-value: 0.012, 3 × 10⁻⁷; below 10⁻⁹ no model is that exact, so it says just that."""
    if value is None or not math.isfinite(value):
        return "–"
    if value >= 0.001:
        return f"{value:.3f}" if value < 0.995 else "1"
    if value < 1e-9:
        return "< 10⁻⁹"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def percent(share: float, digits: int = 3) -> str:
    """Write a share as a percentage: 1 %, 0.5 %; never 0 % of something that isn't 0."""
    return "< 0.01\u00a0%" if 0 < share < 1e-4 else f"{share * 100:.{digits}g}\u00a0%"


def seconds(value: float) -> str:
    """Write a span of time in the largest unit that leaves it whole: 60 s is 1 minute."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if value >= size and value % size == 0:
            count = int(value // size)
            return f"{count:,} {word}{'s' if count > 1 else ''}"
    if value >= 1:
        return f"{value:,.6g} second{'' if value == 1 else 's'}"
    return f"{value * 1e3:.6g} ms" if value >= 1e-3 else f"{value * 1e6:.6g} µs"


def test_words(test: str, window: float | None) -> str:
    """Name a test, and its window in seconds where it is a further one of synchrony."""
    return test if window is None else f"{test} within {seconds(window)}"


def lag(value: float) -> str:
    """Write the time between two actions, one decimal: 27.9 seconds, 3.5 minutes."""
    for size, least, word in ((86400, 172800, "days"), (3600, 7200, "hours"), (60, 120, "minutes")):
        if value >= least:
            return f"{number(value / size)} {word}"
    return f"{number(value)} second{'' if value == 1 else 's'}" if value >= 0.05 else "less than 0.1 seconds"


def minute(value: datetime | None) -> str:
    """Write a time to the minute, for columns that say that it is UTC."""
    return "–" if value is None else value.strftime("%Y-%m-%d %H:%M")


def instant(value: datetime | str | None) -> str:
    """Write a time to the second, UTC."""
    if value is None or value == "":
        return "–"
    if isinstance(value, str):
        try:
            return instant(datetime.fromisoformat(value))
        except ValueError:
            return visible(value)
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return f"{value:%Y-%m-%d %H:%M:%S} UTC"


def plural(count: float, one: str, many: str | None = None) -> str:
    """Write a count with its noun: 1 account, 2 accounts."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def short_paths(paths: Iterable[str]) -> dict[str, str]:
    """Return for each path its last part, or the whole where two paths end alike."""
    every = sorted(set(paths))
    ends = Counter(re.split(r"[/\\]", path)[-1] for path in every)
    short = {path: re.split(r"[/\\]", path)[-1] for path in every}
    return {path: end if end and ends[end] == 1 else path for path, end in short.items()}
