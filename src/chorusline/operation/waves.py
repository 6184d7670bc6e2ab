"""From bursts to pushes: what belongs to one wave of an object, and which objects went out in the same posts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from chorusline.operation.bursts import WINDOWS, Scan
from chorusline.operation.clock import CrewClock
from chorusline.operation.pushed import Pushed
from chorusline.units import DAY, HOUR

Ints = npt.NDArray[np.int64]

PAUSE = 3 * DAY
"""Microseconds within which an object that is used again is still the same push: what was left over for tomorrow."""

WORK = 240.0
"""Minutes worked within which that holds of an account addressed: it is there every day, a tag comes and goes."""

BACK = 90.0
"""Minutes worked within which an earlier use by a member belongs to the push, before its first window."""

SAME_POSTS = 0.5
"""Share of the smaller wave's posts that are in a larger one's, from which both are one push."""


BANK = 6 * HOUR
"""Microseconds within which phrases by the same members are texts of one bank."""

SAME_HANDS = 0.6
"""Share of the smaller set of members that two phrases of one bank have in common."""


@dataclass(frozen=True)
class Wave:
    """Members taking up one object.

    kind : of object. object : int, its code in that kind's uses. name : the object.
    actions : int64 [a], rows of the log in which members used it, ascending, so in order of time.
    log_p : of its best window, opened at `opened`, microseconds, and `width` microseconds long; `members` of
        `everybody` who used it afresh in it. q : false-discovery rate at which it would be kept. total : uses in all.
    """

    kind: str
    object: int
    name: str
    actions: Ints
    log_p: float
    q: float
    opened: int
    width: int
    members: int
    everybody: int
    total: int


@dataclass(frozen=True)
class Push:
    """Waves that went out in the same posts.

    lead : the largest. others : the rest. companions : those that went with other pushes too.
    """

    lead: Wave
    others: tuple[Wave, ...]
    companions: tuple[Wave, ...] = ()


def waves(
    one: Pushed, found: Scan, inside: npt.NDArray[np.bool_], clock: CrewClock, cut: float, scale: float
) -> list[Wave]:
    """Join the windows of each object that pass into waves, in order of object and time.

    cut : p-value, tests of the object counted in, up to which a window passes (`bursts.threshold`).
    scale : what turns such a p-value into a false-discovery rate.
    """
    tests = found.tests[np.searchsorted(found.object, found.fresh.object[found.use])]
    log_p = found.log_p + np.log(tests)
    rows = np.flatnonzero(log_p <= np.log(cut)) if cut > 0 else np.empty(0, dtype=np.int64)
    if not len(rows):
        return []
    # Of each use that opens windows, the shortest that passes.
    rows = rows[np.lexsort((found.window[rows], found.use[rows]))]
    opens = np.append(True, np.diff(found.use[rows]) > 0)
    uses, result = one.uses, []
    short, place = rows[opens], np.append(np.flatnonzero(opens), len(rows))
    objects = found.fresh.object[found.use[short]].astype(np.int64)
    start = found.fresh.time[found.use[short]]
    end = start + WINDOWS[found.window[short]]
    by_object = np.flatnonzero(np.append(True, np.diff(objects) > 0))
    for low, high in zip(by_object, np.append(by_object[1:], len(objects)), strict=True):
        code = int(objects[low])
        here = uses.places(code)
        time, action = uses.time[here], uses.action[here]
        mine = inside[uses.account[here]]
        for first, last in _joined(
            start[low:high], end[low:high], time[mine], clock if one.kind == "target" else None
        ):
            begin = _back(time[mine], int(start[low + first]), clock)
            chosen = slice(*np.searchsorted(time[mine], [begin, end[low + first : low + last].max() + 1]))
            in_it = rows[place[low + first] : place[low + last]]
            row = in_it[np.lexsort((found.window[in_it], log_p[in_it]))[0]]
            p = float(log_p[row])
            result.append(
                Wave(
                    one.kind, code, uses.objects[code].as_py(), np.sort(action[mine][chosen]), p,
                    float(min(1.0, np.exp(p) * scale)), int(found.fresh.time[found.use[row]]),
                    int(WINDOWS[found.window[row]]), int(found.members[row]), int(found.everybody[row]), len(time),
                )
            )  # fmt: skip
    return result


def _joined(start: Ints, end: Ints, used: Ints, clock: CrewClock | None) -> list[tuple[int, int]]:
    """Runs of windows, ascending in start, that overlap or lie less than PAUSE apart; on a clock, less than WORK."""
    runs, first, reach = [], 0, end[0]
    for k in range(1, len(start)):
        before = used[max(np.searchsorted(used, reach, side="right") - 1, 0)]
        if clock is None:
            apart = start[k] - before > PAUSE
        else:
            apart = float(np.diff(clock.at(np.array([before, start[k]])))[0]) > WORK
        if start[k] > reach and apart:
            runs.append((first, k))
            first = k
        reach = max(reach, end[k])
    return [*runs, (first, len(start))]


def _back(used: Ints, start: int, clock: CrewClock) -> int:
    """Go back from a window's start over members' earlier uses while less than BACK of work lies between two."""
    worked = clock.at(used)
    k = int(np.searchsorted(used, start))
    while k > 0 and worked[k] - worked[k - 1] < BACK:
        k -= 1
    return int(used[k])


def pushes(found: Sequence[Wave]) -> list[Push]:
    """Join waves that went out in the same posts, the largest leading; in order of their first post.

    A wave that holds several smaller ones of its kind in posts apart (a tag that goes with every order) leads none of
    them; it is listed with each.
    """
    if not found:
        return []
    size = np.array([len(wave.actions) for wave in found])
    common = _common(found)
    companion = np.array([_holds_several(k, found, size, common) for k in range(len(found))])
    order = sorted(
        np.flatnonzero(~companion).tolist(),
        key=lambda k: (-size[k], found[k].total, found[k].kind, found[k].name),
    )
    taken = np.zeros(len(found), dtype=bool)
    result = []
    for k in order:
        if taken[k]:
            continue
        row = slice(common.indptr[k], common.indptr[k + 1])
        near, shared = common.indices[row], common.data[row]
        close = near[shared >= SAME_POSTS * np.minimum(size[near], size[k])]
        close = sorted(close.tolist(), key=lambda j: (-size[j], found[j].name))
        joined = [j for j in close if j != k and not taken[j] and not companion[j]]
        taken[[k, *joined]] = True
        beside = tuple(found[j] for j in close if companion[j])
        result.append(Push(found[k], tuple(found[j] for j in joined), beside))
    return sorted(result, key=lambda push: (push.lead.actions[0], push.lead.name))


def banks(found: Sequence[Push], account: npt.NDArray[np.int32], time: Ints) -> list[Push]:
    """Join pushes of phrases alone that the same members wrote within hours: texts of one bank.

    account [n], time [n] : of the log's actions. The earliest leads.
    """
    result: list[Push] = []
    open_: list[tuple[int, int, set[int]]] = []  # place in result, first use, members
    for push in found:
        if push.lead.kind != "phrase":
            result.append(push)
            continue
        begin = int(time[push.lead.actions[0]])
        members = set(account[push.lead.actions].tolist())
        open_ = [(k, since, who) for k, since, who in open_ if begin - since <= BANK]
        near = [(len(members & who) / min(len(members), len(who)), -k) for k, _, who in open_]
        if near and max(near)[0] >= SAME_HANDS:
            k = -max(near)[1]
            result[k] = Push(
                result[k].lead, (*result[k].others, push.lead, *push.others), result[k].companions
            )
            next(who for place, _, who in open_ if place == k).update(members)
        else:
            open_.append((len(result), begin, members))
            result.append(push)
    return result


def _common(found: Sequence[Wave]) -> sparse.csr_matrix:
    """Posts that each two waves have in common, int64 [w, w]."""
    actions = np.concatenate([wave.actions for wave in found])
    wave = np.repeat(np.arange(len(found)), [len(wave.actions) for wave in found])
    _, column = np.unique(actions, return_inverse=True)
    held = sparse.csr_matrix((np.ones(len(column), dtype=np.int64), (wave, column)))
    return (held @ held.T).tocsr()


def _holds_several(k: int, found: Sequence[Wave], size: Ints, common: sparse.csr_matrix) -> bool:
    """Whether a wave holds at least two waves of its kind, a good deal smaller, that share few posts."""
    row = slice(common.indptr[k], common.indptr[k + 1])
    near, shared = common.indices[row], common.data[row]
    inside = [
        j for j, both in zip(near.tolist(), shared.tolist(), strict=True)
        if j != k and found[j].kind == found[k].kind and both >= 0.8 * size[j] and size[j] < 0.8 * size[k]
    ]  # fmt: skip
    return any(common[i, j] < 0.2 * min(size[i], size[j]) for i in inside for j in inside if i < j)
