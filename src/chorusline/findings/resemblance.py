"""Resemblance: which accounts use what those with evidence use. Where to look next, and no more than that."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation
from chorusline.traces.base import Uses

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

LEAST = 0.25
"""Resemblance below which an account isn't listed."""


def resemblance(
    uses: Mapping[str, Uses], confirmation: Confirmation, group: Codes, config: Config
) -> tuple[Floats, Codes]:
    """Return for each account how much it resembles the group it is most like [n_accounts], and that group.

    group : int32 [n_accounts], the groups shown, 0 for none. Only groups in which `config.min_group` accounts
    have evidence (an e-value of `config.rung_e_value`, days counted or not) are held up for comparison; where
    there is none, everybody has 0 and group 0.
    In each trace accounts are compared by the cosine of their TF-IDF vectors (objects used at all, weighted
    by ln(N / accounts using it)), with the mean of those with evidence, oneself left out. The cosine's distance
    from the mean account, in standard deviations, is added up over traces and divided by what the accounts
    with evidence have on average. So 0 is anybody and 1 as alike as they are among themselves. An account's
    sympathy, its newspaper and its orders look the same here, and there is no error rate: nobody is named by it.
    """
    n = len(group)
    best, nearest = np.zeros(n), np.zeros(n, dtype=np.int32)
    strong = (group > 0) & (np.maximum(confirmation.e_value, confirmation.e_any_days) >= config.rung_e_value)
    models = np.flatnonzero(np.bincount(group[strong], minlength=1) >= config.min_group)
    if not len(models):
        return best, nearest
    likeness = np.zeros((len(models), n))
    chosen = np.stack([strong & (group == g) for g in models]).astype(np.float64)
    for here in uses.values():
        likeness += _standardised(_profiles(here), chosen)
    with np.errstate(divide="ignore", invalid="ignore"):
        among = (likeness * chosen).sum(axis=1) / chosen.sum(axis=1)
        likeness = np.where(among[:, None] > 0, likeness / among[:, None], 0.0)
    first = likeness.argmax(axis=0)
    best = likeness[first, np.arange(n)]
    return best, np.where(best > 0, models[first], 0).astype(np.int32)


def resembling_table(
    log: ActionLog, uses: Mapping[str, Uses], confirmation: Confirmation, group: Codes,
    status: list[str], config: Config,
) -> pa.Table:  # fmt: skip
    """Accounts by resemblance, most first (case.TABLES["resembling"]).

    group : the groups shown, 0 for none. status : findings.ladder.statuses.
    """
    alike, nearest = resemblance(uses, confirmation, group, config)
    rows = np.flatnonzero((alike >= LEAST) & (nearest > 0))
    rows = rows[np.lexsort((rows, -alike[rows]))]
    handles = (
        log.accounts["handle"] if "handle" in log.accounts.column_names else pa.nulls(len(group), pa.string())
    )
    columns = {
        "account": log.accounts["name"].take(pa.array(rows)),
        "handle": handles.take(pa.array(rows)),
        "group": nearest[rows],
        "resemblance": alike[rows],
        "status": [status[i] if group[i] > 0 else "not proposed" for i in rows.tolist()],
        "actions": np.bincount(log.account_codes, minlength=len(group))[rows],
    }
    return pa.table(columns, schema=TABLES["resembling"])


def _profiles(uses: Uses) -> sparse.csr_matrix:
    """TF-IDF vectors of length one (or none), of objects that two accounts used: sparse [n_accounts, objects]."""
    used = sparse.csr_matrix(
        (np.ones(len(uses)), (uses.account, uses.object)), shape=(uses.n_accounts, len(uses.objects))
    )
    used.sum_duplicates()
    used.data[:] = 1.0
    users = np.bincount(used.indices, minlength=used.shape[1])
    weight = np.where(users > 1, np.log(uses.n_accounts / np.maximum(users, 1)), 0.0)
    used.data = weight[used.indices]
    length = np.sqrt(np.asarray(used.multiply(used).sum(axis=1)).ravel())
    used.data /= np.maximum(np.repeat(length, np.diff(used.indptr)), 1e-12)
    used.eliminate_zeros()
    return used


def _standardised(profiles: sparse.csr_matrix, chosen: Floats) -> Floats:
    """Cosine with the mean of the others chosen [models, n], in standard deviations from the mean account.

    Over the accounts that have a profile; 0 for the others.
    """
    has = np.diff(profiles.indptr) > 0
    if not has.any():
        return np.zeros(chosen.shape)
    own = chosen * has
    summed = np.asarray((profiles @ np.asarray(profiles.T @ chosen.T)).T)
    cosine = (summed - own) / np.maximum(chosen.sum(axis=1, keepdims=True) - own, 1.0)
    mean, spread = cosine[:, has].mean(axis=1), cosine[:, has].std(axis=1)
    scaled = (cosine - mean[:, None]) / np.maximum(spread[:, None], 1e-12)
    return np.where(has & (spread[:, None] > 1e-12), scaled, 0.0)
