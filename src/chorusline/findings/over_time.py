"""Groups over time as tables: the periods, the lives of groups in them, and who took part how steadily."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.network.periods import Codes, Periods, Step, communities_of, cut, follow
from chorusline.traces.base import Trace, Uses

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def over_time(
    log: ActionLog, uses: Mapping[str, Uses], traces: Mapping[str, Trace], group: Codes, named: Bools,
    config: Config, resolution: float,
) -> dict[str, pa.Table]:  # fmt: skip
    """Return the tables `periods`, `lives` and `persistence` of a case (docs/method.md, "Groups over time").

    group : int32 [n_accounts], the groups shown, 0 for none. named : bool [n_accounts].
    """
    own = ~log.background[log.account_codes]
    periods = cut(log.times[own], config)
    found = communities_of(uses, traces, group > 0, periods, config, resolution)
    inside = [periods.mask(log.times, k) & own for k in range(len(periods))]
    steps = follow(found, config, np.array([bool(here.any()) for here in inside], dtype=bool))
    steps, home, share = _numbered(steps, group)
    return {
        "periods": _periods(log, periods, inside, found, group, named),
        "lives": _lives(steps, home, share, named),
        "persistence": _persistence(log, steps, home, group),
    }


def _numbered(steps: list[Step], group: Codes) -> tuple[list[Step], Codes, npt.NDArray[np.float64]]:
    """Give lives the group that most of their accounts are in, and number them by it, then by when they began.

    Returns the steps, in order, and by life the group and the share of its accounts there.
    """
    n = max((step.life for step in steps), default=-1) + 1
    home, share = np.zeros(n, dtype=np.int32), np.zeros(n)
    began = np.zeros(n, dtype=np.int64)
    of_life: list[list[Step]] = [[] for _ in range(n)]
    for step in steps:
        of_life[step.life].append(step)
    for life, mine in enumerate(of_life):
        began[life] = mine[0].period
        counts = np.bincount(np.concatenate([group[step.accounts] for step in mine]))
        home[life] = counts.argmax()
        share[life] = counts.max() / counts.sum()
    order = np.lexsort((np.arange(n), began, home))
    number = np.empty(n, dtype=np.int64)
    number[order] = np.arange(n)
    renamed = [
        Step(
            int(number[s.life]), s.period, s.event, s.accounts, s.overlap,
            tuple(sorted(int(number[other]) for other in s.others)), s.joined, s.left,
        )
        for s in steps
    ]  # fmt: skip
    return sorted(renamed, key=lambda s: (s.life, s.period)), home[order], share[order]


def _periods(
    log: ActionLog,
    periods: Periods,
    inside: list[Bools],
    found: list[list[Codes]],
    group: Codes,
    named: Bools,
) -> pa.Table:
    rows = []
    for k, here in enumerate(inside):
        active = np.unique(log.account_codes[here])
        together = np.concatenate([*found[k], np.empty(0, dtype=np.int32)]).astype(np.int64)
        rows.append(
            {
                "period": k + 1,
                "start": int(periods.start[k]),
                "end": int(periods.start[k]) + periods.length,
                "actions": int(here.sum()),
                "accounts": len(active),
                "in_groups": int((group[active] > 0).sum()),
                "named": int(named[active].sum()),
                "communities": len(found[k]),
                "together": len(together),
                "named_together": int(named[together].sum()),
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["periods"])


def _lives(steps: list[Step], home: Codes, share: npt.NDArray[np.float64], named: Bools) -> pa.Table:
    rows = [
        {
            "life": s.life + 1,
            "period": s.period + 1,
            "group": int(home[s.life]),
            "share": float(share[s.life]),
            "event": s.event,
            "accounts": len(s.accounts),
            "named": int(named[s.accounts].sum()),
            "joined": s.joined,
            "left": s.left,
            "overlap": None if np.isnan(s.overlap) else s.overlap,
            "others": [other + 1 for other in s.others],
        }
        for s in steps
    ]
    return pa.Table.from_pylist(rows, schema=TABLES["lives"])


def _persistence(log: ActionLog, steps: list[Step], home: Codes, group: Codes) -> pa.Table:
    """Accounts by group, the steadiest first."""
    # Part in somebody else's group isn't part in one's own.
    mine = [(s.accounts[group[s.accounts] == home[s.life]].astype(np.int64), s.period) for s in steps]
    pairs = [np.stack([accounts, np.full(len(accounts), period)]) for accounts, period in mine]
    active = {(int(home[s.life]), s.period) for s in steps if len(s.accounts)}
    of_group = np.bincount([g for g, _ in active], minlength=int(group.max(initial=0)) + 1)
    took = np.unique(np.concatenate([*pairs, np.empty((2, 0), dtype=np.int64)], axis=1), axis=1)
    account, period = took
    rows, start, count = np.unique(account, return_index=True, return_counts=True)
    last = period[start + count - 1] if len(rows) else rows
    persistence = count / np.maximum(of_group[group[rows]], 1)
    order = np.lexsort((rows, -persistence, group[rows]))
    columns = {
        "account": log.accounts["name"].take(pa.array(rows[order])),
        "group": group[rows][order],
        "periods": count[order],
        "group_periods": of_group[group[rows]][order],
        "persistence": persistence[order],
        "first": (period[start][order] + 1).astype(np.int32),
        "last": (last[order] + 1).astype(np.int32),
    }
    return pa.table(columns, schema=TABLES["persistence"])
