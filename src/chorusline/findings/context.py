"""Context of accounts in groups: when they were created, how they are named, in which hours they act.

None of it is evidence, and nobody is named for it: people join on the day of an event, platforms hand out names with
eight digits, and colleagues keep one day (docs/method.md, "Context"). It helps to read what the tests have shown.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.traces import rhythm
from chorusline.units import DAY

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int32]

_DIGITS = re.compile(r"^(?=.*\D).*?(\d{4,})$")


def context_table(log: ActionLog, group: Groups, config: Config) -> pa.Table:
    """Return the context of each account in a group (case.TABLES["context"]), by group and account; pure.

    group : int32 [n_accounts], the groups shown, 0 for none.
    """
    rows = np.flatnonzero(group > 0)
    rows = rows[np.lexsort((rows, group[rows]))]
    near, expected = _created_together(log, group)
    patterns = [name_pattern(name) for name in _names(log)]
    inside, outside = _shares(patterns, group)
    of_group = group[rows].tolist()
    columns = {
        "account": log.accounts["name"].take(pa.array(rows)),
        "group": group[rows],
        "created": _column(log, "created", pa.timestamp("us", tz="UTC")).take(pa.array(rows)),
        "created_near": pa.array(near[rows], mask=np.isnan(expected[rows])),
        "created_near_expected": pa.array(expected[rows], from_pandas=True),
        "name_pattern": [patterns[i] for i in rows.tolist()],
        "name_pattern_in_group": [
            inside.get((g, patterns[i])) for i, g in zip(rows.tolist(), of_group, strict=True)
        ],
        "name_pattern_elsewhere": [outside.get(patterns[i]) for i in rows.tolist()],
        "rhythm": pa.array(_rhythm(log, group, config)[rows], from_pandas=True),
    }
    return pa.table(columns, schema=TABLES["context"])


def name_pattern(name: str | None) -> str | None:
    """Return the pattern of a user name that ends in four digits or more, such as "name and 8 digits"; else None."""
    found = _DIGITS.match(name or "")
    return f"name and {len(found[1])} digits" if found else None


def _names(log: ActionLog) -> list[str | None]:
    """The user names; where the data have none, ids, unless they are numbers alone."""
    handles = _column(log, "handle", pa.string()).to_pylist()
    return [handle or name for handle, name in zip(handles, log.names, strict=True)]


def _column(log: ActionLog, name: str, kind: pa.DataType) -> pa.Array:
    if name not in log.accounts.column_names:
        return pa.nulls(log.accounts.num_rows, kind)
    column = log.accounts[name]
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _created_together(log: ActionLog, group: Groups) -> tuple[npt.NDArray[np.int64], Floats]:
    """For each account, others of its group created within a day of it, and how many chance would give.

    Chance: as many as of accounts in no group were created within that day. NaN where nothing is known.
    """
    n = len(group)
    near, expected = np.zeros(n, dtype=np.int64), np.full(n, np.nan)
    created = _column(log, "created", pa.timestamp("us", tz="UTC"))
    known = np.array(created.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    times = np.array(pc.fill_null(created.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), dtype=np.int64)
    others = np.sort(times[known & (group == 0)])
    for g in np.unique(group[known & (group > 0)]).tolist():
        members = np.flatnonzero(known & (group == g))
        near[members] = _within(np.sort(times[members]), times[members]) - 1
        if len(others):
            share = _within(others, times[members]) / len(others)
            expected[members] = share * (len(members) - 1)
    return near, expected


def _within(times: npt.NDArray[np.int64], centre: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How many of the sorted times lie within a day of each centre."""
    high = np.searchsorted(times, centre + DAY, "right")
    return np.asarray(high - np.searchsorted(times, centre - DAY), dtype=np.int64)


def _shares(
    patterns: list[str | None], group: Groups
) -> tuple[dict[tuple[int, str | None], float], dict[str | None, float]]:
    """Share of each group's names, and of the names in no group, that have a pattern."""
    size = Counter(group.tolist())
    count = Counter(zip(group.tolist(), patterns, strict=True))
    inside: dict[tuple[int, str | None], float] = {
        (g, p): k / size[g] for (g, p), k in count.items() if g > 0 and p is not None
    }
    wanted = {pattern for _, pattern in inside}
    return inside, {p: count[0, p] / size[0] for p in wanted} if size[0] else {}


def _rhythm(log: ActionLog, group: Groups, config: Config) -> Floats:
    """How alike an account's active slots are to the rest of its group's, in standard deviations [n_accounts].

    Cosine of TF-IDF vectors over slots of `config.rhythm_slot` seconds (trace `rhythm`) with the mean of the
    group's other accounts, from the mean of the accounts in no group. NaN where there are too few to compare.
    """
    from scipy import sparse

    n = len(group)
    result = np.full(n, np.nan)
    uses = rhythm.extract(log, config)
    outside = np.flatnonzero((group == 0) & (np.bincount(uses.account, minlength=n) > 0))
    if len(outside) < 2:
        return result
    users = np.bincount(uses.object, minlength=len(uses.objects))
    weight = np.log(n / np.maximum(users, 1))[uses.object]
    vectors = sparse.csr_matrix((weight, (uses.account, uses.object)), shape=(n, len(users)))
    length = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    vectors = sparse.diags(1.0 / np.maximum(length, 1e-12)) @ vectors
    others = vectors[outside]
    for g in np.unique(group[group > 0]).tolist():
        members = np.flatnonzero(group == g)
        if len(members) < 2:
            continue
        mean = np.asarray(vectors[members].sum(axis=0)).ravel()
        own = (length[members] > 0).astype(np.float64)
        inside = (vectors[members] @ mean - own) / (len(members) - 1)
        apart = others @ mean / len(members)
        if apart.std() > 0:
            result[members] = (inside - apart.mean()) / apart.std()
    return result
