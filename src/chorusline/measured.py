"""Error rates that were measured and are stated beside findings; tests hold them to the committed results."""

from __future__ import annotations

LOOK_ALIKES: tuple[tuple[str, int, int], ...] = (
    ("volunteers on shared templates", 53, 6_000),
    ("a weekly hashtag hour", 3, 7_494),
    ("ordinary people", 0, 34_074),
    ("witnesses of an earthquake", 0, 24_928),
    ("fans with notifications on", 0, 15_000),
    ("a streaming fandom", 0, 14_994),
    ("users of a share button", 0, 14_994),
    ("households", 0, 3_999),
    ("feeds", 0, 1_500),
    ("diaspora offices", 0, 1_500),
    ("exiles", 0, 1_500),
    ("newsrooms", 0, 600),
)
"""Honest accounts in simulated worlds, by kind: named wrongly, of how many; worst first."""

SOURCE = (
    "bench/results/lookalikes.md (50 simulated worlds, seeds 3000 to 3049, default settings, commit 21a8bcc)"
)
"""Where LOOK_ALIKES were measured."""
