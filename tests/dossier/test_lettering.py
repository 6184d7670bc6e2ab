"""Names, numbers and times as they are written."""

from __future__ import annotations

import datetime as dt
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.dossier.lettering import (
    instant,
    lag,
    number,
    percent,
    probability,
    quoted,
    seconds,
    short_paths,
    visible,
)
from chorusline.dossier.sentences import error_rate, same_time


@pytest.mark.parametrize(
    "code", [0x202E, 0x200B, 0x200D, 0xFEFF, 0x2066, 0x00AD, 0xE0041, 0x2028, 0x0000, 0x061C]
)
def test_what_shows_nothing_in_a_name_is_shown_as_its_code(code: int) -> None:
    assert visible(f"a{chr(code)}b") == f"a⟨U+{code:04X}⟩b"


@given(st.text())
def test_no_format_character_is_left_in_a_name(name: str) -> None:
    left = {unicodedata.category(c) for c in visible(name)}
    assert not left & {"Cc", "Zl", "Zp"}
    assert not any(unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
                   for c in visible(name))  # fmt: skip


def test_persian_keeps_its_joiners_and_loses_its_overrides() -> None:
    assert quoted("می\u200cرود") == "می\u200cرود"
    assert quoted("a\u202eb") == "a⟨U+202E⟩b"
    assert quoted("x" * 500, 20) == "x" * 19 + "…"


def test_numbers() -> None:
    assert [number(v) for v in (21381, 3.45, 2.0, float("nan"))] == ["21,381", "3.5", "2", "–"]
    assert [probability(v) for v in (1.0, 0.0123, 3.2e-7, 1e-40, 0.0, None)] == [
        "1", "0.012", "3 × 10⁻⁷", "< 10⁻⁹", "< 10⁻⁹", "–"]  # fmt: skip
    assert [percent(v) for v in (0.01, 0.005, 1e-7)] == ["1\u00a0%", "0.5\u00a0%", "< 0.01\u00a0%"]
    assert [seconds(v) for v in (1, 60, 90, 3600, 172800, 0.001, 1e-6)] == [
        "1 second", "1 minute", "90 seconds", "1 hour", "2 days", "1 ms", "1 µs"]  # fmt: skip


def test_times() -> None:
    spans = (27.9029, 1.0, 0.001, 90.0, 210.0, 7200.0, 200000.0)
    assert [lag(v) for v in spans] == [
        "27.9 seconds", "1 second", "less than 0.1 seconds", "90 seconds", "3.5 minutes", "2 hours", "2.3 days",
    ]  # fmt: skip
    assert instant("2022-03-04T06:06:07+01:00") == "2022-03-04 05:06:07 UTC"
    assert instant(dt.datetime(2022, 3, 4, tzinfo=dt.UTC)) == "2022-03-04 00:00:00 UTC"
    assert instant("no time") == "no time"
    assert instant(None) == "–"
    assert (same_time(0.001), same_time(1.0), same_time(60.0)) == (
        "at the same time", "in the same second", "in the same minute")  # fmt: skip
    assert same_time(5.0) == "at the same time by a clock that keeps 5 seconds"


def test_paths_are_short_where_that_is_clear() -> None:
    assert short_paths(["a/x.csv", "b/y.csv", "c\\z.csv"]) == {
        "a/x.csv": "x.csv", "b/y.csv": "y.csv", "c\\z.csv": "z.csv"}  # fmt: skip
    assert short_paths(["a/x.csv", "b/x.csv"]) == {"a/x.csv": "a/x.csv", "b/x.csv": "b/x.csv"}


@pytest.mark.parametrize("fdr", np.geomspace(1e-5, 0.5, 40).tolist())
def test_the_error_rate_in_heads_is_the_error_rate(fdr: float) -> None:
    said = error_rate(fdr)
    size = {"a hundred": 100, "a thousand": 1000, "ten thousand": 10000}[said[3 : said.index(" accounts")]]
    if "fewer than one" in said:
        assert size * fdr < 0.95
    else:
        heads = said[said.index("about ") + 6 :].split(" ")[0]
        assert (1.0 if heads == "one" else float(heads)) == pytest.approx(size * fdr, rel=0.5)
