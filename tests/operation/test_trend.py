"""Shares of a trend against slow counts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chorusline.operation.trend import Lineage, trend
from tests.operation.conftest import log_of

HOUR = 3_600_000_000


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 20)), min_size=1, max_size=25), st.data())
def test_lineage_against_a_walk_up(rows, data):
    """Each post may pass on, answer or quote an earlier one; who leads back to members is found by walking up."""
    kinds = [
        "post" if up < 0 or up >= k else ("reshare", "reply", "quote")[a % 3]
        for k, (a, up) in enumerate(rows)
    ]
    parents = [up if 0 <= up < k else None for k, (_, up) in enumerate(rows)]
    minutes = [1_700_000_000_000_000 + k * 60_000_000 for k in range(len(rows))]
    columns = {
        "post_id": [f"p{k}" for k in range(len(rows))],
        "account": [f"a{a}" for a, _ in rows],
        "kind": kinds,
        "time": pa.array(minutes, pa.timestamp("us", "UTC")),
    }
    for name, kind in (("reshare_of", "reshare"), ("reply_to", "reply"), ("quote_of", "quote")):
        columns[name] = pa.array(
            [f"p{up}" if up is not None and kinds[k] == kind else None for k, up in enumerate(parents)],
            pa.string(),
        )
    lineage = Lineage.of(log_of(pa.table(columns)))
    chosen = np.array(sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1))))
    own = np.array([rows[k][0] == 0 for k in chosen])

    def leads_back(k: int) -> bool:
        while k is not None and k in chosen.tolist():
            if rows[k][0] == 0:
                return True
            k = parents[k]
        return False

    assert lineage.rooted(chosen, own).tolist() == [leads_back(int(k)) for k in chosen]
    more = lineage.with_reshares(chosen)
    assert more.tolist() == sorted(
        {
            *chosen.tolist(),
            *(k for k, up in enumerate(parents) if kinds[k] == "reshare" and up in chosen.tolist()),
        }
    )


@given(
    st.lists(st.tuples(st.integers(0, 60 * 40), st.booleans(), st.booleans()), min_size=1, max_size=40),
    st.integers(0, 60 * 40),
    st.floats(0, 50),
)
def test_low_middle_and_high_are_in_order(rows, begin, usual):
    rows = sorted(rows)
    time = np.array([minute * 60_000_000 for minute, _, _ in rows])
    own = np.array([mine for _, mine, _ in rows])
    rooted = own | np.array([led for _, _, led in rows])
    found = trend(time, own, rooted, begin * 60_000_000, usual)
    for span, shares in found.shares.items():
        if shares is not None:
            assert 0 <= shares[0] <= shares[1] <= shares[2] <= 1
        if span == "hour":
            here = [own[k] for k, t in enumerate(time) if begin * 60_000_000 <= t < begin * 60_000_000 + HOUR]
            assert (shares is None) == (not here)
            if here:
                assert np.isclose(shares[0], np.mean(here))


def test_what_others_post_anyhow_is_left_out_of_the_high_figure():
    time = np.arange(10) * 60_000_000
    own = np.array([True] * 4 + [False] * 6)
    assert np.allclose(trend(time, own, own, 0, 0.0).shares["hour"], (0.4, 0.4, 1.0))
    assert np.allclose(trend(time, own, own, 0, 2.0).shares["hour"], (0.4, 0.4, 0.8))
    assert np.allclose(trend(time, own, own, 0, 99.0).shares["hour"], (0.4, 0.4, 0.4))


def test_a_post_without_an_id_is_nobody_s_parent():
    minutes = [1_700_000_000_000_000 + k * 60_000_000 for k in range(3)]
    columns = {
        "post_id": [None, "p1", "p2"], "account": ["a", "b", "c"], "kind": ["post", "post", "reply"],
        "time": pa.array(minutes, pa.timestamp("us", "UTC")), "reply_to": [None, None, "p1"],
    }  # fmt: skip
    reshared, replied, quoted = Lineage.of(log_of(pa.table(columns))).parents
    assert reshared.tolist() == quoted.tolist() == [-1, -1, -1]
    assert replied.tolist() == [-1, -1, 1]
