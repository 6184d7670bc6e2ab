"""How sentences of findings and analyses write counts and shares."""

from __future__ import annotations


def plural(n: int, word: str) -> str:
    """Write a count and what is counted: 1 tag, 2 tags."""
    return f"{n:,} {word}{'' if n == 1 else 's'}"


def percent(share: float, digits: int) -> str:
    """Write a share as a percentage with so many digits behind the point, none where they are two zeros."""
    return f"{share:.{digits}%}".replace("%", " %").replace(".00 ", " ")
