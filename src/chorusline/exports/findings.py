"""What every export starts from: groups in which somebody is named, and their named accounts alone.

Accounts that aren't named are left out: a list of names of whom nothing is said would say something.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.config import Config
from chorusline.dossier.material import table_of

Row = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """One group with named accounts: its row, its named accounts, and the evidence about these, by account."""

    group: Row
    accounts: list[Row]
    evidence: pa.Table

    def of(self, account: str) -> pa.Table:
        """Evidence about one account."""
        return self.evidence.filter(pc.equal(self.evidence["account"], account))


def groups(case: Case) -> Iterator[Found]:
    """Yield the groups in which somebody is named, by number; accounts by q-value and id."""
    accounts, evidence = table_of(case, "accounts"), table_of(case, "evidence")
    named = accounts.filter(pc.equal(accounts["status"], "named")).sort_by(
        [("group", "ascending"), ("q_value", "ascending"), ("account", "ascending")]
    )
    for row in table_of(case, "groups").sort_by("group").to_pylist():
        inside = named.filter(pc.equal(named["group"], row["group"]))
        if inside.num_rows:
            about = pc.is_in(evidence["account"], value_set=inside["account"].combine_chunks())
            yield Found(row, inside.to_pylist(), evidence.filter(about))


def fdr(case: Case) -> float:
    """The false-discovery rate of the case."""
    return float((case.manifest.get("config") or {}).get("fdr", Config().fdr))
