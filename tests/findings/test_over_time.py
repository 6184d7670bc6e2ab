"""The tables of groups over time, against what the log says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.findings.over_time import over_time
from chorusline.traces import choose
from tests.world import as_log, world

CONFIG = Config()


@pytest.fixture(scope="module")
def log():
    return as_log(world(11, accounts=2_000, actions=10_000, interests=10, fans=60, planted=30, ordered=80))


@pytest.fixture(scope="module")
def given(log):
    """The planted in group 1, the fans in group 2; the planted named, all but the last."""
    code = np.array([int(name[1:]) for name in log.names])
    group = np.where(code >= 2_000, 1, np.where(code < 60, 2, 0)).astype(np.int32)
    return group, (group == 1) & (code < 2_029)


@pytest.fixture(scope="module")
def tables(log, given):
    traces = {t.name: t for t in choose(("reshare",))}
    uses = {name: trace.extract(log, CONFIG) for name, trace in traces.items()}
    return over_time(log, uses, traces, *given, CONFIG, log.resolution)


def test_schemas(tables):
    assert set(tables) == {"periods", "lives", "persistence"}
    for name, table in tables.items():
        assert table.schema.equals(TABLES[name])
        assert table.num_rows


def test_periods_count_what_the_log_holds(tables, log, given):
    group, named = given
    times = np.array(log.actions["time"].to_pylist())
    rows = tables["periods"].to_pylist()
    assert sum(row["actions"] for row in rows) == len(log)
    for row in rows:
        active = {int(c) for c in log.account_codes[(times >= row["start"]) & (times < row["end"])]}
        assert row["accounts"] == len(active)
        assert row["in_groups"] == sum(group[c] > 0 for c in active)
        assert row["named"] == sum(bool(named[c]) for c in active)
        assert row["named_together"] <= row["together"] <= row["in_groups"]


def test_lives_add_up_to_the_periods_and_lie_in_one_group(tables):
    lives = tables["lives"].to_pylist()
    together, named, communities = Counter(), Counter(), Counter()
    for row in lives:
        together[row["period"]] += row["accounts"]
        named[row["period"]] += row["named"]
        communities[row["period"]] += row["accounts"] > 0
    for row in tables["periods"].to_pylist():
        assert (row["together"], row["named_together"], row["communities"]) == (
            together[row["period"]], named[row["period"]], communities[row["period"]],
        )  # fmt: skip
    assert {row["group"] for row in lives} <= {1, 2}
    assert all(0.5 <= row["share"] <= 1 for row in lives)
    numbers = {row["life"]: row["group"] for row in lives}
    assert list(numbers) == list(range(1, len(numbers) + 1))
    assert list(numbers.values()) == sorted(numbers.values())


def test_the_planted_are_steady(tables, given, log):
    rows = tables["persistence"].to_pylist()
    own = {name: int(g) for name, g in zip(log.names, given[0], strict=True)}
    active = Counter()
    for row in {(r["group"], r["period"]) for r in tables["lives"].to_pylist() if r["accounts"]}:
        active[row[0]] += 1
    for row in rows:
        assert own[row["account"]] == row["group"]
        assert row["group_periods"] == active[row["group"]]
        assert row["persistence"] == row["periods"] / row["group_periods"] <= 1
        assert row["first"] <= row["last"]
    steady = [row["persistence"] for row in rows if row["group"] == 1]
    assert len(steady) == 30
    assert min(steady) > 0.6


def test_nothing_gives_empty_tables(log):
    nobody = np.zeros(log.accounts.num_rows, dtype=np.int32)
    empty = over_time(log, {}, {}, nobody, nobody > 0, CONFIG, 1.0)
    assert empty["periods"].num_rows == 4
    assert empty["lives"].num_rows == empty["persistence"].num_rows == 0
