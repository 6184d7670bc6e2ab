"""Trace `rapid-reshare`: two accounts are the first to reshare what one account posts (Luceri et al. 2024).

It proposes and never confirms. Who has notifications on is as quick as who has orders, and within a minute of a
post the two can't be told apart (docs/method.md, "Confirmation"), by time or by how often.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.units import DAY


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of a leader on a day: reshares within `config.fast` seconds of the leader's post.

    The day belongs to the object because edges count distinct objects: a crew of one leader would have but one.
    Only posts whose original is in the data, since its time must be known; one's own posts are left out.
    """
    reshares = np.flatnonzero(log.kinds == KINDS.index("reshare"))
    wanted = log.actions["reshare_of"].take(pa.array(reshares)).combine_chunks()
    at = pc.index_in(wanted, value_set=_posts(log)).fill_null(-1).to_numpy(zero_copy_only=False)
    reshares, original = reshares[at >= 0], at[at >= 0].astype(np.int64)
    delay = log.times[reshares] - log.times[original]
    leader = log.account_codes[original]
    quick = (delay >= 0) & (delay <= config.fast * 1e6) & (leader != log.account_codes[reshares])
    reshares, leader, original = reshares[quick], leader[quick], original[quick]
    day = pa.array(log.times[original] // DAY * DAY).cast(pa.timestamp("us"))
    names = log.accounts["name"].take(pa.array(leader)).combine_chunks()
    words = pc.binary_join_element_wise(names, pc.strftime(day, format="%Y-%m-%d"), " on ")
    return uses_of(log, reshares, words)


def _posts(log: ActionLog) -> pa.Array:
    """Ids of the posts, by row of the log; null for reshares, which are no originals."""
    return pc.if_else(
        pa.array(log.kinds != KINDS.index("reshare")), log.actions["post_id"].combine_chunks(), None
    )


TRACE = Trace(
    name="rapid-reshare",
    about="Posts of the same account reshared within a minute, on the same day.",
    object_word="account reshared at once",
    precedence=95,
    tests=(),
    extract=extract,
    default=False,
    needs="no reshare within a minute of a post that is in the data; without the post its time isn't known",
)
