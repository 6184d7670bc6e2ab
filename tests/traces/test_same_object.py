"""What must not make equal things differ, what must not make different things equal, on made-up input."""

from __future__ import annotations

import socket
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chorusline.actions import KINDS
from chorusline.config import Config
from chorusline.traces import available
from chorusline.traces import domain as domain_trace
from chorusline.traces.domain import registered_domain
from chorusline.traces.hashtag import fold_case
from chorusline.traces.link import canonical
from chorusline.traces.text import normalise
from tests.traces.test_traces import TRACKING, log_of, used

HOSTS = st.from_regex(r"(www\.){0,2}[a-z0-9]{1,5}(\.[a-z0-9]{1,5}){0,2}\.?", fullmatch=True)
URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["http://", "HTTPS://", "", "//", "ftp://", "mailto:"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":8080", ":0", ":"]),
    st.text(st.sampled_from("/ab%2F?&=#é ;:@+"), max_size=15),
    st.sampled_from(["", "?utm_source=a&b=1", "?u=http://c.d/e", "&fbclid=1", "#top"]),
)


@settings(max_examples=300, deadline=None)
@given(URLS)
@example("http://example.org:443/a")
@example("http://www.com")
@example("http://[::ffff:1.2.3.4]/a")
@example("www.www.example.org")
def test_the_canonical_form_of_a_canonical_form_is_itself(url):
    once = canonical(url, TRACKING)
    assert once is None or canonical(once, TRACKING) == once


@settings(max_examples=300, deadline=None)
@given(URLS, st.text(max_size=8), st.sampled_from(sorted(TRACKING)))
def test_how_a_link_was_passed_on_makes_no_difference(url, campaign, parameter):
    plain = canonical(url.partition("#")[0], TRACKING)
    if plain is None or "://" not in plain:
        return
    dressed = (
        f"{plain}{'&' if '?' in plain else '?'}{parameter}={''.join(c for c in campaign if c.isalnum())}#x"
    )
    for form in (dressed, dressed.replace("https://", "http://"), f"  {plain} "):
        assert canonical(form, TRACKING) == plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/x", "https://a.org/X"),  # paths know upper case
        ("https://a.org/?id=1", "https://a.org/?id=2"),
        ("https://a.org/x?p=1&q=2", "https://a.org/x?p=12"),
        ("https://a.org/x", "https://b.a.org/x"),
        ("https://a.org:8080", "https://a.org"),
        ("https://a.org/?v=", "https://a.org/"),
    ],
)
def test_different_pages_stay_different(one, other):
    assert canonical(one, TRACKING) != canonical(other, TRACKING)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("example.org:8080/a", "https://example.org:8080/a"),
        ("//example.org/a", "https://example.org/a"),
        ("example.org/share?u=http://n.org/1", "https://example.org/share?u=http%3A%2F%2Fn.org%2F1"),
        ("mailto:somebody@example.org", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_links_without_a_scheme(url, same):
    assert canonical(url, TRACKING) == same
    assert registered_domain(url) == (same and "example.org")


def test_domains_need_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    registered_domain("https://example.org")  # what it imports may look at sockets, and does so once
    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    domain_trace._suffixes.cache_clear()
    assert registered_domain("http://a.b.example.com.br/x") == "example.com.br"
    assert registered_domain("https://sub.example.ایران") == "example.ایران"
    assert registered_domain("com") is None


def test_a_column_of_domains_goes_before_the_links():
    rows = [{"links": ["https://a.org/x"], "domains": ["B.org"]}, {"links": ["https://c.org/x"]}]
    assert used("domain", *rows) == [("a1", "b.org")]
    assert used("domain", *[{"links": row["links"]} for row in rows]) == [("a1", "a.org"), ("a2", "c.org")]


def test_hashtags_of_presentation_forms_are_one_and_other_letters_are_not():
    tags = ["#\ufeea\ufe8e", "ها", "＃Ｔａｇ", "#TAG", "ايران", "ایران", "كتاب", "کتاب"]
    folded = fold_case(pa.array(tags)).to_pylist()
    assert folded[0] == "".join(unicodedata.normalize("NFKC", c) for c in "\ufeea\ufe8e") == "ها"
    assert folded[2] == folded[3] == "tag"
    assert len(set(folded[4:])) == 4  # other letters are other tags to the platforms too


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "M"]), min_size=1, max_size=12))
def test_folding_ascii_case_never_splits_a_tag(tag):
    swapped = "".join(c.swapcase() if c.isascii() else c for c in tag)
    assert fold_case(pa.array([tag])).equals(fold_case(pa.array(["#" + swapped])))


WORDS = st.lists(
    st.text(st.sampled_from("abcdéßябسلام7"), min_size=2, max_size=9), min_size=8, max_size=12
).filter(lambda words: words[-1] not in ("ht", "htt"))  # fmt: skip
INVISIBLE = "\u200b\u200e\u200f\u202e\u2066\ufeff\u00ad"


@settings(deadline=None)
@given(WORDS, st.data())
def test_what_templates_are_disguised_with_makes_no_difference(words, data):
    plain = " ".join(words)
    parts = []
    for word in words:
        at = data.draw(st.integers(0, len(word)))
        parts.append(word[:at] + data.draw(st.sampled_from(["", *INVISIBLE])) + word[at:])
        parts.append(
            data.draw(
                st.sampled_from(
                    [" ", "  ", "\n", ", ", " — ", " @who ", " #tag ", " https://t.co/x ", " &amp; "]
                )
            )
        )
    start = data.draw(st.sampled_from(["", "RT @some_one: ", "@a @b ", "“"]))
    end = data.draw(
        st.sampled_from(["", "!!", " http…", " https://t.co/ab…", " pic.twitter.com/abc", " www.a.org"])
    )
    disguised = start + "".join(parts) + end
    one, other = normalise(pa.array([plain, disguised]), 1).to_pylist()
    assert one == other


@settings(max_examples=1_000, deadline=None)
@given(st.text(max_size=60))
def test_a_normal_text_is_stable_and_made_of_words(text):
    once = normalise(pa.array([text], pa.string()), 1)[0].as_py()
    if once is not None:
        # Cn: letters of a Unicode younger than this Python's.
        kinds = {unicodedata.category(c) for c in once.replace(" ", "")}
        assert all(kind[0] in "LMN" or kind == "Cn" for kind in kinds)
        assert "  " not in once
        assert once.strip() == once


def test_the_shortest_text_that_counts():
    texts = ["گ" * 19, "گ" * 20, "گ" * 19 + "!", "@me " + "گ" * 19]
    assert [t is not None for t in normalise(pa.array(texts), 20).to_pylist()] == [False, True, False, False]


def test_two_words_apart_are_two_texts():
    one, other = "the vote is on the first of may at noon", "the vote is on the third of may at noon"
    assert len(set(normalise(pa.array([one, other]), 20).to_pylist())) == 2


def test_reshared_text_stands_in_only_where_no_row_has_an_id():
    text = "RT @x: The quick brown fox jumps over it"
    rows = [{"kind": "reshare", "text": text}, {"kind": "reshare", "text": text, "reshare_of": "q"}]
    assert used("reshare", *rows) == [("a2", "q")]
    assert used("reshare", rows[0], rows[0]) == [
        (a, "the quick brown fox jumps over it") for a in ("a1", "a2")
    ]
    assert used("reshare", {"kind": "reshare", "text": "RT @x: short"}) == []
    assert used("reshare", {"kind": "post", "reshare_of": None, "text": text}) == []


def test_reshares_of_two_rows_for_one_original_meet():
    rows = [
        {"post_id": "q", "text": "the original itself, long enough"},
        *[{"kind": "reshare", "reshare_of": "q"}] * 2,
    ]
    assert used("reshare", *rows) == [("a2", "q"), ("a3", "q")]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("hashtag", {"hashtags": ["", "#", "＃", None]}),
        ("mention", {"mentions": ["", "@", "@@", None]}),
        ("media", {"media": ["", None]}),
        ("link", {"links": ["", "http://", None]}),
        ("domain", {"domains": ["", None]}),
        ("reply", {"kind": "reply", "reply_to": ""}),
        ("reshare", {"kind": "reshare", "reshare_of": ""}),
        ("text", {"text": ""}),
    ],
)
def test_nothing_is_no_object(name, row):
    assert used(name, row, row) == []


LISTS = st.lists(st.sampled_from(["a", "b", "c", "A"]), max_size=4)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), LISTS), max_size=12))
def test_uses_are_those_of_a_loop(rows):
    log = log_of(
        *[{"kind": kind, "hashtags": tags, "account": f"a{k % 3}"} for k, (kind, tags) in enumerate(rows)]
    )
    uses = available()["hashtag"].extract(log, Config())
    expected = {
        (f"a{k % 3}", tag.lower(), 1_700_000_000_000_001 + k)
        for k, (kind, tags) in enumerate(rows) if kind != "reshare" for tag in tags
    }  # fmt: skip
    found = [
        (log.names[a], uses.objects[o].as_py(), t)
        for a, o, t in zip(uses.account.tolist(), uses.object.tolist(), uses.time.tolist(), strict=True)
    ]
    assert len(found) == len(expected)
    assert set(found) == expected
    assert log.times[uses.action].tolist() == uses.time.tolist()
    assert log.account_codes[uses.action].tolist() == uses.account.tolist()
    keys = list(zip(uses.object.tolist(), uses.time.tolist(), uses.account.tolist(), strict=True))
    assert keys == sorted(keys)
    assert uses.n_accounts == log.accounts.num_rows
