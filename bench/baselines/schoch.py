"""Ten co-posts or co-reshares within a minute (Schoch, Keller, Stier & Yang 2022)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bench.baselines.uses import names, pairs, strongest, uses, verdict


def name_accounts(log: pa.Table, window: float = 60.0, times: int = 10) -> pa.Table:
    """Score an account by its heaviest edge, in objects posted or reshared alike within `window` seconds."""
    score = np.zeros(len(names(log)))
    for layer in ("original text", "reshare"):
        found = pairs(uses(log, layer), window)
        a, b, weight = (found[name].to_numpy() for name in ("a", "b", "objects"))
        score = np.maximum(score, strongest(a, b, weight, len(score)))
    return verdict(log, score, score >= times)
