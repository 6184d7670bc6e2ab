"""The plan's numbers against what counting gives."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chorusline.cli.main import app
from chorusline.coaction import coactions
from chorusline.coaction import plan as planning
from chorusline.coaction.kernel import pairs_by_object
from chorusline.coaction.plan import plan
from tests.world import as_uses, world

ROWS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(0, 40)), min_size=1, max_size=60, unique=True
)


def uses_of(rows):
    account, objects, time = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    return as_uses(account, objects, time.astype(float), 7)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from([0, 2, 10]))
def test_pairs_by_object_are_those_of_a_loop(rows, window):
    uses = uses_of(rows)
    pairs = Counter(
        o for (a, o, t), (b, p, u) in combinations(rows, 2) if o == p and a != b and abs(t - u) <= window
    )
    found = pairs_by_object(uses.account, uses.object, uses.time, window * 1_000_000, len(uses.objects))
    assert {k: n for k, n in enumerate(found.tolist()) if n} == dict(pairs)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from([0, 2, 10]), st.integers(1, 3))
def test_a_small_plan_is_exact(rows, window, min_weight):
    uses = uses_of(rows)
    made = plan(uses, window, min_weight)
    assert made.pairs == sum(coactions(uses, window)["coactions"].to_pylist())
    assert made.edges == coactions(uses, window, min_weight=min_weight).num_rows
    assert made.accounts == len({a for a, _, _ in rows})
    assert made.objects == len({o for _, o, _ in rows})
    assert sorted((n for _, _, n in made.largest), reverse=True) == [n for _, _, n in made.largest]
    assert sum(n for _, _, n in made.largest) == made.pairs  # fewer objects than are listed


@pytest.fixture
def busy():
    return world(5, accounts=1_500, actions=15_000, interests=4, planted=0).uses()


def test_edges_are_well_guessed_from_a_part(busy, monkeypatch):
    monkeypatch.setattr(planning, "_TRIED", 10_000)
    for min_weight in (1, 2):
        whole = coactions(busy, 600.0, min_weight=min_weight).num_rows
        made = [plan(busy, 600.0, min_weight, seed=seed) for seed in range(4)]
        assert any(p.edges != whole for p in made), "the trial run should take a part only"
        assert all(p.edges == pytest.approx(whole, rel=0.25) for p in made)
        assert all(p.seconds > 0 and p.memory > 32 * p.kept for p in made)


def test_the_command_tells_of_viral_objects(tmp_path):
    rows = [f"{k % 400},https://v.org/1,2024-01-01T00:{k // 60:02d}:{k % 60:02d}Z" for k in range(800)]
    path = tmp_path / "posts.csv"
    path.write_text("\n".join(["account,url,time", *rows, "7,https://v.org/2,2024-01-01T00:00:00Z"]) + "\n")
    said = CliRunner().invoke(app, ["plan", str(path), "--window", "900", "--quiet"], catch_exceptions=False)
    assert said.exit_code == 0
    assert "800 uses make" in " ".join(said.stdout.split())
    assert "nothing is dropped" in " ".join(said.stdout.split())
    words = ["plan", str(path), "--trace", "link", "--window", "900", "--json"]
    plans = json.loads(CliRunner().invoke(app, words, catch_exceptions=False).stdout)
    assert set(plans["traces"]) == {"link"}
    link = plans["traces"]["link"]
    # 800 uses by 400 accounts, two each: every pair is within 15 minutes but the accounts' own.
    assert link["pairs"] == 800 * 799 // 2 - 400
    assert link["largest"][0][1:] == [800, link["pairs"]]
    assert link["edges"] == 400 * 399 // 2
