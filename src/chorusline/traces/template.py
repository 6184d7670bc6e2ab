"""Trace `template`: two accounts fill the slots of one text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces import near_text, skeleton, text
from chorusline.traces.base import Trace, Uses, uses_of


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of templates: the clusters of trace `near-text`, and texts that only a skeleton ties to one or another.

    A cluster that several accounts used stays as it is, so that whatever is seen there is seen here; texts of one
    account alone join the cluster, or one another, by a common skeleton (`traces.skeleton`,
    `config.template_share`). (Were all clusters of one skeleton made one, ten texts that two accounts share would
    be one agreement.) Headlines are left out as in `near-text`.
    """
    near = near_text.extract(log, config)
    if len(near) == 0:
        return near
    present, place = np.unique(near.object, return_inverse=True)
    texts = near.objects.take(pa.array(present))
    users = np.unique(place * near.n_accounts + near.account.astype(np.int64)) // near.n_accounts
    several = np.bincount(users, minlength=len(present)) > 1
    leader = skeleton.leaders(texts, np.bincount(place), config.template_share, several)
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
