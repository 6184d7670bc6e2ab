"""Discovery on a cluster: co-action counted there, the null and the communities on the driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.coaction import EDGE_SCHEMA
from chorusline.coaction.spark import FIXED, SparkUses, coded_edges, pairs, prune
from chorusline.coaction.spark_uses import OBJECT
from chorusline.config import Config
from chorusline.network.discovery import Proposal, discovery_window
from chorusline.network.groups import fuse
from chorusline.network.layers import Layer, _benjamini_hochberg_cut
from chorusline.network.null import expected_coactions, poisson_tail
from chorusline.network.stability import consensus
from chorusline.traces.base import Trace

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Codes = npt.NDArray[np.int64]


def discover(
    uses: Mapping[str, SparkUses], traces: Mapping[str, Trace], config: Config, *, resolution: float
) -> tuple[Proposal, pa.Array]:
    """Propose groups as `discovery.discover` does, from uses on a cluster.

    Returns the proposal and the names of its accounts: only accounts with an edge from the minimal weight up are
    numbered, by name. What comes to the driver is those edges of each trace (64 bytes an edge) and their
    accounts' names, never a use. Groups and edges are those of `discover`, their accounts numbered anew.
    """
    found = {}
    for name, here in uses.items():
        content = traces[name].original
        least = config.min_content_weight if content else config.min_weight
        found[name] = _edges(here.frame, discovery_window(traces[name], config, resolution), least)
    codes, names = _names(found, uses)
    layers = [
        _layer(name, _numbered(edges, codes), *figures, config.proposal_fdr)
        for name, (edges, figures) in found.items()
    ]
    network = fuse(layers)
    held = consensus(
        network, len(names), resolution=config.resolution, min_group=config.min_group, seed=config.seed,
        seeds=config.proposal_seeds,
    )  # fmt: skip
    return Proposal(tuple(layers), network, held.group), names


def _layer(trace: str, edges: pa.Table, total: float, pairs: float, fdr: float) -> Layer:
    """What `layers.propose` makes of the edges: those that the configuration null doesn't explain."""
    k_a, k_b = (edges[name].to_numpy().astype(np.float64) for name in ("k_a", "k_b"))
    expected = expected_coactions(k_a, k_b, total, pairs)
    p = poisson_tail(edges["weight"].to_numpy().astype(np.float64), expected)
    keep = _benjamini_hochberg_cut(p, float(len(p)), fdr)
    edges = edges.drop_columns(["k_a", "k_b"])
    edges = edges.append_column("expected", pa.array(expected)).append_column("p_value", pa.array(p))
    return Layer(trace, edges.filter(pa.array(keep)))


def popularity_discounts(uses: DataFrame) -> DataFrame:
    """Return `layers.popularity_discount` of every object: high, low, discount (millionths).

    The logarithms are taken here, of the distinct numbers of users, so that no bit differs from the local engine.
    """
    from pyspark.sql import functions as sf

    users = uses.select("account", *OBJECT).distinct().groupBy(*OBJECT).agg(sf.count("*").alias("users"))
    accounts = uses.select("account").distinct().count()
    known = np.array([row[0] for row in users.select("users").distinct().collect()], dtype=np.int64)
    fixed = np.rint(np.log(max(accounts, 1) / np.maximum(known, 1)) * FIXED).astype(np.int64)
    table = uses.sparkSession.createDataFrame(pa.table({"users": known, "discount": fixed}))
    return users.join(sf.broadcast(table), "users").select(*OBJECT, "discount")


def _edges(uses: DataFrame, window: float, least: int) -> tuple[pa.Table, tuple[float, float]]:
    """Edges of one trace with k_a and k_b, the uses of either account; all uses and all windowed pairs."""
    from pyspark.sql import functions as sf

    edges = coded_edges(uses, window, min_weight=least, discount=popularity_discounts(uses))
    k = uses.groupBy("account").agg(sf.count("*").alias("k"))
    for end in ("a", "b"):
        edges = edges.join(k.withColumnsRenamed({"account": end, "k": f"k_{end}"}), end)
    every = pairs(prune(uses, window, 1), round(window * 1_000_000)).count()
    return edges.toArrow(), (float(uses.count()), float(every))


def _names(
    found: Mapping[str, tuple[pa.Table, tuple[float, float]]], uses: Mapping[str, SparkUses]
) -> tuple[Codes, pa.Array]:
    """Codes on the cluster of the accounts with an edge, in the order of their names, and the names."""
    ends = [edges[end].to_numpy() for edges, _ in found.values() for end in ("a", "b")]
    present = np.unique(np.concatenate(ends or [np.empty(0, np.int64)]))
    if not len(present):
        return present, pa.array([], pa.string())
    names = next(iter(uses.values())).names
    wanted = names.sparkSession.createDataFrame(pa.table({"account": present}))
    known = names.join(wanted, "account").select("account", "name").toArrow().sort_by("name")
    return known["account"].to_numpy(), known["name"].combine_chunks()


def _numbered(edges: pa.Table, codes: Codes) -> pa.Table:
    """Edges in EDGE_SCHEMA with k_a and k_b, accounts numbered by their place in `codes`, a < b, sorted."""
    order = np.argsort(codes)
    one, other = (order[np.searchsorted(codes, edges[end].to_numpy(), sorter=order)] for end in ("a", "b"))
    turned = one > other
    a, b = np.minimum(one, other), np.maximum(one, other)
    k_a, k_b = (edges[name].to_numpy() for name in ("k_a", "k_b"))
    number = {
        name: edges[name].to_numpy() for name in ("weight", "coactions", "lags", "least", "first", "last")
    }
    when = pa.timestamp("us", tz="UTC")
    columns = {
        "a": a.astype(np.int32), "b": b.astype(np.int32), "weight": number["weight"],
        "coactions": number["coactions"], "mean_lag": number["lags"] / np.maximum(number["coactions"], 1) / 1e6,
        "min_lag": number["least"] / 1e6, "first": pa.array(number["first"], when),
        "last": pa.array(number["last"], when), "strength": edges["strength"].to_numpy() / FIXED,
    }  # fmt: skip
    table = pa.table([columns[name] for name in EDGE_SCHEMA.names], schema=EDGE_SCHEMA)
    table = table.append_column("k_a", pa.array(np.where(turned, k_b, k_a)))
    table = table.append_column("k_b", pa.array(np.where(turned, k_a, k_b)))
    return table.take(pa.array(np.lexsort((b, a))))
