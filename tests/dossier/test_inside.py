"""Sections on the inside of groups: shown, marked where the user chose, and safe whatever posts say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from chorusline.case import OPERATION
from chorusline.dossier.inside.orders import curve, lanes
from chorusline.dossier.inside.targets import lanes as days_drawn
from chorusline.dossier.inside.targets import scatter
from chorusline.dossier.page import render
from tests.dossier.fake_case import Size, fake_case

HOSTILE = '</svg><script>alert(1)</script>"\u202egnp'
START = datetime(2022, 3, 1, 9, tzinfo=UTC)


def order(number: int, crew: str, **more):
    shares = {f"share_{s}_{b}": 0.5 for s in ("hour", "day", "all") for b in ("low", "middle", "high")}
    begin = START + timedelta(days=number)
    return {
        "group": None if crew == "user's list" else 1, "crew": crew, "order": number, "status": "order",
        "bundle": number, "kind": "tag", "object": HOSTILE, "objects": [HOSTILE, "b"], "given": begin,
        "given_after": begin,
        "given_before": begin + timedelta(minutes=20), "first_use": begin + timedelta(minutes=25), "window": 3600.0,
        "members_in_window": 9, "users_in_window": 10, "q_value": 1e-6, "complied": 9, "on_duty": 20, "lag_q25": 25.0,
        "lag_median": 61.5, "lag_q75": 90.0, "first_account": HOSTILE, "first_time": begin, "first_by_member": True,
        "used_before": 0, "others_during": 0, "others_after": 3, **shares, **more,
    }  # fmt: skip


def target(number: int, **more):
    return {
        "group": 1, "crew": "named accounts", "target": f"target {number}", "role": HOSTILE if number == 1 else None,
        "private": number > 1, "members": 12 // number, "others": 40 * number,
        "expected": (12 // number + 40 * number) * 0.05, "q_value": 1e-9 if number < 3 else 0.5, "posts": 30,
        "replies": 20, "quotes": 1, "share": 0.3, "others_posts": 50, "days": 5, "weeks": 2, "first": START,
        "last": START, "pile_ons": 1, "most_on_one_post": 4, "kept_members": 5, "kept_others": 9, "kept_expected": 0.4,
        "kept_q": 1e-4, "pressure": number == 1, **more,
    }  # fmt: skip


@pytest.fixture
def case(tmp_path):
    case = fake_case(tmp_path)
    crews = [
        {"group": group, "crew": crew, "accounts": n, "outsiders": 900, "sentences": [said], "reason": None}
        for group, crew, n, said in (
            (1, "named accounts", 20, HOSTILE), (1, "all members", 27, "Said."), (None, "user's list", 9, "Said."),
        )
    ]  # fmt: skip
    entry = {"about": "About it.", "tables": [], "options": {}, "skipped": None}
    case.manifest["operation"] = {
        "orders": {**entry, "crews": crews},
        "targets": {**entry, "crews": crews[:1]},
        "elsewhere": {**entry, "skipped": "the data hold no media", "crews": []},
    }
    start = START + timedelta(days=1)
    rows = {
        "orders": [order(1, "named accounts"), order(2, "named accounts", status="event", kind="link"),
                   order(1, "all members"), order(1, "user's list")],
        "order_curves": [{"group": 1, "crew": "named accounts", "order": 1, "start": start + timedelta(hours=h),
                          "members": 4, "others": h} for h in range(3)],
        "targets": [target(k) for k in (1, 2, 3)],
        "target_days": [{"group": 1, "crew": "named accounts", "target": HOSTILE, "day": START + timedelta(days=k),
                         "members": k, "others": 9 - k} for k in range(9)],
        "pile_ons": [{"group": 1, "crew": "named accounts", "pile_on": 1, "target": HOSTILE, "role": None,
                      "status": "pile-on", "start": START, "end": START, "members": 9, "at_work": 12, "posts": 12,
                      "window": 3600.0, "members_in_window": 9, "users_in_window": 10, "usual_share": 0.1,
                      "others_during": 1, "q_value": 1e-6}],
        "target_words": [{"group": 1, "crew": "named accounts", "target": "target 1", "word": HOSTILE, "z": 5.0,
                          "members": 4, "others": 0}],
    }  # fmt: skip
    for name, found in rows.items():
        case._tables[name] = pa.Table.from_pylist(found, schema=OPERATION[name])
    return case


def test_sections_are_shown_and_strangers_text_stays_text(case):
    page = render(case)
    for name in ("orders", "targets", "elsewhere"):
        assert f'<section id="{name}"' in page
        assert f'href="#{name}"' in page
    assert "the data hold no media" in page
    inside = page[page.index('<section id="orders"') : page.index("<footer>")]
    assert "<script" not in inside
    assert "alert(1)" in inside
    assert "\u202e" not in inside
    assert inside.count("</svg>") == inside.count("<svg")


def test_accounts_of_the_users_choice_are_marked(case):
    page = render(case)
    assert "9 accounts chosen by the user" in page
    assert page.count("These accounts were chosen by the user") == 1
    assert page.count("All accounts of the group, also those") == 1


def test_kindred_are_told_of_where_there_are_any(case):
    assert "of the group count as well" not in render(case)
    crew = case.manifest["operation"]["orders"]["crews"][0]
    crew["kindred"] = 3
    assert "3 more accounts of the group count as well" in render(case)
    crew["kindred"] = 1
    assert "1 more account of the group counts as well" in render(case)


def test_long_tables_stand_in_part_on_the_page_and_in_part_with_its_data(case):
    rows = [order(k, "named accounts", object=f"tag {k}", complied=k) for k in range(1, 401)]
    case._tables["orders"] = pa.Table.from_pylist(rows, schema=OPERATION["orders"])
    page = render(case)
    table = page[page.index('data-key="orders-1"') :]
    table = table[: table.index("</table>")]
    assert "The first 60 of 400 orders; all are in tables/orders.csv" in table
    assert 'data-all="400"' in table
    assert table.count("<tr>") == 61
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))["tables"]
    assert set(data) == {"orders-1"}
    assert [row[2] for row in data["orders-1"]] == [f"tag {k}" for k in range(61, 301)]
    assert all(len(row) == table.count('<th scope="col"') for row in data["orders-1"])
    assert data["orders-1"][0][3] == "2022-05-01 09:00\nto 2022-05-01 09:20"


def test_of_many_groups_the_foremost_are_drawn_and_of_the_others_sentences_are_shown(tmp_path):
    case = fake_case(tmp_path, Size(accounts=300, groups=15))
    crews = [
        {"group": group, "crew": "named accounts", "accounts": 9, "outsiders": 900,
         "sentences": [f"Sentence on {group}."], "reason": None}
        for group in range(1, 16)
    ]  # fmt: skip
    case.manifest["operation"] = {
        "orders": {"about": "About it.", "tables": [], "options": {}, "skipped": None, "crews": crews}
    }
    case._tables["orders"] = pa.Table.from_pylist(
        [{**order(1, "named accounts"), "group": group} for group in range(1, 16)], schema=OPERATION["orders"]
    )
    groups = case.table("groups").to_pylist()
    for row in groups:
        row["named"] = 1000 - row["group"] if 3 < row["group"] < 16 else min(row["named"], 1)
    case._tables["groups"] = pa.Table.from_pylist(groups, schema=case.table("groups").schema)
    page = render(case)
    for group in range(1, 16):
        assert f"Sentence on {group}." in page
        assert (f"Table of orders, Group {group}: " in page) == (group > 3)
    assert page.count("Pictures and tables are shown of the groups with most named accounts") == 3


def test_a_case_without_analyses_has_no_sections(tmp_path):
    page = render(fake_case(tmp_path))
    assert 'id="orders"' not in page
    assert 'href="#orders"' not in page


def test_pictures_stay_inside_their_frames():
    rows = [order(k, "named accounts", kind=kind) for k, kind in enumerate(("tag", "post", "target") * 3)]
    drawn = lanes(rows)
    assert len(drawn.beside) == 3
    assert all(x > 0 and x + width <= 720 and 0 < y < drawn.height for x, y, width, _ in drawn.marks)
    points = [
        {"start": START + timedelta(days=1, hours=h), "members": 3, "others": 1} for h in range(-3, 60, 3)
    ]
    one = curve(order(1, "named accounts"), points)
    assert one.members.startswith("M44 126")
    assert 44 <= one.given[0] <= one.given[1] <= 322
    dots = scatter([target(k) for k in (1, 2, 3)], {"target 1"})
    assert len(dots.dots) == 1
    assert all(0 <= x <= 720 and 0 <= y <= 300 for x, y in (*dots.dots, *dots.rest, *dots.line))


@pytest.mark.parametrize("span", [1, 9, 700])
def test_days_of_targets_stay_inside_their_frame(span):
    days = [
        {"target": f"t{k}", "day": START + timedelta(days=d), "members": d % 7, "others": k}
        for k in range(15) for d in sorted({*range(0, span, 3), span - 1})
    ]  # fmt: skip
    drawn = days_drawn(days, [{"target": "t1", "start": START + timedelta(days=span - 1, hours=5)}])
    assert len(drawn.lanes) == 12
    for lane in drawn.lanes:
        starts = [float(x) for x in re.findall(r"M([\d.]+) ", lane.members + lane.others)]
        heights = [float(y) for y in re.findall(r"v(-[\d.]+)", lane.members + lane.others)]
        assert all(150 <= x <= 704 for x in (*starts, *lane.marks))
        assert all(-24 <= y < 0 for y in heights)
        assert lane.floor < drawn.height - 20
    assert [len(lane.marks) for lane in drawn.lanes[:3]] == [0, 1, 0]
    assert all(150 <= x <= 704 for x, _ in drawn.below)
    assert drawn.days == (1 if span < 100 else 7)
