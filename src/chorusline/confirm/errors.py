"""Error control over all accounts tested."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def e_benjamini_hochberg(e: Floats) -> Floats:
    """Return q-values [n] of e-values [n]: valid under any dependence (Wang & Ramdas 2022).

    An account is named at rate α where its q-value is at most α: k accounts with e >= n / (α k).
    """
    n = len(e)
    order = np.argsort(-e, kind="stable")
    scaled = n / (np.maximum(e[order], 1e-300) * np.arange(1, n + 1))
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q
