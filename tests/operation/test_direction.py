"""The upper rungs: each condition is needed, lists never count, and hands are said to be shared of groups alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline.case import OPERATION, TABLES
from chorusline.config import Config
from chorusline.operation.direction import directed, raised

START = datetime(2024, 3, 4, 10, tzinfo=UTC)
CONFIG = Config()


def _rows(schema, rows):
    """A table with the columns given; the others hold nothing, or nought."""

    def blank(field):
        if field.nullable:
            return None
        if pa.types.is_list(field.type):
            return []
        if pa.types.is_string(field.type):
            return ""
        if pa.types.is_boolean(field.type):
            return False
        return START if pa.types.is_timestamp(field.type) else 0

    full = [{f.name: row.get(f.name, blank(f)) for f in schema} for row in rows]
    return pa.Table.from_pylist(full, schema=schema)


def tables(
    verdict="staffed hours", orders=10, status="order", crew="named accounts", rung="scripted", took=range(10),
    days=None, hands="can't tell", accounts=4,
):  # fmt: skip
    """A case with one group. took : orders that each account took up. days : on which each order fell."""
    days = days or list(range(orders))
    names = [f"a{k}" for k in range(accounts)]
    who = {"group": 1, "crew": crew}
    given = [START + timedelta(days=day) for day in days]
    return {
        "accounts": _rows(
            TABLES["accounts"],
            [{"account": name, "group": 1, "rung": rung, "status": "named", "q_value": 0.001, "held_out_uses": 40,
              "observed": 30.0, "expected": 2.0} for name in names]
            + [{"account": "unnamed", "group": 1, "rung": "aligned", "status": "nothing found"}],
        ),
        "groups": _rows(TABLES["groups"], [{"group": 1, "accounts": 5, "named": 4, "rung": rung}]),
        "roster": _rows(OPERATION["roster"], [{**who, "verdict": verdict}]),
        "operators": _rows(OPERATION["operators"], [{**who, "verdict": hands}]),
        "orders": _rows(
            OPERATION["orders"],
            [{**who, "order": k, "status": status, "first_use": given[k]} for k in range(orders)],
        ),
        "order_uses": _rows(
            OPERATION["order_uses"],
            [{**who, "order": k, "account": name, "time": given[k]} for name in [*names, "unnamed"] for k in took
             if k < orders],
        ),
    }  # fmt: skip


def test_a_staff_with_an_order_book_is_directed():
    found = raised(tables(), CONFIG)
    rungs = dict(
        zip(found["accounts"]["account"].to_pylist(), found["accounts"]["rung"].to_pylist(), strict=True)
    )
    assert rungs == {**{f"a{k}": "directed" for k in range(4)}, "unnamed": "aligned"}
    assert found["groups"]["rung"].to_pylist() == ["directed"]
    assert "highest rung: directed" in found["groups"]["sentence"][0].as_py()
    assert "as if on orders" in found["accounts"]["reason"][0].as_py()
    for name in ("accounts", "groups"):
        assert found[name].schema.equals(TABLES[name])


@pytest.mark.parametrize(
    "lacking",
    [
        {"verdict": "hours, but no days off"},
        {"verdict": "no hours of work"},
        {"orders": 2, "took": range(2)},
        {"status": "few days"},
        {"status": "weekly"},
        {"crew": "user's list"},
        {"crew": "all members"},
        {"rung": "aligned"},
        {"took": range(3)},  # on three days only
        {"days": [0] * 5 + [1] * 5},
        {"orders": 60, "took": range(5), "days": list(range(60))},  # a twelfth of them
        {"accounts": 1},
    ],
    ids=lambda value: ",".join(map(str, value)),
)
def test_every_condition_is_needed(lacking):
    given = tables(**lacking)
    assert directed(given, CONFIG) == {}
    found = raised(given, CONFIG)
    assert all(found[name] is given[name] for name in given)


def test_of_shared_hands_groups_alone_are_spoken():
    found = raised(tables(hands="shared hands"), CONFIG)
    assert found["groups"]["rung"].to_pylist() == ["shared hands"]
    assert "shared hands" not in found["accounts"]["rung"].to_pylist()
    assert raised(tables(hands="shared hands", verdict="no hours of work"), CONFIG)["groups"][
        "rung"
    ].to_pylist() == ["scripted"]


def test_without_the_analyses_nothing_is_raised():
    for name in ("roster", "orders", "order_uses"):
        given = tables()
        del given[name]
        assert raised(given, CONFIG)["accounts"] is given["accounts"]


def test_accounts_stay_in_order_of_rung_in_their_group():
    given = tables(took=range(10))
    some = given["order_uses"].filter(
        pc.is_in(given["order_uses"]["account"], value_set=pa.array(["a2", "a3"]))
    )
    found = raised({**given, "order_uses": some}, CONFIG)["accounts"]
    assert found["account"].to_pylist() == ["a2", "a3", "a0", "a1", "unnamed"]
