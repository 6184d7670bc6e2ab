"""Quick ways through the uses against what they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.confirm.content import _shared, _with_anybody
from chorusline.confirm.nearest import nearest_other, others
from chorusline.traces import choose
from chorusline.traces.base import first_uses
from tests.confirm.test_tests_against_loops import GROUP, ROWS, uses_of
from tests.world import world


@settings(deadline=None, max_examples=300)
@given(ROWS)
def test_first_uses(rows):
    uses = uses_of(rows)
    seen: set[tuple[int, int]] = set()
    for place, first in enumerate(first_uses(uses.account, uses.object, uses.n_accounts)):
        pair = (int(uses.object[place]), int(uses.account[place]))
        assert first == (pair not in seen)
        seen.add(pair)


@settings(deadline=None, max_examples=300)
@given(ROWS, st.integers(0, 30))
def test_sharing_with_anybody_is_sharing_in_a_group_of_all(rows, span):
    uses = uses_of(rows)
    everybody = np.zeros(len(GROUP), dtype=np.int32)
    found = _with_anybody(uses.account, uses.object, uses.time, span * 1_000_000, len(GROUP))
    slow = _shared(uses.account, uses.object, uses.time, everybody, span * 1_000_000)[0]
    assert found.tolist() == slow.tolist()


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=20),
    st.integers(-2, 22), st.integers(-1, 4),
)  # fmt: skip
def test_the_nearest_other(uses, t, me):
    uses.sort(key=lambda use: use[1])
    account, at = np.array([a for a, _ in uses], np.int32), np.array([time for _, time in uses], np.int64)
    members = np.arange(len(uses))
    following, before = others(account, members)
    place, distance = nearest_other(account, members, at, following, before, np.searchsorted(at, t), t, me)
    lags = [abs(time - t) for a, time in uses if a != me]
    if not lags:
        assert place == -1
    else:
        assert distance == min(lags) == abs(at[place] - t)
        assert account[place] != me


@pytest.fixture(scope="module")
def planted():
    return world(5, planted=40, accounts=2_000)


def test_divisions_side_by_side_give_what_one_alone_gives(planted):
    """The first of three divisions is what it is where it is the only one, and progress runs to the end."""
    traces = {trace.name: trace for trace in choose(("reshare",))}
    shares: list[float] = []
    several, one = (
        confirm(
            {"reshare": planted.uses()}, traces, Config(splits=splits), n_accounts=len(planted.kind),
            resolution=1e-6, progress=shares.append,
        )
        for splits in (3, 1)
    )  # fmt: skip
    assert shares == pytest.approx([*(k / 15 for k in range(1, 16)), *(k / 5 for k in range(1, 6))])
    mine = [outcome for outcome in several.outcomes if outcome.split == 0]
    assert len(mine) == len(one.outcomes) > 0
    for a, b in zip(mine, one.outcomes, strict=True):
        assert (a.part, a.trace, a.test) == (b.part, b.trace, b.test)
        assert np.array_equal(a.group, b.group)
        assert np.array_equal(a.log_e, b.log_e)
        assert np.array_equal(a.tested.use, b.tested.use)
