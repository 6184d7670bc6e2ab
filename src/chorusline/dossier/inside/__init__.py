"""Sections on the inside of groups: one file here and one template in `templates/inside` for each analysis.

A section's file has `TITLE` and `blocks(case, said)`: what its template needs beyond what was said, for each crew.
An analysis without a file of its own, such as another package's, is shown by its sentences alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jinja2
import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from chorusline.case import OPERATION, Case
from chorusline.dossier.lettering import number
from chorusline.dossier.material import table_of

LIST = "user's list"

MOST_GROUPS = 12
"""Groups whose pictures and tables are shown, those with most named accounts first; of others the sentences are."""


@dataclass(frozen=True)
class Section:
    """A section of the page: the word it is linked by, its title, its finished HTML, and further rows of its tables."""

    name: str
    title: str
    html: Markup
    rest: Mapping[str, list[list[str]]]


def sections(case: Case, environment: jinja2.Environment) -> list[Section]:
    """Return a section for each analysis that the case's manifest tells of, in its order."""
    found = []
    drawn = _foremost(case)
    for name, entry in (case.manifest.get("operation") or {}).items():
        place = f"{__name__}.{name}"
        if not name.isidentifier():
            continue
        title, blocks, page = f"{name.capitalize()}", _nothing_more, "inside/plain.html"
        if find_spec(place) is not None:
            module = import_module(place)
            title, blocks, page = module.TITLE, module.blocks, f"inside/{name}.html"
        shown = []
        for said in entry["crews"]:
            left_out = said["group"] is not None and said["group"] not in drawn
            more = None if said["reason"] or left_out else blocks(case, said)
            shown.append(
                {**said, "whom": whom(said), "more": more, "left_out": left_out and not said["reason"]}
            )
        html = environment.get_template(page).render(name=name, entry=entry, crews=shown, case=case)
        listings = [
            listing for one in shown if one["more"] for listing in one["more"].get("listings", {}).values()
        ]
        found.append(Section(name, title, Markup(html), {one.key: one.rest for one in listings if one.rest}))
    return found


def _foremost(case: Case) -> set[int]:
    """Groups whose pictures and tables are shown."""
    rows = table_of(case, "groups").sort_by([("named", "descending"), ("group", "ascending")])
    return set(rows["group"].slice(0, MOST_GROUPS).to_pylist())


def whom(said: Mapping[str, Any]) -> str:
    """Heading of a crew."""
    if said["crew"] == LIST:
        return f"{number(said['accounts'])} accounts chosen by the user"
    return f"Group {said['group']}: {number(said['accounts'])} {said['crew']}"


def rows_of(case: Case, table: str, said: Mapping[str, Any]) -> pa.Table:
    """Rows of an analysis' table that are about one crew; none where the table is missing.

    A column that the case lacks, as a public edition may, is without values.
    """
    rows = table_of(case, table)
    for field in OPERATION[table]:
        if field.name not in rows.column_names:
            rows = rows.append_column(field.with_nullable(True), pa.nulls(rows.num_rows, field.type))
    mine = pc.equal(rows["crew"], said["crew"])
    if said["group"] is not None:
        mine = pc.and_(mine, pc.fill_null(pc.equal(rows["group"], said["group"]), False))
    return rows.filter(mine)


def _nothing_more(case: Case, said: Mapping[str, Any]) -> dict[str, Any]:
    return {}
