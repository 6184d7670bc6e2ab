"""Times hidden in X's post ids: since November 2010 an id holds the millisecond of its making."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

EPOCH = 1_288_834_974_657
"""Zero of the clock in the ids, milliseconds since 1970 UTC."""

FIRST = 1 << 22
MINUTE = 60_000_000


def refine(times: pa.Array, post_id: pa.Array) -> tuple[pa.Array, int]:
    """Give times that keep whole minutes the milliseconds that their post ids hold.

    times : timestamp[us, UTC]. post_id : string. A time is changed only where it is a whole minute
    and the id lies in that very minute, which an id that is no time would do by chance about once in
    millions. Returns the times and how many were changed.
    """
    digits = pc.fill_null(pc.match_substring_regex(post_id, r"^\d{10,19}$"), False)
    safe = pc.if_else(digits, pc.if_else(pc.less(pc.utf8_length(post_id), 19), post_id, _below(post_id)), "0")
    number = np.asarray(pc.fill_null(safe, "0").cast(pa.int64()).to_numpy(zero_copy_only=False))
    micros = np.asarray(pc.fill_null(times.cast(pa.int64()), -1).to_numpy(zero_copy_only=False))
    told = ((number >> 22) + EPOCH) * 1000
    true = (number >= FIRST) & (micros >= 0) & (micros % MINUTE == 0) & (told // MINUTE == micros // MINUTE)
    result = pa.array(np.where(true, told, micros)).cast(times.type)
    return pc.if_else(pc.is_valid(times), result, times), int(true.sum())


def _below(post_id: pa.Array) -> pa.Array:
    """Ids of 19 digits that fit in 64 bits; others as 0."""
    return pc.if_else(pc.less_equal(post_id, str(2**63 - 1)), post_id, "0")
