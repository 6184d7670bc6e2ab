"""Trace `hashtag`: two accounts use the same hashtag."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list


def fold_case(tags: pa.Array) -> pa.Array:
    """Return hashtags without '#', NFKC-normalised and in lower case; null where nothing is left."""
    tags = pc.utf8_lower(pc.utf8_normalize(pc.utf8_ltrim(tags, "#＃"), form="NFKC"))
    return pc.if_else(pc.equal(pc.utf8_length(tags), 0), pa.scalar(None, pa.string()), tags)


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of hashtags in what accounts wrote themselves: a reshare repeats its author's tags."""
    return uses_of_list(log, "hashtags", fold_case, reshares=False)


TRACE = Trace(
    name="hashtag",
    about="The same hashtag used.",
    object_word="hashtag",
    precedence=60,
    tests=("synchrony",),
    extract=extract,
    columns=("hashtags",),
)
