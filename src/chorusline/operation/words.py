"""Words that some accounts use more than others do: log-odds with an informative Dirichlet prior.

Monroe, Colaresi & Quinn 2008, "Fightin' Words", eq. 15 to 22: with counts y of words in two corpora and a prior alpha
in proportion to their frequency in all posts, the log-odds are compared and divided by their standard deviation. Words
that everybody uses, whatever the language, are held back by the prior, so that no list of stop words is needed. What is
counted is accounts that use a word, not posts: who repeats one sentence fifty times counts once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces import near_text

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ENOUGH_ACCOUNTS, ENOUGH_WORDS = 5, 200
"""Accounts, and pairs of account and word, that either side has at least; with less text nothing is said."""

USED_BY = 3
"""Accounts, members or others, that use a word for it to be looked at."""

LEAST_Z = 3.5
"""Standard deviations by which members use a word more for it to be shown: among random halves of honest accounts one
word in some thousands has as many (bench/results/targets.md)."""

WEIGHT = 500.0
"""Pseudo-words that the prior is worth."""

_SAMPLE = 200_000


@dataclass(frozen=True)
class Used:
    """Which accounts use which words: pairs, each once. account : int64 [n]. word : int64 [n], place in `words` [w]."""

    account: Ints
    word: Ints
    words: pa.StringArray


@dataclass(frozen=True)
class Compared:
    """Words of members against others, [w] each, of those that USED_BY accounts use. members, others : accounts."""

    words: list[str]
    members: Ints
    others: Ints
    z: Floats


def split(log: ActionLog, rows: Ints, config: Config) -> tuple[Ints, pa.StringArray]:
    """Return the words of texts of actions `rows` [k]: place in rows int64 [n], word [n].

    Texts as traces compare them: lower case, one spelling, without links, mentions, tags and punctuation. Single
    characters and plain numbers are left out.
    """
    texts = near_text.words(log, rows, config.model_copy(update={"min_text_length": 1}))
    lists = pc.split_pattern(texts, " ")
    place = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    found = pc.list_flatten(lists)
    keep = pc.and_(pc.greater(pc.utf8_length(found), 1), pc.invert(pc.utf8_is_digit(found)))
    return place[keep.to_numpy(zero_copy_only=False)], found.filter(keep)


def used(log: ActionLog, rows: Ints, config: Config) -> Used:
    """Return which accounts use which words in actions `rows` [k]."""
    place, found = split(log, rows, config)
    encoded = found.dictionary_encode()
    word = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    size = max(len(encoded.dictionary), 1)
    pairs = np.unique(log.account_codes[rows[place]].astype(np.int64) * size + word)
    return Used(pairs // size, pairs % size, encoded.dictionary.cast(pa.string()))


def common_words(log: ActionLog, config: Config) -> dict[str, int]:
    """Accounts by word in what accounts wrote themselves: the prior; every k-th post, 200,000 at most, once a log."""

    def made() -> dict[str, int]:
        rows = np.flatnonzero(log.kinds != KINDS.index("reshare"))
        rows = rows[:: max(1, -(-len(rows) // _SAMPLE))]
        found = used(log, rows, config)
        count = np.bincount(found.word, minlength=len(found.words))
        return dict(zip(found.words.to_pylist(), count.tolist(), strict=True))

    return log.once("common words", made)


def compared(found: Used, inside: Bools, prior: dict[str, int]) -> Compared | None:
    """Compare members' words with others'; None where either side has too little text. inside : bool [n_accounts]."""
    mine = inside[found.account]
    for side in (mine, ~mine):
        if side.sum() < ENOUGH_WORDS or len(np.unique(found.account[side])) < ENOUGH_ACCOUNTS:
            return None
    size = len(found.words)
    members = np.bincount(found.word[mine], minlength=size)
    others = np.bincount(found.word[~mine], minlength=size)
    words = found.words.to_pylist()
    before = np.array([prior.get(word, 0) for word in words], dtype=np.float64)
    z = log_odds(members.astype(np.float64), others.astype(np.float64), before)
    looked = np.flatnonzero(members + others >= USED_BY)
    return Compared([words[k] for k in looked.tolist()], members[looked], others[looked], z[looked])


def log_odds(mine: Floats, others: Floats, prior: Floats, weight: float = WEIGHT) -> Floats:
    """Return how much more `mine` uses each word than `others`, in standard deviations, float64 [w].

    mine, others : counts [w]. prior : counts of the words in all posts [w].
    weight : pseudo-words that the prior is worth.
    """
    alpha = weight * (prior + 1e-3) / (prior + 1e-3).sum()
    total_mine, total_others = mine.sum() + weight, others.sum() + weight
    y, z = mine + alpha, others + alpha
    delta = np.log(y / (total_mine - y)) - np.log(z / (total_others - z))
    return np.asarray(delta / np.sqrt(1.0 / y + 1.0 / z))
