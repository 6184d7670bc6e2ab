"""Trace `hashtag-sequence`: two accounts write the same hashtags in the same order (Pacheco et al. 2021)."""

from __future__ import annotations

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses
from chorusline.traces.hashtag import fold_case
from chorusline.traces.together import together

LEAST = 3
"""Tags of the shortest sequence: two in one order are one of two, three one of six."""


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of the ordered hashtags of posts with three or more, a tag written again left out."""
    return together(log, "hashtags", fold_case).at_least(LEAST).joined(log, "#")


TRACE = Trace(
    name="hashtag-sequence",
    about="The same three or more hashtags in the same order in one post.",
    object_word="sequence of hashtags",
    precedence=45,
    tests=("content",),
    extract=extract,
    default=False,
)
