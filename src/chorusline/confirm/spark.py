"""The confirmation's counts on a cluster: each object on one task, in the very kernels of the local tests.

Synchrony and content look at one object at a time, at whichever of its uses, and add up afterwards. So the objects
that members of a group used are brought together on the executors, sorted as `Uses` are, and what comes back are
trials of members, which are few; rates are pooled on the driver. An object is not cut: it must fit into one
task's memory (28 bytes a use, and the kernel's arrays beside them).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.coaction.spark_uses import OBJECT
from chorusline.confirm.content import _shared
from chorusline.confirm.synchrony import _pooled_rates, _trials
from chorusline.units import DAY

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Array = npt.NDArray[Any]
Batches = Iterator[pa.RecordBatch]

_MICRO = 1_000_000
_SHARED = (
    "account bigint, grp int, high bigint, low bigint, time bigint, hit boolean, outside double, kind int"
)
_TRIALS = (
    "account bigint, grp int, high bigint, low bigint, time bigint, late bigint, hit boolean, n bigint, m bigint, "
    "cls int"
)
_TRIAL, _OUTSIDER, _VOTE = 0, 1, 2
# What a row of the content pass is: a member's trial, an outsider's use shared with a group, an account's vote.


def synchrony_trials(
    uses: DataFrame, group: DataFrame, window: float, wide_window: float, kappa: float, reaction: float = 0.0,
    scheduled: bool = False,
) -> pa.Table:  # fmt: skip
    """Return the trials of `synchrony.synchrony_test`; see there for the arguments.

    uses : held-out uses, SparkUses.frame. group : account (bigint), grp (int, from 0), one row a member.
    One row a trial, sorted by (account, time, high, low): account, grp, high, low, time, hit (another member within
    W), n (matched outsiders), m (of these within W of a member), chance.
    """
    spans = round(window * _MICRO), round(wide_window * _MICRO)

    def kernel(table: pa.Table) -> pa.RecordBatch:
        _, local, objects, times, groups = _arrays(table)
        use, hit, n, m, cls, _ = _trials(local, objects, times, groups, *spans)
        late = times[use] - times[np.searchsorted(objects, objects[use])]
        columns = _rows(table, use, groups[local[use]])
        figures = [pa.array(late), pa.array(hit), *(pa.array(x.astype(np.int64)) for x in (n, m))]
        return _record([*columns, *figures, pa.array(cls.astype(np.int32))], _TRIALS)

    found = _by_object(_with_members(uses, group, 2), kernel, _TRIALS)
    kept = found.where(f"late >= {round(reaction * _MICRO)}")
    if scheduled:
        kept = kept.where(f"time % {60 * _MICRO} != 0")
    trials = _ordered(kept)
    n, m = (trials[name].to_numpy().astype(np.float64) for name in ("n", "m"))
    owner, cls = trials["grp"].to_numpy(), trials["cls"].to_numpy().astype(np.int64)
    if trials.num_rows:
        chance = (m + kappa * _pooled_rates(owner, cls, n, m, kappa)) / (n + kappa)
    else:
        chance = np.empty(0)
    return trials.drop_columns(["late", "cls"]).append_column("chance", pa.array(chance))


def content_trials(
    uses: DataFrame, group: DataFrame, span: float, wire: float = 0.0, common: float = 0.0
) -> pa.Table:
    """Return the trials of `content.content_test` for what accounts make themselves; see there for the arguments.

    uses, group : as in `synchrony_trials`. One row a trial, sorted by (account, time, high, low): account, grp, high,
    low, time (the account's first use of the object), hit, chance. The rate in a group's neighbourhood, which
    counts for what accounts pass on, is not offered here.
    """
    micro = round(span * _MICRO)
    uses = _off_the_wire(uses, round(wire * _MICRO)) if wire > 0 else uses

    def kernel(table: pa.Table) -> pa.RecordBatch:
        _, local, objects, times, groups = _arrays(table)
        hit, _, _, outside, out_use, out_group = _shared(local, objects, times, groups, micro)
        anybody = _shared(local, objects, times, np.zeros(len(groups), np.int32), micro)[0]
        first = np.zeros(len(local), dtype=bool)
        first[np.unique(objects.astype(np.int64) * len(groups) + local, return_index=True)[1]] = True
        trial = np.flatnonzero(first & (groups[local] >= 0))
        vote = np.flatnonzero(first & (groups[local] < 0))
        use = np.concatenate([trial, out_use, vote])
        owner = np.concatenate([groups[local[trial]], out_group, groups[local[vote]]])
        outcome = np.concatenate([hit[trial], np.ones(len(out_use), dtype=bool), anybody[vote]])
        kind = np.repeat([_TRIAL, _OUTSIDER, _VOTE], [len(trial), len(out_use), len(vote)])
        figures = [pa.array(outcome), pa.array(outside[use]), pa.array(kind.astype(np.int32))]
        return _record([*_rows(table, use, owner), *figures], _SHARED)

    found = _by_object(_with_members(uses, group, 0), kernel, _SHARED).persist()
    try:
        trials = _ordered(found.where(f"kind = {_TRIAL}")).drop_columns(["kind"])
        size = int(trials["grp"].to_numpy().max(initial=-1)) + 1
        shared = np.zeros(size, dtype=np.int64)
        for owner, count in found.where(f"kind = {_OUTSIDER}").groupBy("grp").count().collect():
            shared[owner] = count
        rate = np.maximum(_outsider_rate(found, shared), max(common, _rate_with_anybody(found)))
    finally:
        found.unpersist()
    before = rate[trials["grp"].to_numpy()] if size else np.empty(0)
    chance = np.where(
        trials["hit"].to_numpy(zero_copy_only=False), np.maximum(before, trials["outside"].to_numpy()), before
    )
    return trials.drop_columns(["outside"]).append_column("chance", pa.array(chance))


def _outsider_rate(found: DataFrame, shared: Array) -> npt.NDArray[np.float64]:
    """`content._outsider_rate`, of first uses counted by day and group on the cluster."""
    from pyspark.sql import functions as sf

    day = sf.expr(f"(time - pmod(time, {DAY}L)) div {DAY}L").alias("day")
    counted = found.where(f"kind != {_OUTSIDER}").groupBy("grp", day).count().toArrow()
    owner, days, count = (counted[name].to_numpy() for name in ("grp", "day", "count"))
    kinds, place = np.unique(days, return_inverse=True)
    by_day = np.bincount(place, weights=count, minlength=len(kinds))
    inside = owner >= 0
    everybody = np.bincount(owner[inside], weights=by_day[place[inside]], minlength=len(shared))
    members = np.bincount(owner[inside], weights=count[inside], minlength=len(shared))
    return np.asarray(np.minimum(1.0, (1.0 + shared) / (1.0 + np.maximum(everybody - members, shared))))


def _rate_with_anybody(found: DataFrame) -> float:
    """`content._rate_with_anybody`: one vote an account that is in no group; equal votes are added up together."""
    from pyspark.sql import functions as sf

    votes = (
        found.where(f"kind = {_VOTE}")
        .groupBy("account")
        .agg(sf.count("*").alias("made"), sf.sum(sf.col("hit").cast("int")).alias("common"))
    )
    equal = votes.groupBy("made", "common").count().orderBy("made", "common").toArrow()
    made, common, count = (equal[name].to_numpy().astype(np.float64) for name in ("made", "common", "count"))
    return float((1.0 + (count * common / np.maximum(made, 1.0)).sum()) / (1.0 + count.sum()))


def _off_the_wire(uses: DataFrame, wire: int) -> DataFrame:
    """Uses but those of objects that were all used within `wire` µs, by two accounts or more."""
    from pyspark.sql import functions as sf

    quick = uses.groupBy(*OBJECT).agg(
        sf.min("account").alias("lo"), sf.max("account").alias("hi"), sf.min("time").alias("first"),
        sf.max("time").alias("last"),
    ).where(f"lo < hi AND last - first <= {wire}")  # fmt: skip
    return uses.join(quick.select(*OBJECT), list(OBJECT), "left_anti")


def _with_members(uses: DataFrame, group: DataFrame, least: int) -> DataFrame:
    """Uses with their account's group (-1 for none), of objects that `least` members of one group used."""
    from pyspark.sql import functions as sf

    placed = uses.join(sf.broadcast(group), "account", "left").withColumn(
        "grp", sf.coalesce("grp", sf.lit(-1))
    )
    if not least:
        return placed
    chosen = (
        placed.where("grp >= 0")
        .select("account", "grp", *OBJECT)
        .distinct()
        .groupBy("grp", *OBJECT)
        .count()
        .where(f"count >= {least}")
    )
    return placed.join(chosen.select(*OBJECT).distinct(), list(OBJECT), "left_semi")


def _by_object(placed: DataFrame, kernel: Callable[[pa.Table], pa.RecordBatch], schema: str) -> DataFrame:
    """Run a kernel on tables of whole objects, sorted by (object, time, account)."""

    def run(batches: Batches) -> Batches:
        for table in _whole_objects(batches):
            yield kernel(table)

    columns = placed.select("account", "grp", *OBJECT, "time")
    return (
        columns.repartition(*OBJECT).sortWithinPartitions(*OBJECT, "time", "account").mapInArrow(run, schema)
    )


def _whole_objects(batches: Batches) -> Iterator[pa.Table]:
    """Cut a sorted stream where one object ends and the next begins."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        high, low = (batch.column(name).to_numpy() for name in OBJECT)
        last = int(np.flatnonzero(np.r_[True, (np.diff(high) != 0) | (np.diff(low) != 0)])[-1])
        follows = bool(held) and (held[-1].column("high")[-1].as_py(), held[-1].column("low")[-1].as_py()) == (
            int(high[0]), int(low[0]),
        )  # fmt: skip
        if last or not follows:
            ended = [*held, *([batch.slice(0, last)] if last else [])]
            if ended:
                yield pa.Table.from_batches(ended)
            held = []
        held.append(batch.slice(last))
    if held:
        yield pa.Table.from_batches(held)


def _arrays(table: pa.Table) -> tuple[Array, Array, Array, Array, Array]:
    """Accounts [k], account codes [n], objects [n], times [n] and groups [k], numbered within the table.

    Copies that may be written to, as the local tests hand them over: for others Numba would compile anew.
    """
    high, low = (table[name].to_numpy() for name in OBJECT)
    objects = np.cumsum(np.r_[True, (np.diff(high) != 0) | (np.diff(low) != 0)]).astype(np.int32) - 1
    account, first, local = np.unique(table["account"].to_numpy(), return_index=True, return_inverse=True)
    groups = table["grp"].to_numpy()[first].astype(np.int32)
    return account, local.astype(np.int32), objects, np.array(table["time"].to_numpy()), groups


def _rows(table: pa.Table, use: Array, owner: Array) -> list[pa.Array]:
    """The columns account, grp, high, low, time of chosen uses."""
    taken = table.take(pa.array(use))
    return [
        pa.array(owner.astype(np.int32)) if name == "grp" else taken[name].combine_chunks()
        for name in ("account", "grp", *OBJECT, "time")
    ]


def _record(columns: list[pa.Array], schema: str) -> pa.RecordBatch:
    return pa.record_batch(columns, names=[part.split()[0] for part in schema.split(", ")])


def _ordered(frame: DataFrame) -> pa.Table:
    table = frame.toArrow()
    return table.sort_by([(name, "ascending") for name in ("account", "time", *OBJECT)])
