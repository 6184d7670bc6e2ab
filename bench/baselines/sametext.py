"""The plain rule: the same text as somebody else within a minute, three times."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bench.baselines.uses import names, uses, verdict


def name_accounts(log: pa.Table, window: float = 60.0, times: int = 3, reshares: bool = True) -> pa.Table:
    """Score an account by its posts whose text another account posted within `window` seconds."""
    used = uses(log, "text" if reshares else "original text")
    matched = nearest_other(used) <= window * 1e6
    score = np.bincount(used["account"].to_numpy()[matched], minlength=len(names(log))).astype(np.float64)
    return verdict(log, score, score >= times)


def nearest_other(used: pa.Table) -> np.ndarray:
    """Return the distance of each use to the nearest use of the same object by another account, microseconds.

    Uses are sorted by object, time, account; the nearest other lies just outside the run of the account's own.
    """
    account, item, time = (used[name].to_numpy() for name in ("account", "object", "time"))
    n = len(account)
    far = np.iinfo(np.int64).max
    if not n:
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.r_[True, (account[1:] != account[:-1]) | (item[1:] != item[:-1])])
    ends = np.r_[begins[1:], n] - 1
    run = np.repeat(np.arange(len(begins)), ends - begins + 1)
    before, after = begins[run] - 1, ends[run] + 1
    has_before = (before >= 0) & (item[before] == item)
    has_after = (after < n) & (item[np.minimum(after, n - 1)] == item)
    earlier = np.where(has_before, time - time[before], far)
    later = np.where(has_after, time[np.minimum(after, n - 1)] - time, far)
    return np.minimum(earlier, later)
