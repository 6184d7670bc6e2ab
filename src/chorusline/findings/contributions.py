"""What each trace and test contributes to an account's evidence, so that it adds up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.confirm.capital import contributions
from chorusline.confirm.confirmation import Confirmation

_KEYS = [(name, "ascending") for name in ("group", "account", "_last")]


def contributions_table(
    log: ActionLog, group: npt.NDArray[np.int32], confirmation: Confirmation, config: Config
) -> pa.Table:
    """Return the contributions (case.TABLES["contributions"]) by group and account, largest first; pure.

    group : shown group of each account, 0 for none. One row for each test that capital was staked on, and one for
    the step from the divisions to their mean where any was.
    """
    made, rest = contributions(confirmation.outcomes, config, len(group))
    parts = []
    any_staked = np.zeros(len(group), dtype=bool)
    for c in made:
        rows = np.flatnonzero((group > 0) & c.staked)
        any_staked[rows] = True
        figures = {
            "held_out_uses": c.held_out[rows], "observed": c.observed[rows], "expected": c.expected[rows],
            "e_value": c.e_value[rows], "log10_factor": c.log_e[rows] / np.log(10),
        }  # fmt: skip
        parts.append(_rows(log, group, rows, (c.trace, c.test, c.further or None), figures))
    rows = np.flatnonzero(any_staked)
    parts.append(_rows(log, group, rows, (None, None, None), {"log10_factor": rest[rows] / np.log(10)}))
    found = pa.concat_tables(parts)
    found = found.append_column("_last", found["trace"].is_null().cast(pa.int8()))
    order = [*_KEYS, ("log10_factor", "descending"), ("trace", "ascending"), ("test", "ascending"),
             ("window", "ascending")]  # fmt: skip
    return found.sort_by(order).drop_columns(["_last"])


def _rows(
    log: ActionLog, group: npt.NDArray[np.int32], rows: npt.NDArray[np.int64],
    key: tuple[str | None, str | None, float | None], figures: dict[str, npt.NDArray[np.float64]],
) -> pa.Table:  # fmt: skip
    """Rows of one test; key : trace, test, and its window where it is a further one."""
    schema = TABLES["contributions"]
    n = len(rows)
    columns = {
        "account": log.accounts["name"].take(pa.array(rows)),
        "group": group[rows],
        "trace": pa.array([key[0]] * n, pa.string()),
        "test": pa.array([key[1]] * n, pa.string()),
        "window": pa.array([key[2]] * n, pa.float64()),
    }
    for name in ("held_out_uses", "observed", "expected", "e_value", "log10_factor"):
        columns[name] = pa.array(figures[name]) if name in figures else pa.nulls(n, pa.float64())
    return pa.table(columns, schema=schema)
