"""Trace `reshare`: two accounts reshare the same post."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.traces.text import normalised


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of reshared posts; the original itself is no use of itself.

    Some archives say that a row is a reshare but not of what. There the reshared text stands in for the
    post, under the same minimal length as in the trace `text`.
    """
    mask = log.kinds == KINDS.index("reshare")
    rows = np.flatnonzero(mask)
    taken = log.actions.select(["reshare_of", "post_id"]).filter(pa.array(mask))
    post = pc.if_else(
        pc.fill_null(pc.equal(taken["reshare_of"], taken["post_id"]), False), None, taken["reshare_of"]
    )
    if post.null_count == len(post):
        return uses_of(log, rows, normalised(log, rows, config))
    return uses_of(log, rows, post)


TRACE = Trace(
    name="reshare",
    about="The same post reshared.",
    object_word="reshared post",
    precedence=30,
    tests=("synchrony", "content"),
    extract=extract,
    columns=("reshare_of", "post_id", "text"),
)
