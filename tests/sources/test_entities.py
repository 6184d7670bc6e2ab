from __future__ import annotations

import pyarrow as pa
import pytest

from chorusline.sources import entities


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a #Tag and #tag2, #with_under!", ["Tag", "tag2", "with_under"]),
        ("#one#two", ["one"]),
        ("(#in) «#quoted»", ["in", "quoted"]),
        ("#123 is a number, #1a is none", ["1a"]),
        ("see http://x.org/page#part and &#39;", []),
        ("#مهسا_امینی و #نه‌به‌اعدام", ["مهسا_امینی", "نه\u200cبه\u200cاعدام"]),
        ("#हिन्दी #ಕನ್ನಡ", ["हिन्दी", "ಕನ್ನಡ"]),
        ("＃日本語 #Москва", ["日本語", "Москва"]),
        ("no tags", []),
        ("a#b", []),
    ],
)
def test_hashtags(text: str, tags: list[str]) -> None:
    assert entities.hashtags(text) == tags


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RT @some_one: hello @Other.", ["some_one", "Other"]),
        ("mail me@home.org", []),
        ("http://medium.com/@user/x", []),
        ("@a@b.social", []),
        ("«@سلام» @x", ["x"]),
    ],
)
def test_mentions(text: str, found: list[str]) -> None:
    assert entities.mentions(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "see https://x.org/a?b=1&c=2, and (http://y.org/z_(w)).",
            ["https://x.org/a?b=1&c=2", "http://y.org/z_(w)"],
        ),
        ("http://t.co/abcdefgh1Xسلام", ["http://t.co/abcdefgh1X"]),
        ("“https://x.org/a”", ["https://x.org/a"]),
        ("cut http://t.co/ab…", ["http://t.co/ab…"]),
        ("bare http:// and none", ["http"]),
    ],
)
def test_links(text: str, found: list[str]) -> None:
    assert [link.rstrip(":/") if link == "http://" else link for link in entities.links(text)] == found


@pytest.mark.parametrize(
    "link",
    [
        "http://t.co/…",
        "http://t.co/abc",
        "http://t.co/fon9kjlâ€¦",
        "http://t.co/fon9kjlmâ€¦",
        "https://t.co",
        "http://t.co/abcdefghi…",
        "http://",
        "https://x",
        "http://example.org/some...",
        "http:",
        "https://…",
    ],
)
def test_cut_links(link: str) -> None:
    assert entities.is_cut(link)


@pytest.mark.parametrize(
    "link",
    ["http://t.co/WuCfE9vE", "https://t.co/abcdefghij", "https://x.org", "23678", "x.org/a", "https://[::1]/a",
     "https://пример.рф/а"],
)  # fmt: skip
def test_whole_links(link: str) -> None:
    assert not entities.is_cut(link)


@pytest.mark.parametrize(
    ("field", "cell", "items"),
    [
        ("hashtags", "a|b", ["a", "b"]),
        ("hashtags", "#a, #b", ["a", "b"]),
        ("hashtags", "a b", ["a", "b"]),
        ("hashtags", "['a', 'b']", ["a", "b"]),
        ("hashtags", "[a, b]", ["a", "b"]),
        ("hashtags", "[]", []),
        ("hashtags", "nan", []),
        ("mentions", "@a,@b", ["a", "b"]),
        ("links", "http://a.b/c http://d.e/f", ["http://a.b/c", "http://d.e/f"]),
        ("links", "['http://a.b/c,d', 'http://e.f']", ["http://a.b/c,d", "http://e.f"]),
        ("links", "[http://a.b/c,d, http://e.f]", ["http://a.b/c,d", "http://e.f"]),
        ("links", '["http://a.b/c"]', ["http://a.b/c"]),
        ("links", "http://a.b/c|http://d.e", ["http://a.b/c", "http://d.e"]),
        ("links", "http://a.b/c,http://d.e", ["http://a.b/c", "http://d.e"]),
        ("links", "http://a.b/x|y", ["http://a.b/x|y"]),
        ("links", "23678", ["23678"]),
        (
            "links",
            "https://t.co/rRZgBcU8tm.|https://t.co/GlJzsZd5GR'",
            ["https://t.co/rRZgBcU8tm", "https://t.co/GlJzsZd5GR"],
        ),
        ("links", "http://t.co/oSPeY3QMpH…", ["http://t.co/oSPeY3QMpH"]),
        ("links", "", []),
        ("media", "k1|k2", ["k1", "k2"]),
    ],
)
def test_cells(field: str, cell: str, items: list[str]) -> None:
    assert entities.split_cell(cell, field) == items


def test_drop_cut_keeps_the_rows_in_place() -> None:
    lists = pa.array([["http://t.co/…", "http://a.bc"], [], ["http://"], ["http://d.ef", "x"]])
    kept, cut = entities.drop_cut(lists)
    assert kept.to_pylist() == [["http://a.bc"], [], [], ["http://d.ef", "x"]]
    assert cut == 2


def test_a_point_before_a_mention_is_no_part_of_an_address() -> None:
    """ ".@name" shows a reply to everybody, as people wrote on Twitter; in "a.@b" the sign is part of a word."""
    assert entities.mentions(".@POTUS and @FLOTUS, to a.@b or me@x.org") == ["POTUS", "FLOTUS"]
