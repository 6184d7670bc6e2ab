"""Words that one set of posts uses more than another: log-odds with an informative Dirichlet prior.

Monroe, Colaresi & Quinn 2008, "Fightin' Words", eq. 15 to 22: with counts y of words in two corpora and a prior alpha
in proportion to their frequency in all posts, the log-odds are compared and divided by their standard deviation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_LEFT_OUT = re.compile(r"https?://\S+|[@#＃]\w+")
_WORD = re.compile(r"\w{2,}")


def words_of(text: str | None) -> set[str]:
    """Return the words of a text, case folded, without links, mentions, tags and plain numbers."""
    found = _WORD.findall(_LEFT_OUT.sub(" ", text or "").casefold())
    return {word for word in found if not word.isdigit()}


def counted(texts: Iterable[str | None]) -> dict[str, int]:
    """Return for each word the number of texts that hold it."""
    count: dict[str, int] = {}
    for text in texts:
        for word in words_of(text):
            count[word] = count.get(word, 0) + 1
    return count


def log_odds(mine: Floats, others: Floats, prior: Floats, weight: float = 500.0) -> Floats:
    """Return how much more `mine` uses each word than `others`, in standard deviations, float64 [w].

    mine, others : counts [w]. prior : counts of the words in all posts [w], of which at least one is above 0.
    weight : pseudo-words that the prior is worth.
    """
    alpha = weight * (prior + 1e-3) / (prior + 1e-3).sum()
    total_mine, total_others = mine.sum() + weight, others.sum() + weight
    y, z = mine + alpha, others + alpha
    delta = np.log(y / (total_mine - y)) - np.log(z / (total_others - z))
    return np.asarray(delta / np.sqrt(1.0 / y + 1.0 / z))
