from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.actions import (
    ACTION_SCHEMA,
    DOOR_SCHEMA,
    KINDS,
    QUARANTINE_SCHEMA,
    ActionLog,
    Batch,
    Input,
    Rejected,
    resolution_of,
    rows_of,
)

T0 = 1_600_000_000_000_000
"""2020-09-13 12:26:40 UTC, microseconds: on a whole second, not on a whole minute."""


def rows(*given: dict) -> pa.Table:
    full = [{"row": i + 1, "kind": "post", "time": T0, **r} for i, r in enumerate(given)]
    columns = {
        f.name: pa.array([r.get(f.name) for r in full], f.type if f.name != "time" else pa.int64())
        for f in DOOR_SCHEMA
    }
    columns["time"] = columns["time"].cast(DOOR_SCHEMA.field("time").type)
    return pa.table(columns)


def build(*tables: pa.Table, rejected: list[Rejected] | None = None) -> ActionLog:
    return ActionLog.build(
        [Input(f"in{i}", [Batch(t, rejected=rejected or [])]) for i, t in enumerate(tables)]
    )


def test_empty_log_has_the_schema() -> None:
    log = ActionLog.build([])
    assert len(log) == 0
    assert log.actions.schema.equals(ACTION_SCHEMA)
    assert log.quarantine.schema.equals(QUARANTINE_SCHEMA)


def test_accounts_are_numbered_by_name_whatever_the_order() -> None:
    table = rows({"account": "b"}, {"account": "a", "time": T0 + 5}, {"account": "C", "time": T0 + 1})
    one = build(table)
    two = build(table.take([2, 1, 0]))
    assert one.names == ["C", "a", "b"] == two.names
    assert one.account_codes.tolist() == two.account_codes.tolist() == [2, 0, 1]


def test_sorted_by_time_account_post() -> None:
    log = build(
        rows(
            {"account": "b", "post_id": "2"},
            {"account": "b", "post_id": None, "text": "x"},
            {"account": "b", "post_id": "10"},
            {"account": "a", "post_id": "9"},
            {"account": "z", "post_id": "0", "time": T0 - 1},
        )
    )
    assert log.actions["post_id"].to_pylist() == ["0", "9", "10", "2", None]


def test_identical_rows_are_repeats_and_are_listed() -> None:
    one = {"account": "a", "post_id": "1", "hashtags": ["x"], "text": "t"}
    log = build(rows(one, one), rows(one))
    assert len(log) == 1
    assert [s.rows_repeated for s in log.inputs] == [1, 1]
    assert log.quarantine.select(["input", "row", "reason"]).to_pylist() == [
        {"input": "in0", "row": 2, "reason": "repeated row"},
        {"input": "in1", "row": 1, "reason": "repeated row"},
    ]


def test_parts_of_one_post_are_joined_in_order() -> None:
    log = build(
        rows(
            {"account": "a", "post_id": "1", "hashtags": ["x", "y"], "links": ["l1"]},
            {"account": "a", "post_id": "1", "hashtags": ["y", "z"], "text": "t"},
            {"account": "a", "post_id": "1", "hashtags": None, "links": ["l0", "l1"]},
            {"account": "a", "post_id": "2", "hashtags": ["q"]},
        )
    )
    assert len(log) == 2
    first = log.actions.slice(0, 1).to_pylist()[0]
    assert first["hashtags"] == ["x", "y", "z"]
    assert first["links"] == ["l1", "l0"]
    assert first["text"] == "t"
    assert first["row"] == 1
    assert log.actions["hashtags"].to_pylist()[1] == ["q"]
    assert log.inputs[0].rows_merged == 2
    assert log.quarantine.num_rows == 0


def test_one_post_resharing_two_posts_stays_two_actions() -> None:
    log = build(
        rows(
            {"account": "a", "post_id": "1", "kind": "reshare", "reshare_of": "x"},
            {"account": "a", "post_id": "1", "kind": "reshare", "reshare_of": "y"},
        )
    )
    assert len(log) == 2


def test_rows_without_post_id_are_never_joined() -> None:
    log = build(
        rows(
            {"account": "a", "text": "t", "hashtags": ["x"]},
            {"account": "a", "text": "t", "hashtags": ["y"]},
            {"account": "a", "text": "t", "hashtags": ["x"]},
        )
    )
    assert len(log) == 2
    assert log.inputs[0].rows_repeated == 1
    assert log.quarantine["row"].to_pylist() == [3]


def test_empty_list_and_no_list_are_the_same_content() -> None:
    log = build(rows({"account": "a", "hashtags": []}, {"account": "a", "hashtags": None}))
    assert len(log) == 1


def test_list_items_are_told_apart_from_their_joining() -> None:
    log = build(rows({"account": "a", "hashtags": ["x", "y"]}, {"account": "a", "hashtags": ["x,y"]}))
    assert len(log) == 2


def test_differing_texts_of_one_post_are_told() -> None:
    log = build(
        rows(
            {"account": "a", "post_id": "1", "text": "before the edit"},
            {"account": "a", "post_id": "1", "text": "after the edit"},
        )
    )
    assert log.actions["text"].to_pylist() == ["before the edit"]
    assert any("different texts" in w for w in log.inputs[0].warnings)


def test_unsound_rows_go_aside_with_their_reason() -> None:
    table = rows(
        {"account": ""},
        {"account": "  "},
        {"account": None},
        {"account": "a", "time": None},
        {"account": "a", "time": 0},
        {"account": "a", "time": 4_200_000_000_000_000},
        {"account": "a", "kind": "like"},
        {"account": "a"},
    )
    log = build(table, rejected=[Rejected(99, "a torn line", "raw" * 2000)])
    assert len(log) == 1
    reasons = log.quarantine["reason"].to_pylist()
    assert reasons[:3] == ["no account id"] * 3
    assert reasons[3] == "no time that can be read"
    assert "1970-01-01" in reasons[4]
    assert "2103" in reasons[5]
    assert "like" in reasons[6]
    assert log.quarantine["row"].to_pylist() == [1, 2, 3, 4, 5, 6, 7, 99]
    assert len(log.quarantine["raw"][7].as_py()) == 2000
    assert log.inputs[0].rows_set_aside == 8


def test_last_handle_and_facts_of_accounts() -> None:
    table = rows(
        {"account": "1", "handle": "new", "time": T0 + 9},
        {"account": "1", "handle": "old", "time": T0},
        {"account": "2"},
    )
    facts = pa.table({"account": ["1", "2", "3"], "handle": ["other", "two", "no"], "followers": [5, 7, 9]})
    more = pa.table({"account": ["1"], "followers": [6]})
    log = ActionLog.build([Input("in", [Batch(table, facts), Batch(table.slice(0, 0), more)])])
    assert log.accounts.column_names == ["name", "handle", "created", "followers", "following", "posts"]
    assert log.accounts["handle"].to_pylist() == ["new", "two"]
    assert log.accounts["followers"].to_pylist() == [6, 7]


BASE = st.fixed_dictionaries(
    {
        "account": st.sampled_from(["a", "b", "", None]),
        "post_id": st.sampled_from([None, "1", "2"]),
        "time": st.sampled_from([T0, T0 + 1, 0, None]),
        "kind": st.sampled_from([*KINDS, "?"]),
        "text": st.sampled_from([None, "x", "y"]),
        "hashtags": st.sampled_from([None, [], ["p"], ["p", "q"], ["q"]]),
        "reshare_of": st.sampled_from([None, "o"]),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(BASE, max_size=12), min_size=1, max_size=3))
def test_no_row_is_lost(inputs: list[list[dict]]) -> None:
    log = build(*[rows(*given) for given in inputs])
    for given_rows, summary in zip(inputs, log.inputs, strict=True):
        accounted = summary.rows_read + summary.rows_set_aside + summary.rows_repeated + summary.rows_merged
        assert accounted == len(given_rows)
    assert len(log) == sum(s.rows_read for s in log.inputs)
    listed = log.quarantine.num_rows
    assert listed == sum(s.rows_set_aside + s.rows_repeated for s in log.inputs)
    # Every hashtag that a sound row gave is still on an action of that account, time and post.
    kept = {
        (log.names[a["account"]], a["time"].timestamp(), a["post_id"], tag)
        for a in log.actions.to_pylist()
        for tag in a["hashtags"] or []
    }
    for row in (r for given_rows in inputs for r in given_rows):
        if row["account"] and row["time"] in (T0, T0 + 1) and row["kind"] in KINDS:
            for tag in row["hashtags"] or []:
                assert (row["account"], row["time"] / 1e6, row["post_id"], tag) in kept


@settings(max_examples=100, deadline=None)
@given(st.lists(BASE, max_size=14), st.randoms())
def test_same_log_whatever_the_order_of_rows(given_rows: list[dict], random) -> None:
    table = rows(*given_rows)
    places = list(range(len(given_rows)))
    random.shuffle(places)
    assert build(table).actions.equals(build(table.take(pa.array(places, pa.int64()))).actions)


@pytest.mark.parametrize(
    ("step", "resolution"),
    [(86400, 86400.0), (3600, 3600.0), (60, 60.0), (1, 1.0), (0.001, 1e-3), (1e-6, 1e-6)],
)
def test_resolution_of_a_pure_clock(step: float, resolution: float) -> None:
    rng = np.random.default_rng(1)
    times = rng.integers(10**6, 2 * 10**6, 500) * round(step * 1e6)
    assert resolution_of(times)[0] == resolution


def test_mixed_archive_is_read_at_its_coarse_clock() -> None:
    rng = np.random.default_rng(2)
    fine = T0 + rng.integers(0, 10**13, 350)
    coarse = (T0 + rng.integers(0, 10**13, 650)) // 60_000_000 * 60_000_000
    resolution, share, warning = resolution_of(np.concatenate([fine, coarse]), "posts")
    assert resolution == 60.0
    assert 0.64 < share < 0.67
    assert "65% of the times in posts are whole minutes" in warning


def test_a_fifth_on_whole_minutes_is_told_and_read_fine() -> None:
    rng = np.random.default_rng(3)
    fine = T0 + rng.integers(0, 10**13, 3000) // 1000 * 1000
    coarse = (T0 + rng.integers(0, 10**13, 1000)) // 60_000_000 * 60_000_000
    resolution, share, warning = resolution_of(np.concatenate([fine, coarse]))
    assert resolution == 1e-3
    assert share == pytest.approx(0.25, abs=0.01)
    assert warning is not None


def test_two_times_on_the_minute_prove_nothing() -> None:
    assert resolution_of(np.array([0, 60_000_000]))[0] == 1.0


def test_many_posts_at_one_midnight_are_no_daily_clock() -> None:
    midnight = 1_706_745_600_000_000
    times = np.array([midnight] * 20 + [midnight + 1_000_000 * i for i in range(1, 10)])
    assert resolution_of(times)[0] == 1.0


def test_each_input_has_its_own_clock() -> None:
    minutes = rows(*[{"account": "a", "time": 60_000_000 * (27_000_000 + 7 * i)} for i in range(30)])
    millis = rows(*[{"account": "b", "time": T0 + 1_234_000 * i + 1000} for i in range(30)])
    log = build(minutes, millis)
    assert [s.resolution for s in log.inputs] == [60.0, 1e-3]
    assert log.resolution == 60.0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.sampled_from(["a", "", None, "a long one"]), max_size=5), max_size=5), st.data())
def test_rows_of_a_column_in_pieces(pieces: list[list[str | None]], data) -> None:
    column = pa.chunked_array(pieces, pa.string())
    rows = data.draw(st.lists(st.integers(0, len(column) - 1), max_size=12) if len(column) else st.just([]))
    values = column.to_pylist()
    found = rows_of(column, np.array(rows, dtype=np.int64))
    assert isinstance(found, pa.Array)
    assert found.to_pylist() == [values[row] for row in rows]
    assert rows_of(column, np.sort(np.array(rows, dtype=np.int64))).to_pylist() == [
        values[row] for row in sorted(rows)
    ]
