from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.evaluate.partitions import adjusted_rand, contingency, v_measure

# Values published in scikit-learn's documentation of these measures.
KNOWN = [
    ([0, 0, 1, 1], [1, 1, 0, 0], 1.0, (1.0, 1.0, 1.0)),
    ([0, 0, 1, 2], [0, 0, 1, 1], 0.5714285714285714, (0.6666666666666667, 1.0, 0.8)),
    ([0, 0, 1, 1], [0, 0, 1, 2], 0.5714285714285714, (1.0, 0.6666666666666667, 0.8)),
    ([0, 0, 0, 0], [0, 1, 2, 3], 0.0, (1.0, 0.0, 0.0)),
    ([0, 0, 1, 1], [0, 1, 0, 1], -0.5, (0.0, 0.0, 0.0)),
    ([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 2, 2], 0.24242424242424243, (0.66666667, 0.42061983, 0.51580374)),
]


@pytest.mark.parametrize(("truth", "found", "rand", "measures"), KNOWN)
def test_known_values(
    truth: list[int], found: list[int], rand: float, measures: tuple[float, float, float]
) -> None:
    table = contingency(np.array(truth), np.array(found))
    assert adjusted_rand(table) == pytest.approx(rand)
    assert v_measure(table) == pytest.approx(measures, abs=1e-7)


partitions = st.integers(2, 40).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n) for _ in range(2)])
)


@settings(deadline=None)
@given(partitions)
def test_agrees_with_scikit_learn(both: tuple[list[int], list[int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    table = contingency(np.array(both[0]), np.array(both[1]))
    assert adjusted_rand(table) == pytest.approx(metrics.adjusted_rand_score(*both), abs=1e-9)
    expected = metrics.homogeneity_completeness_v_measure(*both)
    assert v_measure(table) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(partitions)
def test_rand_is_the_count_over_pairs_adjusted_for_chance(both: tuple[list[int], list[int]]) -> None:
    a, b = both
    pairs = list(combinations(range(len(a)), 2))
    same_a, same_b = ([x[i] == x[j] for i, j in pairs] for x in (a, b))
    together = sum(p and q for p, q in zip(same_a, same_b, strict=True))
    expected = sum(same_a) * sum(same_b) / len(pairs)
    most = (sum(same_a) + sum(same_b)) / 2
    slow = 1.0 if most == expected else (together - expected) / (most - expected)
    assert adjusted_rand(contingency(np.array(a), np.array(b))) == pytest.approx(slow, abs=1e-9)


@settings(deadline=None)
@given(partitions)
def test_swapping_truth_and_groups_swaps_homogeneity_and_completeness(
    both: tuple[list[int], list[int]],
) -> None:
    table = contingency(np.array(both[0]), np.array(both[1]))
    h, c, v = v_measure(table)
    assert v_measure(table.T) == pytest.approx((c, h, v), abs=1e-9)
    assert 0 <= h <= 1
    assert 0 <= c <= 1
