"""The answers to a world, kept apart from what a detector may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from chorusline.actions import ACCOUNT_FACTS
from chorusline.simulate.acts import account_names, post_names
from chorusline.simulate.config import ORDER_KINDS
from chorusline.simulate.factory import Factory
from chorusline.simulate.population import Population
from chorusline.simulate.streams import Array

_TIME = pa.timestamp("us", tz="UTC")


def _schema(*fields: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"about": about}) for name, kind, about in fields])


TRUTH_SCHEMAS = {
    "accounts": _schema(
        ("account", pa.string(), "account id, as in the actions"),
        ("label", pa.int8(), "1 = works for an operation, 0 = honest"),
        ("kind", pa.string(), "organic, factory, or the look-alike's kind"),
        ("group", pa.string(), "operation or look-alike group; null for ordinary accounts"),
        ("actions", pa.int64(), "actions made"),
        ("ordered_actions", pa.int64(), "of these, made on orders"),
    ),
    "orders": _schema(
        ("order", pa.int32(), "number of the order, unique in the world"),
        ("time", _TIME, "when it was given"),
        ("kind", pa.string(), "tag, link, phrase, target or reshare"),
        ("objects", pa.list_(pa.string()), "what to push, as named in the actions (all variants)"),
        ("operation", pa.string(), "who gave it"),
        ("quota", pa.float64(), "mean actions an account was to make"),
        ("uptake", pa.string(), "how it was taken up: fast, measured or burst"),
        ("actions", pa.int64(), "actions made on it"),
    ),
    "order_actions": _schema(("post_id", pa.string(), "the action"), ("order", pa.int32(), "its order")),
    "operators": _schema(
        ("account", pa.string(), "account id"),
        ("operator", pa.string(), "whose hands it is in; many to many"),
        ("operation", pa.string(), "of which operation"),
    ),
    "shifts": _schema(
        ("operator", pa.string(), "who"),
        ("start", _TIME, "start of uninterrupted work"),
        ("end", _TIME, "its end; a day has one row between each two breaks"),
    ),
    "targets": _schema(
        ("order", pa.int32(), "the order that named the target"),
        ("account", pa.string(), "the target"),
        ("operation", pa.string(), "who gave the order"),
    ),
    "deletions": _schema(("post_id", pa.string(), "a post its author deleted"), ("deleted", _TIME, "when")),
}
"""Columns of every table of the truth."""


class Peopled(Protocol):
    """A part of a world, as far as the truth is concerned."""

    people: Population
    label: int
    kind: str
    group: str | None


class Truth:
    """Collects the answers while a world is written; memory grows with accounts and ordered actions."""

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts: Sequence[Peopled] = parts
        self.made = [np.zeros(len(part.people), dtype=np.int64) for part in parts]
        self.ordered = [np.zeros(len(part.people), dtype=np.int64) for part in parts]
        self._orders: list[tuple[Array, Array]] = []
        self._deleted: list[tuple[Array, Array]] = []

    def note(self, acts: Array) -> None:
        """Count a chunk of actions that goes into the log."""
        for part, made, ordered in zip(self.parts, self.made, self.ordered, strict=True):
            row = acts["account"].astype(np.int64) - part.people.first
            mine = (row >= 0) & (row < len(made))
            made += np.bincount(row[mine], minlength=len(made))
            on_order = mine & (acts["order"] >= 0)
            ordered += np.bincount(row[on_order], minlength=len(made))
        chosen = acts["order"] >= 0
        self._orders.append((acts["key"][chosen], acts["order"][chosen]))
        gone = acts["deleted"] > 0
        self._deleted.append((acts["key"][gone], acts["deleted"][gone]))

    def tables(self, first_orders: dict[int, int]) -> dict[str, pa.Table]:
        """All tables by name. first_orders: number of the first order of each part (by place in parts)."""
        orders = np.concatenate([o for _, o in self._orders] or [np.zeros(0, np.int32)])
        keys = np.concatenate([k for k, _ in self._orders] or [np.zeros(0, np.uint64)])
        gone = np.concatenate([k for k, _ in self._deleted] or [np.zeros(0, np.uint64)])
        when = np.concatenate([t for _, t in self._deleted] or [np.zeros(0, np.int64)])
        counts = np.bincount(orders, minlength=1)
        columns: dict[str, dict[str, Any]] = {
            "accounts": self._accounts(),
            "order_actions": {"post_id": post_names(keys), "order": orders},
            "deletions": {"post_id": post_names(gone), "deleted": when},
        }
        for name in ("orders", "operators", "shifts", "targets"):
            columns[name] = {field.name: [] for field in TRUTH_SCHEMAS[name]}
        for place, first in first_orders.items():
            _add_operation(columns, self.parts[place], first, counts)
        return {name: _table(schema, columns[name]) for name, schema in TRUTH_SCHEMAS.items()}

    def _accounts(self) -> dict[str, Any]:
        result: dict[str, list[Any]] = {field.name: [] for field in TRUTH_SCHEMAS["accounts"]}
        for part, made, ordered in zip(self.parts, self.made, self.ordered, strict=True):
            seen = np.flatnonzero(made)
            result["account"] += account_names(part.people.codes[seen]).to_pylist()
            result["label"] += [part.label] * len(seen)
            result["kind"] += [part.kind] * len(seen)
            result["group"] += [part.group] * len(seen)
            result["actions"] += made[seen].tolist()
            result["ordered_actions"] += ordered[seen].tolist()
        return dict(result)

    def facts(self) -> pa.Table:
        """Facts on the accounts seen, in ACCOUNT_FACTS: what a platform would show."""
        columns: dict[str, Any] = {name: [] for name in ACCOUNT_FACTS.names}
        for part, made in zip(self.parts, self.made, strict=True):
            seen = np.flatnonzero(made)
            columns["account"] += account_names(part.people.codes[seen]).to_pylist()
            columns["handle"] += [None] * len(seen)
            columns["created"] += part.people.created[seen].tolist()
            columns["followers"] += part.people.followers[seen].tolist()
            columns["following"] += [None] * len(seen)
            columns["posts"] += made[seen].tolist()
        return _table(ACCOUNT_FACTS, columns).sort_by("account")


def _table(schema: pa.Schema, columns: dict[str, Any]) -> pa.Table:
    arrays = []
    for field in schema:
        values = columns[field.name]
        if field.type == _TIME:
            values = pa.array(values, pa.int64()).cast(_TIME)
        arrays.append(values if isinstance(values, pa.Array) else pa.array(values, field.type))
    return pa.table(arrays, schema=schema)


def _add_operation(columns: dict[str, dict[str, Any]], part: Peopled, first: int, counts: Array) -> None:
    """Append one operation's orders, operators, shifts and targets to the columns."""
    if not isinstance(part, Factory):
        _add_planted(columns, part, first, counts)
        return
    name, book = part.group, part.book
    for row in range(len(book.orders)):
        order = book.orders[row]
        made = int(counts[first + row]) if first + row < len(counts) else 0
        values = (
            first + row,
            int(order["time"]),
            ORDER_KINDS[order["kind"]],
            part.objects(row),
            name,
            part.operation.quota,
            ("fast", "measured", "burst")[order["mode"]],
            made,
        )
        for column, value in zip(TRUTH_SCHEMAS["orders"].names, values, strict=True):
            columns["orders"][column].append(value)
        if order["target"] >= 0 and ORDER_KINDS[order["kind"]] == "target":
            columns["targets"]["order"].append(first + row)
            columns["targets"]["account"] += account_names(np.array([order["target"]])).to_pylist()
            columns["targets"]["operation"].append(name)
    operators = columns["operators"]
    operators["account"] += account_names(part.people.codes[part.staff.account]).to_pylist()
    operators["operator"] += [f"{name}-{hand}" for hand in part.staff.operator]
    operators["operation"] += [name] * len(part.staff.operator)
    for who, start, end in part.shifts:
        columns["shifts"]["operator"] += [f"{name}-{hand}" for hand in who]
        columns["shifts"]["start"] += start.tolist()
        columns["shifts"]["end"] += end.tolist()


def _add_planted(columns: dict[str, dict[str, Any]], part: Any, first: int, counts: Array) -> None:
    """Append the orders of a group planted in the second generator, which has no shifts."""
    for row, (time, tag) in enumerate(part.orders()):
        made = int(counts[first + row]) if first + row < len(counts) else 0
        values = (first + row, time, "tag", [tag], part.group, part.operation.quota, "fast", made)
        for column, value in zip(TRUTH_SCHEMAS["orders"].names, values, strict=True):
            columns["orders"][column].append(value)
    operators = columns["operators"]
    operators["account"] += account_names(part.people.codes).to_pylist()
    operators["operator"] += [f"{part.group}-{hand}" for hand in range(len(part.people))]
    operators["operation"] += [part.group] * len(part.people)
