"""Roster, effort and automation on a small world: tables, sentences, the page, and abstentions."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow.compute as pc
import pytest

from chorusline.case import OPERATION
from chorusline.dossier.inside.automation import strip
from chorusline.dossier.inside.effort import band
from chorusline.dossier.inside.roster import heatmap, lanes
from chorusline.dossier.page import render
from chorusline.errors import UsageError
from chorusline.operation import automation, choose, effort, roster
from chorusline.operation.run import run
from tests.dossier.fake_case import empty_case

NAMES = ("automation", "roster", "effort")
FORBIDDEN = re.compile(r"\b(bot|bots|troll|trolls|fake|paid|proves|origin)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def ran(crew_of):
    return run(choose(NAMES), [crew_of("factory")], options={"effort": {"wage": 3.2, "currency": "EUR"}})


@pytest.fixture(scope="module")
def page(ran, tmp_path_factory):
    case = empty_case(tmp_path_factory.mktemp("case"))
    case.manifest["operation"] = ran.record
    for name, table in ran.tables.items():
        case._tables[name] = table
    return render(case)


def test_every_table_has_its_schema_and_says_whose_choice_it_is(ran):
    for name in NAMES:
        assert ran.record[name]["skipped"] is None
    for name, table in ran.tables.items():
        assert table.schema == OPERATION[name]
        assert table.num_rows or name == "roster_silent"
        assert set(table["crew"].to_pylist()) <= {"user's list"}


def test_the_operations_office_is_found_in_a_fortnight(ran):
    row = ran.tables["roster"].to_pylist()[0]
    assert row["verdict"] == "staffed hours"
    assert row["days_off"] == ["Saturday", "Sunday"]
    shift = ran.tables["roster_shifts"].to_pylist()[0]
    assert shift["start"] == pytest.approx(8 * 60, abs=30)
    assert shift["end"] == pytest.approx(17 * 60, abs=30)
    assert "UTC+1" in row["offsets"]


def test_hours_of_the_week_add_up(ran, crew_of, log):
    table = ran.tables["roster_hours"]
    for clock in set(table["clock"].to_pylist()):
        rows = table.filter(pc.equal(table["clock"], clock))
        assert rows.num_rows == 168
        assert sum(rows["share"].to_pylist()) == pytest.approx(1.0)
        assert sum(rows["presences"].to_pylist()) == ran.tables["roster"]["presences"][0].as_py()


def test_effort_adds_up_and_is_priced(ran):
    total = ran.tables["effort"].to_pylist()
    days = ran.tables["effort_days"].to_pylist()
    assert [row["measure"] for row in total] == ["at work", "on duty"]
    for level in ("low", "middle", "high"):
        assert sum(day[f"hours_{level}"] for day in days) == pytest.approx(total[0][f"hours_{level}"])
        assert sum(day[f"duty_{level}"] for day in days) == pytest.approx(total[1][f"hours_{level}"])
    kinds = ran.tables["effort_kinds"].to_pylist()
    assert sum(row["hours_low"] for row in kinds) == pytest.approx(total[0]["hours_low"])
    for row in total:
        assert row["hours_low"] <= row["hours_middle"] <= row["hours_high"]
        assert row["cost_high"] == pytest.approx(3.2 * row["hours_high"])
    gaps = ran.tables["effort_gaps"].to_pylist()
    assert all(a["sessions"] >= b["sessions"] for a, b in pairwise(gaps))
    words = " ".join(ran.record["effort"]["crews"][0]["sentences"])
    assert "Replacement cost" in words


def test_nothing_forbidden_is_said_and_no_country(ran, page):
    said = " ".join(s for entry in ran.record.values() for crew in entry["crews"] for s in crew["sentences"])
    clocks = " ".join(ran.tables["roster_clocks"]["clock"].to_pylist())
    assert not FORBIDDEN.search(said)
    for word in ("Tirane", "Berlin", "Europe", "Albania"):
        assert word not in said + clocks + page


def test_the_page_shows_pictures_and_whose_choice_it_was(page):
    for name in NAMES:
        assert f'id="{name}"' in page
    assert "Hour of the week, UTC" in page
    assert page.count("chosen by the user") >= 3
    assert "Replacement cost at work (EUR)" in page
    assert " style=" not in page


def test_look_alikes_and_people_get_no_staffed_hours(crew_of):
    for kind in ("fan", "diaspora office"):
        found = roster.find(crew_of(kind, slice(0, 60)))
        assert found.reason or found.tables["roster"]["verdict"].to_pylist() == ["no hours of work"]


def test_abstentions_are_sentences(crew_of):
    assert "groups only" in roster.find(crew_of("factory", slice(0, 2))).reason
    lonely = replace(crew_of("factory"), outsiders=np.zeros(0, np.int32))
    assert "outsiders" in roster.find(lonely).reason
    with pytest.raises(UsageError, match="no wage"):
        effort.find(crew_of("factory"), wage=-1.0)


def test_feeds_are_automated_and_their_hours_nobodys(crew_of):
    feeds = crew_of("feed")
    verdicts = automation.find(feeds).tables["automation"]["verdict"].to_pylist()
    assert "run by hand" not in verdicts
    if set(verdicts) == {"automated"}:
        assert "by hand" in effort.find(feeds).reason


def test_the_same_crew_gives_the_same_tables(crew_of, ran):
    crew = crew_of("factory")
    crew.log.memo.clear()
    again = roster.find(crew)
    for name, table in again.tables.items():
        assert table.equals(ran.tables[name])


def test_pictures_of_nothing_are_nothing():
    assert strip([]) is None
    assert band([]) is None
    assert lanes([]) is None
    assert heatmap("UTC", [])["cells"] == []


def test_a_shift_over_midnight_is_drawn_in_two():
    row = {"shift": 1, "start": 1380.0, "end": 300.0, "pause_start": None, "pause_end": None}
    row |= {f"{n}_{k}": row[n] for n in ("start", "end") for k in ("low", "high")}
    picture = lanes([row])
    assert picture is not None
    assert picture["work"].count("M") == 2
