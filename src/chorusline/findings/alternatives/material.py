"""What the checks look at, and how they word figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Uses

Ints = npt.NDArray[np.int64]

DAY = 86_400_000_000
"""Microseconds."""

NOTHING = "No check is possible with these data: "
"""Beginning of an outcome where the data allow no check."""

Said = tuple[str, bool, str, str]
"""What was looked at, whether these data allow it, what it gave, what remains possible."""


@dataclass(frozen=True)
class Group:
    """One group. evidence : rows about its named accounts. members : code of each of its accounts. named : of these."""

    number: int
    evidence: pa.Table
    members: Ints
    named: Ints


@dataclass(frozen=True)
class Data:
    """What the checks look at. group : int32 [n_accounts], 0 for none."""

    log: ActionLog
    uses: Mapping[str, Uses]
    tables: Mapping[str, pa.Table]
    group: npt.NDArray[np.int32]
    config: Config
    resolution: float


def codes_of(log: ActionLog, names: pa.ChunkedArray) -> Ints:
    """Code of each name: its row of the accounts table."""
    found = pc.index_in(names, value_set=log.accounts["name"].combine_chunks())
    return np.asarray(found.to_numpy(), dtype=np.int64)


def micros(column: pa.ChunkedArray) -> Ints:
    """Return a column of times as microseconds since 1970 UTC."""
    return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)


def percent(part: float, whole: float) -> str:
    """Word a share in whole per cent."""
    return f"{100 * part / whole:.0f} %" if whole else "none"


def share_of(hit: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> str:
    """Word the share of hits among some, one decimal."""
    n = np.count_nonzero(among)
    return f"{100 * np.count_nonzero(hit & among) / n:.1f} %" if n else "none"


def plural(count: int, one: str) -> str:
    """Word a count with its noun."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"
