"""How much of a trend a crew made: low, middle and high, and what others did.

low : posts by members. middle : also what others passed on, answered or quoted of theirs, and of those in turn.
high : all but what others would have posted anyhow, going by how often they used the object before.
Reshares of posts with the object count as posts with it, as they do in a platform's trends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.operation.bursts import QUARTER
from chorusline.units import DAY, HOUR

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

REFERENCES = ("reshare_of", "reply_to", "quote_of")

SPANS = {"hour": HOUR, "day": DAY}
"""First hour and first day, microseconds; `all` is the whole of the case."""


@dataclass(frozen=True)
class Lineage:
    """Which post each action passes on, answers or quotes, where the log holds that post.

    parents : three arrays int64 [n], rows of the log, -1 for none: reshared, replied to, quoted.
    """

    parents: tuple[Ints, Ints, Ints]

    @classmethod
    def of(cls, log: ActionLog) -> Lineage:
        """Look up the parents of all actions; worked out once a log."""

        def made() -> Lineage:
            # All three at once: to look anything up, Arrow numbers all posts first.
            named = [pc.drop_null(log.actions[name].combine_chunks()) for name in REFERENCES]
            posts = log.actions["post_id"].combine_chunks()
            place = pc.fill_null(
                pc.index_in(pa.chunked_array(named, pa.string()), value_set=posts), -1
            ).to_numpy()
            rows, begin = [], 0
            for name, values in zip(REFERENCES, named, strict=True):
                row = np.full(len(log), -1, dtype=np.int64)
                there = log.actions[name].is_valid().to_numpy().astype(np.bool_)
                row[there] = place[begin : begin + len(values)]
                rows.append(row)
                begin += len(values)
            return cls((rows[0], rows[1], rows[2]))

        return log.once("lineage", made)

    @cached_property
    def _reshares(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.parents[0], kind="stable")
        return order, self.parents[0][order]

    def with_reshares(self, rows: Ints) -> Ints:
        """Return rows of the log and the reshares of these posts, ascending, each once."""
        order, parent = self._reshares
        low, high = np.searchsorted(parent, rows), np.searchsorted(parent, rows, side="right")
        more = [order[a:b] for a, b in zip(low, high, strict=True) if b > a]
        return np.unique(np.concatenate([rows, *more]))

    def rooted(self, rows: Ints, own: Bools) -> Bools:
        """Which rows [k], ascending, are in `own` [k] or lead back to one that is, over posts among the rows."""
        found = own.copy()
        links = []
        for parent in self.parents:
            place = np.searchsorted(rows, parent[rows])
            place = np.where(place < len(rows), place, 0)
            links.append(np.where(rows[place] == parent[rows], place, -1))
        while True:
            more = found.copy()
            for place in links:
                more |= (place >= 0) & found[place]
            if (more == found).all():
                return found
            found = more


@dataclass(frozen=True)
class Trend:
    """Shares of a trend by span (hour, day, all): (low, middle, high); missing where nothing was posted."""

    shares: dict[str, tuple[float, float, float] | None]


def trend(time: Ints, own: Bools, rooted: Bools, begin: int, usual: float) -> Trend:
    """Measure a trend.

    time : int64 [k], microseconds, ascending, of all posts with the object. own, rooted : bool [k], by members; by
    members or leading back to them. begin : when members took it up. usual : posts an hour that others made of it.
    """
    shares = {name: _shares(time, own, rooted, begin, begin + span, usual) for name, span in SPANS.items()}
    first, last = (int(time[0]), int(time[-1]) + 1) if len(time) else (0, 1)
    return Trend({**shares, "all": _shares(time, own, rooted, first, last, usual)})


def _shares(
    time: Ints, own: Bools, rooted: Bools, start: int, end: int, usual: float
) -> tuple[float, float, float] | None:
    here = slice(*np.searchsorted(time, [start, end]))
    n = here.stop - here.start
    if not n:
        return None
    members, led = int(own[here].sum()), int(rooted[here].sum())
    anyhow = min(usual * (end - start) / HOUR, n - led)
    return members / n, led / n, (n - anyhow) / n


def others_during(
    kind: str, every: Ints, who: npt.NDArray[np.int32], other: Bools, begin: int, middle: int, times: Ints
) -> tuple[int, float]:
    """Others who took an object up while the first half of the crew did, beyond their usual number; and posts an hour.

    Their usual number is what they did since the object was first seen, over seven days at most. An object first seen
    within a day has none, so that all who come with the crew count; a post is passed on from its first hour.
    """
    end = max(middle, begin + QUARTER)
    since = max(int(every[0]), begin - 7 * DAY)
    span = begin - since
    before = int((other & (every >= since) & (every < begin)).sum())
    rate = before / max(span, HOUR) if kind == "post" or span >= DAY else 0.0
    during = len(np.unique(who[other & (every >= begin - HOUR * (rate == 0)) & (every <= end)]))
    # Over days without the object, too: what an hour brings on the whole.
    known = min(begin - int(times[0]), 7 * DAY)
    usual = before / max(known, DAY) * HOUR
    return max(0, during - int(np.ceil(rate * (end - begin)))), usual
