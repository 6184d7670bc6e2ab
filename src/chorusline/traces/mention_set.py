"""Trace `mention-set`: two accounts address the same several accounts in one post."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses
from chorusline.traces.together import together


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of the set of accounts mentioned together, two or more, in what accounts wrote unprompted.

    Replies are left out: platforms put everybody in the conversation in front of them.
    """
    mentions = together(log, "mentions", _folded, without=("reshare", "reply"))
    return mentions.at_least(2).in_alphabetical_order().joined(log, "@")


def _folded(names: pa.Array) -> pa.Array:
    return pc.utf8_lower(pc.utf8_ltrim(names, "@"))


TRACE = Trace(
    name="mention-set",
    about="The same two or more accounts mentioned together in one post.",
    object_word="accounts mentioned together",
    precedence=65,
    tests=("content",),
    extract=extract,
    default=False,
)
