"""Pile-ons: many distinct members on one target in a short time, beyond what its prominence then explains.

Method: docs/method.md, "Targets". Windows are scanned as for orders (`bursts`). Of the n accounts that newly turn to a
target in a window k are members. That many must be improbable three times over: by the members' share of those at
work then, by their share of those who address the target at other times (who always answers a minister is no news),
and on the crew's own clock. An event that makes everybody address the target raises n as well as k. What has passed is
left out of the other times and the scan made again, until nothing more passes, or one pile-on would hide the next
(Zhang, Assunção & Kulldorff 2010).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from chorusline.operation import bursts
from chorusline.operation.base import Crew
from chorusline.operation.bursts import WINDOWS, Scan, scan
from chorusline.operation.pushed import Pushed
from chorusline.operation.trend import others_during
from chorusline.operation.waves import Wave, waves
from chorusline.traces.base import Uses
from chorusline.units import DAY, SECOND

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FEWEST = 5
"""Members that turn to a target within a window for it to be a pile-on (Pote et al. 2025 take five replies, too)."""

ALONE = 0.5
"""Members' part of those who come to a target while the crew does, below which it is an event for everybody."""

ROUNDS = 10
"""Scans at most."""

PRIOR = 10.0
"""Addresses that the members' usual share is worth where a target is seldom addressed at other times."""

PILE_ON, EVENT, REACTION, WIRE = "pile-on", "event", "reaction", "wire"


@dataclass(frozen=True)
class PileOn:
    """Members turning to one target.

    target : int, its code. status : "pile-on", or what it looks like otherwise: "event" (others came as well),
    "reaction" (members answered within moments of the target's own posts) or "wire" (all within seconds).
    actions : int64 [a], rows of the log, in order of time. accounts : int64 [m], members who took part.
    width : of the window that shows it best, microseconds, with `members_in` of `everybody_in` who turned to the target
    in it. q : false-discovery rate. others : outsiders who came with the first half of the members, beyond their usual
    number. usual_share : members' share of those who address the target at other times.
    """

    target: int
    status: str
    actions: Ints
    accounts: Ints
    width: int
    members_in: int
    everybody_in: int
    q: float
    others: int
    usual_share: float


def pile_ons(uses: Uses, crew: Crew) -> tuple[dict[int, list[PileOn]], int]:
    """Find pile-ons, by target, in order of time; and the number of targets over which errors are controlled.

    uses : of targets, members as targets left out. Those targets count that FEWEST accounts address, members or not.
    """
    log, config = crew.log, crew.config
    own = crew.inside[log.account_codes]
    if not own.any() or not len(uses):
        return {}, 0
    found = scan(uses, crew.inside, crew.presence, crew.clock)
    pairs = np.unique(uses.object.astype(np.int64) * uses.n_accounts + uses.account)
    addressed = np.bincount(pairs // uses.n_accounts, minlength=len(uses.objects)) >= FEWEST
    base = np.ones(len(found.fresh), dtype=np.bool_)
    for _ in range(ROUNDS):
        judged = against_custom(found, base)
        p = np.ones(len(uses.objects))
        p[found.object] = judged.p_object
        cut = bursts.threshold(p[addressed], config.fdr)
        left = base & ~_in_passing(judged, cut)
        if (left == base).all():
            break
        base = left
    scale = config.fdr / cut if cut > 0 else np.inf
    result: dict[int, list[PileOn]] = {}
    joined = waves(Pushed("target", uses), judged, crew.inside, crew.clock, cut, scale)
    for k, wave in enumerate(joined):
        after = joined[k + 1] if k + 1 < len(joined) and joined[k + 1].object == wave.object else None
        before = int(log.times[after.actions[0]]) if after is not None else int(log.times[-1]) + 1
        whole = _with_window(wave, uses, crew, before)
        result.setdefault(wave.object, []).append(_looked_at(whole, uses, found, base, crew))
    return result, int(addressed.sum())


def against_custom(found: Scan, base: Bools) -> Scan:
    """Let no window pass that the members' share of the target's other addresses explains, or has too few members.

    base : bool, which of the fresh uses tell what is usual.
    """
    object_of, time = found.fresh.object.astype(np.int64), found.fresh.time
    start = time[found.use]
    share = usual_share(
        object_of,
        time,
        found.member,
        base,
        object_of[found.use],
        start - DAY,
        start + WINDOWS[found.window] + DAY,
    )
    among = stats.binom.logsf(found.members - 2, found.everybody - 1, share)
    log_p = np.where(found.members >= FEWEST, np.maximum(found.log_p, among), 0.0)
    smallest = np.zeros(len(found.object))
    np.minimum.at(smallest, np.searchsorted(found.object, object_of[found.use]), log_p)
    return replace(found, log_p=log_p, p_object=np.minimum(1.0, np.exp(smallest) * found.tests))


def usual_share(
    object_of: Ints, time: Ints, member: Bools, base: Bools, wanted: Ints, start: Ints, end: Ints
) -> Floats:
    """Members' share of fresh uses of targets outside [start, end], float64 [r], drawn to that of all by PRIOR uses.

    object_of, time, member : [n], fresh uses, sorted by object and time. base : bool [n], which of them count.
    wanted, start, end : [r]. Times are compared to the second.
    """
    first = int(time.min(initial=0)) // SECOND
    span = int(time.max(initial=0)) // SECOND - first + 2
    key = object_of * span + (time // SECOND - first)
    low = np.searchsorted(key, wanted * span + np.clip(start // SECOND - first, 0, span - 1))
    high = np.searchsorted(key, wanted * span + np.clip(end // SECOND - first, 0, span - 1), side="right")
    before, after = np.searchsorted(object_of, wanted), np.searchsorted(object_of, wanted, side="right")

    def elsewhere(counted: Bools) -> Ints:
        sums = np.concatenate(([0], np.cumsum(counted)))
        return np.asarray((sums[after] - sums[before]) - (sums[high] - sums[low]))

    return np.asarray((elsewhere(member & base) + PRIOR * member.mean()) / (elsewhere(base) + PRIOR))


def _in_passing(found: Scan, cut: float) -> Bools:
    """Which fresh uses lie in a window that passes at the p-value `cut`, tests of the target counted in."""
    inside = np.zeros(len(found.fresh) + 1, dtype=np.int64)
    if cut > 0:
        object_of = found.fresh.object.astype(np.int64)
        tests = found.tests[np.searchsorted(found.object, object_of[found.use])]
        passing = found.log_p + np.log(tests) <= np.log(cut)
        first = found.use[passing]
        np.add.at(inside, first, 1)
        np.add.at(inside, first + found.everybody[passing], -1)
    return np.asarray(np.cumsum(inside[:-1]) > 0)


def _with_window(wave: Wave, uses: Uses, crew: Crew, before: int) -> Wave:
    """Take in the uses of the window that shows a wave best, where it is longer than those that were joined.

    before : when the next wave on the target begins, microseconds.
    """
    here = uses.places(wave.object)
    time, mine = uses.time[here], crew.inside[uses.account[here]]
    within = mine & (time >= wave.opened) & (time <= wave.opened + wave.width) & (time < before)
    return replace(wave, actions=np.union1d(wave.actions, uses.action[here][within]))


def _looked_at(wave: Wave, uses: Uses, found: Scan, base: Bools, crew: Crew) -> PileOn:
    log = crew.log
    here = uses.places(wave.object)
    every, who = uses.time[here], uses.account[here]
    account = log.account_codes[wave.actions].astype(np.int64)
    accounts, first = np.unique(account, return_index=True)
    begun = np.sort(log.times[wave.actions[first]])
    begin, middle = int(begun[0]), int(begun[(len(begun) - 1) // 2])
    others, _ = others_during("target", every, who, ~crew.inside[who], begin, middle, log.times)
    share = usual_share(
        found.fresh.object.astype(np.int64), found.fresh.time, found.member, base, np.array([wave.object]),
        np.array([begin - DAY]), np.array([int(begun[-1]) + DAY]),
    )  # fmt: skip
    return PileOn(
        wave.object, _status(wave, begun, len(accounts), others, crew), wave.actions, accounts, wave.width,
        wave.members, wave.everybody, wave.q, others, float(share[0]),
    )  # fmt: skip


def _status(wave: Wave, begun: Ints, members: int, others: int, crew: Crew) -> str:
    """Say whether a wave counts, or what it looks like otherwise. begun : when each member turned to the target."""
    config = crew.config
    if members < ALONE * (members + others) or 2 * wave.members < wave.everybody:
        return EVENT
    if begun[-1] - begun[0] <= config.wire * SECOND:
        return WIRE
    if _answers_at_once(wave.name, begun, crew):
        return REACTION
    return PILE_ON


def _answers_at_once(name: str, begun: Ints, crew: Crew) -> bool:
    """Whether half of the members or more came within `config.reaction` of a post of the target's, as fans do."""
    log = crew.log
    code = pc.index(log.accounts["name"], pa.scalar(name)).as_py()
    if code < 0:
        return False
    posts = log.times[log.account_codes == code]
    if not len(posts):
        return False
    place = np.searchsorted(posts, begun, side="right") - 1
    since = begun - posts[np.maximum(place, 0)]
    return bool(np.mean((place >= 0) & (since <= crew.config.reaction * SECOND)) >= 0.5)
