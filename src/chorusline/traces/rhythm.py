"""Trace `rhythm`: two accounts act in the same short slots of the calendar, whatever they do in them.

It proposes and never confirms: colleagues, one time zone and one television programme share slots too.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of slots of `config.rhythm_slot` seconds, by all actions: each account once a slot, at its first.

    Slots of the calendar, not of the week: two that live by one clock agree on most hours of the week, and only
    those that work together begin and pause in the same ten minutes of the same days. In a busy hour a slot has
    many accounts, and its weight log(N / N_o) is low, as that of any popular object: common rhythms are nobody's.
    """
    if len(log) == 0:
        return uses_of(log, np.empty(0, np.int64), pa.array([], pa.string()))
    size = max(1, round(config.rhythm_slot * 1e6))
    slot = log.times // size
    key = (slot - slot[0]) * log.accounts.num_rows + log.account_codes
    first = np.sort(np.unique(key, return_index=True)[1])
    begins = pa.array(slot[first] * size).cast(pa.timestamp("us"))
    return uses_of(log, first, pc.strftime(begins, format="%Y-%m-%d %H:%M"))


TRACE = Trace(
    name="rhythm",
    about="Active in the same ten minutes of the same days, whatever was done.",
    object_word="ten minutes",
    precedence=99,
    tests=(),
    extract=extract,
    default=False,
)
