"""The scores of orders and targets, on the small world and on tables written by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from chorusline.case import OPERATION
from chorusline.config import Config
from chorusline.evaluate import orders, targets
from chorusline.evaluate.truth import Truth
from chorusline.operation import orders as order_book
from chorusline.operation import targets as target_list
from chorusline.operation.base import Crew


@pytest.fixture(scope="module")
def truth(world, tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth")
    paths = {}
    for name, table in world.truth.items():
        paths[name] = folder / f"{name}.parquet"
        pq.write_table(table, paths[name])
    return Truth(folder, world.truth["accounts"], {}, paths)


@pytest.fixture(scope="module")
def named(crew_of):
    crew = crew_of("factory")
    return Crew(crew.log, crew.config, crew.members, crew.outsiders, 1, "named accounts")


def case_of(log, tables):
    empty = {name: schema.empty_table() for name, schema in OPERATION.items()}
    return SimpleNamespace(table=lambda name: {**empty, **tables}[name], log=lambda: log, config=Config())


def test_orders_of_the_world(truth, named):
    tables = order_book.find(named).tables
    found = orders.score(case_of(named.log, tables), truth).figures
    assert found["precision"]["hits"] <= found["precision"]["of"] == tables["orders"].num_rows
    assert found["precision"]["value"] >= 0.9
    assert found["recall"]["value"] >= 0.75
    assert found["distinct"] + found["parts"] == found["precision"]["hits"]
    assert found["within_30_minutes"]["of"] == found["distinct"]
    kinds = found["by_kind"].values()
    assert sum(kind["recall"]["of"] for kind in kinds) == found["recall"]["of"]
    assert sum(kind["recall"]["hits"] for kind in kinds) == found["recall"]["hits"]


def test_lists_and_bursts_that_are_no_orders_do_not_count(truth, named):
    tables = order_book.find(named).tables
    other = dict(tables)
    kinds = pa.array(["user's list"] * tables["orders"].num_rows)
    other["orders"] = tables["orders"].set_column(1, OPERATION["orders"].field("crew"), kinds)
    assert orders.score(case_of(named.log, other), truth).figures["precision"]["of"] == 0
    place = tables["orders"].column_names.index("status")
    events = pa.array(["event"] * tables["orders"].num_rows)
    other["orders"] = tables["orders"].set_column(place, OPERATION["orders"].field("status"), events)
    found = orders.score(case_of(named.log, other), truth).figures
    assert found["precision"]["of"] == found["distinct"] == 0
    assert found["recall"]["hits"] == 0


def test_an_order_of_other_posts_is_wrong_and_a_second_of_one_order_is_a_part(truth, named):
    tables = order_book.find(named).tables
    first = tables["orders"].slice(0, 1)
    uses = tables["order_uses"].filter(pc.equal(tables["order_uses"]["order"], first["order"][0]))

    def again(table, number):
        place = table.column_names.index("order")
        return table.set_column(
            place, table.schema.field("order"), pa.array([number] * table.num_rows, pa.int32())
        )

    strange = again(uses, 901)
    place = strange.column_names.index("time")
    nobody_s = pc.add(strange["time"].cast(pa.int64()), 7).cast(strange.schema.field("time").type)
    strange = strange.set_column(place, strange.schema.field("time"), nobody_s)
    made = {
        "orders": pa.concat_tables([first, again(first, 900), again(first, 901)]),
        "order_uses": pa.concat_tables([uses, again(uses, 900), strange]),
    }
    found = orders.score(case_of(named.log, made), truth).figures
    assert (found["precision"]["hits"], found["precision"]["of"]) == (2, 3)
    assert (found["distinct"], found["parts"]) == (1, 1)


def test_targets_of_the_world(truth, named):
    for unmask in (False, True):
        tables = target_list.find(named, unmask=unmask).tables
        found = targets.score(case_of(named.log, tables), truth).figures
        assert found["average_precision"] >= 0.9
        assert found["pile_ons_right"]["value"] == 1
        assert found["targets_found"]["value"] == 1
    nothing = targets.score(case_of(named.log, {}), truth).figures
    assert nothing["average_precision"] is None
    assert nothing["pile_ons_right"]["of"] == 0
