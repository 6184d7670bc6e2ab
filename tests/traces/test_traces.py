"""What counts as the same object, trace by trace."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.traces import available, choose
from chorusline.traces.domain import registered_domain
from chorusline.traces.hashtag import fold_case
from chorusline.traces.link import canonical
from chorusline.traces.text import normalise

TRACKING = frozenset(Config().tracking_parameters)


def log_of(*rows: dict) -> ActionLog:
    full = [
        {
            "row": k,
            "post_id": f"p{k}",
            "account": f"a{k}",
            "time": 1_700_000_000_000_000 + k,
            "kind": "post",
            **row,
        }
        for k, row in enumerate(rows, 1)
    ]
    return ActionLog.build([Input("test", [Batch(pa.Table.from_pylist(full, schema=DOOR_SCHEMA))])])


def used(name: str, *rows: dict) -> list[tuple[str, str]]:
    log = log_of(*rows)
    uses = available()[name].extract(log, Config())
    names = log.names
    return [(names[a], uses.objects[o].as_py()) for a, o in zip(uses.account, uses.object, strict=True)]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("HTTP://WWW.Example.org:80/a/?utm_source=x&id=7#top", "https://example.org/a?id=7"),
        ("https://example.org:443/a?id=7&fbclid=zz", "https://example.org/a?id=7"),
        ("example.org/a/?id=7", "https://example.org/a?id=7"),
        ("https://example.org", "https://example.org"),
        ("https://example.org/", "https://example.org"),
        ("https://example.org:8080/a", "https://example.org:8080/a"),
        ("https://example.org/a%20b", "https://example.org/a%20b"),
        ("https://example.org/سلام", "https://example.org/%D8%B3%D9%84%D8%A7%D9%85"),
        ("20848", "20848"),
        ("ftp://example.org/a", None),
        ("https://", None),
        ("http://[::bad", None),
        ("https://localhost/x", None),
        ("https://example.org:99999/", None),
    ],
)
def test_canonical_links(url, same):
    assert canonical(url, TRACKING) == same


@given(st.text(max_size=40))
def test_canonical_is_stable_whatever_the_input(tail):
    once = canonical("https://example.org/" + tail, TRACKING)
    assert once is None or canonical(once, TRACKING) == once


def test_registered_domain():
    assert registered_domain("https://news.bbc.co.uk/x") == "bbc.co.uk"
    assert registered_domain("https://t.co/abc") is None
    assert registered_domain("https://10.0.0.1/a") is None
    assert registered_domain("http://[::bad") is None


def test_hashtags_are_one_whatever_their_case_and_width():
    assert fold_case(pa.array(["#Iran", "ＩＲＡＮ", "#", "ایران"])).to_pylist() == [
        "iran",
        "iran",
        None,
        "ایران",
    ]


@pytest.mark.parametrize(
    "other",
    [
        "THE quick brown fox jumps over it",
        "The quick, brown fox -- jumps over it! https://t.co/abc",
        "The qu\u200bick brown fox jumps over it",
        "@someone The quick brown fox jumps over it #fox",
        "RT @a_b: The quick brown fox jumps over it",
        "The quick brown fox jumps over it http://t…",
        "The quick brown fox jumps &amp; over it".replace("&amp; ", ""),
    ],
)
def test_texts_that_say_the_same(other):
    texts = normalise(pa.array(["The quick brown fox jumps over it", other]), 20).to_pylist()
    assert texts[0] == texts[1] == "the quick brown fox jumps over it"


@pytest.mark.parametrize(
    "text", ["", "@a @b @c @d @e @f @g @h", "#one #two #three #four #five", "https://a.org/x", "short", None]
)
def test_no_text_of_its_own_is_no_text(text):
    assert normalise(pa.array([text], pa.string()), 20).to_pylist() == [None]


def test_messages_without_links_do_not_share_one():
    assert used("link", {"text": "a", "links": []}, {"text": "b", "links": None}) == []
    assert used("domain", {"links": []}, {"links": None}) == []


def test_an_object_named_twice_in_a_post_is_used_once():
    assert used("hashtag", {"hashtags": ["One", "#one", "two"]}) == [("a1", "one"), ("a1", "two")]


def test_reshares_carry_their_author_s_tags_not_the_account_s():
    rows = {
        "kind": "reshare",
        "reshare_of": "x",
        "hashtags": ["t"],
        "links": ["https://a.org"],
        "text": "y" * 30,
    }
    for name in ("hashtag", "link", "text", "domain", "mention"):
        assert used(name, {**rows, "mentions": ["m"]}) == []
    assert used("reshare", rows) == [("a1", "x")]


def test_the_original_is_no_use_of_itself():
    assert used("reshare", {"kind": "reshare", "post_id": "x", "reshare_of": "x"}) == []


def test_reshared_text_stands_in_where_an_archive_has_no_ids():
    row = {"kind": "reshare", "text": "RT @x: The quick brown fox jumps over it"}
    assert used("reshare", row) == [("a1", "the quick brown fox jumps over it")]


def test_replies_do_not_count_as_mentions():
    assert used("mention", {"kind": "reply", "reply_to": "q", "mentions": ["m"]}, {"mentions": ["@M"]}) == [
        ("a2", "m")
    ]
    assert used("reply", {"kind": "reply", "reply_to": "q"}) == [("a1", "q")]


def test_a_headline_with_its_link_is_no_text():
    same = {"text": "Minister announces a new plan for everything", "links": ["https://n.org/1?utm_source=b"]}
    assert used("text", same, {**same, "links": ["http://www.n.org/1"]}) == []
    other = {**same, "links": ["https://other.org/9"]}
    assert len(used("text", same, other)) == 2
    # People cut links off and exports lose them: half of the posts with it will do, not fewer.
    bare = {**same, "links": []}
    assert used("text", same, bare) == []
    assert len(used("text", same, bare, bare)) == 3
    assert len(used("text", same, same, other, other)) == 4
    assert used("text", same, same, other, bare) == []


def test_media_by_key():
    assert used("media", {"media": ["k1"]}, {"media": ["k1", "k2"]}) == [
        ("a1", "k1"),
        ("a2", "k1"),
        ("a2", "k2"),
    ]


def test_uses_are_sorted_and_an_empty_log_has_none():
    log = log_of({"hashtags": ["b", "a"]}, {"hashtags": ["a"]}, {"hashtags": ["b"]})
    uses = available()["hashtag"].extract(log, Config())
    keys = list(zip(uses.object.tolist(), uses.time.tolist(), strict=True))
    assert keys == sorted(keys)
    empty = ActionLog.build([Input("test", [])])
    for name, trace in available().items():
        if name != "paraphrase":  # asks for its model first, whatever there is to read
            assert len(trace.extract(empty, Config())) == 0


def test_choosing_traces():
    assert [t.name for t in choose(("text", "link", "text"))] == ["text", "link"]
    with pytest.raises(UsageError, match="no trace 'foo'"):
        choose(("foo",))
