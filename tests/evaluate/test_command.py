from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chorusline.case import Case
from chorusline.cli.main import app
from chorusline.errors import CaseError
from chorusline.evaluate.base import Chart
from chorusline.evaluate.charts import svg
from tests.evaluate.conftest import account_row


@pytest.fixture
def made(make_case: Callable[..., Case], write_truth: Callable[..., Path]) -> tuple[Case, Path]:
    case = make_case([account_row("a<b>"), account_row("c", p_value=0.2)], ("d",))
    path = write_truth("t.parquet", account=["a<b>", "c", "d"], label=[1, 0, 0], kind=["<i>x</i>", "y", "y"])
    return case, path


def test_json(made: tuple[Case, Path]) -> None:
    case, truth = made
    result = CliRunner().invoke(
        app,
        ["evaluate", str(case.folder), "--truth", str(truth), "--json", "--quiet"],
        catch_exceptions=False,
    )
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert found["scores"]["accounts"]["precision"]["value"] == 0.5
    assert found["columns"] == {"account": "account", "label": "label", "kind": "kind"}
    assert "groups" in found["left_out"]


def test_table_on_the_terminal(made: tuple[Case, Path]) -> None:
    case, truth = made
    result = CliRunner().invoke(app, ["evaluate", str(case.folder), "--truth", str(truth)])
    assert "Precision" in result.output
    assert "account ← account" in result.output
    assert "left out, because" in result.output


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_page_needs_nothing_but_itself(made: tuple[Case, Path], tmp_path: Path) -> None:
    case, truth = made
    out = tmp_path / "out"
    CliRunner().invoke(
        app, ["evaluate", str(case.folder), "--truth", str(truth), "--out", str(out)], catch_exceptions=False
    )
    page = (out / "evaluation.html").read_text()
    tags = _Tags()
    tags.feed(page)
    names = [tag for tag, _ in tags.seen]
    assert "svg" in names
    assert "script" not in names
    assert not any(key in ("src", "href") for _, attrs in tags.seen for key in attrs)
    assert "&lt;i&gt;x&lt;/i&gt;" in page
    assert json.loads((out / "evaluation.json").read_text())["scores"]["calibration"]["honest_tested"] == 1


def test_a_folder_that_is_no_case(tmp_path: Path, made: tuple[Case, Path]) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(tmp_path / "none"), "--truth", str(made[1])])
    assert isinstance(result.exception, CaseError)


def test_a_curve_touches_its_corners() -> None:
    chart = Chart("t & u", "", "x", "y", "curve", (0.0, 1.0), (0.0, 1.0), diagonal=True)
    drawing = ET.fromstring(svg(chart))
    points = [p.split(",") for p in drawing.find("polyline").attrib["points"].split()]  # type: ignore[union-attr]
    line = next(e for e in drawing.iter("line") if e.get("class") == "promise")
    assert [line.get("x1"), line.get("y1")] == points[0]
    assert [line.get("x2"), line.get("y2")] == points[1]
    assert drawing.find("title").text == "t & u"  # type: ignore[union-attr]


def test_bars_grow_with_their_values() -> None:
    chart = Chart("t", "", "p", "n", "bars", (0.0, 0.5), (1.0, 4.0))
    heights = [float(r.get("height", "0")) for r in ET.fromstring(svg(chart)).iter("rect")]
    assert heights[1] == pytest.approx(4 * heights[0], rel=0.01)


def test_a_share_of_nothing_is_drawn_on_the_axis_of_powers() -> None:
    chart = Chart("t", "", "x", "y", "curve", (0.001, 0.1), (0.0, 0.1), (0.0, 0.05), (0.01, 0.2), log=True)
    drawing = ET.fromstring(svg(chart))
    assert drawing.find("polyline") is not None
