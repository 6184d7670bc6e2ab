"""Templates: the fast search against the slow one, and skeletons with their slots."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.traces import available
from chorusline.traces.similar import leaders as near
from chorusline.traces.skeleton import LEAST, leaders, skeleton
from tests.traces.test_traces import log_of

WORDS = [f"w{k}" for k in range(6)]
BASE = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]


def common(one, other):
    row = [0] * (len(other) + 1)
    for word in one:
        previous = list(row)
        for k, twin in enumerate(other):
            row[k + 1] = previous[k] + 1 if word == twin else max(row[k], previous[k + 1])
    return row[-1]


def loop(texts, uses, share, stays):
    words = [text.split() for text in texts]
    runs = [{tuple(w[k : k + 3]) for k in range(len(w) - 2)} for w in words]
    leader, leading = list(range(len(texts))), []
    for i in sorted(range(len(texts)), key=lambda i: (not stays[i], -uses[i], texts[i])):
        best, most = None, 0
        for j in [] if stays[i] else leading:
            together = common(words[i], words[j])
            enough = together >= max(LEAST, share * max(len(words[i]), len(words[j])))
            if enough and runs[i] & runs[j] and together > most:
                best, most = j, together
        if best is None:
            leading.append(i)
        else:
            leader[i] = best
    return leader


filled = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(WORDS)), max_size=8).map(
    lambda slots: " ".join(
        word for k in range(13) for word in [*(w for at, w in slots if at == k), *BASE[k : k + 1]]
    )
)
loose = st.lists(st.sampled_from(BASE[:5] + WORDS), min_size=1, max_size=16).map(" ".join)


@settings(deadline=None, max_examples=200)
@given(st.lists(filled | loose, min_size=1, max_size=20, unique=True), st.data())
def test_the_fast_search_finds_what_the_slow_one_does(texts, data):
    uses = data.draw(st.lists(st.integers(1, 3), min_size=len(texts), max_size=len(texts)))
    share = data.draw(st.sampled_from([0.4, 0.5, 0.75]))
    stays = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    found = leaders(pa.array(texts), np.array(uses), share, np.array(stays))
    assert found.tolist() == loop(texts, uses, share, stays)
    assert (found[found] == found).all()


TEMPLATE = "shame on {} who voted against the hospital in {} and for the tunnel nobody wants"
FILLED = [
    TEMPLATE.format(who, where)
    for who, where in (
        ("mayor smith", "northville"), ("anna lindqvist", "gamla stan"), ("councillor devereux", "saint malo"),
        ("the honourable igor petrov", "upper volkhov"),
    )
]  # fmt: skip


def test_slots_filled_with_rare_words_are_near_only_by_skeleton():
    texts = pa.array([*FILLED, *[f"x{k} y{k} z{k} of the and for in on who the nobody" for k in range(30)]])
    uses = np.ones(len(texts), np.int64)
    assert len(set(leaders(texts, uses, 0.5)[:4].tolist())) == 1
    assert len(set(near(texts, uses, 0.6)[:4].tolist())) > 1


def test_the_skeleton_has_its_slots_where_the_words_change():
    words, slots = skeleton(FILLED)
    assert " ".join(words) == "shame on who voted against the hospital in and for the tunnel nobody wants"
    assert slots == (2, 8)


@settings(deadline=None)
@given(st.lists(filled, min_size=1, max_size=6))
def test_a_skeleton_is_in_the_leading_text_and_equal_texts_have_no_slots(texts):
    words, slots = skeleton(texts)
    assert common(list(words), texts[0].split()) == len(words)
    assert all(0 <= slot <= len(words) for slot in slots)
    assert list(slots) == sorted(set(slots))
    if len(set(texts)) == 1:
        assert words == tuple(texts[0].split())
        assert slots == ()


def test_what_several_accounts_wrote_stays_apart():
    shared = [FILLED[0], FILLED[0], FILLED[1], FILLED[1], FILLED[2]]
    uses = available()["template"].extract(log_of(*[{"text": text} for text in shared]), Config())
    together = sorted(sorted(uses.account[uses.object == o].tolist()) for o in np.unique(uses.object))
    assert together in ([[0, 1, 4], [2, 3]], [[0, 1], [2, 3, 4]])


def test_the_trace_puts_them_together():
    log = log_of(*[{"text": text} for text in FILLED])
    uses = available()["template"].extract(log, Config())
    assert len(np.unique(uses.object)) == 1
    assert len(uses) == 4
    assert len(np.unique(available()["template"].extract(log, Config(template_share=1.0)).object)) > 1


@pytest.mark.parametrize("text", ["a b c", "one two three four five six seven"])
def test_a_turn_of_phrase_is_no_template(text):
    texts = pa.array([f"{text} x{k} y{k} z{k}" for k in range(5)])
    assert leaders(texts, np.ones(5, np.int64), 0.5).tolist() == list(range(5))
