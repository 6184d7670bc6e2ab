"""Text and links of posts that are kept as HTML (Mastodon, YouTube's textDisplay)."""

from __future__ import annotations

from html.parser import HTMLParser

BREAKS = frozenset(("br", "p", "div", "li", "blockquote"))


class _Reader(HTMLParser):
    """Gathers the words, and the targets of links that aren't mentions or hashtags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br" or (tag in BREAKS and self.words):
            self.words.append("\n")
        if tag == "a":
            kinds = (given.get("class") or "").split()
            href = given.get("href") or ""
            if href.startswith(("http://", "https://")) and not {"mention", "hashtag"} & set(kinds):
                self.hrefs.append(href)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(content: str) -> tuple[str, list[str]]:
    """Plain text of an HTML fragment, and the links in it, in order."""
    reader = _Reader()
    reader.feed(content)
    reader.close()
    return "".join(reader.words).strip(), reader.hrefs
