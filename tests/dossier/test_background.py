"""Context on the cards: said in figures, with what else explains it, and only where there is enough to say."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa

from chorusline.case import TABLES
from chorusline.dossier import background, page
from tests.dossier.fake_case import fake_case


def context(*rows: dict) -> pa.Table:
    full = [{"account": f"a{k}", "group": 1, **row} for k, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=TABLES["context"])


def test_each_sentence_has_its_figures_and_its_caution():
    one = {"created_near": 3, "created_near_expected": 0.2, "rhythm": 2.0, "name_pattern": "name and 8 digits",
           "name_pattern_in_group": 0.75, "name_pattern_elsewhere": 0.031}  # fmt: skip
    created, named, active = background.sentences(context(one, one, one, {"rhythm": 9.0}))
    assert "on average, 3 others" in created
    assert "it would be 0.2" in created
    assert (
        "3 of 4 user names are made of a name and 8 digits; of accounts in no group 3.1\u00a0% are" in named
    )
    assert "Platforms propose such names to anybody" in named
    assert "2 standard deviations" in active


def test_nothing_is_said_where_little_is_known():
    assert background.sentences(context()) == []
    assert background.sentences(context({"rhythm": 9.0, "name_pattern": "name and 8 digits"})) == []


def test_the_card_calls_it_no_evidence_and_shows_the_first_templates(tmp_path):
    html = page.render(fake_case(tmp_path))
    cards = html.split('<article class="card"')[1:]
    assert len(cards) == 3
    for card in cards:
        order = [
            card.index(word) for word in ("Texts with slots", "who voted against", "Context, which is no")
        ]
        assert all(before < after for before, after in pairwise(order))


def test_a_hostile_skeleton_is_text_only(tmp_path):
    html = page.render(fake_case(tmp_path, text="<script>alert(1)</script>"))
    assert "<script>alert" not in html
