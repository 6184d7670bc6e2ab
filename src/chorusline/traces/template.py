"""Trace `template`: two accounts fill the slots of one text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces import near_text, skeleton, text
from chorusline.traces.base import Trace, Uses, uses_of


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of templates: the clusters of trace `near-text`, of which those with a common skeleton are one.

    A text is at most two steps from the one that names its object: near to a leader (`traces.similar`), and that
    of one skeleton with another (`traces.skeleton`, `config.template_share`). Headlines are left out as there.
    """
    near = near_text.extract(log, config)
    if len(near) == 0:
        return near
    present, place = np.unique(near.object, return_inverse=True)
    texts = near.objects.take(pa.array(present))
    leader = skeleton.leaders(texts, np.bincount(place), config.template_share)
    return text.without_headlines(uses_of(log, near.action, texts.take(pa.array(leader[place]))), log, config)


TRACE = Trace(
    name="template",
    about="Nearly the same words written, or the same words around slots that are filled anew.",
    object_word="template",
    precedence=8,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    covers=("text", "near-text"),
    default=False,
)
