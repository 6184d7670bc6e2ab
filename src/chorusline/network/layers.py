"""Layers: the co-action network of one trace, thresholded by its configuration null."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.coaction import coactions
from chorusline.coaction.kernel import windowed_pairs
from chorusline.network.null import expected_coactions, poisson_tail
from chorusline.traces.base import Uses, first_uses

_TURN = Lock()
"""Held while edges are counted and most of them dropped. Counting works on all cores by itself, and divisions that come
to it side by side would each hold all edges of a trace."""


@dataclass(frozen=True)
class Layer:
    """Proposed edges of one trace.

    trace : its name. edges : coaction.EDGE_SCHEMA plus `expected` (co-actions under the null) and `p_value`;
    `strength` is the weight discounted for popular objects.
    """

    trace: str
    edges: pa.Table


def popularity_discount(uses: Uses) -> npt.NDArray[np.float64]:
    """Return log(N / N_o) for each object [m]: N accounts in the layer, N_o accounts that used the object."""
    first = first_uses(uses.account, uses.object, uses.n_accounts)
    users = np.bincount(uses.object[first], minlength=len(uses.objects))
    n = np.count_nonzero(np.bincount(uses.account, minlength=uses.n_accounts))
    return np.asarray(np.log(max(n, 1) / np.maximum(users, 1)))


def propose(
    uses: Uses, trace: str, window: float, min_weight: int, fdr: float,
    among: npt.NDArray[np.bool_] | None = None,
) -> Layer:  # fmt: skip
    """Return the edges of a trace that the configuration null doesn't explain (docs/method.md, "Discovery").

    uses : uses of the parts for discovery only. The number of distinct shared objects is held against the
    expected number of co-actions, which is never smaller than the expected number of objects, so the test
    errs towards proposing too little. Benjamini–Hochberg over the pairs that share
    `min_weight` objects; over pairs that share fewer nothing is said. among : bool [n_accounts], where only edges
    between some accounts are wanted; what popularity and activity explain is still read off everybody.
    """
    counted = uses if among is None else uses.keep(among[uses.account])
    with _TURN:
        edges = coactions(counted, window, min_weight=min_weight, discount=popularity_discount(uses))
        pairs = float(windowed_pairs(uses.account, uses.object, uses.time, round(window * 1e6)))
        k = np.bincount(uses.account, minlength=uses.n_accounts).astype(np.float64)
        a, b = edges["a"].to_numpy(), edges["b"].to_numpy()
        expected = expected_coactions(k[a], k[b], float(len(uses)), pairs)
        p = poisson_tail(edges["weight"].to_numpy().astype(np.float64), expected)
        keep = _benjamini_hochberg_cut(p, float(len(p)), fdr)
        edges = edges.append_column("expected", pa.array(expected)).append_column("p_value", pa.array(p))
        return Layer(trace, edges.filter(pa.array(keep)))


def _benjamini_hochberg_cut(p: npt.NDArray[np.float64], tests: float, fdr: float) -> npt.NDArray[np.bool_]:
    """Which of the smallest p-values of `tests` tests pass; the p-values not given are taken as 1."""
    order = np.sort(p)
    passing = np.flatnonzero(order <= fdr * np.arange(1, len(p) + 1) / tests)
    return p <= order[passing[-1]] if len(passing) else np.zeros(len(p), dtype=bool)
