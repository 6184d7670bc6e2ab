"""Analyses run on crews: the tables of all crews together, and what is kept of the run in the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import OPERATION
from chorusline.operation.base import LIST, Analysis, Crew, lacking


@dataclass(frozen=True)
class Ran:
    """What analyses found.

    tables : by name, all crews of each together. record : by analysis, for the manifest: what it is, its options,
    why it was left out (`skipped`), and for each crew what is said of it or why nothing is.
    """

    tables: dict[str, pa.Table]
    record: dict[str, dict[str, Any]]


def run(
    analyses: Sequence[Analysis], crews: Sequence[Crew], *, options: Mapping[str, Mapping[str, Any]] | None = None,
    nobody: str = "nobody is named in this case", progress: Callable[[float], None] | None = None,
) -> Ran:  # fmt: skip
    """Run analyses on crews of one log.

    options : by analysis. nobody : why there are no crews, as half a sentence.
    """
    tables: dict[str, pa.Table] = {}
    record: dict[str, dict[str, Any]] = {}
    steps, done = max(len(analyses) * len(crews), 1), 0
    for analysis in analyses:
        asked = dict((options or {}).get(analysis.name, {}))
        parts: dict[str, list[pa.Table]] = {name: [] for name in analysis.tables}
        skipped = lacking(analysis, crews[0].log) if crews else nobody
        said = []
        for crew in crews:
            if not skipped:
                said.append(_on_crew(analysis, crew, asked, parts))
            done += 1
            if progress is not None:
                progress(done / steps)
        for name, found in parts.items():
            tables[name] = pa.concat_tables([OPERATION[name].empty_table(), *found]).combine_chunks()
        record[analysis.name] = {
            "about": analysis.about, "tables": list(analysis.tables), "options": asked, "skipped": skipped or None,
            "crews": said,
        }  # fmt: skip
    return Ran(tables, record)


def _on_crew(
    analysis: Analysis, crew: Crew, options: Mapping[str, Any], parts: dict[str, list[pa.Table]]
) -> dict[str, Any]:
    """Run one analysis on one crew, add its tables to the parts, and return what is kept of it."""
    said: dict[str, Any] = {
        "group": crew.group, "crew": crew.basis, "accounts": len(crew.members), "outsiders": len(crew.outsiders),
    }  # fmt: skip
    if analysis.kindred and len(crew.kindred):
        said["kindred"] = len(crew.kindred)
        crew = crew.with_kindred()
    if len(crew.members) < analysis.members:
        reason = f"it takes {analysis.members} accounts at least, and these are {len(crew.members)}"
        return {**said, "sentences": [], "reason": reason}
    result = analysis.function(crew, **options)
    for name, table in result.tables.items():
        parts[name].append(table)
    return {**said, "sentences": list(result.sentences), "reason": result.reason or None}


def joined(old: Ran, new: Ran) -> Ran:
    """Put a new run in the place of an older one of the same analyses.

    A run on the user's list takes the place of an earlier list only, a run on the groups that of the groups only.
    """
    lists = any(crew["crew"] == LIST for entry in new.record.values() for crew in entry["crews"])
    tables = dict(old.tables)
    for name, table in new.tables.items():
        kept = [_other(old.tables[name], lists)] if name in old.tables else []
        tables[name] = pa.concat_tables([*kept, table] if lists else [table, *kept]).combine_chunks()
    record = dict(old.record)
    for name, entry in new.record.items():
        others = [
            crew for crew in old.record.get(name, {}).get("crews", []) if (crew["crew"] == LIST) != lists
        ]
        crews = [*others, *entry["crews"]] if lists else [*entry["crews"], *others]
        record[name] = {**entry, "crews": crews}
    return Ran(tables, record)


def _other(table: pa.Table, lists: bool) -> pa.Table:
    is_list = pc.equal(table["crew"], LIST)
    return table.filter(pc.invert(is_list) if lists else is_list)
