"""One small world for the room's tests: an operation on orders among ordinary accounts and look-alikes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.config import Config
from chorusline.operation.crews import crew_of_list
from chorusline.simulate import build, preset


def log_of(rows: pa.Table) -> ActionLog:
    """Make a log of a table with some of the columns of DOOR_SCHEMA."""
    n = rows.num_rows
    columns = {
        field.name: rows[field.name].cast(field.type) if field.name in rows.column_names
        else pa.nulls(n, field.type)
        for field in DOOR_SCHEMA
    }  # fmt: skip
    if "row" not in rows.column_names:
        columns["row"] = pa.array(np.arange(1, n + 1))
    return ActionLog.build([Input("test", [Batch(pa.table(columns, schema=DOOR_SCHEMA))])])


@pytest.fixture(scope="package")
def world():
    return build(preset("tiny", seed=7))


@pytest.fixture(scope="package")
def log(world):
    return log_of(world.actions)


@pytest.fixture(scope="package")
def crew_of(world, log):
    """Make a crew, as of a user's list, of all accounts of a kind."""

    def make(kind: str, part: slice = slice(None)):
        truth = world.truth["accounts"]
        names = truth.filter(pc.equal(truth["kind"], kind))["account"]
        codes = pc.index_in(names, value_set=log.accounts["name"]).to_numpy()[part]
        return crew_of_list(log, codes, Config())

    return make
