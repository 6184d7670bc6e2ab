"""Trace `media`: two accounts post the same picture or film, by key or perceptual hash."""

from __future__ import annotations

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of media in what accounts posted themselves, as the data identify them."""
    return uses_of_list(log, "media", reshares=False)


TRACE = Trace(
    name="media",
    about="The same picture or film posted, by the key or perceptual hash in the data.",
    object_word="media file",
    precedence=20,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    columns=("media",),
)
