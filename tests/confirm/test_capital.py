"""What each test has brought in: the division of the evidence against integrals, and that it adds up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.confirm import tested as trials
from chorusline.confirm.capital import contributions, divided, evidence
from chorusline.confirm.wagers import Outcome

WAGERS = st.lists(st.tuples(st.floats(0.01, 5), st.floats(-6, 6)), min_size=1, max_size=5)


@settings(max_examples=100)
@given(WAGERS)
def test_a_part_is_divided_as_by_going_from_nothing_to_what_was_paid(wagers):
    weight = np.array([w for w, _ in wagers]) / sum(w for w, _ in wagers)
    log_e = np.array([e for _, e in wagers])
    whole = np.log(weight @ np.exp(log_e))
    found = divided(weight, log_e, np.full(len(wagers), whole))
    assert found.sum() == pytest.approx(whole, abs=1e-9)
    # The slope of log F on the way from e = 1 to e, step by step.
    nodes, size = np.polynomial.legendre.leggauss(200)
    slow = np.zeros(len(wagers))
    for x, dx in zip((nodes + 1) / 2, size / 2, strict=True):
        factor = sum(w * (1 + x * np.expm1(e)) for w, e in zip(weight, log_e, strict=True))
        slow += dx * weight * np.expm1(log_e) / factor
    assert found == pytest.approx(slow, abs=1e-6)


def test_very_large_and_very_small_payoffs_divide_too():
    weight = np.array([0.5, 0.5, 0.5, 0.5, 1.0])
    log_e = np.array([3_000.0, -3_000.0, -900.0, -900.0, 0.0])
    whole = np.array([3_000 + np.log(0.5)] * 2 + [-900.0] * 2 + [0.0])
    found = divided(weight, log_e, whole)
    assert found[:2].sum() == pytest.approx(whole[0])
    assert found[0] > whole[0]
    assert found[2:4] == pytest.approx([-450.0, -450.0])
    assert found[4] == 0.0


def outcome(split: int, part: int, trace: str, rows: list[tuple[int, float, bool, float]]) -> Outcome:
    """One test: by account, what could be shown, whether a habit, and what it paid."""
    account = np.array([a for a, *_ in rows], np.int32)
    ones = np.ones(len(rows), np.int64)
    nothing = np.empty(0, np.int64)
    tested = trials.Tested(
        account, 3 * ones, 2 * ones, 0.5 * ones, np.array([p for _, p, _, _ in rows]),
        nothing, nothing, np.empty(0, bool), np.empty(0), nothing,
    )  # fmt: skip
    habit = np.array([h for _, _, h, _ in rows])
    paid = np.where(habit, [x for *_, x in rows], 0.0)
    group, promise = np.zeros(4, np.int32), 1.0 / (1.0 + account)
    return Outcome(split, part, trace, "synchrony", True, None, tested, group, habit, promise, habit, paid)


ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0.1, 9), st.booleans(), st.floats(-8, 30)),
    min_size=1, max_size=4, unique_by=lambda row: row[0],
).map(sorted)  # fmt: skip
MADE = st.lists(
    st.tuples(st.integers(0, 1), st.integers(1, 3), st.sampled_from(["link", "reply", "text"]), ROWS),
    min_size=1, max_size=14, unique_by=lambda made: made[:3],
)  # fmt: skip


def slow_capital(made: list[Outcome], account: int) -> tuple[float, dict[str, float]]:
    """What one account's wagers of one division have won, in a loop, and what each test by itself."""
    capital, won = 1.0, dict.fromkeys(("link", "reply", "text"), 0.0)
    for part in range(1, 4):
        placed = []
        for o in made:
            if o.part == part and account in o.tested.account:
                t = o.tested.account.tolist().index(account)
                could = o.tested.potential[t] * o.promise[t] if o.persistent[t] else 0.0
                placed.append((o.trace, could * np.exp(np.clip(won[o.trace], -30, 30)), o.log_e[t]))
        stake = sum(s for _, s, _ in placed)
        if stake:
            capital *= sum(s * np.exp(e) for _, s, e in placed) / stake
        for trace, _, log_e in placed:
            won[trace] += log_e
    return capital, won


@settings(max_examples=150)
@given(MADE)
def test_contributions_add_up_to_the_combined_evidence(rows):
    config = Config(splits=2, parts=4)
    made = [outcome(*row) for row in rows]
    found, rest = contributions(made, config, 4)
    e = evidence(made, config, 4, lambda o: True)
    for account in range(4):
        slow = [slow_capital([o for o in made if o.split == s], account) for s in range(2)]
        assert e[account] == pytest.approx(np.mean([capital for capital, _ in slow]))
        assert sum(c.log_e[account] for c in found) + rest[account] == pytest.approx(np.log(e[account]))
        for c in found:
            assert c.e_value[account] == pytest.approx(np.mean([np.exp(won[c.trace]) for _, won in slow]))
            if not c.staked[account]:
                assert c.log_e[account] == 0
    assert (rest <= 1e-9).all()
    assert (rest >= -np.log(2) - 1e-9).all()


def test_what_counted_adds_up_over_tests_and_one_test_alone_has_brought_in_all():
    made = [
        outcome(0, 1, "link", [(0, 2.0, True, 5.0), (1, 1.0, True, 2.0)]),
        outcome(0, 2, "text", [(0, 2.0, True, 4.0), (2, 1.0, False, 0.0)]),
        outcome(1, 1, "link", [(1, 1.0, True, 2.0)]),
    ]
    found, rest = contributions(made, Config(splits=2, parts=4), 4)
    by = {c.trace: c for c in found}
    assert by["link"].held_out.tolist() == [3, 3, 0, 0]
    assert by["text"].held_out.tolist() == [3, 0, 0, 0]
    assert by["link"].log_e[1] == pytest.approx(2.0)
    assert rest[1] == pytest.approx(0.0)
    # The account's second division saw nothing of it, which costs it all but half.
    assert rest[0] == pytest.approx(np.log((1 + np.exp(9.0)) / 2) - by["link"].log_e[0] - by["text"].log_e[0])
    assert not by["text"].staked[2]
