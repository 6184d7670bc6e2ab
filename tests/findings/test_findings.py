"""What may be said: rungs, words, tables, and posts that lead back to their rows."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline.actions import ActionLog
from chorusline.case import NAMED_RUNGS, TABLES
from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.findings import assemble
from chorusline.findings.assembly import _most_frequent, _with_drawn_in
from chorusline.findings.ladder import account_sentence, group_sentence
from chorusline.traces import choose
from tests.world import as_log, world

FORBIDDEN = re.compile(r"\b(bot|bots|troll|trolls|fake|paid|proves?|origin)\b", re.IGNORECASE)


def found_in(log: ActionLog, config: Config):
    traces = {t.name: t for t in choose(("reshare",))}
    uses = {name: trace.extract(log, config) for name, trace in traces.items()}
    resolution = log.resolution
    found = confirm(uses, traces, config, n_accounts=log.accounts.num_rows, resolution=resolution)
    return assemble(log, uses, traces, found, config, resolution)


@pytest.fixture(scope="module")
def log() -> ActionLog:
    return as_log(world(11, accounts=3_000, actions=15_000, interests=10, fans=60, planted=40))


@pytest.fixture(scope="module")
def findings(log):
    return found_in(log, Config())


def test_tables_have_their_schemas(findings):
    assert set(findings.tables) == set(TABLES)
    for name, table in findings.tables.items():
        assert table.schema.equals(TABLES[name]), name
        assert table.num_rows > 0 or name == "templates", name  # a world of reshares has no texts


def test_the_planted_are_named_and_each_account_stands_once(findings, log):
    accounts = findings.tables["accounts"]
    assert len(set(accounts["account"].to_pylist())) == accounts.num_rows
    named = [
        a
        for a, r in zip(accounts["account"].to_pylist(), accounts["rung"].to_pylist(), strict=True)
        if r in NAMED_RUNGS
    ]
    planted = {f"a{k:06d}" for k in range(3_000, 3_040)}
    assert len(planted & set(named)) >= 38
    assert set(named) <= planted
    assert findings.counts["accounts_named"] == len(named)
    for row in accounts.to_pylist():
        assert (row["status"] == "named") == (row["rung"] in NAMED_RUNGS)
        assert row["rung"] in ("nothing", "aligned", *NAMED_RUNGS)
        if row["status"] == "named":
            assert row["q_value"] <= 0.01


def test_contributions_add_up_to_each_account_s_evidence(findings):
    accounts = {row["account"]: row for row in findings.tables["accounts"].to_pylist()}
    by: dict[str, list[dict]] = {}
    for row in findings.tables["contributions"].to_pylist():
        by.setdefault(row["account"], []).append(row)
    for account, row in accounts.items():
        mine = by.get(account, [])
        assert sum(part["log10_factor"] for part in mine) == pytest.approx(np.log10(row["e_value"]), abs=1e-9)
        tests = [part for part in mine if part["trace"] is not None]
        assert len({(part["trace"], part["test"]) for part in tests}) == len(tests)
        assert len(mine) == len(tests) + bool(tests)
        if row["status"] != "few days":
            assert sum(part["observed"] for part in tests) == pytest.approx(row["observed"])
            assert sum(part["expected"] for part in tests) == pytest.approx(row["expected"])
        assert [part["trace"] is None for part in mine] == [False] * len(tests) + [True] * bool(tests)
    named = [account for account, row in accounts.items() if row["status"] == "named"]
    assert all(by[account][0]["log10_factor"] > 1 for account in named)


def test_not_enough_evidence_is_kept_apart_from_nothing_found(findings):
    for row in findings.tables["accounts"].to_pylist():
        if row["held_out_uses"] < 5:
            assert row["status"] == "not enough evidence"
        elif row["status"] == "nothing found":
            assert row["q_value"] > 0.01


def test_groups_are_numbered_by_whom_they_name(findings):
    groups = findings.tables["groups"].to_pylist()
    assert [g["group"] for g in groups] == list(range(1, len(groups) + 1))
    assert [g["named"] for g in groups] == sorted((g["named"] for g in groups), reverse=True)
    accounts = findings.tables["accounts"]
    for g in groups:
        inside = accounts.filter(pc.equal(accounts["group"], g["group"]))
        assert inside.num_rows == g["accounts"]
        assert 0 <= g["density"] <= 1


def test_evidence_leads_back_to_its_rows(findings, log):
    evidence = findings.tables["evidence"].slice(0, 300).to_pylist()
    by_row = {row["row"]: row for row in log.actions.to_pylist()}
    for e in evidence:
        mine, other = by_row[e["row"]], by_row[e["with_row"]]
        assert log.names[mine["account"]] == e["account"] != e["with_account"] == log.names[other["account"]]
        assert mine["reshare_of"] == other["reshare_of"] == e["object"]
        assert e["lag"] == pytest.approx(abs((mine["time"] - other["time"]).total_seconds()))
        assert e["post_id"] == mine["post_id"]
        assert 0 < e["chance"] <= 1


def test_the_same_again_and_in_another_order(findings, log):
    config = Config()
    again = found_in(log, config)
    assert all(again.tables[name].equals(findings.tables[name]) for name in TABLES)
    shuffled = world(11, accounts=3_000, actions=15_000, interests=10, fans=60, planted=40)
    order = np.random.default_rng(0).permutation(len(shuffled.account))
    other = as_log(
        type(shuffled)(shuffled.account[order], shuffled.object[order], shuffled.time[order], shuffled.kind)
    )
    columns = ["account", "rung", "q_value", "group"]
    ours = findings.tables["accounts"].select(columns)
    theirs = found_in(other, config).tables["accounts"].select(columns)
    assert theirs.equals(ours)


def test_a_world_without_anything_gives_empty_tables():
    log = as_log(world(12, accounts=300, actions=300, interests=3, fans=0, planted=0))
    empty = found_in(log, Config())
    for name, table in empty.tables.items():
        assert table.schema.equals(TABLES[name])
    assert empty.counts["accounts_named"] == 0
    nothing = found_in(ActionLog(log.actions.slice(0, 0), log.accounts), Config())
    assert nothing.tables["accounts"].num_rows == 0


def test_words_stay_in_the_vocabulary(findings):
    said = (
        findings.tables["accounts"]["reason"].to_pylist() + findings.tables["groups"]["sentence"].to_pylist()
    )
    said += [
        account_sentence(s, r, 9, 4, 1)
        for s in ("named", "nothing found", "not enough evidence")
        for r in NAMED_RUNGS
    ]
    said += [group_sentence(n, 9, 2, 0.01, "in step") for n in (0, 5)]
    assert not [sentence for sentence in said if FORBIDDEN.search(sentence)]
    assert "false-discovery rate of 1 %" in group_sentence(5, 9, 0, 0.01, "in step")
    assert "false-discovery rate of 0.50%" in group_sentence(5, 9, 0, 0.005, "in step")
    assert isinstance(pa.array(said), pa.StringArray)


def test_accounts_drawn_in_are_shown_where_most_they_were_tested_with_are():
    def proposed(*group):
        return np.array(group, np.int32)

    shown = np.array([0, 0, 0, 1, 1, -1, -1], np.int32)
    found = SimpleNamespace(
        drawn_in=np.array([False] * 5 + [True, False]),
        # Account 5 was twice with the first three, under two numbers, and once with the others; 6 never.
        groups={
            0: proposed(4, 4, 4, 0, 0, 4, -1),
            1: proposed(2, 2, -1, 3, 3, 2, -1),
            2: proposed(1, 1, 1, 0, 0, 0, -1),
        },
    )
    assert _with_drawn_in(shown, found).tolist() == [0, 0, 0, 1, 1, 0, -1]
    assert _most_frequent(np.array([0, 0, 0, 2, 2]), np.array([5, 3, 3, 7, 6]), 4).tolist() == [3, -1, 6, -1]
