"""Resemblance: how much accounts use what some others use, in all traces together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.traces.base import Uses

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]

_SHARED_BY = 2
"""Examples that must have used an object for it to be a mark of their model."""

_CELLS = 4_000_000
"""Accounts by models that are in memory at a time."""


def most_like(uses: Mapping[str, Uses], model: Codes) -> tuple[Codes, Floats]:
    """Return which model each account resembles most, int32 [n_accounts], and how much, float64 [n_accounts].

    uses : by trace. model : int32 [n_accounts], the model that the account is an example of, -1 for none; there must be
    one. Of equally like models the first counts. Models are looked at some at a time, since all of them by all accounts
    may be more than memory holds.
    In each trace accounts are compared by the cosine of their TF-IDF vectors (objects used at all, weighted
    by ln(N / accounts using it)), with the mean of the model's examples, oneself left out. An object counts there
    where two examples used it: what one of them likes is no mark of the model. The root of the cosine (which spreads
    as much among the unlike as among the alike), in standard deviations from the mean account, is added up
    over traces and divided by what the examples have on average. So 0 is anybody and 1 as alike as the
    examples are among themselves; a model whose examples aren't more alike than anybody has 0 throughout.
    """
    profiles = [_profiles(here) for here in uses.values()]
    n, models = len(model), int(model.max()) + 1
    nearest, most = np.zeros(n, dtype=np.int32), np.full(n, -np.inf)
    size = max(1, _CELLS // n)
    for first in range(0, models, size):
        last = min(first + size, models)
        some = np.where((model >= first) & (model < last), model - np.int32(first), np.int32(-1))
        likeness = _likeness(profiles, some, last - first)
        here = likeness.argmax(axis=0)
        alike = likeness[here, np.arange(n)]
        more = alike > most
        nearest[more], most[more] = first + here[more], alike[more]
    return nearest, most


def _likeness(profiles: list[sparse.csr_matrix], model: Codes, n_models: int) -> Floats:
    """How much each account resembles each model, as `most_like` has it: float64 [n_models, n_accounts].

    profiles : of each trace.
    """
    example = np.flatnonzero(model >= 0)
    likeness = np.zeros((n_models, len(model)))
    if not len(example):
        return likeness
    for here in profiles:
        _add_standardised(likeness, here, example, model[example])
    size = np.bincount(model[example], minlength=n_models)
    summed = np.bincount(model[example], weights=likeness[model[example], example], minlength=n_models)
    among = summed / np.maximum(size, 1)
    alike = among > 1e-9  # less is rounding
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


def _add_standardised(likeness: Floats, profiles: sparse.csr_matrix, example: Places, model: Codes) -> None:
    """Add alikeness to each model's other examples [models, n], in standard deviations from the mean account.

    Over the accounts that have a profile; 0 for the others. example : int64 [k], examples. model : int32 [k], theirs.
    """
    has = np.diff(profiles.indptr) > 0
    if not has.any():
        return
    n_models, k = len(likeness), len(example)
    chosen = sparse.csr_matrix((np.ones(k), (model, np.arange(k))), shape=(n_models, k))
    own = profiles[example]
    marks = chosen @ own  # the sum of the examples' vectors, and below, of objects that two of them used
    users = chosen @ sparse.csr_matrix((np.ones(own.nnz), own.indices, own.indptr), shape=own.shape)
    shared = (users >= _SHARED_BY).astype(np.float64)
    alike = np.ascontiguousarray((profiles @ marks.multiply(shared).T.tocsr()).T.toarray())
    alike[model, example] -= _with_itself(own, shared, model)
    of_others = np.bincount(model, minlength=n_models)[:, None].repeat(len(has), axis=1)
    of_others[model, example] -= 1
    np.maximum(alike, 0.0, out=alike)
    alike /= np.maximum(of_others, 1)
    np.sqrt(alike, out=alike)
    # Row by row in memory, so that sums are the same however many models are looked at.
    there = np.ascontiguousarray(alike[:, has])
    mean, spread = there.mean(axis=1), there.std(axis=1)
    alike -= mean[:, None]
    alike /= np.maximum(spread[:, None], 1e-12)
    alike[:, ~has] = 0.0
    alike[spread <= 1e-12] = 0.0
    likeness += alike


def _with_itself(own: sparse.csr_matrix, shared: sparse.csr_matrix, model: Codes) -> Floats:
    """What each example has in common with itself, in marks of its model: float64 [k].

    own : the examples' vectors [k, objects]. shared : a one for each mark of each model [models, objects].
    """
    shared.sort_indices()
    wide = own.shape[1]
    marks = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr)) * wide + shared.indices
    row = np.repeat(np.arange(len(model)), np.diff(own.indptr))
    at = model[row].astype(np.int64) * wide + own.indices
    marks = np.append(marks, -1)  # for what lies beyond all
    known = marks[np.searchsorted(marks[:-1], at)] == at
    return np.bincount(row[known], weights=own.data[known] ** 2, minlength=len(model)).astype(np.float64)
