"""What helps to read a group and is no evidence: when its accounts came, how they are named, act and write."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.dossier.lettering import number, percent

FIRST_TEMPLATES = 3
_LEAST = 3
"""Accounts of which something must be known before anything is said of a group."""


def sentences(context: pa.Table) -> list[str]:
    """Say what the table `context` holds of one group's accounts, in the order: created, named, active."""
    return [said for said in (_created(context), _named(context), _active(context)) if said]


def templates(table: pa.Table) -> list[dict[str, Any]]:
    """Return the first templates of one group, as the table has them: most accounts first."""
    rows: list[dict[str, Any]] = table.slice(0, FIRST_TEMPLATES).to_pylist()
    return rows


def _created(context: pa.Table) -> str | None:
    known = context.filter(pc.is_valid(context["created_near_expected"]))
    if known.num_rows < _LEAST:
        return None
    near, expected = (float(pc.mean(known[c]).as_py()) for c in ("created_near", "created_near_expected"))
    return (
        f"Created: an account of this group has, on average, {number(round(near, 1))} others of it that were created "
        f"within a day of it; of accounts in no group it would be {number(round(expected, 1))}. People also join on "
        "the day of an event."
    )


def _named(context: pa.Table) -> str | None:
    patterns = Counter(pattern for pattern in context["name_pattern"].to_pylist() if pattern)
    if not patterns:
        return None
    pattern, count = min(patterns.items(), key=lambda item: (-item[1], item[0]))
    if count < _LEAST:
        return None
    row = context.filter(pc.equal(context["name_pattern"], pattern)).slice(0, 1).to_pylist()[0]
    elsewhere = row["name_pattern_elsewhere"]
    beside = "" if elsewhere is None else f"; of accounts in no group {percent(elsewhere)} are"
    return (
        f"Named: {number(count)} of {number(context.num_rows)} user names are made of a {pattern}{beside}. Platforms "
        "propose such names to anybody."
    )


def _active(context: pa.Table) -> str | None:
    values = np.array([v for v in context["rhythm"].to_pylist() if v is not None], dtype=np.float64)
    if len(values) < _LEAST:
        return None
    return (
        f"Active: in the median, an account's active hours are {number(round(float(np.median(values)), 1))} standard "
        "deviations more like the group's than those of accounts in no group. Colleagues and neighbours keep common "
        "hours too."
    )
