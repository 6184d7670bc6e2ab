"""Trace `media`: two accounts post the same picture or film, by key or perceptual hash."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces import perceptual, pictures
from chorusline.traces.base import Trace, Uses, uses_of, uses_of_list


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of media in what accounts posted themselves, as the data identify them.

    With `config.media_folder`, ids whose file lies there stand for its perceptual hash. Perceptual hashes within
    `config.media_distance` bits of a leading one are one object, named by that (`traces.perceptual`); all other
    keys are compared for equality.
    """
    uses = uses_of_list(log, "media", reshares=False)
    if len(uses) == 0:
        return uses
    keys = uses.objects
    if config.media_folder is not None:
        by_name, _ = pictures.hashes(config.media_folder)
        keys = pa.array([by_name.get(key, key) for key in keys.to_pylist()], pa.string())
    hashes, is_hash = perceptual.parse(keys)
    if not is_hash.any():
        return uses if keys is uses.objects else uses_of(log, uses.action, keys.take(pa.array(uses.object)))
    count = np.bincount(uses.object, minlength=len(keys))
    distinct, place = np.unique(hashes[is_hash], return_inverse=True)
    used = np.bincount(place, weights=count[is_hash], minlength=len(distinct)).astype(np.int64)
    leading = distinct[perceptual.leaders(distinct, used, config.media_distance)]
    words = keys.to_pylist()
    for key, value in zip(np.flatnonzero(is_hash).tolist(), leading[place].tolist(), strict=True):
        words[key] = f"{value:016x}"
    return uses_of(log, uses.action, pa.array(words, pa.string()).take(pa.array(uses.object)))


def notes(log: ActionLog, config: Config) -> tuple[str, ...]:
    """Say how many media ids have a file in the folder, where one is given."""
    if config.media_folder is None:
        return ()
    by_name, unread = pictures.hashes(config.media_folder)
    keys = uses_of_list(log, "media", reshares=False).objects.to_pylist()
    here = sum(key in by_name for key in keys)
    aside = f"; {unread:,} files there are no pictures that can be read" if unread else ""
    return (
        f"{here:,} of {len(keys):,} media ids have a picture in {config.media_folder} and are compared by it{aside}.",
    )


TRACE = Trace(
    name="media",
    about="The same picture or film posted, by key, or by perceptual hashes that are nearly the same.",
    object_word="media file",
    precedence=20,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    travels=True,
    notes=notes,
)
