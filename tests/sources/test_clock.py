from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.errors import UsageError
from chorusline.sources.clock import Clock, day_parts


def read(*values: object, clock: Clock | None = None, kind: pa.DataType | None = None) -> list[str | None]:
    found = (clock or Clock()).read(pa.array(values, kind)).to_pylist()
    return [None if t is None else t.strftime("%Y-%m-%d %H:%M:%S.%f").removesuffix(".000000") for t in found]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2021-01-02T03:04:05Z", "2021-01-02 03:04:05"),
        ("2021-01-02T03:04:05.123Z", "2021-01-02 03:04:05.123000"),
        ("2021-01-02 03:04:05.123456789", "2021-01-02 03:04:05.123456"),
        ("2021-01-02T03:04:05+03:30", "2021-01-01 23:34:05"),
        ("2021-01-02 03:04:05-0500", "2021-01-02 08:04:05"),
        ("2021-01-02 03:04:05 UTC", "2021-01-02 03:04:05"),
        ("2021-01-02 03:04", "2021-01-02 03:04:00"),
        ("2021-01-02", "2021-01-02 00:00:00"),
        ("2021-1-2 3:04", "2021-01-02 03:04:00"),
        ("2020-02-29T00:00:00Z", "2020-02-29 00:00:00"),
        ("2021-02-29T00:00:00Z", None),
        ("2021-13-01T00:00:00Z", None),
        ("2021-01-02T25:00:00Z", None),
        ("10/1/17 19:58", "2017-10-01 19:58:00"),
        ("1/13/2017 9:58:01 PM", "2017-01-13 21:58:01"),
        ("12/31/2017 12:05 AM", "2017-12-31 00:05:00"),
        ("31.12.2017 09:58", "2017-12-31 09:58:00"),
        ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10 20:19:24"),
        ("Wed Oct 10 20:19:24 +0200 2018", "2018-10-10 18:19:24"),
        ("Wed, 10 Oct 2018 20:19:24 +0200", "2018-10-10 18:19:24"),
        ("Wed, 10 Oct 2018 20:19:24 GMT", "2018-10-10 20:19:24"),
        ("10 Oct 2018 20:19", "2018-10-10 20:19:00"),
        ("Oct 10, 2018", "2018-10-10 00:00:00"),
        ("20181010T201924Z", "2018-10-10 20:19:24"),
        ("1606451170", "2020-11-27 04:26:10"),
        ("1606451170.518101", "2020-11-27 04:26:10.518101"),
        ("1606451170518", "2020-11-27 04:26:10.518000"),
        ("1606451170518101", "2020-11-27 04:26:10.518101"),
        ("1606451170518101999", "2020-11-27 04:26:10.518101"),
        ("  2021-01-02  ", "2021-01-02 00:00:00"),
        ("2021-01-02 03:04:05 EST", None),
        ("yesterday", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("0" * 60, None),
        ("٢٠٢١-٠١-٠٢", None),
    ],
)
def test_styles_of_text(text: str, time: str | None) -> None:
    assert read(text) == [time]


def test_styles_may_mix_in_one_column() -> None:
    assert read("2021-01-02", "1609556645", "Sat Jan 02 03:04:05 +0000 2021", None, "?", "1/2/21 3:04") == [
        "2021-01-02 00:00:00",
        "2021-01-02 03:04:05",
        "2021-01-02 03:04:05",
        None,
        None,
        "2021-01-02 03:04:00",
    ]


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_numbers_of_any_unit_and_type(unit: int) -> None:
    assert read(1606451170 * unit) == ["2020-11-27 04:26:10"]
    assert read(1606451170 * unit, kind=pa.uint64()) == ["2020-11-27 04:26:10"]
    if unit < 10**9:
        assert read(float(1606451170 * unit)) == ["2020-11-27 04:26:10"]


def test_no_number_is_no_time() -> None:
    assert read(np.nan, np.inf, -np.inf, 1e300, None) == [None] * 5


def test_arrow_times_and_dates() -> None:
    naive = dt.datetime(2021, 6, 1, 12)
    assert read(naive, kind=pa.timestamp("ns")) == ["2021-06-01 12:00:00"]
    assert read(naive, kind=pa.timestamp("ms", tz="Europe/Berlin")) == ["2021-06-01 12:00:00"]
    assert read(naive.date()) == ["2021-06-01 00:00:00"]


def test_times_without_a_zone_are_counted_or_moved() -> None:
    clock = Clock()
    read("2021-06-01 12:00", "2021-06-01T12:00Z", clock=clock)
    assert clock.zoneless == 1
    berlin = Clock("Europe/Berlin")
    assert read("2021-06-01 12:00", "2021-06-01T12:00Z", "2021-12-01 12:00", clock=berlin) == [
        "2021-06-01 10:00:00", "2021-06-01 12:00:00", "2021-12-01 11:00:00",
    ]  # fmt: skip
    assert read(dt.datetime(2021, 6, 1, 12), kind=pa.timestamp("us"), clock=berlin) == ["2021-06-01 10:00:00"]


def test_unknown_zone_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no time zone 'Mars/Olympus'"):
        Clock("Mars/Olympus")


def test_day_first_when_told() -> None:
    assert read("3/4/2017 10:00", clock=Clock(order="day")) == ["2017-04-03 10:00:00"]


def test_day_parts() -> None:
    assert day_parts(pa.array(["3/4/17", None, "13/2/17"])) == (13, 4)
    assert day_parts(pa.array(["2017-03-04"])) is None


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2099, 12, 31)))
def test_iso_agrees_with_the_standard_library(moment: dt.datetime) -> None:
    found = Clock().read(pa.array([moment.isoformat() + "+02:00"])).to_pylist()[0]
    assert found == moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=2)))


@given(st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2099, 12, 31)))
def test_twitter_style_agrees_with_the_standard_library(moment: dt.datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=dt.UTC)
    text = moment.strftime("%a %b %d %H:%M:%S +0000 %Y")
    assert Clock().read(pa.array([text])).to_pylist() == [moment]
