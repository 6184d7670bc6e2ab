"""Trace `hashtag-pair`: two accounts put the same two hashtags together that hardly anybody does."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.traces.hashtag import fold_case
from chorusline.traces.together import Together, together

Ints = npt.NDArray[np.int64]


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of each post's rarest pair of hashtags, where few accounts ever joined those two.

    Few : `config.rare` of the accounts that have pairs. One pair a post, since a block of six tags would be
    fifteen pairs, and one cause be counted fifteen times. Of equally rare pairs the first by name.
    """
    tags = together(log, "hashtags", fold_case).at_least(2).in_alphabetical_order()
    if len(tags.post) == 0:
        return uses_of(log, tags.post, pa.array([], pa.string()))
    post, first, second = pairs(tags)
    code = first * len(tags.names) + second
    distinct, pair = np.unique(code, return_inverse=True)
    account = log.account_codes[post].astype(np.int64)
    seen = np.unique(pair * log.accounts.num_rows + account)
    users = np.bincount(seen // log.accounts.num_rows, minlength=len(distinct))
    order = np.lexsort((pair, users[pair], post))
    leading = order[np.r_[True, post[order][1:] != post[order][:-1]]]
    leading = leading[users[pair[leading]] <= max(1.0, config.rare * len(np.unique(account)))]
    one, other = (tags.names.take(pa.array(side[leading])) for side in (first, second))
    words = pc.binary_join_element_wise(
        pc.binary_join_element_wise("#", one, ""), pc.binary_join_element_wise("#", other, ""), " "
    )
    return uses_of(log, post[leading], words)


def pairs(tags: Together) -> tuple[Ints, Ints, Ints]:
    """Return every pair of items in a post, as post, earlier and later item [k]; items must be in order."""
    posts, start, count = np.unique(tags.post, return_index=True, return_counts=True)
    found: list[tuple[Ints, Ints, Ints]] = []
    for size in np.unique(count).tolist():
        at = start[count == size]
        one, other = np.triu_indices(size, 1)
        found.append(
            (
                np.repeat(posts[count == size], len(one)),
                tags.item[(at[:, None] + one).ravel()],
                tags.item[(at[:, None] + other).ravel()],
            )
        )
    post, first, second = (np.concatenate(column) for column in zip(*found, strict=True))
    return post, first, second


TRACE = Trace(
    name="hashtag-pair",
    about="The same two hashtags in one post that few accounts put together.",
    object_word="pair of hashtags",
    precedence=55,
    tests=("content",),
    extract=extract,
    default=False,
)
