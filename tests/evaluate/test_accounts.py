from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from chorusline.case import Case
from chorusline.errors import InputError
from chorusline.evaluate import evaluate
from chorusline.evaluate.accounts import naming
from chorusline.evaluate.judged import judge
from chorusline.evaluate.ranking import places
from chorusline.evaluate.truth import Truth, read
from tests.evaluate.conftest import account_row

MakeCase = Callable[..., Case]
Write = Callable[..., Path]


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    """Four named (one wrongly), one found nothing, one with too little; four others not proposed."""
    high = {"e_value": 9000.0, "q_value": 0.001}
    rows = [
        account_row("t1", rung="scripted", **high),
        account_row("t2", **high),
        account_row("t3", e_value=800.0),
        account_row("fan1", e_value=700.0),
        account_row(
            "t4", rung="aligned", status="nothing found", e_value=1.2, p_value=0.4, q_value=0.9, group=2
        ),
        account_row(
            "fan2",
            rung="aligned",
            status="not enough evidence",
            e_value=0.0,
            p_value=1.0,
            q_value=1.0,
            group=2,
        ),
    ]
    return make_case(rows, ("t5", "o1", "o2", "o3", "stranger"))


@pytest.fixture
def truth(write_truth: Write) -> Path:
    known = {
        "t1": "boss", "t2": "boss", "t3": "hand", "t4": "hand", "t5": "hand", "fan1": "fan", "fan2": "fan",
        "o1": "organic", "o2": "organic", "o3": "organic", "gone": "hand",
    }  # fmt: skip
    return write_truth(
        account=list(known),
        label=[int(kind in ("boss", "hand")) for kind in known.values()],
        kind=list(known.values()),
        ordered_actions=[30, 20, 12, 11, 2, 0, 0, 0, 0, 0, 0],
    )


def test_counts_by_hand(case: Case, truth: Path) -> None:
    found = evaluate(case, read(truth)).scores["accounts"]
    f = found.figures
    assert (f["labelled"], f["honest"]) == (5, 5)
    assert (f["precision"]["hits"], f["precision"]["of"]) == (3, 4)
    assert (f["recall"]["hits"], f["recall"]["of"]) == (3, 5)
    assert f["f1"] == pytest.approx(6 / 9)
    assert (f["false_names"]["hits"], f["false_names"]["of"]) == (1, 5)
    assert f["false_names_by_kind"]["fan"]["value"] == 0.5
    assert f["false_names_by_kind"]["organic"]["hits"] == 0
    assert f["recall_by_kind"]["boss"]["value"] == 1.0
    assert f["recall_by_kind"]["hand"] == f["recall_by_kind"]["hand"] | {"hits": 1, "of": 3}
    assert (f["recall_of_ordered"]["hits"], f["recall_of_ordered"]["of"]) == (3, 4)
    assert f["statuses"]["labelled"] == {
        "named": 3, "few days": 0, "nothing found": 1, "not enough evidence": 0, "not proposed": 1,
    }  # fmt: skip
    assert f["statuses"]["honest"]["not enough evidence"] == 1
    assert f["recall_where_evidence_sufficed"]["of"] == 4
    assert (f["labelled_not_in_log"], f["not_in_truth"], f["named_not_in_truth"]) == (1, 1, 0)
    assert len(found.notes) == 2


def test_average_precision_ranks_by_e_and_puts_the_unproposed_last(case: Case, truth: Path) -> None:
    # Order: t1 = t2, t3, fan1, t4, fan2, then t5 among four that are not proposed.
    f = evaluate(case, read(truth)).scores["accounts"].figures
    last = np.mean([5 / place for place in (7, 8, 9, 10)])
    assert f["average_precision"] == pytest.approx((1 + 1 + 1 + 4 / 5 + last) / 5)


def test_a_case_that_names_nobody(make_case: MakeCase, write_truth: Write) -> None:
    case = make_case([], ("a", "b"))
    f = evaluate(case, read(write_truth(account=["a", "b"], label=[1, 0]))).scores["accounts"].figures
    assert f["precision"]["value"] is None
    assert f["recall"]["value"] == 0.0
    assert f["average_precision"] == pytest.approx(0.75)


def test_a_world_without_operation(make_case: MakeCase, write_truth: Write) -> None:
    case = make_case([account_row("a")], ("b",))
    f = evaluate(case, read(write_truth(account=["a", "b"], label=[0, 0]))).scores["accounts"].figures
    assert f["precision"]["value"] == 0.0
    assert f["recall"]["value"] is None
    assert f["average_precision"] is None
    assert f["false_names"]["value"] == 0.5


def test_nothing_in_common_is_an_error(make_case: MakeCase, write_truth: Write) -> None:
    case = make_case([account_row("a")])
    with pytest.raises(InputError, match="no account in common"):
        evaluate(case, read(write_truth(account=["z"], label=[1])))


def test_f1_is_the_harmonic_mean() -> None:
    label = np.array([True] * 6 + [False] * 4)
    named = np.array([True] * 3 + [False] * 5 + [True] * 2)
    f = naming(label, named)
    p, r = f["precision"]["value"], f["recall"]["value"]
    assert f["f1"] == pytest.approx(2 * p * r / (p + r))


def test_whoever_has_evidence_ranks_before_whoever_only_resembles_them(make_case: MakeCase) -> None:
    rows = [
        account_row("habit", e_value=25.0),
        account_row("days", e_value=1.5, e_value_any_days=30.0, status="few days", rung="aligned"),
        account_row("some", e_value=8.0, status="nothing found", rung="aligned"),
        account_row("none", e_value=0.9, status="nothing found", rung="aligned"),
    ]
    alike = [
        {"account": name, "group": 1, "resemblance": r, "status": "not proposed", "actions": 3}
        for name, r in (("kin", 1.1), ("far", 0.4), ("none", 0.3))
    ]
    case = make_case(rows, ("kin", "far", "stranger"), resembling=tuple(alike))
    known = ["habit", "days", "kin", "some", "far", "none", "stranger"]
    truth = Truth(Path("t"), pa.table({"account": known, "label": pa.array([1] * len(known), pa.int8())}), {})
    assert places(*judge(case, truth).evidence_keys()).tolist() == list(range(len(known)))
