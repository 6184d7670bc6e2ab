"""Context and templates: counts against loops, and nothing of it names anybody."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.actions import ACCOUNT_FACTS, DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.findings.context import context_table, name_pattern
from chorusline.findings.templates import SLOT, templates_table
from chorusline.traces import available
from tests.traces.test_skeleton import FILLED

DAY = 86_400_000_000
START = 1_700_000_000_000_000


def log_of(accounts: list[dict], posts: list[dict] | None = None) -> ActionLog:
    """A log of accounts a0, a1, … with facts, one post each unless others are given."""
    names = [f"a{k:02}" for k in range(len(accounts))]
    posts = posts or [{"account": name} for name in names]
    rows = [
        {"row": k, "post_id": f"p{k}", "time": START + k * 1_000_000, "kind": "post", **post}
        for k, post in enumerate(posts, 1)
    ]
    facts = [{"account": name, **given} for name, given in zip(names, accounts, strict=True)]
    batch = Batch(
        pa.Table.from_pylist(rows, schema=DOOR_SCHEMA), pa.Table.from_pylist(facts, schema=ACCOUNT_FACTS)
    )
    return ActionLog.build([Input("test", [batch])])


accounts = st.lists(
    st.fixed_dictionaries(
        {
            "created": st.none() | st.integers(0, 6).map(lambda k: START - k * DAY // 2),
            "handle": st.sampled_from([None, "anna", "anna12345678", "boris87654321", "carl1234"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=120)
@given(accounts, st.data())
def test_creation_and_names_are_those_of_the_loop(given_accounts, data):
    log = log_of(given_accounts)
    n = len(given_accounts)
    group = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.int32)
    table = context_table(log, group, Config())
    assert table.schema.equals(TABLES["context"])
    created = [row["created"] for row in given_accounts]
    pattern = [name_pattern(row["handle"] or f"a{k:02}") for k, row in enumerate(given_accounts)]
    assert table.num_rows == (group > 0).sum()
    for row in table.to_pylist():
        k = int(row["account"][1:])
        others = [j for j in range(n) if group[j] == 0]
        known = [j for j in others if created[j] is not None]
        mates = [j for j in range(n) if j != k and group[j] == group[k] and created[j] is not None]
        if created[k] is None or not known:
            assert row["created_near"] is None
            assert row["created_near_expected"] is None
        else:
            assert row["created_near"] == sum(abs(created[j] - created[k]) <= DAY for j in mates)
            share = sum(abs(created[j] - created[k]) <= DAY for j in known) / len(known)
            assert row["created_near_expected"] == pytest.approx(share * len(mates))
        assert row["name_pattern"] == pattern[k]
        if pattern[k] is None:
            assert row["name_pattern_in_group"] is None
        else:
            same = [j for j in range(n) if group[j] == group[k] and pattern[j] == pattern[k]]
            assert row["name_pattern_in_group"] == pytest.approx(len(same) / (group == group[k]).sum())
            if others:
                elsewhere = sum(pattern[j] == pattern[k] for j in others) / len(others)
                assert row["name_pattern_elsewhere"] == pytest.approx(elsewhere)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("anna12345678", "name and 8 digits"), ("a1b2023", "name and 4 digits"), ("anna123", None),
        ("12345678", None), ("", None), (None, None), ("Аня٢٠٢٣٢", "name and 5 digits"),
    ],
)  # fmt: skip
def test_name_patterns(name, pattern):
    assert name_pattern(name) == pattern


def test_accounts_that_act_in_the_same_slots_have_one_rhythm():
    rng = np.random.default_rng(3)
    slots = rng.choice(2_000, 40, replace=False)
    posts = [
        {"account": f"a{k:02}", "time": START + int(slot) * 600_000_000 + int(rng.integers(0, 500_000_000))}
        for k in range(4)
        for slot in slots
    ]
    posts += [
        {"account": f"a{k:02}", "time": START + int(t) * 1_000_000}
        for k in range(4, 40)
        for t in rng.integers(0, 1_200_000, 40)
    ]
    log = log_of([{}] * 40, posts)
    group = np.array([1] * 4 + [2] * 4 + [0] * 32, np.int32)
    rhythm = context_table(log, group, Config())["rhythm"].to_pylist()
    assert min(rhythm[:4]) > 10
    assert max(abs(value) for value in rhythm[4:]) < 5


def test_templates_of_a_group_have_their_slots():
    log = log_of([{}] * 4, [{"account": f"a{k:02}", "text": text} for k, text in enumerate(FILLED)])
    uses = {"template": available()["template"].extract(log, Config())}
    table = templates_table(log, uses, np.ones(4, np.int32), Config())
    assert table.schema.equals(TABLES["templates"])
    (row,) = table.to_pylist()
    assert row["skeleton"] == (
        f"shame on {SLOT} who voted against the hospital in {SLOT} and for the tunnel nobody wants"
    )
    assert (row["slots"], row["texts"], row["uses"], row["accounts"]) == ([2, 8], 4, 4, 4)
    alone = np.array([1, 0, 0, 0], np.int32)
    assert templates_table(log, uses, alone, Config()).num_rows == 0
    assert templates_table(log, {}, np.ones(4, np.int32), Config()).num_rows == 0
