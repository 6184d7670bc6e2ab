"""Perceptual hashes: the banded search against the loop over all, what is a hash, and pictures read from files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.traces import available
from chorusline.traces.perceptual import leaders, parse
from tests.traces.test_traces import log_of

BASES = (0x9F172786E71F1E00, 0x0123456789ABCDEF, 0xFFFFFFFF00000000, 0)


def loop(hashes, uses, distance):
    leader, leading = list(range(len(hashes))), []
    for i in sorted(range(len(hashes)), key=lambda i: (-uses[i], hashes[i])):
        if not 8 <= hashes[i].bit_count() <= 56:
            continue
        near = [(((hashes[i] ^ hashes[j]).bit_count()), k, j) for k, j in enumerate(leading)]
        near = [item for item in near if item[0] <= distance]
        if near:
            leader[i] = min(near)[2]
        else:
            leading.append(i)
    return leader


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from(BASES), st.sets(st.integers(0, 63), max_size=6)), min_size=1, max_size=40
    ),
    st.sampled_from([1, 2, 4, 7, 16]),
    st.randoms(use_true_random=False),
)
def test_the_banded_search_finds_what_the_loop_does(drawn, distance, random):
    hashes = sorted({base ^ sum(1 << bit for bit in bits) for base, bits in drawn})
    uses = [random.randint(1, 3) for _ in hashes]
    found = leaders(np.array(hashes, np.uint64), np.array(uses), distance)
    assert found.tolist() == loop(hashes, uses, distance)
    assert (found[found] == found).all()


def test_no_distance_leaves_all_apart_and_small_steps_make_no_chain():
    steps = [0x9F172786E71F1E00 ^ ((1 << k) - 1) for k in range(0, 40, 3)]
    assert leaders(np.array(steps, np.uint64), np.ones(len(steps), np.int64), 0).tolist() == list(
        range(len(steps))
    )
    found = leaders(np.array(steps, np.uint64), np.ones(len(steps), np.int64), 4)
    for hash_, lead in zip(steps, found.tolist(), strict=True):
        assert (hash_ ^ steps[lead]).bit_count() <= 4
    assert len(set(found.tolist())) > 4


def test_what_is_a_hash():
    rng = np.random.default_rng(1)
    real = [f"{h:016x}" for h in rng.integers(0, 2**63, 50, dtype=np.uint64) * 2]
    assert parse(pa.array(real))[1].all()
    assert parse(pa.array([*real, "3_1234567890", "photo.jpg", ""]))[1].sum() == len(real)
    decimal = [str(10**15 + k) for k in range(50)]
    assert not parse(pa.array(decimal))[1].any()
    counters = [f"{0xABC0000 + k:016x}" for k in range(50)]
    assert not parse(pa.array(counters))[1].any()
    hashes, found = parse(pa.array(["01" * 32, "0" * 63]))
    assert found.tolist() == [True, False]
    assert hashes[0] == 0x5555555555555555


def test_near_hashes_are_one_picture_and_keys_are_compared_as_they_are():
    one, near, far = 0x9F172786E71F1E0A, 0x9F172786E71F1E09, 0x0F3CA55A96C3E178
    log = log_of(*[{"media": [f"{h:016x}"]} for h in (one, near, far)], {"media": ["3_77"]})
    uses = available()["media"].extract(log, Config())
    shared = [sorted(uses.account[uses.object == o].tolist()) for o in np.unique(uses.object)]
    assert sorted(shared) == [[0, 1], [2], [3]]
    apart = available()["media"].extract(log, Config(media_distance=0))
    assert len(np.unique(apart.object)) == 4


def test_pictures_in_a_folder_stand_for_their_ids(tmp_path):
    pytest.importorskip("imagehash", reason="the extra media isn't installed")
    from PIL import Image, ImageDraw

    def picture(seed, size):
        rng = np.random.default_rng(seed)
        image = Image.new("RGB", (640, 480), tuple(rng.integers(0, 255, 3).tolist()))
        draw = ImageDraw.Draw(image)
        for _ in range(14):
            x, y, w, h = (rng.integers(0, 600), rng.integers(0, 440), *rng.integers(40, 260, 2))
            draw.ellipse((x, y, x + w, y + h), fill=tuple(rng.integers(0, 255, 3).tolist()))
        return image.resize(size)

    picture(1, (640, 480)).save(tmp_path / "m1.png")
    picture(1, (320, 240)).save(tmp_path / "m2.jpg", quality=40)
    picture(2, (640, 480)).save(tmp_path / "m3.png")
    (tmp_path / "m4.png").write_bytes(b"no picture")
    config = Config(media_folder=str(tmp_path))
    log = log_of(*[{"media": [f"m{k}"]} for k in range(1, 6)], {"media": ["../m1"]})
    uses = available()["media"].extract(log, config)
    shared = [sorted(uses.account[uses.object == o].tolist()) for o in np.unique(uses.object)]
    assert sorted(shared) == [[0, 1], [2], [3], [4], [5]]
    (said,) = available()["media"].notes(log, config)
    assert "3 of 6 media ids" in said
    assert "1 files" in said


def test_a_folder_that_is_not_there(tmp_path):
    pytest.importorskip("imagehash", reason="the extra media isn't installed")
    with pytest.raises(UsageError, match="isn't there"):
        available()["media"].extract(log_of({"media": ["a"]}), Config(media_folder=str(tmp_path / "none")))
