"""Resemblance: how much accounts use what some others use, in all traces together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.traces.base import Uses

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

_SHARED_BY = 2
"""Examples that must have used an object for it to be a mark of their model."""


def resemblance(uses: Mapping[str, Uses], model: Codes) -> Floats:
    """Return how much each account resembles each model, float64 [models, n_accounts].

    uses : by trace. model : int32 [n_accounts], the model that the account is an example of, -1 for none.
    In each trace accounts are compared by the cosine of their TF-IDF vectors (objects used at all, weighted
    by ln(N / accounts using it)), with the mean of the model's examples, oneself left out. An object counts there
    where two examples used it: what one of them likes is no mark of the model. The root of the cosine (which spreads
    as much among the unlike as among the alike), in standard deviations from the mean account, is added up
    over traces and divided by what the examples have on average. So 0 is anybody and 1 as alike as the
    examples are among themselves; a model whose examples aren't more alike than anybody has 0 throughout.
    """
    n_models = int(model.max(initial=-1)) + 1
    example = np.flatnonzero(model >= 0)
    chosen = sparse.csr_matrix(
        (np.ones(len(example)), (example, model[example])), shape=(len(model), n_models)
    )
    likeness = np.zeros((n_models, len(model)))
    if not len(example):
        return likeness
    for here in uses.values():
        likeness += _standardised(_profiles(here), chosen)
    size = np.bincount(model[example], minlength=n_models)
    summed = np.bincount(model[example], weights=likeness[model[example], example], minlength=n_models)
    among = summed / np.maximum(size, 1)
    alike = among > 0
    likeness[alike] /= among[alike, None]
    likeness[~alike] = 0.0
    return likeness


def _profiles(uses: Uses) -> sparse.csr_matrix:
    """TF-IDF vectors of length one (or none), of objects that two accounts used: sparse [n_accounts, objects]."""
    used = sparse.csr_matrix(
        (np.ones(len(uses)), (uses.account, uses.object)), shape=(uses.n_accounts, len(uses.objects))
    )
    used.sum_duplicates()
    users = np.bincount(used.indices, minlength=used.shape[1])
    weight = np.where(users > 1, np.log(uses.n_accounts / np.maximum(users, 1)), 0.0)
    used.data = weight[used.indices]
    length = np.sqrt(np.asarray(used.multiply(used).sum(axis=1)).ravel())
    used.data /= np.maximum(np.repeat(length, np.diff(used.indptr)), 1e-12)
    used.eliminate_zeros()
    return used


def _standardised(profiles: sparse.csr_matrix, chosen: sparse.csr_matrix) -> Floats:
    """Alikeness to each model's other examples [models, n], in standard deviations from the mean account.

    Over the accounts that have a profile; 0 for the others.
    """
    has = np.diff(profiles.indptr) > 0
    if not has.any():
        return np.zeros(chosen.shape[::-1])
    shared = ((profiles > 0).astype(np.int64).T @ chosen >= _SHARED_BY).astype(np.float64)
    summed = profiles @ (profiles.T @ chosen).multiply(shared)
    own = (profiles.multiply(profiles) @ shared).multiply(chosen)
    others = np.asarray(chosen.sum(axis=0)).ravel() - chosen.toarray() * has[:, None]
    cosine = np.asarray((summed - own).todense()) / np.maximum(others, 1.0)
    alike = np.sqrt(np.maximum(cosine, 0.0)).T
    mean, spread = alike[:, has].mean(axis=1), alike[:, has].std(axis=1)
    scaled = (alike - mean[:, None]) / np.maximum(spread[:, None], 1e-12)
    return np.where(has & (spread[:, None] > 1e-12), scaled, 0.0)
