"""What a collection does to a log: coarse clocks, samples, keyword filters, gaps, deletions, repeated rows.

Faults apply to any table with the columns of the action log; the truth stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.errors import UsageError
from chorusline.simulate.streams import FAULTS, Array, combine, stream, uniform

GAP_HOURS = 3
FAULT_HELP = {
    "minutes": "times cut to the minute",
    "seconds": "times cut to the second",
    "sample:SHARE": "each row kept with this chance",
    "keyword:TAG,TAG": "only posts with one of these tags; 'keyword:orders' takes the tags of the orders",
    "gaps:SHARE": f"nothing in this share of the blocks of {GAP_HOURS} hours",
    "deletions:SHARE": "posts that their authors deleted are missing, and this share of all others",
    "duplicates:SHARE": "this share of rows stands twice",
}


@dataclass(frozen=True)
class Context:
    """What faults may need to know: a seed, deleted post ids, tags of the orders."""

    seed: int = 0
    deleted: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    order_tags: tuple[str, ...] = ()


def apply_faults(
    table: pa.Table, faults: Iterable[str], context: Context | None = None, chunk: int = 0
) -> pa.Table:
    """Return the table as a faulty collection would have it.

    table : actions, with the columns `time`, `post_id`, `hashtags`. faults : such as "minutes" or
    "sample:0.1", applied in turn. chunk : number of the table within a stream, for independent chances.
    """
    context = context or Context()
    for place, fault in enumerate(faults):
        name, _, value = fault.partition(":")
        rng = stream(context.seed, FAULTS, place, chunk)
        table = _fault(name, fault)(table, value, context, rng)
    return table


def check_faults(faults: Sequence[str]) -> None:
    """Raise a UsageError for a fault that isn't known or lacks its value."""
    for fault in faults:
        name, _, value = fault.partition(":")
        _fault(name, fault)
        if name in ("sample", "gaps", "deletions", "duplicates"):
            _share(value, name)
        elif name == "keyword" and not value:
            raise UsageError("The fault 'keyword' needs tags: write keyword:TAG,TAG or keyword:orders.")


def _fault(name: str, text: str) -> Callable[[pa.Table, str, Context, np.random.Generator], pa.Table]:
    if name not in _FAULTS:
        raise UsageError(f"The fault {text!r} is unknown: use one of {', '.join(FAULT_HELP)}.")
    return _FAULTS[name]


def _share(value: str, name: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise UsageError(
            f"The fault {name!r} needs a share from 0 to 1, not {value!r}: write {name}:0.1, say."
        )
    return share


def _cut(table: pa.Table, unit: str) -> pa.Table:
    at = table.schema.get_field_index("time")
    times = pc.floor_temporal(table["time"], unit=unit).cast(table.schema.field("time").type)
    return table.set_column(at, table.schema.field("time"), times)


def _minutes(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    return _cut(table, "minute")


def _seconds(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    return _cut(table, "second")


def _sample(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    return table.filter(pa.array(rng.random(table.num_rows) < _share(value, "sample")))


def _keyword(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    wanted = context.order_tags if value == "orders" else tuple(value.split(","))
    tags = table["hashtags"].combine_chunks()
    hit = pc.is_in(tags.flatten(), value_set=pa.array(wanted, pa.string()))
    rows = pc.list_parent_indices(tags).filter(hit).unique()
    return table.take(pc.take(rows, pc.sort_indices(rows)))


def _gaps(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    block = _microseconds(table) // (GAP_HOURS * 3600 * 1_000_000)
    lost = uniform(combine(43, context.seed, block)) < _share(value, "gaps")
    return table.filter(pa.array(~lost))


def _deletions(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    gone = pc.is_in(table["post_id"], value_set=context.deleted)
    kept = pa.array(rng.random(table.num_rows) >= _share(value, "deletions"))
    return table.filter(pc.and_(pc.invert(gone), kept))


def _duplicates(table: pa.Table, value: str, context: Context, rng: np.random.Generator) -> pa.Table:
    twice = 1 + (rng.random(table.num_rows) < _share(value, "duplicates"))
    return table.take(pa.array(np.repeat(np.arange(table.num_rows), twice)))


def _microseconds(table: pa.Table) -> Array:
    return np.asarray(table["time"].cast(pa.int64()).to_numpy())


_FAULTS = {
    "minutes": _minutes,
    "seconds": _seconds,
    "sample": _sample,
    "keyword": _keyword,
    "gaps": _gaps,
    "deletions": _deletions,
    "duplicates": _duplicates,
}
