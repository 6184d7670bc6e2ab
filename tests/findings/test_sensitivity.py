"""Variants of a case, and what is said of those that stand and fall."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.case import LATER, TABLES
from chorusline.config import Config
from chorusline.findings.sensitivity import (
    KINDS,
    Moved,
    Variant,
    breaks,
    tables,
    top_objects,
    variants,
    with_settings,
)

OBJECTS = [("hashtag", "river"), ("near-text", "x " * 60), ("link", "a.example/1")]
TRACES = ("hashtag", "link", "near-text")


def named(*groups):
    rows = [
        {
            "account": f"a{k}", "handle": None, "group": g, "rung": "in step", "status": "named", "p_value": 0.0,
            "q_value": 0.0, "e_value": 9.0, "e_value_any_days": 9.0, "held_out_uses": 9, "observed": 9.0,
            "expected": 1.0, "actions": 9, "reason": "",
        }
        for k, g in enumerate(groups)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=TABLES["accounts"])


def moved(still, out=None, new=0):
    n = len(still)
    return Moved(still, out or [False] * n, [2.0] * n, [0.5] * n, new)


def test_each_variant_moves_one_thing_and_makes_a_sound_config():
    config = Config()
    tried = variants(config, 1.0, TRACES, OBJECTS)
    assert {v.kind for v in tried} == set(KINDS)
    assert [KINDS.index(v.kind) for v in tried] == sorted(KINDS.index(v.kind) for v in tried)
    assert len({v.change for v in tried}) == len(tried)
    for v in tried:
        changed = {
            name for name, value in with_settings(config, v.settings).model_dump().items()
            if value != config.model_dump()[name]
        }  # fmt: skip
        assert changed == set(v.settings)
        assert bool(v.settings) + (v.object is not None) + (v.accounts > 0) == 1
    assert {v.settings["traces"] for v in tried if v.kind == "trace left out"} == {
        ("hashtag", "link"), ("hashtag", "near-text"), ("link", "near-text"),
    }  # fmt: skip
    assert [v.object for v in tried if v.object] == OBJECTS
    assert all(len(v.change) < 120 for v in tried)


def test_quick_is_a_part_of_them():
    full = {v.change for v in variants(Config(), 1.0, TRACES, OBJECTS)}
    quick = variants(Config(), 1.0, TRACES, OBJECTS, quick=True)
    assert {v.change for v in quick} < full
    assert len(quick) <= len(full) / 3
    assert {v.kind for v in quick} == set(KINDS) - {"threshold"}


def test_what_would_change_nothing_is_not_tried():
    """A window below the clock's resolution, a trace alone, a threshold at its bound, words where there are none."""
    tried = variants(Config(), 60.0, ("hashtag",), [])
    assert [v.change for v in tried if "co-action window" in v.change] == ["the co-action window is doubled"]
    assert not [v for v in tried if v.kind in ("trace left out", "object left out")]
    assert not [v for v in tried if "text" in v.change]
    bound = variants(Config(min_content_weight=1, events=0, habit=1), 1.0, TRACES, [])
    assert {v.settings["min_content_weight"] for v in bound if "min_content_weight" in v.settings} == {2}
    assert {v.settings["events"] for v in bound if "events" in v.settings} == {1}
    assert {v.settings["habit"] for v in bound if "habit" in v.settings} == {0.8}


def test_objects_with_most_evidence_on_named_accounts():
    rows = [("a", "link", "x")] * 3 + [
        ("b", "link", "y"),
        ("c", "link", "y"),
        ("b", "tag", "x"),
        ("d", "tag", "z"),
    ]
    evidence = pa.table(
        {name: [row[k] for row in rows] for k, name in enumerate(("account", "trace", "object"))}
    )
    count = Counter((trace, thing) for account, trace, thing in rows if account != "d")
    found = top_objects(evidence, ["a", "b", "c"])
    assert found == sorted(count, key=lambda key: (-count[key], key))
    assert top_objects(evidence, ["a", "b", "c"], 1) == [("link", "x")]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_tables_against_the_obvious_loop(data):
    groups = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=8))
    flags = st.lists(st.booleans(), min_size=len(groups), max_size=len(groups))
    outs = data.draw(st.lists(flags, min_size=1, max_size=5))
    stills = [data.draw(flags) for _ in outs]
    tried = [Variant("seed", f"the seed is {k}") for k in range(len(outs))]
    found = tables(
        named(*groups), tried, [moved(s, o, k) for k, (s, o) in enumerate(zip(stills, outs, strict=True))]
    )
    for name, table in found.items():
        assert table.schema.equals(LATER[name])
    firm = found["robustness"].to_pylist()
    for row in firm:
        stands = []
        for still, out in zip(stills, outs, strict=True):
            mine = [
                s for s, o, g, k in zip(still, out, groups, range(len(groups)), strict=True)
                if not o and (f"a{k}" == row["account"] if row["account"] else g == row["group"])
            ]  # fmt: skip
            if mine:
                least = 1 if row["account"] else max(len(mine) / 2, min(2, len(mine)))
                stands.append(sum(mine) >= least)
        assert (row["variants"], row["stands"]) == (len(stands), sum(stands))
        assert row["robustness"] == (sum(stands) / len(stands) if stands else None)
    assert len(firm) == len(groups) + len(set(groups))
    for k, row in enumerate(found["variants"].to_pylist()):
        assert row["of"] == len(groups) - sum(outs[k])
        assert row["still_named"] == sum(s and not o for s, o in zip(stills[k], outs[k], strict=True))
        assert row["newly_named"] == k
    each = found["sensitivity"].to_pylist()
    assert len(each) == len(outs) * (len(groups) + len(set(groups)))
    assert sum(row["stands"] is None for row in each if row["account"]) == sum(map(sum, outs))


@pytest.mark.parametrize(
    ("changes", "asked", "said"),
    [
        ([], 0, "No variant could test it."),
        ([], 1, "Stands in the one variant tried."),
        ([], 9, "Stands in all 9 variants tried."),
        (["a", "b"], 2, "Stands in none of the variants tried."),
        (["a", "b"], 9, "Doesn't stand where a; b."),
        (["a", "b", "c", "d", "e"], 9, "Doesn't stand where a; b; c; d; and in one other variant."),
        (["a", "b", "c", "d", "e", "f"], 9, "Doesn't stand where a; b; c; d; and in 2 other variants."),
    ],
)
def test_what_breaks_it_in_words(changes, asked, said):
    assert breaks(changes, asked) == said
