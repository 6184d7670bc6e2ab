"""What stands together in one post: the distinct tags, or mentions, of each post, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.traces.base import Uses, uses_of

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Together:
    """Items of posts, by (post, place in it), each once a post.

    post : int64 [k], row of the action log. item : int64 [k], place in `names`. names : strings [m], alphabetical.
    """

    post: Ints
    item: Ints
    names: pa.StringArray

    def at_least(self, least: int) -> Together:
        """Return the items of posts that have `least` or more."""
        _, place, count = np.unique(self.post, return_inverse=True, return_counts=True)
        enough = count[place] >= least
        return Together(self.post[enough], self.item[enough], self.names)

    def in_alphabetical_order(self) -> Together:
        """Return the items of each post by name, so that equal sets are equal lists."""
        order = np.lexsort((self.item, self.post))
        return Together(self.post[order], self.item[order], self.names)

    def joined(self, log: ActionLog, mark: str) -> Uses:
        """Return uses of all items of a post as one object, each item after `mark`."""
        posts, starts = np.unique(self.post, return_index=True)
        offsets = np.append(starts, len(self.post)).astype(np.int32)
        words = pc.binary_join_element_wise(mark, self.names, "").take(pa.array(self.item))
        return uses_of(log, posts, pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), words), " "))


def together(
    log: ActionLog,
    column: str,
    change: Callable[[pa.Array], pa.Array],
    without: tuple[str, ...] = ("reshare",),
) -> Together:
    """Return the distinct items of a list column, post by post.

    change : from strings as written to items, null for none. without : kinds of action left out.
    """
    lists = log.actions[column].combine_chunks()
    post = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    values = pc.list_flatten(lists).dictionary_encode()
    changed = change(values.dictionary.cast(pa.string())).dictionary_encode()
    order = pc.array_sort_indices(changed.dictionary)
    rank = np.empty(len(order) + 1, dtype=np.int64)
    rank[order.to_numpy()] = np.arange(len(order))
    rank[-1] = -1
    of_value = rank[changed.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)]
    if len(of_value) == 0:
        return Together(np.empty(0, np.int64), np.empty(0, np.int64), pa.array([], pa.string()))
    at = values.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    item = np.where(at >= 0, of_value[at], -1)
    names = changed.dictionary.take(order)
    empty = pc.index(names, pa.scalar("", pa.string())).as_py()
    keep = (item >= 0) & (item != (empty if empty >= 0 else -1))
    keep &= ~np.isin(log.kinds[post], [KINDS.index(kind) for kind in without])
    post, item = post[keep], item[keep]
    _, first = np.unique(post * (len(names) + 1) + item, return_index=True)
    first.sort()
    return Together(post[first], item[first], names)
