"""What could have been seen: a loud operation is, a hushed one isn't, and the search finds the edge between."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from chorusline import investigate
from chorusline.cli.main import app
from chorusline.errors import UsageError
from chorusline.evaluate import power
from chorusline.evaluate.intervals import share
from chorusline.evaluate.power import Chance, Described, chance, smallest
from chorusline.simulate import write_world

LOUD = Described(accounts=30, days=12, orders=6.0, uptake="fast", camouflage=0.0, actions=6_000, others=300)


@pytest.fixture(scope="module")
def loud() -> Chance:
    return chance(LOUD, worlds=2)


def test_a_loud_operation_is_seen_and_a_hushed_one_is_not(loud):
    assert loud.seen["hits"] == loud.seen["of"] == 2
    assert loud.recall["value"] > 0.5
    assert 20 <= loud.recall["of"] / 2 <= 40
    hushed = chance(replace(LOUD, orders=0.3, evasion="E6"), worlds=1)
    assert hushed.seen["hits"] == 0
    assert hushed.recall["hits"] < 3


def test_the_collection_is_as_described(loud):
    assert loud.actions == pytest.approx(LOUD.actions, rel=0.25)
    assert loud.others == pytest.approx(LOUD.others, rel=0.25)
    assert loud.false_names["of"] == 2 * loud.others


def test_the_same_seed_gives_the_same_answer(loud):
    assert chance(LOUD, worlds=2) == loud
    assert chance(LOUD, worlds=2, seed=1) != loud


def test_what_is_described_reaches_the_world():
    described = replace(
        LOUD, jitter=20.0, camouflage=0.8, active=5, evasion="E2", resolution=60.0, sample=0.5
    )
    (operation,) = power._world(described, 3).operations
    assert (operation.jitter, operation.camouflage, operation.days) == (90.0, 0.8, (7, 11))
    assert operation.operators * operation.accounts_per_operator == pytest.approx(30)
    assert power._faults(described) == ["sample:0.5", "minutes"]
    (plain,) = power._world(replace(LOUD, jitter=20.0), 3).operations
    assert (plain.jitter, plain.camouflage, plain.days) == (20.0, 0.0, None)


@pytest.mark.parametrize("edge", [3, 4, 20, 500, None])
def test_the_smallest_size_is_where_the_chance_passes(monkeypatch, edge):
    asked = []

    def stand_in(described, **_):
        asked.append(described.accounts)
        hits = 8 if edge is not None and described.accounts >= edge else 7
        return Chance(described, share(hits, 10), share(1, 2), share(0, 9), 1.0, 1.0)

    monkeypatch.setattr(power, "chance", stand_in)
    found, tried = smallest(LOUD, worlds=10)
    assert found == (None if edge is None else min(size for size in power.SIZES if size >= edge))
    assert [c.described.accounts for c in tried] == sorted(asked)
    assert len(asked) == len(set(asked)) <= 4


@pytest.mark.parametrize(
    "wrong",
    [{"accounts": 2}, {"sample": 0.0}, {"camouflage": 1.0}, {"uptake": "soon"}, {"active": 13}, {"others": 9_000},
     {"orders": 0.0}, {"evasion": "E9"}],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(wrong):
    with pytest.raises(UsageError, match=r"\.$"):
        chance(replace(LOUD, **wrong), worlds=1)


def test_the_command_takes_the_data_from_a_case(tmp_path):
    write_world(power._world(replace(LOUD, actions=2_000, others=150), 1), tmp_path / "world", ["minutes"])
    case = investigate(tmp_path / "world" / "actions.parquet", tmp_path / "case")
    words = ["power", "--case", str(case.folder), "--worlds", "1", "--no-search", "--orders", "5"]
    told = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert told.exit_code == 0
    asked = json.loads(told.stdout)["asked"]
    assert asked["described"]["days"] == 12
    assert asked["described"]["resolution"] == 60.0
    assert asked["described"]["actions"] == case.manifest["counts"]["actions"]
    assert asked["described"]["orders"] == 5.0
    assert asked["seen"]["of"] == 1
    said = CliRunner().invoke(app, words, catch_exceptions=False)
    assert "of 1 worlds" in said.stdout
    assert "orders of magnitude" in said.stdout
