"""Trace `mention`: two accounts mention the same account."""

from __future__ import annotations

import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of mentioned accounts in what accounts wrote unprompted, case folded.

    Replies are left out: platforms put the author's name in front of each, so that it says nothing more than
    the trace `reply` does.
    """
    uses = uses_of_list(
        log, "mentions", lambda names: pc.utf8_lower(pc.utf8_ltrim(names, "@")), reshares=False
    )
    return uses.keep(log.kinds[uses.action] != KINDS.index("reply"))


TRACE = Trace(
    name="mention",
    about="The same account mentioned.",
    object_word="mentioned account",
    precedence=70,
    tests=("synchrony",),
    extract=extract,
    columns=("mentions",),
)
