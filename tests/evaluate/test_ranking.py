from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.evaluate.ranking import average_precision, places


def plain_average_precision(labels: list[bool]) -> float:
    hits, total = 0, 0.0
    for place, label in enumerate(labels, 1):
        if label:
            hits += 1
            total += hits / place
    return total / hits


def over_all_orders(labels: list[bool], rank: list[int]) -> float:
    """Mean over every order of the rows that respects the ranks."""
    orders = [o for o in permutations(range(len(labels))) if [rank[k] for k in o] == sorted(rank)]
    return float(np.mean([plain_average_precision([labels[k] for k in order]) for order in orders]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=6))
def test_is_the_mean_over_all_orders_of_the_ties(rows: list[tuple[bool, int]]) -> None:
    labels, rank = [row[0] for row in rows], [row[1] for row in rows]
    if not any(labels):
        assert np.isnan(average_precision(np.array(labels), np.array(rank)))
        return
    found = average_precision(np.array(labels), np.array(rank))
    assert found == pytest.approx(over_all_orders(labels, rank), abs=1e-12)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_without_ties_it_is_the_plain_loop(labels: list[bool]) -> None:
    if any(labels):
        found = average_precision(np.array(labels), np.arange(len(labels)))
        assert found == pytest.approx(plain_average_precision(labels), abs=1e-12)


def test_all_tied_is_near_the_share_labelled() -> None:
    label = np.arange(10_000) < 1000
    assert average_precision(label, np.zeros(10_000, dtype=np.int64)) == pytest.approx(0.1, abs=0.002)


def test_ranks_by_the_first_key_then_the_second_and_infinity_last() -> None:
    rank = places(np.array([0.5, 0.1, 0.1, np.inf, np.inf]), np.array([0.5, 0.3, 0.2, np.inf, np.inf]))
    assert rank.tolist() == [2, 1, 0, 3, 3]
