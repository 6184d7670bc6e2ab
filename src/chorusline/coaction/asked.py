"""What is asked of a count: a window and a weight, and nothing that takes time to load."""

from __future__ import annotations

from chorusline.errors import UsageError


def microseconds(window: float) -> int:
    """A window in seconds, as uses keep their times."""
    return round(window * 1_000_000)


def check(window: float, min_weight: int) -> None:
    """Raise UsageError for a window below zero or a weight below one."""
    if window < 0 or min_weight < 1:
        raise UsageError("A window is zero seconds or more, and a minimal weight one or more.")
