"""Every reader on damaged files: a log or one sentence, whatever bytes were changed. See also bench/fuzz.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorusline import sources
from chorusline.errors import ChoruslineError
from chorusline.sources.base import formats
from chorusline.sources.stores import stores

from .samples import files, texts

EDITS = st.lists(
    st.tuples(
        st.floats(0, 1), st.sampled_from((0, 0, 1, 1, 2, 7, 60)),
        st.one_of(
            st.binary(max_size=3),
            st.sampled_from(
                (b'"', b"\n", b",", b"{", b"[" * 3000, b"}", b"NaN", b"-Infinity", b"1e999", b"9" * 25, b"null", b"\0",
                 b"\xe2\x80\xae", b"0001-01-01", b"9999-12-31T23:59:60Z", b"\xff\xfe", b"\xed\xa0\x80", b"-1", b"\r")
            ),
        ),
    ),
    min_size=1, max_size=4,
)  # fmt: skip
QUICK = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def damaged(whole: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, taken, put in edits:
        at = int(place * len(whole))
        whole = whole[:at] + put + whole[at + taken :]
    return whole


def read(path: Path, content: bytes, **request: str) -> None:
    path.write_bytes(content)
    try:
        log = sources.read(path, **request)
    except ChoruslineError:
        return
    given = log.inputs[0]
    assert given.rows_read == len(log) or len(log.inputs) > 1
    assert log.times.min() >= 0


def test_there_is_a_sample_of_everything() -> None:
    assert set(texts()) == set(formats())
    assert set(stores()) < set(files())


@pytest.mark.parametrize("name", sorted(texts()))
def test_samples_are_what_they_are_called(tmp_path, name) -> None:
    (tmp_path / "whole").write_bytes(texts()[name])
    assert sources.recognise(tmp_path / "whole").format == name
    assert len(sources.read(tmp_path / "whole")) >= 1


@pytest.mark.parametrize("name", sorted(texts()))
@QUICK
@given(edits=EDITS)
def test_damaged_exports(tmp_path, name, edits) -> None:
    read(tmp_path / "damaged", damaged(texts()[name], edits), format=name)
    read(tmp_path / "damaged", damaged(texts()[name], edits))


@pytest.mark.parametrize("name", sorted(files()))
@QUICK
@given(edits=EDITS)
def test_damaged_files_of_every_kind(tmp_path, name, edits) -> None:
    read(tmp_path / "damaged", damaged(files()[name], edits))
