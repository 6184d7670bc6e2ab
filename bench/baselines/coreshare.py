"""Co-reshares within seconds, edges above a percentile: the way of CooRTweet (Righetti & Balluff 2025).

Settings as in that package: window 10 s, at least 2 shared uses, edges heavier than the median edge.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from bench.baselines.uses import names, pairs, strongest, uses, verdict


def name_accounts(
    log: pa.Table, window: float = 10.0, min_participation: int = 2, edge_weight: float = 0.5
) -> pa.Table:
    """Score an account by its heaviest edge, in pairs of reshares of one post within `window` seconds.

    min_participation : reshares an account needs that agree with anybody, below which it is left out.
    """
    found = pairs(uses(log, "reshare"), window)
    a, b, weight = (found[name].to_numpy() for name in ("a", "b", "coactions"))
    accounts = len(names(log))
    part = np.bincount(a, weight, accounts) + np.bincount(b, weight, accounts)
    kept = (part[a] >= min_participation) & (part[b] >= min_participation)
    a, b, weight = a[kept], b[kept], weight[kept]
    score = strongest(a, b, weight, accounts)
    cut = np.quantile(weight, edge_weight) if len(weight) else 0.0
    return verdict(log, score, score > cut)
