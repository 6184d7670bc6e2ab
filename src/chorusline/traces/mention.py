"""Trace `mention`: two accounts mention the same account."""

from __future__ import annotations

import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of mentioned accounts in what accounts wrote themselves, case folded."""
    return uses_of_list(
        log, "mentions", lambda names: pc.utf8_lower(pc.utf8_ltrim(names, "@")), reshares=False
    )


TRACE = Trace(
    name="mention",
    about="The same account mentioned.",
    object_word="mentioned account",
    precedence=70,
    tests=("synchrony",),
    extract=extract,
)
