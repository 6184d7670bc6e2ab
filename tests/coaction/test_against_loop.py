"""The kernel against ten obvious lines, the golden edges, and what must not change the result."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.coaction import coactions, local
from chorusline.coaction import prune as pruning
from chorusline.coaction.kernel import _largest_last, windowed_pairs
from chorusline.coaction.prune import prune
from chorusline.errors import UsageError
from tests.world import as_uses

N_ACCOUNTS = 6


def slow(rows: list[tuple[int, int, int]], window: float, count: str, min_weight: int) -> dict:
    """Every pair of uses, looked at one by one; rows are distinct (account, object, second)."""
    lags: dict = defaultdict(list)
    objects: dict = defaultdict(set)
    moments: dict = defaultdict(list)
    for (a, o, t), (b, p, u) in combinations(rows, 2):
        if o == p and a != b and abs(t - u) <= window:
            key = (min(a, b), max(a, b))
            lags[key].append(abs(t - u))
            objects[key].add(o)
            moments[key] += [t, u]
    weight = {k: len(objects[k]) if count == "objects" else len(lags[k]) for k in lags}
    return {
        k: (weight[k], len(v), sum(v) / len(v), min(v), min(moments[k]), max(moments[k]))
        for k, v in lags.items()
        if weight[k] >= min_weight
    }


def fast(rows, window, count, min_weight):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    table = coactions(
        as_uses(account, objects, time.astype(float), N_ACCOUNTS), window, count=count, min_weight=min_weight
    )
    return {
        (r["a"], r["b"]): (
            r["weight"], r["coactions"], pytest.approx(r["mean_lag"]), r["min_lag"],
            r["first"].timestamp(), r["last"].timestamp(),
        )
        for r in table.to_pylist()
    }  # fmt: skip


ROWS = st.lists(
    st.tuples(st.integers(0, N_ACCOUNTS - 1), st.integers(0, 3), st.integers(0, 40)),
    min_size=1, max_size=60, unique=True,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from([0, 1, 5, 60]), st.sampled_from(["objects", "uses"]), st.integers(1, 3))
def test_the_kernel_counts_what_a_loop_counts(rows, window, count, min_weight):
    assert fast(rows, window, count, min_weight) == slow(rows, window, count, min_weight)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([0, 2, 9]),
    st.integers(1, 9),
    st.sampled_from(["objects", "uses"]),
)
def test_high_weights_over_objects_of_all_sizes_lose_and_add_nothing(seed, window, min_weight, count):
    rng = np.random.default_rng(seed)
    objects = np.minimum(rng.zipf(1.4, 250), 14) - 1
    drawn = np.stack([rng.integers(0, N_ACCOUNTS, 250), objects, rng.integers(0, 60, 250)], axis=1)
    rows = [tuple(row) for row in np.unique(drawn, axis=0).tolist()]
    assert fast(rows, window, count, min_weight) == slow(rows, window, count, min_weight)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([0, 5, 60]))
def test_windowed_pairs_are_counted_without_being_made(rows, window):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    uses = as_uses(account, objects, time.astype(float), N_ACCOUNTS)
    loop = sum(
        1 for (a, o, t), (b, p, u) in combinations(rows, 2) if o == p and a != b and abs(t - u) <= window
    )
    assert windowed_pairs(uses.account, uses.object, uses.time, window * 1_000_000) == loop


def test_pruning_in_several_threads_leaves_the_same(monkeypatch):
    rng = np.random.default_rng(8)
    uses = as_uses(rng.integers(0, 300, 3_000), rng.zipf(1.3, 3_000) % 400, rng.uniform(0, 4_000, 3_000), 300)
    alone = prune(uses, 4, 30_000_000)
    assert 0 < len(alone) < len(uses)
    monkeypatch.setattr(pruning, "SMALL", 0)
    for threads in (2, 7, 1_000):
        monkeypatch.setattr(pruning, "cores", lambda threads=threads: threads)
        found = prune(uses, 4, 30_000_000)
        for name in ("account", "object", "time"):
            np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


@settings(max_examples=60, deadline=None)
@given(ROWS, st.sampled_from([0, 5, 60]), st.integers(1, 4))
def test_what_accounts_cost_to_count_is_what_lies_near_their_uses(rows, window, threads):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    uses = as_uses(account, objects, time.astype(float), N_ACCOUNTS)
    loop = [
        sum(1 for a, o, t in rows for _, p, u in rows if a == who and o == p and abs(t - u) <= window)
        for who in range(N_ACCOUNTS)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning, "SMALL", 0)
        patch.setattr(pruning, "cores", lambda: threads)
        assert local._work(uses, window * 1_000_000).tolist() == loop


@given(st.lists(st.integers(0, 1 << 40), max_size=40), st.integers(0, 40))
def test_the_largest_values_come_last(values, number):
    number = min(number, len(values))
    groups = np.array([*values, -1], dtype=np.int64)
    _largest_last(groups, len(values), number)
    assert groups[len(values) - number : -1].tolist() == sorted(values)[len(values) - number :]
    assert sorted(groups[:-1].tolist()) == sorted(values)
    assert groups[-1] == -1


def test_accounts_may_have_other_codes_in_the_edges():
    rng = np.random.default_rng(5)
    uses = as_uses(rng.integers(0, 40, 2_000), rng.integers(0, 60, 2_000), rng.uniform(0, 500, 2_000), 40)
    rank = rng.permutation(40).astype(np.int32)
    plain = local.collected(local.Counting.of(uses, 20.0, 2, "objects"), 1)
    other = local.collected(local.Counting.of(uses, 20.0, 2, "objects", rank=rank), 1)

    def rows(edges, code):
        ends = (code[edges[end].to_numpy()] for end in ("a", "b"))
        figures = (edges[name].to_pylist() for name in edges.column_names[2:])
        return sorted(zip(map(sorted, zip(*ends, strict=True)), *figures, strict=True))

    assert plain.num_rows > 100
    assert rows(other, np.arange(40)) == rows(plain, rank)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(1, 3))
def test_pruning_reaches_its_fixpoint_and_loses_no_edge(rows, min_weight):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    uses = as_uses(account, objects, time.astype(float), N_ACCOUNTS)
    once = prune(uses, min_weight, 5_000_000)
    assert len(prune(once, min_weight, 5_000_000)) == len(once)
    left = list(
        zip(once.account.tolist(), once.object.tolist(), (once.time // 1_000_000).tolist(), strict=True)
    )
    for a, o, t in left:
        assert len({p for b, p, _ in left if b == a}) >= min_weight
        assert any(p == o and b != a and abs(u - t) <= 5 for b, p, u in left)
    assert slow(left, 5, "objects", min_weight) == slow(rows, 5, "objects", min_weight)


def test_an_object_discount_is_added_once_an_object():
    rows = [(0, 0, 0), (1, 0, 1), (0, 0, 2), (0, 1, 0), (1, 1, 0)]
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    found = coactions(as_uses(account, objects, time.astype(float), 2), 60, discount=np.array([0.5, 2.25]))
    assert found["strength"].to_pylist() == [2.75]
    assert found["coactions"].to_pylist() == [3]


def test_blocks_and_row_order_change_nothing():
    rng = np.random.default_rng(5)
    n = 60_000
    account, objects, time = rng.integers(0, 500, n), rng.integers(0, 40, n), rng.uniform(0, 5e4, n)
    one = coactions(as_uses(account, objects, time, 500), 120, min_weight=2)
    shuffle = rng.permutation(n)
    other = coactions(as_uses(account[shuffle], objects[shuffle], time[shuffle], 500), 120, min_weight=2)
    assert one.equals(other)
    assert one.num_rows > 10_000


def test_nothing_in_nothing_out_and_bad_requests():
    empty = as_uses(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), 0)
    assert coactions(empty, 60).num_rows == 0
    with pytest.raises(UsageError):
        coactions(empty, -1)
    with pytest.raises(UsageError):
        coactions(empty, 60, min_weight=0)


@pytest.mark.parametrize("window", [10, 60, 3600])
def test_edges_equal_another_tools(shared: Path, tmp_path: Path, window: int):
    source = shared / "data" / "coortweet" / "russian_coord_tweets.parquet"
    out = tmp_path / "edges.parquet"
    options = ["--trace", "reshare", "--window", str(window), "--count", "uses", "--min-weight", "1"]
    result = CliRunner().invoke(app, ["edges", str(source), *options, "--out", str(out)])
    assert result.exit_code == 0, result.output
    ours = {
        (r["account_a"], r["account_b"]): (r["weight"], r["mean_lag"]) for r in pq.read_table(out).to_pylist()
    }
    golden = pq.read_table(shared / "golden" / f"russian_coord_tweets_window{window}.parquet").to_pylist()
    theirs = {tuple(sorted((r["account_a"], r["account_b"]))): (r["weight"], r["mean_lag"]) for r in golden}
    assert ours.keys() == theirs.keys()
    assert all(ours[k][0] == theirs[k][0] and ours[k][1] == pytest.approx(theirs[k][1]) for k in theirs)


def test_edges_as_csv_and_graphml_say_the_same(tmp_path: Path):
    source = tmp_path / "posts.csv"
    names = ["=cmd()", 'a<b>&"c"', "ali‮x"]
    lines = ["post_id,account,time,reshare_of"]
    for k, name in enumerate(names):
        quoted = '"' + name.replace('"', '""') + '"'
        lines += [f"p{k}{o},{quoted},2024-05-01T10:00:0{k}Z,o{o}" for o in range(3)]
    source.write_text("\n".join(lines) + "\n", "utf-8")
    found = {}
    for ending in ("parquet", "csv", "graphml"):
        out = tmp_path / f"edges.{ending}"
        result = CliRunner().invoke(app, ["edges", str(source), "--out", str(out)])
        assert result.exit_code == 0, result.output
        found[ending] = out
    rows = pq.read_table(found["parquet"]).to_pylist()
    assert {(r["account_a"], r["account_b"]) for r in rows} == {
        tuple(sorted(pair)) for pair in combinations(names, 2)
    }
    csv = pyarrow.csv.read_csv(found["csv"])
    assert csv["weight"].to_pylist() == [r["weight"] for r in rows]
    assert "'=cmd()" in csv["account_a"].to_pylist() + csv["account_b"].to_pylist()
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    graph = ET.parse(found["graphml"]).getroot()
    labels = {node.get("id"): node.find("g:data", space).text for node in graph.iterfind(".//g:node", space)}
    pairs = {
        tuple(sorted((labels[e.get("source")], labels[e.get("target")])))
        for e in graph.iterfind(".//g:edge", space)
    }
    assert pairs == {(r["account_a"], r["account_b"]) for r in rows}
