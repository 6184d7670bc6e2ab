"""The ladder's upper rungs: of which accounts it may be said that they are directed, and of which groups that hands are
shared (docs/method.md, "The ladder").

Volunteers who are called to push something twice a day have an order book like a staff's. So the book alone doesn't do:
the group must keep the hours of a staff, which no crowd of honest people did in any world (bench.direction).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import NAMED_RUNGS, TABLES
from chorusline.config import Config
from chorusline.confirm.days import effective
from chorusline.findings.ladder import RUNGS, account_sentence, group_sentence
from chorusline.operation.base import of_named
from chorusline.operation.operators import SHARED
from chorusline.operation.study import STAFFED

LEAST_ORDERS = 3
"""Orders that a group's book holds at least."""

TAKEN_UP = 0.1
"""Share of them that an account took up itself, at least: what a shared interest hardly does."""

CORE = 2
"""Accounts of which it must be said, for it to be said of any: one alone is no crew."""

NEEDED = ("roster", "orders", "order_uses")


def raised(tables: Mapping[str, pa.Table], config: Config) -> dict[str, pa.Table]:
    """Return a case's tables with `accounts` and `groups` on the rungs that the analyses allow; others as they are.

    tables : of the findings and of the analyses, by name; where one of NEEDED is missing nothing changes. Only what was
    said of a group's named accounts counts, never what was said of a list.
    """
    if any(name not in tables for name in NEEDED) or not tables["accounts"].num_rows:
        return dict(tables)
    whom = directed(tables, config)
    rows = [_account(row, whom) for row in tables["accounts"].to_pylist()]
    if not any(row["rung"] == "directed" for row in rows):
        return dict(tables)
    # The highest rung first, as before; among equals the order stays.
    rows.sort(key=lambda row: (row["group"], -RUNGS.index(row["rung"])))
    hands = _groups_with(tables.get("operators"), SHARED)
    groups = [_group(row, rows, hands, config) for row in tables["groups"].to_pylist()]
    return {
        **tables,
        "accounts": pa.Table.from_pylist(rows, TABLES["accounts"]),
        "groups": pa.Table.from_pylist(groups, TABLES["groups"]),
    }


def directed(tables: Mapping[str, pa.Table], config: Config) -> dict[int, set[str]]:
    """Accounts that may be called directed, by group; groups without any are left out.

    A group keeps staffed hours, and its book holds LEAST_ORDERS at least (on enough days, as `orders` sees to). An
    account is named, took up TAKEN_UP of the orders, and did so on more than `config.events` effective days.
    """
    staffed = _groups_with(tables["roster"], STAFFED)
    orders: dict[int, dict[int, datetime]] = {}
    for row in of_named(tables["orders"]).select(["group", "order", "status", "first_use"]).to_pylist():
        if row["status"] == "order" and row["group"] in staffed:
            orders.setdefault(row["group"], {})[row["order"]] = row["first_use"]
    took: dict[tuple[int, str], dict[int, datetime]] = {}
    for row in of_named(tables["order_uses"]).select(["group", "order", "account", "time"]).to_pylist():
        if row["order"] in orders.get(row["group"], ()):
            took.setdefault((row["group"], row["account"]), {}).setdefault(row["order"], row["time"])
    accounts = tables["accounts"]
    named = accounts.filter(pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS)))
    result: dict[int, set[str]] = {}
    for account, group in zip(named["account"].to_pylist(), named["group"].to_pylist(), strict=True):
        mine, book = took.get((group, account), {}), orders.get(group, {})
        if (
            len(book) >= LEAST_ORDERS
            and len(mine) >= TAKEN_UP * len(book)
            and _effective_days(mine) > config.events
        ):
            result.setdefault(group, set()).add(account)
    return {group: found for group, found in result.items() if len(found) >= CORE}


def _effective_days(took: Mapping[int, datetime]) -> float:
    """Days by how the orders taken up are spread over them."""
    days = np.array([when.date().toordinal() for when in took.values()], dtype=np.int64)
    return effective(np.unique(days, return_counts=True)[1])


def _groups_with(table: pa.Table | None, verdict: str) -> set[int]:
    if table is None:
        return set()
    mine = of_named(table)
    return set(mine.filter(pc.equal(mine["verdict"], verdict))["group"].to_pylist())


def _account(row: dict[str, Any], whom: Mapping[int, set[str]]) -> dict[str, Any]:
    if row["account"] not in whom.get(row["group"], ()):
        return row
    figures = (row["held_out_uses"], row["observed"], row["expected"])
    return {**row, "rung": "directed", "reason": account_sentence(row["status"], "directed", *figures)}


def _group(
    row: dict[str, Any], accounts: list[dict[str, Any]], hands: set[int], config: Config
) -> dict[str, Any]:
    number = row["group"]
    if sum(other["group"] == number and other["rung"] == "directed" for other in accounts) < CORE:
        return row
    rung = "shared hands" if number in hands else "directed"
    counts = (row["named"], row["accounts"], row["not_enough"])
    sentence = group_sentence(*counts, config.fdr, rung, row["few_days"])
    return {**row, "rung": rung, "sentence": sentence}
