from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.case import Case
from chorusline.evaluate import evaluate
from chorusline.evaluate.calibration import LEVELS, histogram, realised, reliability
from chorusline.evaluate.truth import read
from tests.evaluate.conftest import account_row


def test_realised_rate_by_hand() -> None:
    q = np.array([0.0005, 0.004, 0.004, 0.03, 0.15, 0.15])
    label = np.array([True, True, False, True, False, True])
    usable = np.array([True, True, True, True, True, False])
    by_level = {row["level"]: row["realised"] for row in realised(label, q, usable)}
    assert (by_level[0.001]["hits"], by_level[0.001]["of"]) == (0, 1)
    assert (by_level[0.005]["hits"], by_level[0.005]["of"]) == (1, 3)
    assert (by_level[0.2]["hits"], by_level[0.2]["of"]) == (2, 5)


def test_a_promise_is_broken_only_beyond_chance() -> None:
    q, usable = np.full(200, 0.01), np.ones(200, dtype=bool)
    broken = {row["level"]: row["broken"] for row in realised(np.arange(200) >= 100, q, usable)}
    assert broken[0.01]
    assert broken[0.2]
    kept = {row["level"]: row["broken"] for row in realised(np.arange(200) >= 2, q, usable)}
    assert not any(kept.values())


def test_uniform_p_values_lie_on_the_line() -> None:
    p = (np.arange(10_000) + 1) / 10_000
    assert all(row["share"]["value"] == pytest.approx(row["p"]) for row in reliability(p))
    assert histogram(p) == [500] * 20


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=200))
def test_the_histogram_counts_everyone_once(values: list[float]) -> None:
    counts = histogram(np.array(values, dtype=np.float64))
    assert sum(counts) == len(values)
    assert len(counts) == 20


def test_untested_accounts_have_no_p_value(
    make_case: Callable[..., Case], write_truth: Callable[..., Path]
) -> None:
    rows = [account_row("a"), account_row("b", p_value=0.3), account_row("c", held_out_uses=0, p_value=1.0)]
    path = write_truth(account=["a", "b", "c", "d"], label=[1, 0, 0, 0])
    found = evaluate(make_case(rows, ("d",)), read(path)).scores["calibration"]
    assert found.figures["honest_tested"] == 1
    assert found.figures["honest_p_histogram"][5] == 1
    assert [row["level"] for row in found.figures["false_discoveries"]] == list(LEVELS)
    assert len(found.charts) == 3
