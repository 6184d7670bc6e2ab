"""Windows against a slow count, p-values against the plain formula, and error rates where nothing was ordered."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from chorusline.operation.bursts import (
    DAY,
    HOUR,
    WINDOWS,
    Presence,
    count_windows,
    fresh_uses,
    scan,
    threshold,
)  # fmt: skip
from chorusline.operation.clock import CrewClock
from tests.world import as_uses

MINUTE = 60_000_000

tables = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3000), st.integers(0, 5)), min_size=1, max_size=40
).map(sorted)


@given(tables)
def test_fresh_uses_are_those_after_a_day_without(rows):
    objects, minutes, account = (np.array(column) for column in zip(*rows, strict=True))
    found = fresh_uses(account, objects, minutes * MINUTE, 6, DAY)
    for k, (o, m, a) in enumerate(rows):
        before = [other for place, (p, other, b) in enumerate(rows) if place < k and p == o and b == a]
        assert found[k] == (not before or (m - max(before)) * MINUTE > DAY)


@given(tables)
def test_windows_are_counted_as_a_loop_counts_them(rows):
    objects, minutes, account = (np.array(column) for column in zip(*rows, strict=True))
    member = account < 3
    everybody, members = count_windows(objects, minutes * MINUTE, member, WINDOWS)
    for k, (o, m, _) in enumerate(rows):
        for w, width in enumerate(WINDOWS):
            here = [
                place for place, (p, other, _) in enumerate(rows)
                if place >= k and p == o and (other - m) * MINUTE <= width
            ]  # fmt: skip
            expected = (len(here), sum(member[place] for place in here)) if member[k] else (0, 0)
            assert (everybody[k, w], members[k, w]) == expected


def test_share_at_work_against_a_loop():
    rng = np.random.default_rng(3)
    time = np.sort(rng.integers(0, 30 * HOUR, 400))
    account = rng.integers(0, 50, 400).astype(np.int32)
    inside = np.arange(50) < 10
    presence = Presence.of(time, account, inside)
    pairs = {(int(t // HOUR), int(a)) for t, a in zip(time, account, strict=True)}
    whole = sum(inside[a] for _, a in pairs) / len(pairs)
    for start, end in ((0, HOUR), (5 * HOUR + 7, 6 * HOUR), (3 * HOUR, 20 * HOUR), (29 * HOUR, 90 * HOUR)):
        hours = range(start // HOUR, end // HOUR + 1)
        mine = sum(inside[a] for hour, a in pairs if hour in hours)
        both = sum(hour in hours for hour, _ in pairs)
        share = presence.share(np.array([start]), np.array([end]))[0]
        assert np.isclose(share, (mine + 10 * whole) / (both + 10))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.floats(0.001, 0.5))
def test_threshold_rejects_as_benjamini_and_yekutieli_do(p, fdr):
    m = len(p)
    harmonic = sum(1 / k for k in range(1, m + 1))
    most = max((k for k in range(1, m + 1) if sorted(p)[k - 1] <= fdr * k / (m * harmonic)), default=0)
    assert sum(value <= threshold(np.array(p), fdr) for value in p if value > 0) == sum(
        value <= fdr * most / (m * harmonic) for value in p if value > 0
    )


def _organic(seed: int, event: bool):
    """Uses of 300 objects by 400 accounts with a daily rhythm; an event makes all take up the first in an hour."""
    rng = np.random.default_rng(seed)
    n, accounts = 9000, 400
    account = rng.integers(0, accounts, n)
    objects = (300 * rng.random(n) ** 2).astype(int)
    time = rng.integers(0, 20, n) * 86400.0 + (19 + rng.normal(0, 3, n)) % 24 * 3600
    if event:
        some = rng.permutation(accounts)[:250]
        account = np.concatenate((account, some))
        objects = np.concatenate((objects, np.zeros(250, dtype=int)))
        time = np.concatenate((time, 10 * 86400.0 + 3600 * rng.random(250)))
    return as_uses(account, objects, time, accounts)


def _scanned(uses, inside):
    order = np.argsort(uses.time, kind="stable")
    time, account = uses.time[order], uses.account[order]
    mine = inside[account]
    return scan(uses, inside, Presence.of(time, account, inside), CrewClock.of(time[mine], account[mine]))


def test_where_members_do_as_others_do_nothing_is_found():
    """Twenty worlds, an event in half of them: at 5 % hardly any may show a single object."""
    inside = np.arange(400) < 30
    shown = sum(
        threshold(_scanned(_organic(seed, event=seed % 2 == 0), inside).p_object, 0.05) > 0
        for seed in range(20)
    )
    assert shown <= 1


def test_an_object_that_members_alone_take_up_is_found():
    uses = _organic(1, event=False)
    rng = np.random.default_rng(5)
    more = as_uses(
        np.concatenate((uses.account, np.arange(20))),
        np.concatenate((uses.object, np.full(20, 300))),
        np.concatenate((uses.time / 1e6, 8 * 86400 + 43200 + 7200 * rng.random(20))),
        400,
    )
    found = _scanned(more, np.arange(400) < 30)
    cut = threshold(found.p_object, 0.01)
    assert found.object[found.p_object <= cut].tolist() == [300]


def test_p_values_are_the_larger_of_two_binomial_tails():
    uses = _organic(2, event=True)
    inside = np.arange(400) < 60
    found = _scanned(uses, inside)
    order = np.argsort(uses.time, kind="stable")
    time, account = uses.time[order], uses.account[order]
    presence = Presence.of(time, account, inside)
    clock = CrewClock.of(time[inside[account]], account[inside[account]])
    fresh = found.fresh
    for row in np.random.default_rng(0).integers(0, len(found.use), 50):
        use, width = found.use[row], WINDOWS[found.window[row]]
        start, end = fresh.time[use : use + 1], fresh.time[use : use + 1] + width
        same = fresh.object == fresh.object[use]
        here = same & (fresh.time >= start) & (fresh.time <= end)
        k, n = int((here & found.member).sum()), int(here.sum())
        total = int((same & found.member).sum())
        share = max(float(presence.share(start, end)[0]), found.member.mean())
        part = float((clock.at(end) - clock.at(start))[0] / clock.worked[-1])
        among = stats.binom.sf(k - 2, n - 1, share)
        in_time = stats.binom.sf(k - 2, total - 1, min(part, 1.0))
        assert np.isclose(np.exp(found.log_p[row]), max(among, in_time), rtol=1e-6)
