"""Content: does a member share held-out objects with its group more than anybody else does?

For traces in which the object itself is the evidence (the same sentence, the same picture), where outsiders
of one object hardly exist and timing has little to say (docs/method.md, "Confirmation for content").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from chorusline.confirm.nearest import nearest_other, others
from chorusline.confirm.tested import Tested
from chorusline.traces.base import Uses, first_uses
from chorusline.units import DAY

Array = npt.NDArray[Any]

NEIGHBOUR_PRIOR = 20.0
"""Uses of neighbouring outsiders at which their own rate and that of all outsiders weigh the same."""


@dataclass(frozen=True)
class Neighbours:
    """Outsiders that shared something with a group: pairs by group and account, ascending. account, group : int64 [k].

    any_uses : whether there was anything to read them off.
    """

    account: Array
    group: Array
    any_uses: bool


def neighbours(uses: Uses, group: npt.NDArray[np.int32], span: float) -> Neighbours:
    """Return which outsiders shared an object with which group within `span` seconds in some uses."""
    if len(uses) == 0 or group.max(initial=-1) < 0:
        return Neighbours(np.empty(0, np.int64), np.empty(0, np.int64), len(uses) > 0)
    *_, use, of = _shared(uses.account, uses.object, uses.time, group, round(span * 1e6))
    near = np.unique(of * uses.n_accounts + uses.account[use])
    return Neighbours(near % uses.n_accounts, near // uses.n_accounts, True)


def content_test(
    uses: Uses,
    group: npt.NDArray[np.int32],
    span: float,
    discovery: Uses | Neighbours | None = None,
    wire: float = 0.0,
    common: float | None = None,
) -> Tested:
    """Test each member of each group on held-out uses; pure.

    uses : held-out uses of all accounts, sorted by (object, time).
    group : int32 [n_accounts], -1 for none. span : seconds within which the object counts as shared.
    discovery : uses of the parts on which the groups were proposed; they tell which outsiders move in the
    group's neighbourhood, that is, shared something with it there. Or what `neighbours` makes of them.
    wire : an object that several accounts used, all within so many seconds and never again, is left out: that
    is how an agency's wire or one scheduler for several accounts delivers.
    common : for what accounts make themselves: the share of it that anybody may have in common with others.

    A trial is an object that a member used; it succeeds when another member used it within `span`. The
    chance is the rate at which outsiders' uses are shared with the group, counted on the days on which the
    group was active: over all outsiders, or over the neighbourhood where that is higher, so that a
    sympathiser of the group is held against sympathisers. With `common` it is never less than that, nor than
    the rate at which accounts in no group share with anybody at all: readers of one newspaper copy the same
    headlines, and outsiders who read another must not make them look guilty. An object that outsiders share
    as well says less: its chance is at least the outsiders' part of those it is shared with. (Raising the
    chance of successes only errs towards naming nobody.) An object that an account used again is one trial.
    """
    if wire > 0:
        slow = ~_on_the_wire(uses, round(wire * 1e6))
        place = np.flatnonzero(slow)
        tested = content_test(uses.keep(slow), group, span, discovery, common=common)
        # Places in the uses given, as everywhere; a partner of -1 stays.
        partner = np.append(place, -1)[tested.partner]
        return replace(tested, use=place[tested.use], partner=partner)
    micro = round(span * 1e6)
    if len(uses) == 0 or group.max(initial=-1) < 0:
        return Tested.empty()
    first = first_uses(uses.account, uses.object, uses.n_accounts)
    hit, partner, closest, outside_part, out_use, out_group = _shared(
        uses.account, uses.object, uses.time, group, micro
    )
    n_groups = int(group.max()) + 1
    shared = np.bincount(out_group, minlength=n_groups)
    rate = _outsider_rate(uses, group, first, shared)
    if isinstance(discovery, Uses):
        discovery = neighbours(discovery, group, span)
    if discovery is not None and discovery.any_uses:
        rate = np.maximum(rate, _neighbour_rate(uses, first, out_use, out_group, discovery, rate))
    if common is not None:
        rate = np.maximum(rate, max(common, _rate_with_anybody(uses, group, first, micro)))
    trial = np.flatnonzero(first & (group[uses.account] >= 0))
    before = rate[group[uses.account[trial]]]
    chance = np.where(hit[trial], np.maximum(before, outside_part[trial]), before)
    # The posts to show are the two that came close, not the account's first and somebody's answer to its last.
    return Tested.of(uses.account[trial], closest[trial], hit[trial], chance, partner[trial], before)


def _on_the_wire(uses: Uses, wire: int) -> npt.NDArray[np.bool_]:
    """Which uses [n] are of objects that were all used within `wire` µs, by two accounts or more."""
    if len(uses) == 0:
        return np.zeros(0, dtype=bool)
    starts = np.flatnonzero(np.r_[True, uses.object[1:] != uses.object[:-1]])
    ends = np.r_[starts[1:], len(uses)] - 1
    several = np.minimum.reduceat(uses.account, starts) != np.maximum.reduceat(uses.account, starts)
    quick = several & (uses.time[ends] - uses.time[starts] <= wire)
    return np.asarray(np.repeat(quick, ends - starts + 1))


def _neighbour_rate(
    uses: Uses, first: Array, out_use: Array, out_group: Array, near: Neighbours, rate: Array
) -> npt.NDArray[np.float64]:
    """Rate [groups] at which uses by outsiders in a group's neighbourhood are shared with it.

    Mixed with `rate` at the weight of NEIGHBOUR_PRIOR uses, so that two neighbours don't decide.
    """
    n_groups, n_accounts = len(rate), uses.n_accounts
    uses_of = np.bincount(uses.account[first], minlength=n_accounts)
    total = np.bincount(near.group, weights=uses_of[near.account], minlength=n_groups)
    known = near.group * n_accounts + near.account
    pair = out_group * n_accounts + uses.account[out_use]
    known = np.append(known, -1)  # for what lies beyond all
    shared = np.bincount(out_group[known[np.searchsorted(known[:-1], pair)] == pair], minlength=n_groups)
    return np.asarray((shared + NEIGHBOUR_PRIOR * rate) / (total + NEIGHBOUR_PRIOR))


def _outsider_rate(uses: Uses, group: Array, first: Array, shared: Array) -> npt.NDArray[np.float64]:
    """Rate [groups] at which outsiders' first uses on the group's active days are shared with the group."""
    day = uses.time[first] // DAY
    day -= day.min()
    owner = group[uses.account[first]]
    span = int(day.max()) + 1
    by_day = np.bincount(day, minlength=span)
    inside = owner >= 0
    cells, count = np.unique(owner[inside].astype(np.int64) * span + day[inside], return_counts=True)
    n_groups = len(shared)
    everybody = np.bincount(cells // span, weights=by_day[cells % span], minlength=n_groups)
    members = np.bincount(cells // span, weights=count, minlength=n_groups)
    return np.asarray(np.minimum(1.0, (1.0 + shared) / (1.0 + np.maximum(everybody - members, shared))))


def _rate_with_anybody(uses: Uses, group: Array, first: Array, span: int) -> float:
    """Rate at which accounts in no group share what they use with anybody, each account having one vote.

    One vote each, so that a few busy accounts of an operation that no group holds don't set it. One success is
    added: with no such account in sight nothing is known, and the rate is 1.
    """
    hit = _with_anybody(uses.account, uses.object, uses.time, span, uses.n_accounts)
    made = np.bincount(uses.account[first], minlength=uses.n_accounts)
    in_common = np.bincount(uses.account[hit], minlength=uses.n_accounts)
    voting = (made > 0) & (group < 0)
    return float((1.0 + (in_common[voting] / made[voting]).sum()) / (1.0 + voting.sum()))


@njit(cache=True, nogil=True)
def _with_anybody(
    account: Any, objects: Any, times: Any, span: int, n_accounts: int
) -> Any:  # pragma: no cover
    """Which uses are an account's first of an object that somebody else used within `span` of one of its own."""
    total = len(account)
    hit = np.zeros(total, np.bool_)
    first = np.empty(n_accounts, np.int64)
    seen = np.full(n_accounts, -1, np.int64)
    last = -1  # the last use before this one by another account, of the same object
    for p in range(total):
        me = account[p]
        if p == 0 or objects[p] != objects[p - 1]:
            last = -1
        elif account[p - 1] != me:
            last = p - 1
        if seen[me] != objects[p]:
            seen[me] = objects[p]
            first[me] = p
        # Of two uses, the later marks both accounts. Of a row of uses by one account the last is the nearest to
        # what follows, and the first to what went before.
        if last >= 0 and times[p] - times[last] <= span:
            hit[first[me]] = True
            hit[first[account[last]]] = True
    return hit


@njit(cache=True, nogil=True)
def _shared(
    account: Any, objects: Any, times: Any, group: Any, span: int
) -> tuple[Any, Any, Any, Any, Any, Any]:  # pragma: no cover
    """Say who shared an object with a group: a member of it with another member, or an outsider.

    Returned by use, at an account's first use of the object: shared with another member; that member's use;
    the account's own use nearest to that one; the outsiders' part of the other accounts that used the object.
    And as pairs: outsiders' first uses, and the group each was shared with.
    """
    total = len(account)
    hit = np.zeros(total, np.bool_)
    partner = np.full(total, -1, np.int64)
    closest = np.arange(total)
    outside_part = np.zeros(total, np.float64)
    pairs = np.empty((2, 1024), np.int64)
    n_pairs = 0
    # By account: its first use of the object in hand; for the group in hand the nearest member's use and its own.
    first = np.empty(len(group), np.int64)
    of_object = np.full(len(group), -1, np.int64)
    of_group = np.full(len(group), -1, np.int64)
    turn = 0
    best = np.empty(len(group), np.int64)
    nearest = np.empty(len(group), np.int64)
    least = np.empty(len(group), np.int64)
    stop = 0
    while stop < total:
        start = stop
        n_users = 0
        inside = False
        while stop < total and objects[stop] == objects[start]:
            me = account[stop]
            if of_object[me] != start:
                of_object[me] = start
                first[me] = stop
                n_users += 1
                inside |= group[me] >= 0
            stop += 1
        if n_users < 2 or not inside:
            continue
        here = group[account[start:stop]]
        by_group = np.argsort(here, kind="mergesort")
        met = np.empty(n_users, np.int64)
        begin = np.searchsorted(here[by_group], 0)
        while begin < len(by_group):
            g = here[by_group[begin]]
            end = begin
            n_members = 0
            while end < len(by_group) and here[by_group[end]] == g:
                n_members += first[account[by_group[end] + start]] == by_group[end] + start
                end += 1
            members = by_group[begin:end] + start
            begin = end
            at = times[members]
            following, before = others(account, members)
            turn += 1
            n_met = 0
            right = 0
            low = start + np.searchsorted(times[start:stop], at[0] - span)
            high = start + np.searchsorted(times[start:stop], at[-1] + span, "right")
            for q in range(low, high):
                me = account[q]
                while right < len(at) and at[right] < times[q]:
                    right += 1
                place, distance = nearest_other(account, members, at, following, before, right, times[q], me)
                if distance > span:
                    continue
                if of_group[me] != turn:
                    of_group[me] = turn
                    met[n_met] = me
                    n_met += 1
                    least[me] = distance + 1
                if distance < least[me]:
                    best[me] = place
                    nearest[me] = q
                    least[me] = distance
            for k in range(n_met):
                me = met[k]
                lead = first[me]
                if group[me] == g:
                    hit[lead] = True
                    partner[lead] = best[me]
                    closest[lead] = nearest[me]
                    outside_part[lead] = (n_users - n_members) / (n_users - 1)
                else:
                    if n_pairs == pairs.shape[1]:
                        wider = np.empty((2, 2 * n_pairs), np.int64)
                        wider[:, :n_pairs] = pairs
                        pairs = wider
                    pairs[0, n_pairs] = lead
                    pairs[1, n_pairs] = g
                    n_pairs += 1
    return hit, partner, closest, outside_part, pairs[0, :n_pairs].copy(), pairs[1, :n_pairs].copy()
