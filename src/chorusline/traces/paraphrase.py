"""Trace `paraphrase`: two accounts say the same in other words (extra `embeddings`, a model on disk)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.traces import embedding, meaning, near_text, text
from chorusline.traces.base import Trace, Uses, uses_of

LEAST = 10
"""Tokens, the two special ones counted, below which a text is a turn of phrase that anybody uses."""


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of clusters of texts that mean the same, each named by its leading text.

    The clusters of trace `near-text` that several accounts used stay as they are, so that whatever is seen there is
    seen here; texts of one account alone join one of those, or one another, where the cosine of their vectors is
    `config.embedding_similarity` or more (`traces.embedding`, `traces.meaning`). Vectors are made of the text's
    words, without links, mentions, hashtags and punctuation. Headlines are left out as in `near-text`.
    """
    if config.embedding_model is None:
        raise UsageError(
            "Trace paraphrase needs a sentence model: set embedding_model to the folder of one exported to ONNX."
        )
    embedding.load(config.embedding_model)
    near = near_text.extract(log, config)
    if len(near) == 0:
        return near
    present, first, place = np.unique(near.object, return_index=True, return_inverse=True)
    texts = near.objects.take(pa.array(present))
    users = np.unique(place * near.n_accounts + near.account.astype(np.int64)) // near.n_accounts
    several = np.bincount(users, minlength=len(present)) > 1
    # As it was written by who used it first: `near-text` spells letters as no model has learnt them.
    written = log.actions["text"].take(pa.array(near.action[first])).combine_chunks()
    vectors, tokens = embedding.vectors(
        text.normalise(written, config.min_text_length), config.embedding_model, config.embedding_prefix
    )
    alphabetical = np.empty(len(texts), dtype=np.int64)
    alphabetical[pc.array_sort_indices(texts).to_numpy()] = np.arange(len(texts))
    sequence = np.lexsort((alphabetical, -np.bincount(place), ~several))
    sequence = sequence[tokens[sequence] >= LEAST]
    leader = meaning.leaders(vectors, sequence, several, config.embedding_similarity)
    return text.without_headlines(uses_of(log, near.action, texts.take(pa.array(leader[place]))), log, config)


def notes(log: ActionLog, config: Config) -> tuple[str, ...]:
    """Say which model it was."""
    if config.embedding_model is None:
        return ()
    digest = embedding.load(config.embedding_model).digest
    return (
        f"Texts are compared by the sentence model in {config.embedding_model} (SHA-256 of its files {digest}), from a "
        f"cosine of {config.embedding_similarity:g} up.",
    )


TRACE = Trace(
    name="paraphrase",
    about="Nearly the same words written, or the same said in other words, by a sentence model on disk.",
    object_word="statement",
    precedence=7,
    tests=("synchrony", "content"),
    extract=extract,
    original=True,
    covers=("text", "near-text"),
    default=False,
    notes=notes,
)
