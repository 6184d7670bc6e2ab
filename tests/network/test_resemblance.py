"""Resemblance: against a slow plain version."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.network import resemblance as room
from chorusline.network.resemblance import _likeness, _profiles, most_like
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


def resemblance(uses: dict[str, Uses], model: np.ndarray) -> np.ndarray:
    """All models by all accounts at once."""
    return _likeness([_profiles(here) for here in uses.values()], model, int(model.max(initial=-1)) + 1)


def plainly(traces: list[Uses], examples: list[int]) -> np.ndarray:
    """The docstring, word for word, for one model."""
    total = np.zeros(N)
    if not examples:
        return total
    for u in traces:
        table = np.zeros((N, M))
        table[u.account, u.object] = 1.0
        users = table.sum(axis=0)
        table *= np.where(users > 1, np.log(N / np.maximum(users, 1)), 0.0)
        has = [a for a in range(N) if np.linalg.norm(table[a]) > 0]
        marks = (table[examples] > 0).sum(axis=0) >= 2
        alike = np.zeros(N)
        for a in has:
            others = [s for s in examples if s != a]
            for s in others:
                if s in has:
                    shared = (table[a] * table[s])[marks].sum()
                    alike[a] += shared / np.linalg.norm(table[a]) / np.linalg.norm(table[s])
            alike[a] = np.sqrt(alike[a] / max(len(others), 1))
        if has and alike[has].std() > 1e-12:
            total[has] += (alike[has] - alike[has].mean()) / alike[has].std()
    among = total[examples].mean()
    return total / among if among > 1e-9 else np.zeros(N)


pairs = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, M - 1)), min_size=1, max_size=60)


@given(st.lists(pairs, min_size=1, max_size=3), st.lists(st.integers(-1, 2), min_size=N, max_size=N))
@settings(max_examples=60, deadline=None)
def test_as_the_plain_version(traces: list[list[tuple[int, int]]], given_model: list[int]) -> None:
    model = np.array(given_model, np.int32)
    uses = [uses_of(p) for p in traces]
    found = resemblance({str(k): u for k, u in enumerate(uses)}, model)
    assert found.shape == (model.max() + 1, N)
    for number, row in enumerate(found):
        wanted = plainly(uses, np.flatnonzero(model == number).tolist())
        # Where the examples are hardly alike at all, rounding is magnified.
        if abs(wanted).max() < 1e6:
            assert row == pytest.approx(wanted, abs=1e-6)


@given(
    st.lists(pairs, min_size=1, max_size=3),
    st.lists(st.integers(-1, 4), min_size=N, max_size=N).filter(lambda model: max(model) >= 0),
    st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_models_looked_at_some_at_a_time_give_the_same(
    traces: list[list[tuple[int, int]]], given_model: list[int], cells: int
) -> None:
    model = np.array(given_model, np.int32)
    uses = {str(k): uses_of(p) for k, p in enumerate(traces)}
    whole = resemblance(uses, model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_CELLS", cells)
        nearest, most = most_like(uses, model)
    assert (nearest == whole.argmax(axis=0)).all()
    assert (most == whole.max(axis=0)).all()


def test_without_examples_there_is_no_model() -> None:
    assert resemblance({"text": uses_of([(0, 1), (1, 1)])}, np.full(N, -1, np.int32)).shape == (0, N)


def test_an_account_is_as_much_like_a_model_as_its_examples_where_it_does_the_same() -> None:
    shared = [(a, o) for a in (0, 1, 2, 6) for o in (0, 1, 2)] + [
        (a, o) for a in (3, 4, 5, 7) for o in (5, 6, 7)
    ]
    model = np.array([0, 0, 0, 1, 1, 1, -1, -1, -1], np.int32)
    found = resemblance({"link": uses_of([*shared, (8, 9), (8, 10)])}, model)
    assert found[[0, 1], [6, 7]] == pytest.approx([1.0, 1.0], abs=1e-9)
    assert (found[[1, 0], [6, 7]] < 0.3).all()
    assert (found[:, 8] <= 0).all()
