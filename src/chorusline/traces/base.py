"""What a trace is: a declaration, and a function from the action log to uses of objects."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from chorusline.actions import KINDS, ActionLog

if TYPE_CHECKING:
    from chorusline.config import Config

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Test = Literal["synchrony", "content"]


@dataclass(frozen=True)
class Uses:
    """Who used which object when, sorted by (object, time, account, action).

    account : int32 [n], account code.
    object : int32 [n], object code, place in `objects`.
    time : int64 [n], microseconds UTC.
    action : int64 [n], row of the action log.
    objects : Arrow strings [m], the objects, readable.
    n_accounts : accounts in the log, so that arrays by account can be made.
    """

    account: Codes
    object: Codes
    time: Ints
    action: Ints
    objects: pa.StringArray
    n_accounts: int

    def __len__(self) -> int:
        return len(self.account)

    def places(self, code: int) -> slice:
        """Return where the uses of one object stand, by its code."""
        low, high = np.searchsorted(self.object, [code, code + 1])
        return slice(int(low), int(high))

    def keep(self, mask: npt.NDArray[np.bool_]) -> Uses:
        """Return the uses under a boolean mask [n]; object codes stay as they are."""
        return Uses(
            self.account[mask], self.object[mask], self.time[mask], self.action[mask],
            self.objects, self.n_accounts,
        )  # fmt: skip


@dataclass(frozen=True)
class Trace:
    """The declaration of a trace.

    name : the field's word for it, as used on the command line.
    about : one sentence for help and docs.
    object_word : what the dossier calls an object of it.
    precedence : where a post has objects in several traces, the one with the lowest number leads: it decides
        which part the post belongs to.
    tests : which confirmations may use it (docs/method.md, "Confirmation").
    original : whether its objects are the account's own making (a text, a picture), so that a single one proposes
        a group and content is held against what anybody has in common.
    travels : whether they are handed on in a circle of interest as well (a picture). Then their content counts
        only in groups confirmed otherwise, as that of all objects does that aren't the account's own making.
    extract : (log, config) -> Uses.
    covers : traces whose agreement this one sees as well; they are left out unless asked for, since the same
        fact seen twice is no more evidence.
    default : whether it is used unless asked for. `bench/traces.py` decides: it must find more of an operation and
        name no more look-alikes.
    needs : why the trace is skipped where the data hold none of its objects.
    notes : what the reader of a case must know of this trace on these data, as sentences.
    columns : columns of the log that `extract` looks at besides kind, account and time, where each action's
        objects can be told from that action alone: then a cluster may extract piece by piece. Empty where not.
    """

    name: str
    about: str
    object_word: str
    precedence: int
    tests: tuple[Test, ...]
    extract: Callable[[ActionLog, Config], Uses]
    original: bool = False
    travels: bool = False
    covers: tuple[str, ...] = ()
    default: bool = True
    needs: str = "the data hold no such objects"
    notes: Callable[[ActionLog, Config], tuple[str, ...]] | None = None
    columns: tuple[str, ...] = ()

    def direct(self, test: Test) -> bool:
        """Whether a test of it can name an account without its group being confirmed otherwise."""
        return test == "synchrony" or (self.original and not self.travels)


def uses_of(log: ActionLog, rows: npt.NDArray[Any], objects: pa.Array | pa.ChunkedArray) -> Uses:
    """Make sorted Uses from action rows [k] and the object each used, strings [k].

    Nulls and empty strings are no objects: two posts that name nothing have nothing in common. An action
    that names an object twice uses it once.
    """
    encoded = objects.dictionary_encode()
    del objects  # where the caller has no more use for all these strings, they go
    if isinstance(encoded, pa.ChunkedArray):  # its chunks have one dictionary
        encoded = encoded.unify_dictionaries().combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    blank = pc.index(encoded.dictionary, pa.scalar("", encoded.dictionary.type)).as_py()
    codes = np.where(codes == blank, np.int32(-1), codes)
    rows = np.asarray(rows, dtype=np.int64)
    rows, codes = rows[codes >= 0], codes[codes >= 0]
    # The log is sorted by time, so a stable sort by object leaves (object, time, account, action) order.
    if (rows[1:] >= rows[:-1]).all():
        order = np.argsort(codes, kind="stable")
    else:
        order = np.lexsort((rows, codes))
    rows, codes = rows[order], codes[order]
    if len(rows):
        fresh = np.ones(len(rows), dtype=bool)
        fresh[1:] = (rows[1:] != rows[:-1]) | (codes[1:] != codes[:-1])
        rows, codes = rows[fresh], codes[fresh]
    return Uses(
        log.account_codes[rows], codes, log.times[rows], rows,
        encoded.dictionary.cast(pa.string()), log.accounts.num_rows,
    )  # fmt: skip


def uses_of_list(
    log: ActionLog,
    column: str,
    change: Callable[[pa.Array], pa.Array] | None = None,
    *,
    reshares: bool = True,
) -> Uses:
    """Make Uses from a list column; `change` maps the flattened strings to objects (null: no object).

    reshares : whether objects carried along by resharing somebody's post count as used.
    """
    lists = log.actions[column].combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    values = pc.list_flatten(lists)
    if not reshares:
        own = log.kinds[rows] != KINDS.index("reshare")
        rows, values = rows[own], values.filter(pa.array(own))
    if change is not None:
        values = _by_distinct(values, change)
    return uses_of(log, rows, values)


def _by_distinct(values: pa.Array, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Apply `change` once to each distinct string."""
    encoded = values.dictionary_encode()
    return change(encoded.dictionary.cast(pa.string())).take(encoded.indices)


def cores() -> int:
    """Threads that work at once."""
    return (os.process_cpu_count() if hasattr(os, "process_cpu_count") else os.cpu_count()) or 1


@njit(cache=True, nogil=True)
def first_uses(account: Any, objects: Any, n_accounts: int) -> Any:  # pragma: no cover
    """Return which uses [n] are an account's first of their object; the uses of an object stand together."""
    first = np.empty(len(account), np.bool_)
    seen = np.full(n_accounts, -1, np.int64)
    for p in range(len(account)):
        first[p] = seen[account[p]] != objects[p]
        seen[account[p]] = objects[p]
    return first
