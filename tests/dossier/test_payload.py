"""The data behind the page: what is packed comes back, and evidence takes the room that is left."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.dossier.material import Material
from chorusline.dossier.payload import CAPS, _counts, payload, sentences, size
from tests.dossier.fake_case import Size, fake_case


def unpacked(packed: dict) -> list[str]:
    """Put packed sentences together as the page's script does."""
    found = []
    for wording, figures in zip(packed["of"], packed["figures"], strict=True):
        own = [*figures.split(" "), ""]
        pieces = packed["pieces"][wording]
        found.append("".join(piece + (own[k] if k < len(own) else "") for k, piece in enumerate(pieces)))
    return found


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("ab 019.,:;()#[]\u06f3")) | st.text()))
def test_packed_sentences_come_back(said: list[str]) -> None:
    packed = sentences(said)
    assert unpacked(packed) == said
    assert len(packed["pieces"]) <= len(said)


def test_sentences_of_one_wording_are_written_once() -> None:
    packed = sentences([f"{k} of {k + 30:,} uses agree; {k / 7:.1f} would be expected." for k in range(400)])
    assert packed["pieces"] == [["", " of ", " uses agree; ", " would be expected."]]
    assert packed["figures"][3] == "3 33 0.4"


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e12) | st.just(math.nan), min_size=1))
def test_counts_are_rounded_to_what_the_page_shows(values: list[float]) -> None:
    for value, packed in zip(values, _counts(pa.chunked_array([values])), strict=True):
        if math.isnan(value):
            assert packed is None
        elif value == int(value):
            assert packed == pytest.approx(value, rel=1e-14)
        elif value >= 10:
            assert packed == round(value)
        elif value >= 0.05:
            assert abs(packed - value) <= 0.05 + 1e-9
        else:
            assert packed == pytest.approx(value, rel=0.5)
            assert packed < 0.1


def test_evidence_takes_the_room_that_is_left_and_named_accounts_come_first(tmp_path: Path) -> None:
    case = fake_case(tmp_path, Size(accounts=210, groups=3, uses=40))
    material = Material.read(case)
    named = np.array([word == "named" for word in material.accounts["status"].to_pylist()])
    shown = []
    for room in (10_000_000, 500_000, 200_000, 1):
        data = payload(material, {}, room)
        rows = np.array([b - a for a, b in pairwise(data["evidence"]["start"])])
        caps = (rows[named].max(), rows[~named].max())
        assert caps in CAPS
        assert (rows[named] == caps[0]).all()
        assert size(data) <= room + 20 or caps == CAPS[-1]
        assert size({**data, "evidence": None}) == size({**payload(material, {}, 1), "evidence": None})
        shown.append(caps)
    assert shown[0] == CAPS[0]
    assert shown[-1] == CAPS[-1]
    assert len({*shown}) > 2
    assert sorted(shown, reverse=True) == shown


def test_times_and_texts_come_back(tmp_path: Path) -> None:
    material = Material.read(fake_case(tmp_path))
    data = payload(material, {})["evidence"]
    rows = material.evidence.to_pylist()
    assert len(rows) > len(data["time"]) > 100
    kept = [
        row for row in rows if row["rank"] < data["start"][row["place"] + 1] - data["start"][row["place"]]
    ]
    for k, row in enumerate(kept):
        time = data["since"] + data["time"][k]
        assert time == int(row["time"].timestamp())
        assert time + data["with_time"][k] == int(row["with_time"].timestamp())
        assert data["texts"][data["text"][k]] == row["text"]
        assert data["texts"][data["object"][k]] == row["object"]
