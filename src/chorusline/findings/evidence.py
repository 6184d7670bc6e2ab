"""The posts behind each finding: which objects, at which seconds, with whom, read from which line."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog, rows_of
from chorusline.case import TABLES
from chorusline.confirm.confirmation import Confirmation

TEXT_LENGTH = 400


def evidence_table(log: ActionLog, group: npt.NDArray[np.int32], confirmation: Confirmation) -> pa.Table:
    """Return the held-out uses in step or shared with the group (case.TABLES["evidence"]).

    One row for each use, trace and test, from the first split that held it out; strongest first within an
    account. Uses in step within a further window only (config.more_windows) aren't listed.
    group : shown group of each account, 0 for none.
    """
    parts = []
    for outcome in (outcome for outcome in confirmation.outcomes if not outcome.further):
        t, uses = outcome.tested, outcome.uses
        hit = t.hit & (t.partner >= 0)
        mine, other = t.use[hit], t.partner[hit]
        account = uses.account[mine]
        keep = (group[account] > 0) & outcome.counted[t.owner[hit]]
        if not keep.any():
            continue
        mine, other, account = mine[keep], other[keep], account[keep]
        parts.append(
            pa.table(
                {
                    "code": account,
                    "trace": [outcome.trace] * len(mine),
                    "test": [outcome.test] * len(mine),
                    "object": uses.objects.take(pa.array(uses.object[mine])),
                    "action": uses.action[mine],
                    "with_action": uses.action[other],
                    "chance": t.chance[hit][keep],
                    "split": np.full(len(mine), outcome.split, dtype=np.int32),
                }
            )
        )
    if not parts:
        return TABLES["evidence"].empty_table()
    found = pa.concat_tables(parts)
    keys = [("code", "ascending"), ("trace", "ascending"), ("test", "ascending"), ("action", "ascending")]
    found = found.sort_by([*keys, ("split", "ascending")])
    found = found.filter(pa.array(_fresh(found)))
    found = found.sort_by(
        [("code", "ascending"), ("chance", "ascending"), ("action", "ascending"), *keys[1:3]]
    )
    return _readable(log, group, found)


def _fresh(found: pa.Table) -> npt.NDArray[np.bool_]:
    """Which rows are the first of their (account, trace, test, object, action)."""
    fresh = np.ones(found.num_rows, dtype=bool)
    same = np.ones(found.num_rows - 1, dtype=bool)
    for name in ("code", "trace", "test", "action", "object"):
        column = found[name].combine_chunks()
        if pa.types.is_string(column.type):
            column = column.dictionary_encode().indices
        values = column.to_numpy(zero_copy_only=False)
        same &= values[1:] == values[:-1]
    fresh[1:] = ~same
    return fresh


def _readable(log: ActionLog, group: npt.NDArray[np.int32], found: pa.Table) -> pa.Table:
    """Put names, times, posts and input lines in place of codes and rows of the log."""
    mine, other = found["action"].to_numpy(), found["with_action"].to_numpy()
    code = found["code"].to_numpy()
    paths = pa.array([given.path for given in log.inputs] or [""])

    def column(name: str, rows: npt.NDArray[Any]) -> Any:
        return rows_of(log.actions[name], rows)

    lag = np.abs(log.times[mine] - log.times[other]) / 1e6
    columns = {
        "account": log.accounts["name"].take(pa.array(code)),
        "group": group[code],
        "trace": found["trace"],
        "test": found["test"],
        "object": found["object"],
        "time": column("time", mine),
        "post_id": column("post_id", mine),
        "input": paths.take(column("source", mine)),
        "row": column("row", mine),
        "with_account": log.accounts["name"].take(pa.array(log.account_codes[other])),
        "with_time": column("time", other),
        "with_post_id": column("post_id", other),
        "with_input": paths.take(column("source", other)),
        "with_row": column("row", other),
        "lag": lag,
        "chance": found["chance"],
        "text": pc.utf8_slice_codeunits(column("text", mine), 0, TEXT_LENGTH),
    }
    return pa.table(columns, schema=TABLES["evidence"])
