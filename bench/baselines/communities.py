"""Links shared within an interval read off the data, heaviest tenth of edges, communities: as CooRnet does.

Giglietto, Righetti, Rossi & Marino 2020. Interval: of the tenth of links with the fastest second share, the
median time to half of their shares. Communities by Leiden instead of Louvain.
"""

from __future__ import annotations

from collections import Counter

import graspologic_native as gn
import numpy as np
import pyarrow as pa

from bench.baselines.uses import names, pairs, uses, verdict


def name_accounts(
    log: pa.Table, quickest: float = 0.1, reached: float = 0.5, percentile: float = 0.9, smallest: int = 3
) -> pa.Table:
    """Score an account by the weight of its edges within its community; smaller communities are left out."""
    used = uses(log, "link")
    found = pairs(used, interval(used, quickest, reached))
    a, b, weight = (found[name].to_numpy() for name in ("a", "b", "objects"))
    accounts = len(names(log))
    if not len(weight):
        return verdict(log, np.zeros(accounts), np.zeros(accounts, dtype=bool))
    edges = [
        (str(i), str(j), float(w)) for i, j, w in zip(a.tolist(), b.tolist(), weight.tolist(), strict=True)
    ]
    _, parts = gn.leiden(edges=edges, resolution=1.0, use_modularity=True, seed=0)
    member = np.full(accounts, -1)
    for account, part in parts.items():
        member[int(account)] = part
    inside = member[a] == member[b]
    score = np.bincount(a[inside], weight[inside], accounts) + np.bincount(
        b[inside], weight[inside], accounts
    )
    size = Counter(parts.values())
    score *= np.array([size[part] >= smallest for part in member.tolist()])
    heavy = inside & (weight >= np.quantile(weight, percentile))
    named = np.zeros(accounts, dtype=bool)
    named[a[heavy]] = named[b[heavy]] = True
    return verdict(log, score, named & (score > 0))


def interval(used: pa.Table, quickest: float = 0.1, reached: float = 0.5) -> float:
    """Return the coordination interval in seconds, at least 1."""
    item, time = used["object"].to_numpy(), used["time"].to_numpy()
    starts = np.flatnonzero(np.r_[True, item[1:] != item[:-1]][: len(item)])
    counts = np.diff(np.r_[starts, len(item)])
    starts, counts = starts[counts > 1], counts[counts > 1]
    if not len(starts):
        return 1.0
    second = time[starts + 1] - time[starts]
    quick = second <= np.quantile(second, quickest)
    # The first share that takes the link beyond this part of all its shares.
    beyond = starts + np.floor(counts * reached).astype(np.int64)
    took = (time[beyond] - time[starts])[quick] / 1e6
    return max(1.0, float(np.quantile(took, reached)))
