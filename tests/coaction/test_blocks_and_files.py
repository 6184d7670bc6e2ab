"""How the work is cut changes nothing, and the files say the same as the table."""

from __future__ import annotations

import csv
import xml.etree.ElementTree as ET
from collections import defaultdict
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.coaction import coactions, local, with_names
from chorusline.coaction.blocks import cut, in_memory, pairs_of_blocks, pieces
from chorusline.dossier.graph_files import write_edges
from tests.world import as_uses

HOSTILE = ["=HYPERLINK(1)", 'a<b>&"c"\'', "-1001234", "x,y\nz", "‮bidi", "]]>", "ﷺ", "a\x07b", " ", "+a"]


def drawn(seed: int, n: int = 4_000, accounts: int = 60):
    rng = np.random.default_rng(seed)
    return rng.integers(0, accounts, n), rng.integers(0, 30, n), np.round(rng.uniform(0, 3_000, n))


@pytest.mark.parametrize("number", [1, 2, 7, 60, 1_000])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("most", [1, 500, 10**9])
def test_blocks_pieces_and_threads_change_nothing(monkeypatch, number, threads, most):
    account, objects, time = drawn(1)
    uses = as_uses(account, objects, time, 60)
    discount = np.random.default_rng(2).uniform(0, 9, 30)
    whole = coactions(uses, 20, min_weight=2, discount=discount)
    assert whole.num_rows > 500
    monkeypatch.setattr(local, "BLOCKS", number)
    monkeypatch.setattr(local, "_SMALL", 0)
    monkeypatch.setattr(local, "_MOST", most)
    monkeypatch.setattr(local, "cores", lambda: threads)
    assert coactions(uses, 20, min_weight=2, discount=discount).equals(whole)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(1, 50))
def test_cuts_cover_every_account_once(work, pieces):
    cuts = cut(np.array(work), pieces).tolist()
    assert cuts[0] == 0
    assert cuts[-1] == len(work)
    assert cuts == sorted(set(cuts))
    assert len(cuts) - 1 <= pieces


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 9), st.sampled_from([0, 1, 30, 400]), st.integers(1, 2_000))
def test_pieces_hold_each_pair_of_accounts_once(seed, number, window, most):
    uses = as_uses(*drawn(seed, 300, 20), 20)
    work = np.bincount(uses.account, minlength=20)
    blocks = in_memory(uses.account, uses.object, uses.time, work, number)
    found = []
    for i, j in pairs_of_blocks(len(blocks)):
        for piece in pieces(blocks, i, j, window * 1_000_000, most):
            row, column, figures = piece.count(np.ones(1, np.int64), 1, False)
            assert piece.first < piece.last
            found += [
                (*sorted((blocks.accounts[r], blocks.accounts[c])), int(n))
                for r, c, n in zip(row, column, figures[:, 1], strict=True)
            ]
    edges = coactions(uses, window)
    assert sorted(found) == list(
        zip(*(edges[name].to_pylist() for name in ("a", "b", "coactions")), strict=True)
    )


def test_strength_is_the_sum_of_discounts_of_shared_objects():
    account, objects, time = drawn(3, 400, 10)
    discount = np.random.default_rng(4).uniform(0, 9, 30).round(6)
    shared: dict = defaultdict(set)
    for (a, o, t), (b, p, u) in combinations(
        zip(account.tolist(), objects.tolist(), time.tolist(), strict=True), 2
    ):
        if o == p and a != b and abs(t - u) <= 50:
            shared[min(a, b), max(a, b)].add(o)
    table = coactions(as_uses(account, objects, time, 10), 50, discount=discount)
    found = {(r["a"], r["b"]): r["strength"] for r in table.to_pylist()}
    assert found == {pair: pytest.approx(sum(discount[o] for o in known)) for pair, known in shared.items()}


def test_names_go_with_their_accounts_whatever_their_order():
    account, objects, time = drawn(5, 600, 12)
    names = [f"name {k}" for k in range(12)]
    turn = np.random.default_rng(6).permutation(12)
    one = with_names(coactions(as_uses(account, objects, time, 12), 30), pa.array(names))
    other = with_names(
        coactions(as_uses(turn[account], objects, time, 12), 30),
        pa.array([names[k] for k in np.argsort(turn)]),
    )

    def edges(table):
        return {(frozenset((r.pop("account_a"), r.pop("account_b"))), *r.values()) for r in table.to_pylist()}

    assert edges(one) == edges(other)
    assert len(edges(one)) == one.num_rows > 40


@pytest.mark.parametrize("ending", ["csv", "graphml"])
def test_files_read_back_to_the_same_edges(tmp_path, ending):
    account, objects, time = drawn(7, 500, len(HOSTILE))
    edges = with_names(coactions(as_uses(account, objects, time, len(HOSTILE)), 30), pa.array(HOSTILE))
    path = tmp_path / f"edges.{ending}"
    write_edges(edges, path)
    rows = from_csv(path) if ending == "csv" else from_graphml(path)
    expected = [
        {name: said(value, ending) for name, value in row.items()} for row in edges.to_pylist()
    ]  # fmt: skip
    assert len(rows) == len(expected) > 40
    for row, wanted in zip(rows, expected, strict=True):
        for name in ("account_a", "account_b", "weight", "coactions", "first", "last"):
            assert row[name] == wanted[name]
        for name in ("mean_lag", "min_lag"):
            assert float(row[name]) == pytest.approx(float(wanted[name]))


def said(value, ending: str) -> str:
    """How a cell is written: armed against spreadsheets in CSV, without what XML can't hold in GraphML."""
    if isinstance(value, str):
        if ending == "graphml":
            return value.replace("\x07", "\ufffd")
        return "'" + value if value[0] in "=+-@" and not value[1:].isdigit() else value
    if hasattr(value, "isoformat"):
        return value.isoformat() if ending == "graphml" else value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def from_csv(path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def from_graphml(path) -> list[dict]:
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    graph = ET.parse(path).getroot().find("g:graph", space)
    label = {node.get("id"): node.find("g:data", space).text for node in graph.iterfind("g:node", space)}
    return [
        {
            "account_a": label[edge.get("source")],
            "account_b": label[edge.get("target")],
            **{data.get("key"): data.text for data in edge.iterfind("g:data", space)},
        }
        for edge in graph.iterfind("g:edge", space)
    ]
