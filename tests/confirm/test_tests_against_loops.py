"""Synchrony and content against slow versions written from their descriptions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.confirm.content import _shared, content_test
from chorusline.confirm.synchrony import _trials, synchrony_test
from tests.world import as_uses

GROUP = np.array([0, 0, 0, 1, 1, -1, -1, -1], dtype=np.int32)
ROWS = st.lists(
    st.tuples(st.integers(0, len(GROUP) - 1), st.integers(0, 2), st.integers(0, 60)),
    min_size=2, max_size=50, unique=True,
)  # fmt: skip


def uses_of(rows):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    return as_uses(account, objects, time.astype(float), len(GROUP))


def by_object(uses):
    found = defaultdict(list)
    for place in range(len(uses)):
        found[int(uses.object[place])].append(
            (int(uses.time[place]) // 1_000_000, int(uses.account[place]), place)
        )
    return found


def slow_trials(uses, window, wide):
    """A member's use with another member within L; one an object in any L; outsiders like it."""
    result = {}
    for rows in by_object(uses).values():
        born = rows[0][0]
        last: dict[int, float] = {}
        for t, a, place in rows:
            g = GROUP[a]
            others = [u for u, b, _ in rows if GROUP[b] == g and b != a]
            near = min((abs(u - t) for u in others), default=None)
            if g < 0 or near is None or near > wide or t - last.get(a, -1e18) <= wide:
                continue
            last[a] = t
            delay = t - born + 5
            n = m = 0
            for u, b, _ in rows:
                if GROUP[b] == g or not delay / 2 <= u - born + 5 <= delay * 2:
                    continue
                lag = min((abs(v - u) for v, c, _ in rows if GROUP[c] == g and c != a), default=1e18)
                n += lag <= wide
                m += lag <= window
            result[place] = (near <= window, n, m)
    return result


@settings(max_examples=300, deadline=None)
@given(ROWS, st.sampled_from([1, 3, 8]), st.sampled_from([8, 20, 100]))
def test_synchrony_trials_and_their_outsiders(rows, window, wide):
    uses = uses_of(rows)
    use, hit, n, m, _, partner = _trials(
        uses.account, uses.object, uses.time, GROUP, window * 1_000_000, wide * 1_000_000
    )
    assert {
        int(u): (bool(h), int(a), int(b)) for u, h, a, b in zip(use, hit, n, m, strict=True)
    } == slow_trials(uses, window, wide)
    for u, p in zip(use, partner, strict=True):
        assert GROUP[uses.account[p]] == GROUP[uses.account[u]]
        assert uses.account[p] != uses.account[u]
        assert uses.object[p] == uses.object[u]


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from([1, 5, 30]))
def test_content_hits_and_outsiders(rows, span):
    uses = uses_of(rows)
    hit, _, _, outside, out_use, out_group = _shared(
        uses.account, uses.object, uses.time, GROUP, span * 1_000_000
    )
    hits, pairs, parts = set(), set(), {}
    for o, here in by_object(uses).items():
        users = {a for _, a, _ in here}
        for a in users:
            for g in (0, 1):
                lags = [
                    abs(t - u) for t, b, _ in here if b == a for u, c, _ in here if GROUP[c] == g and c != a
                ]
                if not lags or min(lags) > span:
                    continue
                if GROUP[a] == g:
                    hits.add((o, a))
                    parts[o, a] = sum(GROUP[b] != g for b in users) / (len(users) - 1)
                else:
                    pairs.add((o, a, g))
    found = {(int(uses.object[p]), int(uses.account[p])) for p in np.flatnonzero(hit)}
    assert found == hits
    assert {
        (int(uses.object[p]), int(uses.account[p]), int(g)) for p, g in zip(out_use, out_group, strict=True)
    } == pairs
    for p in np.flatnonzero(hit):
        assert outside[p] == pytest.approx(parts[int(uses.object[p]), int(uses.account[p])])


def test_reactions_and_schedules_are_no_synchrony():
    base = 1_600_000_020.0  # not a whole minute
    rows = [(a, o, base + 1000 * o + a) for o in range(4) for a in (0, 1, 2)]
    rows += [(a, o, base + 1000 * o + 700 + a) for o in range(4) for a in (0, 1, 2)]
    account, objects, time = (np.array(c) for c in zip(*rows, strict=True))
    uses = as_uses(account, objects, time, len(GROUP))
    everything = synchrony_test(uses, GROUP, 60, 300, 3.0)
    late = synchrony_test(uses, GROUP, 60, 300, 3.0, reaction=600.0)
    assert everything.account.tolist() == late.account.tolist() == [0, 1, 2]
    assert everything.trials.tolist() == [8, 8, 8]
    assert late.trials.tolist() == [4, 4, 4]
    on_the_minute = as_uses(account, objects, np.floor(time / 60) * 60, len(GROUP))
    assert synchrony_test(on_the_minute, GROUP, 60, 300, 3.0, scheduled=True).trials.sum() == 0


def test_what_comes_over_a_wire_is_no_content():
    rows = [(a, o, 5000.0 * o + 3 * a) for o in range(5) for a in (0, 1, 2)]
    rows += [(a, 5 + o, 90_000.0 + 5000 * o + 400 * a) for o in range(5) for a in (0, 1, 2)]
    account, objects, time = (np.array(c) for c in zip(*rows, strict=True))
    uses = as_uses(account, objects, time, len(GROUP))
    assert content_test(uses, GROUP, 3600).trials.tolist() == [10, 10, 10]
    slow = content_test(uses, GROUP, 3600, wire=60.0)
    assert slow.trials.tolist() == [5, 5, 5]
    assert (uses.object[slow.use] >= 5).all()
    assert (uses.account[slow.partner] != uses.account[slow.use]).all()
