"""Trace `reply`: two accounts reply to the same post."""

from __future__ import annotations

import numpy as np

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of posts replied to."""
    return uses_of(log, np.arange(len(log)), log.actions["reply_to"])


TRACE = Trace(
    name="reply",
    about="The same post replied to.",
    object_word="post replied to",
    precedence=40,
    tests=("synchrony",),
    extract=extract,
    columns=("reply_to",),
)
