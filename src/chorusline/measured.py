"""Error rates that were measured and are stated beside findings; tests hold them to the committed results."""

from __future__ import annotations

LOOK_ALIKES: tuple[tuple[str, int, int], ...] = (
    ("volunteers on shared templates", 1, 8_880),
    ("a weekly hashtag hour", 0, 11_100),
    ("ordinary people", 0, 52_385),
    ("witnesses of an earthquake", 0, 36_899),
    ("fans with notifications on", 0, 22_200),
    ("a streaming fandom", 0, 22_194),
    ("users of a share button", 0, 22_197),
    ("households", 0, 5_918),
    ("feeds", 0, 2_220),
    ("diaspora offices", 0, 2_220),
    ("exiles", 0, 2_220),
    ("newsrooms", 0, 888),
)
"""Honest accounts in simulated worlds, by kind: named wrongly, of how many; worst first."""

SOURCE = (
    "bench/results/lookalikes.md (74 simulated worlds, seeds 4000 to 4049, default settings, commit a3018d2)"
)
"""Where LOOK_ALIKES were measured."""
