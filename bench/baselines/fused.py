"""Fused similarity network, nodes by eigenvector centrality: the way of Luceri et al. 2024.

Accounts as TF-IDF vectors over what they used; cosine similarity in five layers; the heaviest edges of each,
their union, unweighted eigenvector centrality, and the accounts above a percentile of it. Differences to the
paper: no sentence embeddings (a text counts as similar where it is the same after normalisation).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from bench.baselines.uses import names, uses, verdict

LAYERS = {
    "reshare": (10, 80.0),
    "link": (2, 80.0),
    "tag sequence": (2, 65.0),
    "fast reshare": (2, 0.0),
    "original text": (2, 96.0),
}
"""Layer -> uses an account needs, percentile of similarity above which an edge is kept."""


def name_accounts(log: pa.Table, percentile: float = 95.0) -> pa.Table:
    """Score an account by its eigenvector centrality; named at or above the percentile of it."""
    accounts = len(names(log))
    fused = sp.csr_matrix((accounts, accounts), dtype=np.float32)
    for layer, (least, cut) in LAYERS.items():
        fused = fused.maximum(_strong(similarity(uses(log, layer), accounts, least), cut))
    score = centrality(fused)
    inside = score[score > 0]
    bound = np.percentile(inside, percentile) if len(inside) else np.inf
    return verdict(log, score, score >= bound)


def similarity(used: pa.Table, accounts: int, least: int) -> sp.csr_matrix:
    """Return cosine similarities of the accounts' TF-IDF vectors, [accounts, accounts], diagonal 0.

    Objects that one account alone used say nothing and are left out, accounts with fewer than `least` uses too.
    """
    account = used["account"].to_numpy()
    enough = np.bincount(account, minlength=accounts)[account] >= least
    _, item = np.unique(used["object"].to_numpy(), return_inverse=True)
    shape = (accounts, int(item.max(initial=-1)) + 1)
    x = sp.csr_matrix((np.ones(int(enough.sum()), np.float32), (account[enough], item[enough])), shape=shape)
    users = np.bincount(x.indices, minlength=shape[1])
    x = x[:, users > 1]
    idf = np.log((1 + accounts) / (1 + users[users > 1])) + 1
    x = x @ sp.diags(idf.astype(np.float32))
    norm = np.sqrt(np.asarray(x.multiply(x).sum(1)).ravel())
    x = sp.csr_matrix(sp.diags((1 / np.where(norm > 0, norm, 1)).astype(np.float32)) @ x)
    result = sp.csr_matrix(x @ x.T)
    result.setdiag(0)
    result.eliminate_zeros()
    return result


def _strong(weights: sp.csr_matrix, percentile: float) -> sp.csr_matrix:
    """Keep the edges at or above a percentile of the layer's weights, each as 1."""
    if weights.nnz:
        weights.data = (weights.data >= np.percentile(weights.data, percentile)).astype(np.float32)
        weights.eliminate_zeros()
    return weights


def centrality(network: sp.csr_matrix, steps: int = 500) -> np.ndarray:
    """Return the eigenvector centrality of each account by power iteration, of length 1; 0 without an edge."""
    linked = np.diff(network.indptr) > 0
    x = linked.astype(np.float64)
    for _ in range(steps):
        last = x / max(np.linalg.norm(x), 1e-300)
        # Adding the vector itself keeps the iteration from swinging on bipartite parts.
        x = network @ last + last * linked
        x /= max(np.linalg.norm(x), 1e-300)
        if np.abs(x - last).sum() < 1e-6 * len(x):
            break
    return np.where(x > 1e-12, x, 0.0)
