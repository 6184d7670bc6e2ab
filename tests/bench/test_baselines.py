"""The baselines on logs small enough to count by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from bench.baselines import BASELINES, communities, coreshare, fused, sametext, schoch
from bench.baselines.uses import pairs, uses
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.actions import DOOR_SCHEMA

START = datetime(2024, 5, 1, tzinfo=UTC)
WORDS = "a sentence that is long enough to count, number"


def log_of(rows: list[tuple[str, float, dict[str, Any]]]) -> pa.Table:
    """A log of (account, seconds, further fields)."""
    made = [
        {"row": k, "post_id": f"p{k}", "account": who, "time": START + timedelta(seconds=at), "kind": "post"} | more
        for k, (who, at, more) in enumerate(rows, 1)
    ]  # fmt: skip
    return pa.Table.from_pylist(made, schema=DOOR_SCHEMA)


def named(table: pa.Table) -> list[str]:
    return table.filter(table["named"])["account"].to_pylist()


def score(table: pa.Table) -> dict[str, float]:
    return dict(zip(table["account"].to_pylist(), table["score"].to_pylist(), strict=True))


def rounds(n: int, fields: Callable[[int], dict[str, Any]], gap: float = 5.0) -> list[Any]:
    """x and y do the same within `gap` seconds, n times an hour apart; z does it half an hour later."""
    return [
        (who, 3600.0 * k + after, fields(k))
        for k in range(n)
        for who, after in (("x", 0), ("y", gap), ("z", 1800))
    ]


def test_the_same_text_within_the_window_is_counted_post_by_post() -> None:
    rows = rounds(3, lambda k: {"text": f"{WORDS} {k}! https://a.b/{k}"}, gap=60.0)
    table = sametext.name_accounts(log_of(rows))
    assert score(table) == {"x": 3.0, "y": 3.0}
    assert named(table) == ["x", "y"]
    assert named(sametext.name_accounts(log_of(rows), window=59.0)) == []
    assert named(sametext.name_accounts(log_of(rows), window=1800.0)) == ["x", "y", "z"]


def test_an_account_that_repeats_itself_agrees_with_nobody() -> None:
    assert sametext.name_accounts(log_of([("x", 5.0 * k, {"text": WORDS}) for k in range(9)])).num_rows == 0


def test_short_texts_count_for_nothing() -> None:
    assert sametext.name_accounts(log_of(rounds(5, lambda k: {"text": "good morning"}))).num_rows == 0


uses_lists = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 30)), max_size=40)


def as_uses(rows: list[tuple[int, int, int]]) -> pa.Table:
    rows = sorted(rows, key=lambda row: (row[1], row[2], row[0]))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return pa.table(
        {
            "account": pa.array(columns[0], pa.int32()),
            "object": pa.array(columns[1], pa.uint64()),
            "time": pa.array([at * 1_000_000 for at in columns[2]], pa.int64()),
        }
    )


@settings(deadline=None)
@given(uses_lists)
def test_the_nearest_other_is_the_nearest_other(rows: list[tuple[int, int, int]]) -> None:
    used = as_uses(rows)
    listed = [tuple(row.values()) for row in used.to_pylist()]
    far = np.iinfo(np.int64).max
    slow = [
        min([abs(t - t2) for a2, o2, t2 in listed if a2 != a and o2 == o], default=far) for a, o, t in listed
    ]
    assert sametext.nearest_other(used).tolist() == slow


@settings(deadline=None)
@given(uses_lists, st.integers(1, 12))
def test_pairs_agree_with_the_slow_loop(rows: list[tuple[int, int, int]], window: int) -> None:
    expected: dict[tuple[int, int], list[int]] = {}
    for a, o, t in rows:
        for b, o2, t2 in rows:
            if a < b and o == o2 and abs(t - t2) <= window:
                expected.setdefault((a, b), []).append(o)
    found = pairs(as_uses(rows), float(window))
    assert {(row["a"], row["b"]): (row["objects"], row["coactions"]) for row in found.to_pylist()} == {
        pair: (len(set(objects)), len(objects)) for pair, objects in expected.items()
    }


def test_co_reshares_name_those_above_the_median_edge() -> None:
    rows = rounds(4, lambda k: {"kind": "reshare", "reshare_of": f"o{k}"})
    rows += [
        (who, 1e6 + at, {"kind": "reshare", "reshare_of": f"q{at}"}) for at in (0, 90) for who in ("u", "v")
    ]
    rows += [(who, 2e6, {"kind": "reshare", "reshare_of": "q"}) for who in ("s", "t")]
    table = coreshare.name_accounts(log_of(rows))
    # Edges x-y 4, u-v 2; s-t took part once only and is left out.
    assert score(table) == {"x": 4.0, "y": 4.0, "u": 2.0, "v": 2.0}
    assert named(table) == ["x", "y"]


def test_ten_in_a_minute_takes_ten() -> None:
    nine = rounds(9, lambda k: {"kind": "reshare", "reshare_of": f"o{k}"}, gap=60.0)
    ten = rounds(10, lambda k: {"kind": "reshare", "reshare_of": f"o{k}"}, gap=60.0)
    late = rounds(10, lambda k: {"kind": "reshare", "reshare_of": f"o{k}"}, gap=60.5)
    assert named(schoch.name_accounts(log_of(nine))) == []
    assert named(schoch.name_accounts(log_of(ten))) == ["x", "y"]
    assert schoch.name_accounts(log_of(late)).num_rows == 0


def test_the_interval_is_the_time_of_the_quickest_links_to_half_their_shares() -> None:
    # Link 0: shares at 0, 2, 8, 20 s: second share after 2 s, the third is the first beyond half, after 8 s.
    rows = [(0, 0, 0), (1, 0, 2), (2, 0, 8), (3, 0, 20), (0, 1, 0), (1, 1, 29), (0, 2, 0), (1, 2, 30)]
    assert communities.interval(as_uses(rows), quickest=0.1, reached=0.5) == 8.0
    assert communities.interval(as_uses([(0, 0, 0), (1, 0, 0)])) == 1.0
    assert communities.interval(as_uses([])) == 1.0


def test_communities_of_links_are_found_and_small_ones_left_out() -> None:
    rows = [
        (who, 3600.0 * k + after, {"links": [f"https://a.b/{k}"]})
        for k in range(6) for after, who in enumerate(("x", "y", "z"))
    ]  # fmt: skip
    rows += [(who, 1e6 + 60 * k, {"links": [f"https://c.d/{k}"]}) for k in range(6) for who in ("u", "v")]
    table = communities.name_accounts(log_of(rows))
    # u and v post at once, so the interval is its least, a second: x and z, two seconds apart, share no edge.
    assert named(table) == ["x", "y", "z"]
    assert score(table) == {"x": 6.0, "y": 12.0, "z": 6.0}


def test_cosine_of_shared_and_unshared_objects() -> None:
    # Objects 0 and 1 are used by both; 2 by one account alone and therefore left out.
    used = as_uses([(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3), (1, 2, 4), (2, 1, 5), (2, 0, 5)])
    found = fused.similarity(used, 4, least=1).toarray()
    assert found == pytest.approx(1.0 - np.eye(4) * 1.0 - _alone(3, 4))
    lopsided = fused.similarity(as_uses([(0, 0, 0), (0, 0, 1), (0, 1, 2), (1, 0, 3), (1, 1, 4)]), 2, least=1)
    assert lopsided[0, 1] == pytest.approx(3 / np.sqrt(10))


def _alone(account: int, accounts: int) -> np.ndarray:
    """1 in the row and column of an account without uses, off the diagonal."""
    lone = np.zeros((accounts, accounts))
    lone[account, :] = lone[:, account] = 1.0
    lone[account, account] = 0.0
    return lone


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=15))
def test_centrality_is_the_leading_eigenvector(edges: list[tuple[int, int]]) -> None:
    dense = np.zeros((6, 6))
    for a, b in edges:
        if a != b:
            dense[a, b] = dense[b, a] = 1.0
    found = fused.centrality(sp.csr_matrix(dense), steps=5000)
    if not dense.any():
        assert not found.any()
        return
    assert found @ dense @ found == pytest.approx(np.linalg.eigvalsh(dense)[-1], rel=1e-3)


def test_fused_puts_the_dense_core_above_a_passing_pair() -> None:
    tags = {"hashtags": ["one", "two", "three"]}
    core = [(f"c{i}", 600.0 * k + i, {"hashtags": ["a", "b", f"k{k}"]}) for k in range(4) for i in range(5)]
    pair = [
        (who, 1e5 + k, tags | {"hashtags": ["one", "two", f"t{k}"]}) for k in range(2) for who in ("u", "v")
    ]
    found = score(fused.name_accounts(log_of(core + pair)))
    assert min(found[f"c{i}"] for i in range(5)) > max(found.get("u", 0.0), found.get("v", 0.0))


@pytest.mark.parametrize("name", BASELINES)
def test_an_empty_log_names_nobody(name: str) -> None:
    assert BASELINES[name](DOOR_SCHEMA.empty_table()).num_rows == 0


def test_a_reshare_without_its_post_is_known_by_its_text() -> None:
    rows = rounds(2, lambda k: {"kind": "reshare", "text": f"RT @someone: {WORDS} {k}"})
    assert len(set(uses(log_of(rows), "reshare")["object"].to_pylist())) == 2
