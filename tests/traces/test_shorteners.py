"""Short links: a user's table resolves them, what is left is counted, and a bad table is said in a sentence."""

from __future__ import annotations

import socket

import pytest

from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.traces import available
from chorusline.traces.shorteners import notes, resolve, table
from tests.traces.test_traces import log_of


def written(folder, text, name="short.csv"):
    path = folder / name
    path.write_text(text, "utf-8")
    return Config(shorteners=str(path))


def objects(name, log, config):
    uses = available()[name].extract(log, config)
    return sorted(uses.objects[o].as_py() for o in uses.object)


def test_two_short_links_to_one_page_are_one_link(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    config = written(
        tmp_path,
        "short,long,seen\nhttps://bit.ly/Ab1,http://www.n.org/x?utm_source=q,1\nBIT.LY/Ab2/,t.co/zz,1\n\n"
        "https://t.co/zz,https://n.org/x/,2\n",
    )
    log = log_of(
        {"links": ["http://bit.ly/Ab1"]}, {"links": ["https://www.bit.ly/Ab2#top"]},
        {"links": ["https://n.org/x"]}, {"links": ["https://bit.ly/AB1"]}, {"links": [None]},
    )  # fmt: skip
    assert objects("link", log, config) == ["https://bit.ly/AB1", *["https://n.org/x"] * 3]
    assert objects("domain", log, config) == ["n.org"] * 3
    said = notes(log, config)
    assert "2 links were resolved" in said[0]
    assert "1 of 4 links are short links (bit.ly)" in said[1]


def test_without_a_table_short_links_are_counted_and_kept():
    log = log_of(
        {"links": ["https://bit.ly/a", "https://n.org/x"]}, {"links": ["https://t.co/b"]},
        {"kind": "reshare", "reshare_of": "q", "links": ["https://t.co/c"]},
    )  # fmt: skip
    assert objects("link", log, Config()) == ["https://bit.ly/a", "https://n.org/x", "https://t.co/b"]
    (said,) = notes(log, Config())
    assert said.startswith("2 of 3 links are short links (bit.ly, t.co) that are kept as they are")
    assert notes(log_of({"links": ["https://n.org/x"]}), Config()) == ()


def test_a_circle_of_short_links_ends():
    known = {"bit.ly/a": "https://bit.ly/b", "bit.ly/b": "https://bit.ly/a"}
    assert resolve("https://bit.ly/a", known) in ("https://bit.ly/a", "https://bit.ly/b")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("from,to\na,b\n", "must begin with a line that names the columns short and long"),
        ("", "must begin"),
        ("short,long\nbit.ly/a\n", "Line 2 .* no short or no long link"),
        ("short,long\nbit.ly/a,x.org\n,y.org\n", "Line 3"),
        ("short,long\nbit.ly/a,x.org\nhttp://bit.ly/a,y.org\n", "Line 3 .* second meaning"),
    ],
)
def test_a_bad_table_is_refused_in_a_sentence(tmp_path, text, fault):
    config = written(tmp_path, text)
    with pytest.raises(UsageError, match=fault):
        available()["link"].extract(log_of({"links": ["https://bit.ly/a"]}), config)


def test_a_table_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        table(str(tmp_path / "none.csv"))
    (tmp_path / "latin.csv").write_bytes(b"short,long\nbit.ly/a,\xe9.org\n")
    with pytest.raises(UsageError, match="UTF-8"):
        table(str(tmp_path / "latin.csv"))


def test_tabs_and_a_table_that_changes(tmp_path):
    config = written(tmp_path, "short\tlong\nbit.ly/a\tx.org/1\n")
    log = log_of({"links": ["https://bit.ly/a"]})
    assert objects("link", log, config) == ["https://x.org/1"]
    written(tmp_path, "short\tlong\nbit.ly/a\tx.org/another\n")
    assert objects("link", log, config) == ["https://x.org/another"]
