"""Templates: the skeleton and the slots of the texts that accounts of a group have in common."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.traces import near_text
from chorusline.traces.base import Uses
from chorusline.traces.skeleton import LEAST, skeleton

SLOT = "[…]"
"""How a slot is written."""

FEWEST = 3
"""Different texts below which a cluster shows no slots: two differ, and any two do."""
_MOST_TEXTS = 50
"""Different texts of a cluster that are aligned, the most used first."""
_FROM = ("template", "near-text")


def templates_table(
    log: ActionLog, uses: Mapping[str, Uses], group: npt.NDArray[np.int32], config: Config
) -> pa.Table:
    """Return the templates of each group (case.TABLES["templates"]), most accounts first; pure.

    A template is an object of the trace `template`, or else `near-text`, that two accounts of the group used, in
    three different texts or more that have a skeleton of eight words in common. group : int32 [n_accounts], 0 none.
    """
    name = next((name for name in _FROM if name in uses), None)
    rows: list[dict[str, Any]] = []
    if name is not None:
        here = uses[name].keep(group[uses[name].account] > 0)
        order = np.lexsort((here.action, here.object, group[here.account]))
        keys = np.stack([group[here.account][order], here.object[order]])
        breaks = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
        account = here.account[order]
        several = [
            (start, stop)
            for start, stop in itertools.pairwise([0, *breaks.tolist(), len(order)])
            if stop - start >= FEWEST and (account[start:stop] != account[start]).any()
        ]
        chosen = np.concatenate([order[start:stop] for start, stop in several] or [order[:0]])
        written = near_text.words(log, here.action[chosen], config)  # of all at once: a call has its price
        begin = 0
        for start, stop in several:
            at = order[start:stop]
            row = _template(here, at, written.slice(begin, len(at)))
            rows += [{"group": int(keys[0, start]), **row}] if row else []
            begin += len(at)
    rows.sort(key=lambda row: (row["group"], -row["accounts"], -row["uses"], row["skeleton"]))
    return pa.Table.from_pylist(rows, schema=TABLES["templates"])


def _template(uses: Uses, at: npt.NDArray[np.int64], written: pa.StringArray) -> dict[str, Any] | None:
    """Return the template of the uses `at` [k] of one object, of which `written` [k] are the words; None without."""
    counts = written.value_counts().to_pylist()
    counted = sorted((pair["values"], pair["counts"]) for pair in counts if pair["values"])
    texts = [text for text, _ in sorted(counted, key=lambda pair: (-pair[1], pair[0]))]
    if len(texts) < FEWEST:
        return None
    words, slots = skeleton(texts[:_MOST_TEXTS])
    if len(words) < LEAST or not slots:
        return None
    shown = [
        part
        for k in range(len(words) + 1)
        for part in ([SLOT] if k in slots else []) + list(words[k : k + 1])
    ]
    return {
        "skeleton": " ".join(shown), "slots": list(slots), "texts": len(texts), "uses": len(at),
        "accounts": len(np.unique(uses.account[at])), "object": uses.objects[int(uses.object[at[0]])].as_py(),
    }  # fmt: skip
