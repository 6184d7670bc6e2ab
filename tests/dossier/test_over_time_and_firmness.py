"""Groups over time, the specification curve and robustness on the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

from chorusline.case import LATER, TABLES, Case
from chorusline.dossier import firmness, lives_picture, page, sentences
from tests.dossier.fake_case import Size, fake_case

START = datetime(2022, 2, 28, tzinfo=UTC)


def periods(n: int, days: float = 7) -> list[dict]:
    return [
        {
            "period": k + 1, "start": START + timedelta(days=days * k), "end": START + timedelta(days=days * (k + 1)),
            "actions": 500, "accounts": 90, "in_groups": 40, "named": 10 + k, "communities": 2, "together": 30,
            "named_together": k,
        }
        for k in range(n)
    ]  # fmt: skip


def life(number: int, period: int, event: str, accounts: int, named: int = 0, others: tuple = ()) -> dict:
    return {
        "life": number, "period": period, "group": 1, "share": 1.0, "event": event, "accounts": accounts,
        "named": named, "joined": 0, "left": 0, "overlap": None, "others": list(others),
    }  # fmt: skip


LIVES = [
    life(1, 1, "there", 20, 10), life(1, 2, "steady", 20, 10), life(1, 3, "dormant", 0), life(1, 4, "back", 10, 10),
    life(2, 2, "born", 8), life(2, 3, "merged", 0, others=(1,)), life(3, 3, "born", 4), life(3, 4, "gone", 0),
]  # fmt: skip


def rich(folder: Path, change: str = "the seed is 1") -> Case:
    """A made-up case with groups over time and a sensitivity run."""
    case = fake_case(folder, Size(accounts=60, groups=2))
    accounts = case.table("accounts").to_pylist()
    named = [row for row in accounts if row["status"] == "named"]
    firm = [
        {"finding": "group", "account": None, "group": g, "variants": 3, "stands": 2, "robustness": 2 / 3,
         "breaks": f"Doesn't stand where {change}."}
        for g in (1, 2)
    ] + [
        {"finding": "account", "account": row["account"], "group": row["group"], "variants": 3, "stands": k % 4,
         "robustness": k % 4 / 3, "breaks": f"Doesn't stand where {change}."}
        for k, row in enumerate(named)
    ]  # fmt: skip
    variants = [
        {"variant": k + 1, "kind": kind, "change": change, "of": 10, "still_named": 10 - 4 * k, "newly_named": k,
         "groups": 2, "groups_standing": 1}
        for k, kind in enumerate(("window", "seed", "object left out"))
    ]  # fmt: skip
    tables = {
        **{name: case.table(name) for name in TABLES if name in case._tables},
        "periods": pa.Table.from_pylist(periods(5), schema=TABLES["periods"]),
        "lives": pa.Table.from_pylist(LIVES, schema=TABLES["lives"]),
        "persistence": pa.Table.from_pylist(
            [
                {"account": row["account"], "group": 1, "periods": 2, "group_periods": 3, "persistence": 2 / 3,
                 "first": 1, "last": 4}
                for row in accounts if row["group"] == 1
            ],
            schema=TABLES["persistence"],
        ),
        "variants": pa.Table.from_pylist(variants, schema=LATER["variants"]),
        "robustness": pa.Table.from_pylist(firm, schema=LATER["robustness"]),
    }  # fmt: skip
    return Case(folder, case.manifest, tables)


def rectangles(path: str) -> list[tuple[float, ...]]:
    """x, middle, width and height of each block of a path."""
    found = re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", path)
    return [(float(x), float(y) + float(h) / 2, float(w), float(h)) for x, y, w, h in found]


def test_lives_are_drawn_where_and_as_large_as_they_were() -> None:
    drawn = lives_picture.draw(LIVES, periods(4))
    assert drawn is not None
    pitch = (720 - 46 - 12) / 4
    middle = dict(drawn.lanes)
    blocks = rectangles(drawn.all)
    assert len(blocks) == sum(row["accounts"] > 0 for row in LIVES)
    for row, (x, y, width, height) in zip((row for row in LIVES if row["accounts"]), blocks, strict=True):
        assert x == pytest.approx(46 + (row["period"] - 1) * pitch, abs=0.1)
        assert y == pytest.approx(middle[str(row["life"])], abs=0.2)
        assert width < pitch
        assert height == pytest.approx(28 * row["accounts"] / 20, abs=0.1)
    assert len(rectangles(drawn.named)) == 3
    assert drawn.silent.count("M") == drawn.joins.count("M") == 1
    assert drawn.ends.count("M") == 1
    assert drawn.joins == f"M{46 + 2 * pitch:.1f} {middle['2']:.1f}V{middle['1']:.1f}"
    assert (drawn.drawn, drawn.total) == (3, 3)


def test_of_many_lives_the_largest_are_drawn() -> None:
    many = [life(k, 1, "there", k) for k in range(1, 31)]
    drawn = lives_picture.draw(many, periods(1))
    assert drawn is not None
    assert [label for label, _ in drawn.lanes] == [str(k) for k in range(21, 31)]
    assert (drawn.drawn, drawn.total) == (10, 30)
    assert lives_picture.draw([], periods(3)) is None


@pytest.mark.parametrize(
    ("days", "said"), [(7, "7 days"), (1, "1 day"), (0.25, "6 hours"), (1 / 24, "1 hour")]
)
def test_length_of_a_period(days, said) -> None:
    assert lives_picture.length(periods(3, days)) == said


def test_the_curve_is_sorted_and_every_variant_has_its_tick(tmp_path: Path) -> None:
    found = firmness.firmness(rich(tmp_path))
    assert found is not None
    heights = [y for _, y in found["curve"].still]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == firmness.TOP
    assert found["curve"].marks.count("M") == 3
    assert [kind for _, kind in found["curve"].kinds] == ["window", "seed", "object left out"]
    assert found["all"] + found["half"] <= found["asked"]
    assert firmness.firmness(fake_case(tmp_path)) is None


def test_the_page_shows_both_and_says_it_to_those_who_see_no_picture(tmp_path: Path) -> None:
    text = page.render(rich(tmp_path))
    for name in ("life-1", "course", "curve"):
        assert re.search(rf'aria-labelledby="{name}[ "]', text)
        assert re.search(rf'<title id="{name}">[^<]+</title>', text)
        assert re.search(r"<desc id=", text)
    assert "Sets of accounts of group 1, period by period" in text
    assert "merged (into 1)" in text
    assert "Stands in 2 of 3 variants. Doesn&#39;t stand where the seed is 1." in text
    assert '<th scope="col" class="figure">Stands in</th>' in text
    assert '"stands":' in text
    assert text == page.render(rich(tmp_path))


def test_a_case_without_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    text = page.render(fake_case(tmp_path))
    assert "chorusline sensitivity" in text
    assert "Specification curve" not in text
    assert '"stands":' not in text


def test_a_stranger_s_words_in_a_variant_make_no_element(tmp_path: Path) -> None:
    attack = "posts with link “</script><img src=x onerror=alert(1)>\u202e” are left out"
    text = page.render(rich(tmp_path, attack))
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

    Reader().feed(text)
    assert "img" not in tags
    assert "\u202e" not in text


def test_borders_are_said_and_an_arbitrary_one_is_called_so() -> None:
    row = {"stability": 0.97, "found_by": 5}
    assert sentences.borders(row, 5) == (
        "Found by 5 of 5 runs of the search, each with a seed of its own (mean overlap 0.97)."
    )
    assert "arbitrary" in sentences.borders({"stability": 0.4, "found_by": 2}, 5)
    assert sentences.borders(row, 1) == sentences.borders({}, 5) == ""
