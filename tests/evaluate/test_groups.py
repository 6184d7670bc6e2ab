from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chorusline.case import Case
from chorusline.evaluate import evaluate
from chorusline.evaluate.truth import read
from tests.evaluate.conftest import account_row


def test_labelled_accounts_in_groups(
    make_case: Callable[..., Case], write_truth: Callable[..., Path]
) -> None:
    low = {"rung": "aligned", "status": "nothing found"}
    rows = [
        account_row("a", group=1), account_row("b", group=1), account_row("c", group=2, **low),
        account_row("d", group=2, **low), account_row("f", group=3, **low),
    ]  # fmt: skip
    path = write_truth(
        account=["a", "b", "c", "d", "e", "f"], label=[1, 1, 1, 1, 1, 0],
        campaign=["x", "x", "y", "z", "x", "fans"],
    )  # fmt: skip
    scored = evaluate(make_case(rows, ("e",)), read(path)).scores["groups"].figures
    # a, b, c, d are labelled and in groups; truth x x y z against 1 1 2 2: scikit-learn's second example.
    assert scored["labelled"]["accounts"] == 4
    assert scored["labelled"]["adjusted_rand"] == pytest.approx(0.5714285714)
    assert scored["labelled"]["homogeneity"] == pytest.approx(2 / 3)
    assert scored["labelled"]["completeness"] == pytest.approx(1.0)
    assert scored["named"]["accounts"] == 2
    assert scored["all"]["accounts"] == 5


def test_without_true_groups_it_is_left_out_and_said(
    make_case: Callable[..., Case], write_truth: Callable[..., Path]
) -> None:
    found = evaluate(make_case([account_row("a")]), read(write_truth(account=["a"], label=[1])))
    assert "groups" not in found.scores
    assert found.skipped["groups"] == "the truth has no column for the group of accounts"
