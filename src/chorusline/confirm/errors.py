"""Error control over all accounts tested, and combination of evidence over traces, tests and folds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """Return q-values [n] of p-values [n] (Benjamini & Hochberg 1995)."""
    n = len(p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * n / np.arange(1, n + 1)
    q = np.empty(n)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q


def e_value(p: Floats) -> Floats:
    """Return e-values [n] of p-values [n]: the mixture over κ of κ p^(κ-1).

    e = (1 - p + p ln p) / (p ln² p), an admissible calibrator (Vovk & Wang 2021, section 2) that needs no
    choice of κ; e(1) = 1/2. An e-value is expected to be at most 1 where the null holds.
    """
    p = np.clip(np.asarray(p, dtype=np.float64), 1e-300, 1.0)
    near_one = p > 0.99  # the formula is 0/0 at 1; its series there is 1/2 + (1-p)/6
    log_p = np.log(np.where(near_one, 0.5, p))
    safe = np.where(near_one, 0.5, p)
    e = (1 - safe + safe * log_p) / (safe * log_p**2)
    return np.where(near_one, 0.5 + (1 - p) / 6, e)


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
