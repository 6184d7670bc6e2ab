"""Resemblance: against a slow plain version, and what it must not do."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.findings.resemblance import resemblance
from chorusline.traces.base import Uses

N, M = 9, 12


def uses_of(pairs: list[tuple[int, int]]) -> Uses:
    rows = sorted((o, k, a) for k, (a, o) in enumerate(pairs))
    return Uses(
        np.array([a for *_, a in rows], np.int32),
        np.array([o for o, *_ in rows], np.int32),
        np.array([k * 10**6 for _, k, _ in rows], np.int64),
        np.array([k for _, k, _ in rows], np.int64),
        pa.array([f"o{o}" for o in range(M)]),
        N,
    )


def evidence(strong: list[int]) -> SimpleNamespace:
    """As much of a Confirmation as counts here: an e-value of 50 for some, by days that count or don't."""
    e, any_days = np.ones(N), np.ones(N)
    e[strong[::2]], any_days[strong] = 50.0, 50.0
    return SimpleNamespace(e_value=e, e_any_days=any_days)


def plainly(traces: list[Uses], strong: list[int]) -> np.ndarray:
    """The docstring, word for word, for one group."""
    total = np.zeros(N)
    for u in traces:
        table = np.zeros((N, M))
        table[u.account, u.object] = 1.0
        users = table.sum(axis=0)
        table *= np.where(users > 1, np.log(N / np.maximum(users, 1)), 0.0)
        has = [a for a in range(N) if np.linalg.norm(table[a]) > 0]
        cosine = np.zeros(N)
        for a in has:
            others = [s for s in strong if s != a]
            for s in others:
                if s in has:
                    cosine[a] += table[a] @ table[s] / np.linalg.norm(table[a]) / np.linalg.norm(table[s])
            cosine[a] /= max(len([s for s in strong if s != a or a not in has]), 1)
        if has and cosine[has].std() > 1e-12:
            total[has] += (cosine[has] - cosine[has].mean()) / cosine[has].std()
    among = total[strong].mean()
    return total / among if among > 0 else np.zeros(N)


pairs = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, M - 1)), min_size=1, max_size=60)


@given(st.lists(pairs, min_size=1, max_size=3), st.sets(st.integers(0, N - 1), min_size=3, max_size=6))
@settings(max_examples=60, deadline=None)
def test_as_the_plain_version(traces: list[list[tuple[int, int]]], members: set[int]) -> None:
    strong = sorted(members)
    group = np.zeros(N, np.int32)
    group[strong] = 2
    uses = [uses_of(p) for p in traces]
    found, nearest = resemblance({str(k): u for k, u in enumerate(uses)}, evidence(strong), group, Config())
    wanted = plainly(uses, strong)
    # Where the accounts with evidence are hardly alike at all, rounding is all there is to divide by.
    if abs(wanted).max() < 1e6:
        assert found == pytest.approx(wanted, abs=1e-6)
    assert set(nearest.tolist()) <= {0, 2}


def test_without_a_group_that_has_evidence_everybody_is_anybody() -> None:
    uses = {"text": uses_of([(a, o) for a in range(6) for o in range(3)] + [(7, 9), (8, 9)])}
    group = np.array([1, 1, 1, 2, 2, 2, 0, 0, 0], np.int32)
    found, nearest = resemblance(uses, evidence([0, 3, 6, 7]), group, Config())
    assert not found.any()
    assert not nearest.any()


def test_each_account_is_held_against_the_group_it_is_most_like() -> None:
    shared = [(a, o) for a in (0, 1, 2, 6) for o in (0, 1, 2)] + [
        (a, o) for a in (3, 4, 5, 7) for o in (5, 6, 7)
    ]
    group = np.array([1, 1, 1, 2, 2, 2, 0, 0, 0], np.int32)
    found, nearest = resemblance(
        {"link": uses_of([*shared, (8, 9), (8, 10)])}, evidence([0, 1, 2, 3, 4, 5]), group, Config()
    )
    assert nearest[[6, 7]].tolist() == [1, 2]
    assert found[[6, 7]] == pytest.approx([1.0, 1.0], abs=1e-9)
    assert found[8] <= 0
