"""Other explanations, checked for each group in which somebody is named: what was looked at, and what it gave.

The list is the same for every group (docs/method.md, "Other explanations"). A check here is a description: it names
nobody and clears nobody, and where the data allow none it says so. Counts are of uses, objects and days, so that the
sentences can stand in an edition for the public; the one on imitation counts accounts and is left out there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.findings.alternatives import circumstances, mistakes, public_life
from chorusline.findings.alternatives.material import Data, Group, Said, codes_of
from chorusline.traces.base import Uses

CHECKS: dict[str, Callable[[Group, Data], Said]] = {
    "A news event": public_life.news,
    "An open campaign": public_life.campaign,
    "Fans with notifications on": public_life.fans,
    "A share button, or headlines copied": public_life.button,
    "Syndication or a scheduler": circumstances.scheduler,
    "A shared household or office": circumstances.household,
    "Sampling or language": circumstances.sampling,
    "The clock, or deletions": circumstances.clock,
    "Imitation": mistakes.imitation,
    "An error of this method": mistakes.error,
}
"""The list that every finding is held against, as the dossier words it, and the check of each."""


def alternatives_table(
    log: ActionLog, uses: Mapping[str, Uses], tables: Mapping[str, pa.Table], group: npt.NDArray[np.int32],
    config: Config, resolution: float,
) -> pa.Table:  # fmt: skip
    """Return the checks (case.TABLES["alternatives"]) of each group with named accounts, by group and NAMES; pure.

    tables : accounts, evidence and context of the case. group : int32 [n_accounts], the groups shown, 0 for none.
    """
    accounts = tables["accounts"]
    rows = accounts.filter(pc.equal(accounts["status"], "named"))
    codes = codes_of(log, rows["account"])
    named = np.zeros(len(group), dtype=bool)
    named[codes] = True
    about = pc.is_in(tables["evidence"]["account"], value_set=rows["account"].combine_chunks())
    data = Data(log, uses, tables, group, named, tables["evidence"].filter(about), config, resolution)
    made: list[dict[str, Any]] = []
    for number in np.unique(rows["group"].to_numpy()).tolist():
        evidence = data.evidence.filter(pc.equal(data.evidence["group"], number))
        inside = np.sort(codes[rows["group"].to_numpy() == number])
        here = Group(number, evidence, np.flatnonzero(group == number), inside)
        for name, check in CHECKS.items():
            asked, checked, outcome, remains = check(here, data)
            made.append({"group": number, "alternative": name, "check": asked, "checked": checked,
                         "outcome": outcome, "remains": remains})  # fmt: skip
    return pa.Table.from_pylist(made, schema=TABLES["alternatives"])
