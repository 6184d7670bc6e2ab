"""Kept readings: the same log as reading anew, however the data are cut and whatever became of the folder."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline import read
from chorusline.errors import UsageError
from chorusline.sources import base, kept

ROW = st.fixed_dictionaries(
    {
        "post_id": st.one_of(st.none(), st.integers(1, 9).map(str)),
        "account": st.sampled_from(["a", "b", "c", ""]),
        "handle": st.sampled_from(["x", "y", None]),
        "time": st.one_of(st.integers(0, 30).map(lambda k: f"2026-01-{k % 9 + 1:02}T10:00:{k:02}Z"), st.just("soon")),
        "text": st.sampled_from(["hello #one", "see https://t.co/abcdefghij @you", "cut http://t.co/…", None]),
        "reshare_of": st.sampled_from([None, "7", "9.06E+17"]),
    }
)  # fmt: skip


def same(one, other) -> None:
    assert one.actions.equals(other.actions)
    assert one.accounts.equals(other.accounts)
    assert one.quarantine.equals(other.quarantine)
    assert one.inputs == other.inputs


def write(folder: Path, days: list[list[dict]]) -> list[Path]:
    paths = []
    for number, rows in enumerate(days):
        path = folder / f"day{number}.jsonl"
        whole = [
            {"post_id": "x", "account": "z", "time": "2026-01-01T00:00:00Z", "text": None, "reshare_of": None}
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in [*whole, *rows]), "utf-8")
        paths.append(path)
    return paths


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(ROW, max_size=8), min_size=1, max_size=5), st.data())
def test_adding_days_gives_the_log_of_reading_all_anew(days, data):
    """However many days were read before, in whatever steps."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write(folder, days)
        for upto in sorted(data.draw(st.sets(st.integers(1, len(paths)), max_size=3))):
            read(paths[:upto], keep=folder / "kept")
        same(read(paths, keep=folder / "kept"), read(paths))
        same(read(paths, keep=folder / "kept"), read(paths))


@pytest.fixture
def days(tmp_path) -> list[Path]:
    rows = [
        {"post_id": str(k), "account": f"a{k % 3}", "time": f"2026-01-02T00:00:{k:02}Z", "text": f"t{k}"}
        for k in range(9)
    ]
    return write(tmp_path, [rows[:4], rows[4:]])


@pytest.fixture
def readings(monkeypatch) -> list[Path]:
    """Which files a reader was let loose on."""
    seen: list[Path] = []
    original = kept._keeping

    def spy(source, reading, place):
        seen.append(reading.path)
        return original(source, reading, place)

    monkeypatch.setattr(kept, "_keeping", spy)
    return seen


def test_only_new_files_are_read(days, tmp_path, readings):
    read(days[:1], keep=tmp_path / "kept")
    read(days, keep=tmp_path / "kept")
    assert readings == days


def test_a_changed_file_is_read_again(days, tmp_path, readings):
    read(days, keep=tmp_path / "kept")
    days[0].write_text(days[0].read_text("utf-8").replace("t1", "t2"), "utf-8")
    same(read(days, keep=tmp_path / "kept"), read(days))
    assert readings == [*days, days[0]]


def test_other_columns_or_another_zone_are_another_reading(days, tmp_path, readings):
    for asked in ({}, {"mapping": {"text": ""}}, {"timezone": "Europe/Berlin"}):
        same(read(days[0], keep=tmp_path / "kept", **asked), read(days[0], **asked))
    assert readings == [days[0]] * 3


def test_code_that_reads_otherwise_is_another_reading(days, tmp_path, readings, monkeypatch):
    read(days[0], keep=tmp_path / "kept")
    monkeypatch.setattr(kept, "_code", lambda module: "changed")
    read(days[0], keep=tmp_path / "kept")
    assert readings == [days[0]] * 2


@pytest.mark.parametrize("harm", ["marker", "empty", "bytes", "gone"])
def test_a_damaged_folder_costs_a_reading_and_no_more(days, tmp_path, readings, harm):
    read(days[0], keep=tmp_path / "kept")
    (place,) = (tmp_path / "kept").iterdir()
    stored = place / "actions.parquet"
    if harm == "marker":
        (place / kept.MARKER).unlink()
    elif harm == "empty":
        stored.write_bytes(b"")
    elif harm == "gone":
        stored.unlink()
    else:
        data = bytearray(stored.read_bytes())
        data[len(data) // 3] ^= 0xFF
        stored.write_bytes(bytes(data))
    same(read(days[0], keep=tmp_path / "kept"), read(days[0]))
    assert len(readings) == 2
    same(read(days[0], keep=tmp_path / "kept"), read(days[0]))
    assert len(readings) == 2


def test_a_reading_that_breaks_off_is_not_kept(days, tmp_path):
    reading = base.Reading(days[0])
    source = base.named("table")
    batches = kept.Kept(tmp_path / "kept").batches(source, reading, "digest")
    next(batches)
    batches.close()
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_file_is_no_folder(days):
    with pytest.raises(UsageError, match="takes a folder"):
        read(days[0], keep=days[1])
