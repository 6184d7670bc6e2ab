"""The page: what it says, what it never says, and what can't break out of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline import dossier
from chorusline.case import Case
from chorusline.dossier.embed import as_json
from chorusline.dossier.page import SIZE, render
from tests.dossier.fake_case import Size, empty_case, fake_case

FORBIDDEN = re.compile(
    r"\b(bots?|trolls?|fakes?|faked|paid|prove[sdn]?|proof|origin|origins|culprits?)\b", re.I
)


class Reader(HTMLParser):
    """Collects elements, text by element, and every attribute."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.raw: dict[str, list[str]] = {"style": [], "script": []}
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in self.raw:
            self.raw[tag].append("")
        self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if self.inside and self.inside[-1] in self.raw:
            self.raw[self.inside[-1]][-1] += data
        else:
            self.text += data

    def data(self) -> dict:
        return json.loads(self.raw["script"][0])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return render(fake_case(tmp_path_factory.mktemp("case")))


def test_it_is_written_and_the_same_case_gives_the_same_bytes(tmp_path: Path, page: str) -> None:
    path = dossier.write(fake_case(tmp_path), tmp_path)
    assert path == tmp_path / "dossier.html"
    assert path.read_bytes() == page.encode()


def test_the_error_rate_is_said_in_heads(page: str) -> None:
    text = Reader(page).text.replace("\u00a0", " ")
    assert "Of 21,381 accounts, 80 were close enough to others to be looked at; 64 of these" in text
    assert (
        "at a false-discovery rate of 1 %: of a hundred accounts named this way, about one is expected"
        in text
    )
    assert (
        "How often would somebody else, who used the same post after a similar delay, have landed within "
        "1 minute of this group? On material that was not used to find the group."
    ) in text


def test_sections_come_in_order_and_headings_skip_no_level(page: str) -> None:
    tags = Reader(page).tags
    ids = [a["id"] for tag, a in tags if tag == "section"]
    assert ids == ["read", "found", "groups", "else", "method", "again", "words"]
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_tables_have_captions_pictures_have_titles_and_ids_are_unique(page: str) -> None:
    tags = Reader(page).tags
    names = [tag for tag, _ in tags]
    assert names.count("caption") == names.count("table") > 0
    ids = [a["id"] for _, a in tags if a.get("id")]
    assert len(ids) == len(set(ids))
    for _, a in tags:
        if a.get("aria-labelledby"):
            assert a["aria-labelledby"] in ids
    assert {a["href"][1:] for tag, a in tags if tag == "a" and a["href"].startswith("#")} <= set(ids)


def test_the_policy_admits_this_style_and_this_script_only(page: str) -> None:
    reader = Reader(page)
    policy = next(a["content"] for t, a in reader.tags if a.get("http-equiv") == "Content-Security-Policy")

    def source(content: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

    assert policy == (
        f"default-src 'none'; style-src {source(reader.raw['style'][0])}; "
        f"script-src {source(reader.raw['script'][1])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert len(reader.raw["style"]) == 1
    assert len(reader.raw["script"]) == 2
    for tag, attributes in reader.tags:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag not in ("iframe", "object", "embed", "link", "img", "base")
        for name in ("src", "href"):
            assert re.match(r"#|tables/\w+\.csv$|case\.json$", attributes.get(name) or "#")


def test_nothing_is_fetched_from_anywhere() -> None:
    folder = Path(dossier.__file__).parent / "templates"
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(
            r"https?:|//\w+\.|@import|url\(|fetch\(|XMLHttp|innerHTML|eval\(|document\.write", text
        )


@pytest.mark.parametrize("make", [fake_case, empty_case])
def test_the_page_never_calls_an_account_names(tmp_path: Path, make) -> None:
    html = render(make(tmp_path))
    reader = Reader(html)
    spoken = reader.text + " ".join(str(v) for _, a in reader.tags for v in a.values())
    assert not FORBIDDEN.findall(spoken + reader.raw["script"][1])


ATTACKS = (
    "</script><script>alert(1)</script>", "<!--<script>", "]]>", "<img src=x onerror=alert(1)>",
    "'\"><svg/onload=a>", "{{ 7 * 7 }}", "line\u2028sep\u2029arator", "\u202egnp.exe\u202c", "&lt;b&gt;",
    "</title></style><b>", "\x00\x1b[2J",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", ["handle", "text", "object", "account"])
def test_hostile_text_stays_text(tmp_path: Path, page: str, kind: str, attack: str) -> None:
    reader = Reader(render(fake_case(tmp_path, **{kind: attack})))
    assert [tag for tag, _ in reader.tags] == [tag for tag, _ in Reader(page).tags] or kind == "account"
    assert {tag for tag, _ in reader.tags} == {tag for tag, _ in Reader(page).tags}
    assert len(reader.raw["script"]) == 2
    data = reader.data()
    shown = {
        "handle": [h for h in data["accounts"]["handle"] if h], "account": data["accounts"]["account"],
        "text": data["evidence"]["texts"], "object": data["evidence"]["texts"],
    }[kind]  # fmt: skip
    plain = re.sub(r"[^ -~]", "", attack).strip()
    assert any(plain in re.sub(r"⟨U\+\w+⟩|[^ -~]", "", text) for text in shown)
    assert "\u202e" not in reader.raw["script"][0] + reader.text


def test_hostile_manifest_stays_text(tmp_path: Path, page: str) -> None:
    case = fake_case(tmp_path)
    attack = "<script>alert(1)</script>\u202e"
    case.manifest["warnings"] = [attack]
    case.manifest["command"] = attack
    case.manifest["inputs"][0]["path"] = attack
    case.manifest["versions"] = {attack: attack}
    case.manifest["traces"][0]["trace"] = attack
    reader = Reader(render(case))
    assert len(reader.raw["script"]) == 2
    assert "\u202e" not in reader.text


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=10,
)


@settings(deadline=None)
@given(json_values)
def test_json_comes_back_whole_and_holds_no_markup(value) -> None:
    text = str(as_json(value))
    assert json.loads(text) == value
    assert not re.search("[<>&\u2028\u2029]", text)


@pytest.mark.parametrize(
    ("counts", "said", "unsaid"),
    [
        ({"accounts_proposed": 0, "accounts_tested": 0}, "Nothing was found", "enough evidence to"),
        ({"accounts_proposed": 9, "accounts_tested": 0}, "not enough evidence", "Nothing was found"),
        ({"accounts_proposed": 9, "accounts_tested": 5}, "None is named", "not enough evidence to"),
        ({"accounts_proposed": 9, "accounts_tested": 5, "accounts_few_days": 2},
         "2 accounts acted with others on too few days", "not enough evidence to"),
        ({"accounts": 0}, "no account was read", "Nothing was found"),
    ],
)  # fmt: skip
def test_no_finding_and_no_evidence_are_kept_apart(tmp_path: Path, counts, said: str, unsaid: str) -> None:
    text = Reader(render(empty_case(tmp_path, **counts))).text
    assert said in text
    assert unsaid not in text
    assert "There is no group in which anybody is named." in text


def test_a_bare_manifest_is_enough(tmp_path: Path) -> None:
    bare = Case(tmp_path, {"case_format": 1})
    assert "Nothing could be looked at" in Reader(render(bare)).text
    full = fake_case(tmp_path)
    named = full.manifest["counts"]["accounts_named"]
    full.manifest.clear()
    text = Reader(render(full)).text
    assert "were close enough to others to be tested" in text
    assert f"{named} are named" in text


def test_accounts_of_groups_without_a_named_account_are_not_on_the_page(tmp_path: Path) -> None:
    case = fake_case(tmp_path)
    accounts = case.table("accounts").to_pylist()
    for row in accounts:
        if row["group"] == 3:
            row.update(status="nothing found", rung="aligned", handle=f"loiterer{row['account']}")
    groups = case.table("groups").to_pylist()
    groups[2]["named"] = 0
    case._tables["accounts"] = pa.Table.from_pylist(accounts, schema=case.table("accounts").schema)
    case._tables["groups"] = pa.Table.from_pylist(groups, schema=case.table("groups").schema)
    assert "loiterer" not in render(case)


def test_evidence_is_capped_and_the_rest_is_counted(tmp_path: Path) -> None:
    data = Reader(render(fake_case(tmp_path, Size(accounts=30, groups=2, uses=90)))).data()
    start, total = data["evidence"]["start"], data["evidence"]["total"]
    shown = [b - a for a, b in pairwise(start)]
    status = data["accounts"]["status"]
    for k, word in enumerate(status["of"]):
        named = status["words"][word] == "named"
        assert total[k] == (90 if named else 45)
        assert shown[k] == (25 if named else 5)
    chance = data["evidence"]["chance"]
    assert all(chance[a:b] == sorted(chance[a:b]) for a, b in pairwise(start))


def test_a_thousand_named_accounts_stay_below_five_megabytes(tmp_path: Path) -> None:
    case = fake_case(tmp_path, Size(accounts=1751, groups=12, uses=30))
    html = render(case)
    assert sum(word == "named" for word in case.table("accounts")["status"].to_pylist()) >= 1000
    assert len(html.encode()) <= SIZE < 5_000_000


def test_ten_thousand_accounts(tmp_path: Path) -> None:
    html = render(fake_case(tmp_path, Size(accounts=10_000, groups=30, uses=8)))
    assert len(html.encode()) < 10_000_000
    data = Reader(html).data()
    assert len(data["accounts"]["account"]) == 10_000
    assert "the 300 most connected are drawn" in Reader(html).text


def test_checks_made_for_a_group_are_shown_with_it(tmp_path: Path) -> None:
    case = fake_case(tmp_path)
    case._tables["alternatives"] = pa.table(
        {"group": [2], "alternative": ["A news event"], "check": ["hours compared"], "outcome": ["<b>no</b>"],
         "remains": [None]}
    )  # fmt: skip
    text = Reader(render(case)).text
    assert "checked for group 2" in text
    assert "<b>no</b>" in text
    assert "checked for group 1" not in text
