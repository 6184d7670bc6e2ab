"""Orders."""

from __future__ import annotations

from chorusline.operation.base import Analysis, Crew, Result


def find(crew: Crew) -> Result:
    """Find the orders of a crew."""
    return Result(reason="it isn't built yet")


ANALYSIS = Analysis(
    name="orders",
    about="What a group pushed on orders, when they were given, and how much of each trend it made.",
    function=find,
    tables=("orders",),
    needs=("hashtags", "links", "text", "mentions", "reshare_of"),
    resolution=3600.0,
    place=10,
)
