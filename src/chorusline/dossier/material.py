"""The case's tables as the page needs them: named groups, their accounts in order, their strongest evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import LATER, OPERATION, TABLES, Case
from chorusline.errors import CaseError

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Material:
    """What the page is made from.

    groups : case.TABLES["groups"], by number. shown : numbers of the groups with a named account; only their
    accounts are on the page, since a list of names of whom nothing is said would say something.
    accounts : accounts of the shown groups, by group, named first, then q-value, e-value and id.
    edges : edges inside a shown group. evidence : rows about `accounts` with columns `place` and
    `with_place` (rows of `accounts`, -1 for none) and `rank` (from 0, strongest first) added.
    context, templates : of the shown groups.
    parts : contributions, one row for each account, trace and test, largest first; `place` as above. rest : by row
    of `accounts`, log10 of the step from the splits to their mean.
    periods, lives, persistence : as in case.TABLES, of the shown groups.
    """

    groups: pa.Table
    shown: tuple[int, ...]
    context: pa.Table
    templates: pa.Table
    accounts: pa.Table
    edges: pa.Table
    evidence: pa.Table
    parts: pa.Table
    rest: npt.NDArray[np.float64]
    periods: list[dict[str, Any]]
    lives: pa.Table
    persistence: pa.Table

    @classmethod
    def read(cls, case: Case) -> Material:
        """Read a case. A table that is missing is read as one without rows."""
        groups = table_of(case, "groups").sort_by("group")
        shown = groups.filter(pc.greater(groups["named"], 0))["group"].cast(pa.int32())
        accounts = _in(table_of(case, "accounts"), shown)
        other = pc.cast(pc.not_equal(accounts["status"], "named"), pa.int8())
        keys = [("group", "ascending"), ("_other", "ascending"), ("q_value", "ascending"),
                ("e_value", "descending"), ("account", "ascending")]  # fmt: skip
        accounts = accounts.append_column("_other", other).sort_by(keys).drop_columns(["_other"])
        names = accounts["account"].combine_chunks()
        parts = _parts(table_of(case, "contributions"), names)
        return cls(
            groups=groups,
            shown=tuple(shown.to_pylist()),
            context=_in(table_of(case, "context"), shown),
            templates=_in(table_of(case, "templates"), shown),
            accounts=accounts,
            edges=_in(table_of(case, "edges"), shown),
            evidence=_ranked(table_of(case, "evidence"), names),
            parts=parts.filter(pc.is_valid(parts["trace"])),
            rest=_rest(parts, len(names)),
            periods=table_of(case, "periods").sort_by("period").to_pylist(),
            lives=_in(table_of(case, "lives"), shown),
            persistence=_in(table_of(case, "persistence"), shown),
        )

    def members(self, group: int) -> range:
        """Rows of `accounts` that are in a group."""
        codes = self._account_groups
        return range(int(np.searchsorted(codes, group)), int(np.searchsorted(codes, group, side="right")))

    @cached_property
    def _account_groups(self) -> Ints:
        return _ints(self.accounts["group"])

    @cached_property
    def evidence_groups(self) -> Ints:
        """Group of each row of evidence, by the account it is about."""
        place = _ints(self.evidence["place"])
        return self._account_groups[place] if len(place) else place


def table_of(case: Case, name: str) -> pa.Table:
    """Read a table of the case, one without rows where it is missing."""
    try:
        return case.table(name)
    except CaseError:
        return {**TABLES, **OPERATION, **LATER}[name].empty_table()


def _in(table: pa.Table, groups: pa.Array) -> pa.Table:
    return table.filter(pc.fill_null(pc.is_in(table["group"], value_set=groups), False))


def _ints(column: Any) -> Ints:
    return np.asarray(pc.fill_null(column, -1).to_numpy(), dtype=np.int64)


def _place(column: pa.ChunkedArray, names: pa.Array) -> pa.ChunkedArray:
    return pc.fill_null(pc.index_in(column, value_set=names), -1).cast(pa.int64())


def _ranked(evidence: pa.Table, names: pa.Array) -> pa.Table:
    """Rows about accounts on the page, strongest first: unlikely by chance, then short lag, then time."""
    evidence = evidence.append_column("place", _place(evidence["account"], names))
    evidence = evidence.append_column("with_place", _place(evidence["with_account"], names))
    evidence = evidence.filter(pc.greater_equal(evidence["place"], 0))
    evidence = evidence.sort_by(
        [(name, "ascending") for name in ("place", "chance", "lag", "time", "trace", "test", "object")]
    )
    place = _ints(evidence["place"])
    start = np.searchsorted(place, place)
    return evidence.append_column("rank", pa.array(np.arange(len(place), dtype=np.int64) - start))


def _parts(contributions: pa.Table, names: pa.Array) -> pa.Table:
    place = _place(contributions["account"], names)
    found = contributions.append_column("place", place).filter(pc.greater_equal(place, 0))
    order = [
        ("place", "ascending"),
        ("log10_factor", "descending"),
        ("trace", "ascending"),
        ("test", "ascending"),
    ]
    return found.sort_by(order)


def _rest(parts: pa.Table, n: int) -> npt.NDArray[np.float64]:
    rest = np.zeros(n)
    steps = parts.filter(pc.is_null(parts["trace"]))
    rest[_ints(steps["place"])] = steps["log10_factor"].to_numpy()
    return rest
