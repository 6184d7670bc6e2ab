"""Whom else to look at: accounts that use what those with evidence use. No more than that is said of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation
from chorusline.network.resemblance import most_like
from chorusline.traces.base import Uses

Codes = npt.NDArray[np.int32]

LEAST = 0.25
"""Resemblance below which an account isn't listed."""


def resembling(
    log: ActionLog, uses: Mapping[str, Uses], confirmation: Confirmation, group: Codes,
    status: list[str], config: Config,
) -> pa.Table:  # fmt: skip
    """Accounts by their resemblance to the group they are most like, most first (case.TABLES["resembling"]).

    group : int32 [n_accounts], the groups shown, 0 for none. status : findings.ladder.statuses.
    Only groups in which `config.min_group` accounts have evidence (an e-value of `config.rung_e_value`, days
    counted or not) are models, and only these accounts are examples. An account's sympathy, its newspaper and
    its orders look the same here, and there is no error rate: nobody is named by it.
    """
    strong = np.maximum(confirmation.e_value, confirmation.e_any_days) >= config.rung_e_value
    strong &= group > 0
    models = np.flatnonzero(np.bincount(group[strong], minlength=1) >= config.min_group)
    place = np.full(int(group.max(initial=0)) + 1, -1, dtype=np.int32)
    place[models] = np.arange(len(models))
    if not len(models):
        return TABLES["resembling"].empty_table()
    nearest, alike = most_like(uses, np.where(strong, place[group], -1).astype(np.int32))
    rows = np.flatnonzero(alike >= LEAST)
    rows = rows[np.lexsort((rows, -alike[rows]))]
    handles = (
        log.accounts["handle"] if "handle" in log.accounts.column_names else pa.nulls(len(group), pa.string())
    )
    columns = {
        "account": log.accounts["name"].take(pa.array(rows)),
        "handle": handles.take(pa.array(rows)),
        "group": models[nearest[rows]].astype(np.int32),
        "resemblance": alike[rows],
        "status": [status[i] if group[i] > 0 else "not proposed" for i in rows.tolist()],
        "actions": np.bincount(log.account_codes, minlength=len(group))[rows],
    }
    return pa.table(columns, schema=TABLES["resembling"])
