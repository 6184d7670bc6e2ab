"""Labour from actions: sessions, composing time, hands at once; functions of arrays (docs/method.md, "Effort")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.units import DAY, SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


ORIGINAL, ANSWER, COPY, RESHARE = range(4)
CLASSES = ("original", "answer", "copy", "reshare")
"""Sorts of work: words of one's own; a reply or quote in one's own words; words that were there before; a reshare."""


@dataclass(frozen=True)
class Rates:
    """What work takes, seconds.

    fixed : of each of CLASSES. typing : characters a second, for words of one's own. change : of accounts, where the
    account's own last action is more than a minute ago.
    """

    fixed: tuple[float, float, float, float]
    typing: float
    change: float


LOW = Rates((15.0, 8.0, 8.0, 2.0), 7.0, 0.0)
MIDDLE = Rates((60.0, 20.0, 20.0, 5.0), 3.3, 15.0)
HIGH = Rates((120.0, 60.0, 45.0, 10.0), 1.5, 40.0)
"""Declared assumptions: a fast typist who needs no thought, an office worker (40 words a minute), a slow one."""

GAPS = (5, 15, 30, 60)
"""Gaps that end a session, minutes; 15 is the one used, the others are shown."""

GAP = 15


def classes(
    kind_is_reshare: npt.NDArray[np.bool_], answers: npt.NDArray[np.bool_], seen: npt.NDArray[np.bool_]
) -> Ints:
    """Sort of work of each action [n]: seen says that its words were there before."""
    own = np.where(answers, ANSWER, ORIGINAL)
    return np.asarray(np.where(kind_is_reshare, RESHARE, np.where(seen, COPY, own)), dtype=np.int64)


def seen_before(words: Ints) -> npt.NDArray[np.bool_]:
    """Whether each text [n], codes in order of time and below 0 for none, stood earlier in the list."""
    first = np.full(int(words.max(initial=-1)) + 1, -1, dtype=np.int64)
    order = np.arange(len(words))[::-1]
    held = words[order] >= 0
    first[words[order][held]] = order[held]
    return (
        np.asarray((words >= 0) & (first[np.maximum(words, 0)] < np.arange(len(words))))
        if len(first)
        else words >= 0
    )


def composing(sort: Ints, characters: Floats, rested: npt.NDArray[np.bool_], rates: Rates) -> Floats:
    """Seconds of work of each action [n]. characters : length of its text. rested : its account's last is over a minute
    ago.
    """
    own = (sort == ORIGINAL) | (sort == ANSWER)
    seconds = np.array(rates.fixed)[sort] + np.where(own, characters / rates.typing, 0.0)
    return np.asarray(seconds + np.where(rested, rates.change, 0.0))


def rested(times: Ints, account: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Whether an account's last action before each [n] is more than a minute ago, or there is none."""
    order = np.lexsort((times, account))
    t, a = times[order], account[order]
    result = np.ones(len(times), dtype=np.bool_)
    result[order[1:]] = (a[1:] != a[:-1]) | (t[1:] - t[:-1] > 60 * SECOND)
    return result


def sessions(times: Ints, account: npt.NDArray[np.integer], minutes: float) -> tuple[Ints, Ints]:
    """First and last action of each session of each account, int64 microseconds [sessions].

    times : int64 [n], account : [n]. A session ends where an account is still for more than `minutes`.
    """
    order = np.lexsort((times, account))
    t, a = times[order], account[order]
    new = np.ones(len(t), dtype=np.bool_)
    new[1:] = (a[1:] != a[:-1]) | (t[1:] - t[:-1] > minutes * 60 * SECOND)
    first = np.flatnonzero(new)
    return t[first], t[np.append(first[1:], len(t)) - 1] if len(t) else t


def covered(begin: Ints, end: Ints) -> float:
    """Seconds covered by at least one of the spans [n]: time at which anybody was at work."""
    if not len(begin):
        return 0.0
    order = np.argsort(begin, kind="stable")
    b, e = begin[order], np.maximum.accumulate(end[order])
    new = np.append(True, b[1:] > e[:-1])
    last = np.append(np.flatnonzero(new)[1:] - 1, len(b) - 1)
    return float((e[last] - b[new]).sum()) / SECOND


def busiest(times: Ints, seconds: Floats, window: float = 3600.0) -> Floats:
    """Hands that each day's work takes at least: most work begun within any hour of it, over that hour; by day.

    times : int64 [n] ascending; seconds : of work. Returns float64, one a day from the first to the last.
    """
    if not len(times):
        return np.zeros(0)
    total = np.concatenate(([0.0], np.cumsum(seconds)))
    until = np.searchsorted(times, times + int(window * SECOND))
    hands = (total[until] - total[:-1]) / window
    day = times // DAY - times[0] // DAY
    result = np.zeros(int(day[-1]) + 1)
    np.maximum.at(result, day, hands)
    return result
