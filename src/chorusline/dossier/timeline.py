"""The timeline of a group: how often its accounts acted together, hour by hour or day by day, as SVG figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from chorusline.dossier.lettering import number

Ints = npt.NDArray[np.int64]

WIDTH, HEIGHT = 720, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 14, 30
MOST_BARS = 170

STEPS = (
    (3600, "hour"),
    (6 * 3600, "six hours"),
    (86400, "day"),
    (7 * 86400, "week"),
    (28 * 86400, "four weeks"),
)
"""Widths of a bar, seconds and word, finest first."""


@dataclass(frozen=True)
class Timeline:
    """Bars (x, y, width, height), ticks below (x, label) and beside (y, label), and words for the caption."""

    bars: list[tuple[float, float, float, float]]
    below: list[tuple[float, str]]
    beside: list[tuple[float, str]]
    step: str
    peak: int
    peak_time: str
    first: str
    last: str


def draw(times: Ints) -> Timeline | None:
    """Draw the counts of times, int64 microseconds since 1970 UTC, any order; None where there are none."""
    if not len(times):
        return None
    seconds = np.floor_divide(times, 1_000_000)
    low, high = int(seconds.min()), int(seconds.max())
    size, word = next(
        (step for step in STEPS if high // step[0] - low // step[0] < MOST_BARS),
        (max(STEPS[-1][0], (high - low) // MOST_BARS + 1), "bar"),
    )
    start = low // size
    count = np.bincount(seconds // size - start)
    spare = max(0, 12 - len(count))
    bars_wide = len(count) + spare
    pitch = (WIDTH - LEFT - RIGHT) / bars_wide
    top = int(count.max())
    scale = (HEIGHT - TOP - BOTTOM) / top
    bars = [
        (round(LEFT + k * pitch, 1), round(HEIGHT - BOTTOM - c * scale, 1),
         round(max(pitch - 0.6, 0.6), 1), round(c * scale, 1))
        for k, c in enumerate(count.tolist()) if c
    ]  # fmt: skip
    peak = int(count.argmax())
    beside = [(HEIGHT - BOTTOM, "0"), (TOP, number(top))]
    return Timeline(
        bars, _below(start, size, bars_wide, pitch), [(float(y), label) for y, label in beside], word, top,
        _written((start + peak) * size, 60 if size < 86400 else size), _written(low, 1), _written(high, 1),
    )  # fmt: skip


def _below(start: int, size: int, n: int, pitch: float) -> list[tuple[float, str]]:
    """Some six labels, at round places."""
    every = max(1, -(-n // 6))
    if size < 86400:
        day = 86400 // size
        every = -(-every // day) * day if every > day // 2 else every
    places = [k for k in range(n) if (start + k) % every == 0 and LEFT + k * pitch < WIDTH - 70]
    return [(round(LEFT + k * pitch, 1), _written((start + k) * size, size)) for k in places]


def _written(second: int, size: int) -> str:
    """A time to the second below a minute, to the minute at a minute; a date at a day and above.

    Between them a label: the hour, or the date at midnight.
    """
    instant = datetime.fromtimestamp(second, UTC)
    if size < 60:
        return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
    if size == 60:
        return f"{instant:%Y-%m-%d %H:%M}"
    if size < 86400 and second % 86400:
        return f"{instant:%m-%d %H:%M}"
    return f"{instant:%Y-%m-%d}"
