"""Near-duplicate texts: the fast search against the slow one, no chains, and many ways to write one word."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chorusline
from chorusline.config import Config
from chorusline.traces import available, choose, similar
from chorusline.traces.similar import LEAST_SHARED, leaders
from chorusline.traces.text import normalise

WORDS = [f"w{k}" for k in range(14)]


def loop(texts, uses, similarity):
    """Every text against every leader, as the module's docstring says it."""
    sets = [set(text.split()) for text in texts]
    used = {word: sum(word in s for s in sets) for s in sets for word in s}
    weight = {word: round(1024 * math.log1p(len(texts) / n)) for word, n in used.items()}

    def total(words):
        return sum(weight[word] for word in words)

    leader, leading = list(range(len(texts))), []
    for i in sorted(range(len(texts)), key=lambda i: (-uses[i], texts[i])):
        best, nearest = None, -1.0
        for j in leading:
            shared = sets[i] & sets[j]
            near = total(shared) / total(sets[i] | sets[j])
            if len(shared) >= LEAST_SHARED and near >= similarity and near > nearest:
                best, nearest = j, near
        if best is None:
            leading.append(i)
        else:
            leader[i] = best
    return leader


texts = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9, unique=True).map(" ".join),
    min_size=1, max_size=25, unique=True,
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(texts, st.data(), st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]))
def test_the_fast_search_finds_what_the_slow_one_does(texts, data, similarity):
    uses = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(texts), max_size=len(texts))))
    found = leaders(pa.array(texts), uses, similarity)
    if similarity < 1:
        assert found.tolist() == loop(texts, uses, similarity)
    else:
        assert found.tolist() == list(range(len(texts)))
    assert (found[found] == found).all()
    order = np.array(data.draw(st.permutations(range(len(texts)))))
    again = leaders(pa.array([texts[k] for k in order]), uses[order], similarity)
    assert {(texts[order[k]], texts[order[again[k]]]) for k in range(len(texts))} == {
        (texts[k], texts[found[k]]) for k in range(len(texts))
    }


def test_texts_cut_into_words_run_by_run(monkeypatch):
    rng = np.random.default_rng(3)
    words = pa.array([" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(50)] + ["漢字 w1"])
    whole = similar._tokens(words)
    monkeypatch.setattr(similar, "_RUN", 7)
    for one, other in zip(whole, similar._tokens(words), strict=True):
        np.testing.assert_array_equal(one, other)


def test_small_steps_make_no_chain():
    words = [f"word{k}" for k in range(40)]
    steps = [" ".join(words[k : k + 10]) for k in range(0, 30, 2)]
    found = leaders(pa.array(steps), np.ones(len(steps), np.int64), 0.6)
    assert len(set(found.tolist())) > 4
    for k, lead in enumerate(found.tolist()):
        assert len(set(steps[k].split()) & set(steps[lead].split())) >= 7


def test_scripts_without_spaces():
    texts = [
        "我们今天下午在广场上见面请大家准时到场",
        "我们今天下午在广场上见面请大家按时到场",
        "昨天的足球比赛因为大雨推迟到了下个星期",
    ]
    assert leaders(pa.array(texts), np.ones(3, np.int64), 0.6).tolist() in ([0, 0, 2], [1, 1, 2])


SAME = [
    ("The council will vote on the new bridge next Monday at ten",
     "the council will vote on that new bridge next monday at ten!"),
    ("رئيس البلدية يعلن افتتاح الجسر يوم ١٢ من الشهر القادم",
     "رئیس البلدیه یعلن افتتاح الجسر یوم 12 من الشهر القادم"),
    ("Все жители города придут на площадь ещё до полудня",
     "все жители города придут на площадь еще до полудня"),
    ("این تصمیم درست نیست و باید دوباره در ۲۴ ساعت بررسی شود",
     "این تصمیم درست نيست و بايد دوباره در 24 ساعت بررسى شود"),
    ("هزینه ساخت پل ۱۴ میلیارد تومان اعلام شد و کسی پاسخگو نیست",
     "هزینه ساخت پل ༡༤ میلیارد تومان اعلام شد و کسی پاسخگو نیست ❤️👍🏽"),
    ("Мост закроют на ремонт в понедельник утром, объезд по набережной",
     "Мост закроют на ремонт в понедельник ❗️утром❗️ объезд по набережной 1️⃣"),
    ("İstanbul köprüsü pazartesi günü saat onda açılıyor herkes gelsin",
     "istanbul köprüsü pazartesi günü saat onda açılıyor herkes gelsin"),
]  # fmt: skip


def used(folder, *texts, link=None):
    """Uses of near-texts in posts by a0, a1, …, one a day."""
    rows = [
        {"post_id": f"{k}", "account": f"a{k}", "time": f"2026-01-{k + 1:02}T10:00:00Z", "kind": "post",
         "text": text + (f" {link}" if link else ""), "links": [link] if link else []}
        for k, text in enumerate(texts)
    ]  # fmt: skip
    path = folder / "posts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return available()["near-text"].extract(chorusline.read(path), Config())


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_text_are_one_object(tmp_path, one, other):
    uses = used(tmp_path, one, other, "Nothing here has a word in common with what the others wrote down")
    assert len(uses) == 3
    together = [sorted(uses.account[uses.object == o].tolist()) for o in np.unique(uses.object)]
    assert sorted(together) == [[0, 1], [2]]


def test_what_chooses_how_an_emoji_is_drawn_is_no_word():
    plain = "the bridge opens on monday and nobody was asked"
    drawn = (
        "the \u2764\ufe0f bridge opens\u3164 on monday \U0001f44d\U0001f3fd and nobody\u034f was asked\u061c"
    )
    assert normalise(pa.array([plain, drawn]), 20).to_pylist() == [plain, plain]


def test_a_headline_with_small_changes_is_a_headline(tmp_path):
    words = "Fire in the old harbour destroys three ships and the ferry terminal"
    told = [f"{word} {words}" for word in ("Breaking", "Terrible", "Watch", "Update")]
    assert len(used(tmp_path, *told)) == 4
    assert len(used(tmp_path, *told, link="https://news.example.org/fire")) == 0


def test_near_text_stands_in_for_text_unless_asked():
    names = [trace.name for trace in choose(None)]
    assert "near-text" in names
    assert "text" not in names
    assert [trace.name for trace in choose(("text",))] == ["text"]
