"""The quick ways for plain links and ASCII texts against the slow, obvious ones that hold for all."""

from __future__ import annotations

from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.traces import near_text, similar, text
from chorusline.traces.domain import _domains, registered_domain
from chorusline.traces.link import canonical, canonical_all
from tests.traces.test_near_text import loop

PIECES = st.sampled_from(
    ["https://", "http://", "HTTP://", "www.", "www.", "a.com", "News.example.org", "foo.ck", "www.ck", "co.uk", ".",
     "/", "//", "/Path", "/a%20b", "?utm_source=x", "?q=1&b", "#frag", ":80", ":8080", "@", "t.co", " ", "é", "_", "-",
     "~", "!$&'()*+,;=", "\n", "abc123", "[", "x"]
)  # fmt: skip
LINKS = st.lists(st.one_of(st.none(), st.lists(PIECES, max_size=7).map("".join)), max_size=8)
WORDS = st.sampled_from(
    ["Hello", "RT @you: ", "@me", "#Tag", "https://x.org/a?b", "www.x.org", "pic.twitter.com/ab", " ht", "htt",
     "https:", "https…", "http...", "&amp;", "&#39;", "é", "İ", "Ⅳ", "\u200b", "\u00ad", "ſ", "мир", "我们", "  ", "\t",
     "\n", "!?", "…", "0", "K", "RT", "right", "\u2003", "\x1c", "a_b", ""]
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.none(), st.lists(WORDS, max_size=9).map("".join)), max_size=8)


@settings(deadline=None, max_examples=400)
@given(LINKS)
@example(["https://www.www.a.com/", "https://www.com/x/", "http://a.com//b//"])
def test_canonical_links(links):
    tracking = frozenset(Config().tracking_parameters)
    slow = [None if link is None else canonical(link, tracking) for link in links]
    assert canonical_all(pa.array(links, pa.string()), tracking).to_pylist() == slow


@settings(deadline=None, max_examples=300)
@given(LINKS)
@example(["https://www.foo.ck/", "http://www.ck/a", "https://www.bbc.co.uk"])
def test_domains(links):
    slow = [None if link is None else registered_domain(link) for link in links]
    assert _domains(pa.array(links, pa.string()), {}).to_pylist() == slow


def slowly(texts: pa.Array, min_length: int) -> pa.Array:
    """All patterns on all texts."""
    found = pc.replace_substring_regex(texts, r"&(?:amp|lt|gt|quot|#39);", " ")
    found = pc.utf8_lower(pc.utf8_normalize(found, form="NFKC"))
    found = pc.replace_substring_regex(found, text._INVISIBLE, "")
    for pattern in (text._RESHARE_MARK, text._LINK, text._MENTION, text._HASHTAG, text._NOT_A_WORD):
        found = pc.replace_substring_regex(found, pattern, " ")
    found = pc.utf8_trim(found, " ")
    return pc.if_else(
        pc.greater_equal(pc.utf8_length(found), min_length), found, pa.scalar(None, pa.string())
    )


@settings(deadline=None, max_examples=600)
@given(TEXTS, st.integers(0, 6))
def test_normalised_texts(texts, min_length):
    given = pa.array(texts, pa.string())
    assert text.normalise(given, min_length).to_pylist() == slowly(given, min_length).to_pylist()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(WORDS, max_size=9).map("".join), max_size=8))
def test_spelling(texts):
    assert near_text._one_spelling(pa.array(texts, pa.string())).to_pylist() == [
        one.translate(near_text._spelling()) for one in texts
    ]


SOME = [f"w{k}" for k in range(14)]


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.lists(st.sampled_from(SOME), min_size=1, max_size=12, unique=True).map(" ".join),
        min_size=1, max_size=25, unique=True,
    ),
    st.data(), st.sampled_from([0.3, 0.5, 0.6, 0.8]), st.sampled_from([1, 2, 4]),
    st.sampled_from([1, 3000, 6000, 9000, 10**9]),
)  # fmt: skip
def test_near_texts_by_pairs_of_words_and_by_single_ones(texts, data, similarity, rare, heavy):
    """Few texts stand here for many: words are taken for common, and texts for long, much sooner."""
    uses = np.array(data.draw(st.lists(st.integers(1, 3), min_size=len(texts), max_size=len(texts))))
    kept = similar._RARE, similar._LONG
    similar._RARE, similar._LONG = rare, heavy
    try:
        found = similar.leaders(pa.array(texts), uses, similarity)
    finally:
        similar._RARE, similar._LONG = kept
    assert found.tolist() == loop(texts, uses, similarity)


def test_words_are_parted_as_a_pattern_would():
    texts = pa.array(["a  b", " a", "b ", "我们 a", "", "ไทย x", "한국 어", "plain words", "a"])
    slow = pc.utf8_trim(pc.replace_substring_regex(texts, similar._UNSPACED, r" \1 "), " ")
    slow = pc.split_pattern_regex(slow, " +")
    assert pc.split_pattern(similar._spaced(texts)[0], " ").to_pylist() == slow.to_pylist()


def test_a_host_is_read_as_urlsplit_reads_it():
    link = "https://www.some-where.example.org/Path/~a(b)"
    assert urlsplit(link).hostname == "www.some-where.example.org"
    assert canonical_all(pa.array([link]), frozenset()).to_pylist() == [
        "https://some-where.example.org/Path/~a(b)"
    ]
