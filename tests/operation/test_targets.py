"""Targets of a small world, words against the formula, names that stay hidden."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from chorusline.case import OPERATION
from chorusline.config import Config
from chorusline.operation.crews import crew_of_list, read_roles
from chorusline.operation.orders import find as orders
from chorusline.operation.pushed import targets
from chorusline.operation.targets import find
from chorusline.operation.words import counted, log_odds, words_of
from tests.operation.conftest import log_of


@pytest.fixture(scope="module")
def found(crew_of):
    return find(crew_of("factory"), unmask=True)


def test_ordered_targets_come_first(found, world):
    ordered = set(world.truth["targets"]["account"].to_pylist())
    rows = found.tables["targets"].to_pylist()
    assert rows == sorted(rows, key=lambda row: row["q_value"])
    assert {row["target"] for row in rows[: len(ordered)]} == ordered
    piled = {row["target"] for row in found.tables["pile_ons"].to_pylist()}
    assert piled
    assert piled <= ordered
    assert all(table.schema.equals(OPERATION[name]) for name, table in found.tables.items())


def test_counts_against_a_loop(found, crew_of):
    crew = crew_of("factory")
    log = crew.log
    uses = targets(log)
    row = found.tables["targets"].to_pylist()[0]
    code = pc.index(uses.objects, pa.scalar(row["target"])).as_py()
    here = uses.object == code
    who = set(uses.account[here].tolist())
    mine = {a for a in who if crew.inside[a]}
    assert (row["members"], row["others"]) == (len(mine), len(who - mine))
    assert row["posts"] == sum(crew.inside[a] for a in uses.account[here].tolist())
    members = {log.names[k] for k in crew.members.tolist()}
    pairs = {
        (a, uses.objects[o].as_py())
        for a, o in zip(uses.account.tolist(), uses.object.tolist(), strict=True)
    }  # fmt: skip
    pairs = {(a, name) for a, name in pairs if name not in members}
    share = max(
        len(crew.members) / len(np.unique(log.account_codes)),
        sum(crew.inside[a] for a, _ in pairs) / len(pairs),
    )
    # Where the target is at home: what the others who address it address besides, each target as often as they do.
    those = {a for a in who if not crew.inside[a]}
    weight = Counter(name for a, name in pairs if a in those and name != row["target"])
    by_target = Counter(name for _, name in pairs)
    mine_by_target = Counter(name for a, name in pairs if crew.inside[a])
    total = sum(weight.values())
    around = (
        sum(n * mine_by_target[name] for name, n in weight.items()) / total + 10 * share
    ) / (sum(n * by_target[name] for name, n in weight.items()) / total + 10)  # fmt: skip
    share = max(share, around)
    assert np.isclose(row["expected"], share * len(who))
    tried = found.tables["targets"].num_rows
    p = stats.binom.sf(row["members"] - 1, len(who), share)
    assert row["q_value"] <= p * tried * sum(1 / k for k in range(1, tried + 1)) * (1 + 1e-9)


def test_names_stay_hidden_unless_listed_or_asked_for(crew_of, found):
    crew = crew_of("factory")
    names = found.tables["targets"]["target"].to_pylist()
    hidden = find(crew)
    numbers = hidden.tables["targets"]["target"].to_pylist()
    assert all(number.startswith("target ") for number in numbers)
    assert len(set(numbers)) == len(names)
    for table in hidden.tables.values():
        assert not set(names) & set(table["target"].to_pylist())
    listed = find(crew, roles={"@" + names[1].upper(): "official"}).tables["targets"].to_pylist()
    assert (listed[1]["target"], listed[1]["role"]) == (names[1], "official")
    assert listed[0]["target"] == numbers[0]


def test_orders_call_targets_what_the_targets_are_called(crew_of, found):
    crew = crew_of("factory")
    shown = {row["object"] for row in orders(crew).tables["orders"].to_pylist() if row["kind"] == "target"}
    assert shown
    assert shown <= set(find(crew).tables["targets"]["target"].to_pylist())
    named = {
        row["object"]
        for row in orders(crew, unmask=True).tables["orders"].to_pylist()
        if row["kind"] == "target"
    }
    assert named <= set(found.tables["targets"]["target"].to_pylist())


def test_an_author_is_addressed_by_answers_and_quotes_but_not_by_reshares():
    kinds = ["post", "reply", "quote", "reshare", "reply"]
    rows = pa.table(
        {
            "account": ["Author", "a", "b", "c", "Author"], "kind": kinds, "post_id": [f"p{k}" for k in range(5)],
            "reply_to": [None, "p0", None, None, "p0"], "quote_of": [None, None, "p0", None, None],
            "reshare_of": [None, None, None, "p0", None], "mentions": [["@Else"], ["AUTHOR"], None, ["author"], None],
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(5)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    log = log_of(rows)
    uses = targets(log)
    found = {
        (log.names[a], uses.objects[o].as_py())
        for a, o in zip(uses.account.tolist(), uses.object.tolist(), strict=True)
    }
    assert found == {("Author", "else"), ("a", "Author"), ("b", "Author")}


def test_members_who_talk_among_themselves_have_no_targets():
    rows = pa.table(
        {
            "account": ["a", "b", "c"] * 4, "kind": ["post"] * 12, "post_id": [f"p{k}" for k in range(12)],
            "mentions": [["b"], ["c"], ["a"]] * 4,
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(12)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    assert find(crew_of_list(log_of(rows), np.arange(3), Config())).reason


def test_words_are_what_people_wrote():
    text = "Shame on @someone! https://example.org/shame #shame 2024 Résumé résumé"
    assert words_of(text) == {"shame", "on", "résumé"}
    assert words_of(None) == set()
    assert counted(["a bb", "bb cc", None]) == {"bb": 2, "cc": 1}


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 500)), min_size=2, max_size=12)
)
def test_log_odds_against_the_formula(rows):
    mine, others, prior = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = log_odds(mine, others, prior, weight=500.0)
    alpha = 500.0 * (prior + 1e-3) / (prior + 1e-3).sum()
    for k in range(len(rows)):
        a = np.log((mine[k] + alpha[k]) / (mine.sum() + 500 - mine[k] - alpha[k]))
        b = np.log((others[k] + alpha[k]) / (others.sum() + 500 - others[k] - alpha[k]))
        spread = np.sqrt(1 / (mine[k] + alpha[k]) + 1 / (others[k] + alpha[k]))
        assert np.isclose(found[k], (a - b) / spread)


def test_roles_are_read(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("account,role\nu1,official\nu2,\n", "utf-8")
    assert read_roles(path) == {"u1": "official", "u2": "listed"}
