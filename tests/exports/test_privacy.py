"""No name where none is to be: blind cases, public editions, the sealed annex."""

from __future__ import annotations

import csv
import json
import re
import shutil
import stat
import subprocess
import sys
from importlib.metadata import entry_points

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from chorusline import Case, investigate, sensitivity
from chorusline.case import LATER, OPERATION, TABLES, sha256
from chorusline.cli.main import app
from chorusline.config import Config
from chorusline.dossier.explain import explain, words
from chorusline.dossier.page import render
from chorusline.errors import CaseError, UsageError
from chorusline.exports import editions, inside
from chorusline.exports.blind import blind, blinded, real_names, rewrite_page
from chorusline.exports.changes import NAMES, Change, Terms
from chorusline.exports.pseudonyms import Key, Mask
from chorusline.verification import verify
from tests.exports.conftest import HOSTILE

CODE = "from chorusline.cli.main import run; run()"
KEY = Key(b"k" * 32)
SHOWN = Terms(k=5)


def names_of(case) -> set[str]:
    """Ids, user names and posts' ids: what nobody may find in what is given away."""
    log = pq.read_table(case.folder / "accounts.parquet")
    names = set(log["name"].to_pylist()) | set(log["handle"].drop_null().to_pylist())
    return names | set(case.table("evidence")["post_id"].drop_null().to_pylist())


def read_all(folder) -> str:
    """Everything in a folder as text, Parquet tables cell by cell."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            parts.append(str(pq.read_table(path).to_pylist()))
        elif path.is_file():
            parts.append(path.read_text("utf-8"))
    return "\n".join(parts)


def leaked(text: str, names: set[str]) -> set[str]:
    return set(re.findall(r"[\w.-]*\w", text)) & names


def test_a_key_is_made_once_for_its_owner_and_outside_the_case(tmp_path):
    path = tmp_path / "key"
    made = Key.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Key.open(path).pseudonym("A", "x") == made.pseudonym("A", "x")
    assert Key.open(tmp_path / "other").pseudonym("A", "x") != made.pseudonym("A", "x")
    assert made.pseudonym("A", "x") != made.pseudonym("P", "x")
    with pytest.raises(UsageError, match="put it elsewhere"):
        Key.open(path, apart_from=[tmp_path])
    (tmp_path / "bad").write_text("not a key")
    with pytest.raises(UsageError, match="isn't a key"):
        Key.open(tmp_path / "bad")
    with pytest.raises(UsageError, match="32 bytes"):
        Key(b"short")


SPELT = (
    st.text(st.characters(categories=("L", "N"), include_characters="_.- "), min_size=2)
    .map(str.strip)
    .filter(bool)
)


@given(st.lists(SPELT, min_size=1, max_size=5, unique_by=str.lower), st.text(), st.text())
def test_no_known_name_survives_as_a_word(names, before, after):
    mask = Mask({name: f"A-{k:012}" for k, name in enumerate(names)})
    masked = mask(f"{before} @{names[0]} {after}")
    assert f"@{names[0]} " not in masked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello @Ann_1, and ann_1.", "hello A-1, and A-1."),
        ("@stranger said", "@[…] said"),
        ("see https://x.example/ann_1/status/9?a=@b now", "see [link to x.example] now"),
        ("Mary Ann wrote", "A-2 wrote"),
        ("annual report", "annual report"),
        (
            "ann_1.blogs.example, or https://ANN_1.blogs.example/x",
            "A-1.blogs.example, or [link to A-1.blogs.example]",
        ),
    ],
)
def test_masking(text, expected):
    assert Mask({"ann_1": "A-1", "Mary Ann": "A-2"})(text) == expected


def test_a_blind_case_has_the_same_figures_and_no_name(case):
    made = blind(case, KEY)
    for name in ("accounts", "evidence", "edges", "contributions", "groups"):
        before, after = case.table(name), made.table(name)
        assert after.num_rows == before.num_rows
        for field in before.schema:
            if (
                pa.types.is_floating(field.type)
                or pa.types.is_integer(field.type)
                or pa.types.is_timestamp(field.type)
            ):
                assert after[field.name].equals(before[field.name]), (name, field.name)
    everything = str([table.to_pylist() for table in made._tables.values()])
    assert not leaked(everything, names_of(case))
    assert made.table("accounts")["account"].to_pylist() == [
        KEY.pseudonym("A", name) for name in case.table("accounts")["account"].to_pylist()
    ]


def test_every_column_of_accounts_posts_and_objects_is_known():
    """A column added to any table under such a name, and not to NAMES, would stand unmasked on a blind page."""
    for name, schema in {**TABLES, **OPERATION, **LATER}.items():
        for field in schema:
            of = field.type.value_type if pa.types.is_list(field.type) else field.type
            telling = ("account", "handle", "post_id", "object", "target")
            if pa.types.is_string(of) and any(
                field.name.endswith((word, f"{word}s", "_a", "_b")) for word in telling
            ):
                assert field.name in NAMES, f"{name}.{field.name}"


def test_orders_and_targets_are_blind_too(tmp_path):
    row = dict.fromkeys(OPERATION["orders"].names)
    rows = [
        {
            **row,
            "kind": "target",
            "object": "minister_x",
            "objects": ["minister_x", "9001"],
            "first_account": "ann",
        },
        {**row, "kind": "tag", "object": "#votenow", "objects": ["#votenow"], "first_account": "ann"},
    ]
    loose = pa.schema([field.with_nullable(True) for field in OPERATION["orders"]])
    target = pa.table({"target": ["minister_x"], "members": [7]})
    tables = {"orders": pa.Table.from_pylist(rows, schema=loose), "targets": target}
    made = blind(Case(tmp_path, {"inputs": []}, tables), KEY)
    everything = str([table.to_pylist() for table in made._tables.values()])
    assert not {"minister_x", "9001", "ann"} & set(re.findall(r"[\w.-]*\w", everything))
    assert "#votenow" in everything
    assert made.table("targets")["target"].to_pylist() == [KEY.pseudonym("A", "minister_x")]


def test_a_hostile_case_is_blind_too(hostile):
    everything = str([table.to_pylist() for table in blind(hostile, KEY)._tables.values()])
    for name in (HOSTILE["handle"], HOSTILE["account"], "evil.example/a", "reader_1", "1000001"):
        assert name not in everything


def test_a_blind_explanation(case):
    account = case.named[0]
    shown = KEY.pseudonym("A", account)
    assert real_names(case, KEY, [shown, "other"]) == [account, "other"]
    for names in ([account], case.named[:2]):
        said = words(blinded(case, KEY, explain(case, *names)), posts=0)
        assert shown in said
        assert not leaked(said, names_of(case))


def test_the_page_is_blind_until_the_analyst_asks(case, tmp_path):
    place = tmp_path / "case"
    shutil.copytree(case.folder, place)
    before = (place / "dossier.html").read_bytes()
    rewrite_page(place, KEY)
    assert Case.open(place).manifest["blind"]
    page = (place / "dossier.html").read_text("utf-8")
    assert not leaked(page, names_of(case))
    assert KEY.pseudonym("A", case.named[0]) in page
    assert "This page is blind" in page
    assert "This page is blind" not in before.decode()
    assert verify(place).holds
    with pytest.raises(UsageError, match="is blind"):
        sensitivity.sensitivity(place)
    rewrite_page(place, None)
    assert (place / "dossier.html").read_bytes() == before
    assert "blind" not in Case.open(place).manifest


def test_every_command_that_writes_a_page_or_tells_names_can_do_without():
    commands = typer.main.get_command(app).commands
    analyses = {one.name for one in entry_points(group="chorusline.analyses")} & set(commands)
    assert {"orders", "operators"} <= analyses
    for name in analyses | {"investigate", "dossier", "sensitivity", "explain", "export"}:
        assert any("--blind" in option.opts for option in commands[name].params), name


def test_investigate_writes_a_blind_page(tmp_path, case):
    made = investigate(
        case.log(), tmp_path / "case", config=Config(splits=1, traces=("text", "reshare")), blind=KEY
    )
    assert made.manifest["blind"]
    assert not leaked((made.folder / "dossier.html").read_text("utf-8"), names_of(case))


@pytest.mark.parametrize("text", ["hash", "quote", "none"])
def test_a_public_edition_tells_no_name(case, tmp_path, text):
    place = editions.publish(
        case, tmp_path / "public", KEY, terms=Terms(5, text, "hour"), formats=["summary", "graphml"]
    )
    everything = read_all(place)
    assert not leaked(everything, names_of(case))
    assert str(case.folder) not in everything
    assert case.manifest["inputs"][0]["path"] not in everything
    opened = Case.open(place)
    named = case.table("accounts").filter(pc.equal(case.table("accounts")["status"], "named"))
    assert set(opened.table("accounts")["account"].to_pylist()) <= {
        KEY.pseudonym("A", name) for name in named["account"].to_pylist()
    }
    assert opened.table("accounts")["status"].unique().to_pylist() == ["named"]
    times = opened.table("evidence")["time"]
    assert pc.all(pc.equal(times, pc.floor_temporal(times, unit="hour"))).as_py()
    written = opened.table("evidence")["text"].drop_null().to_pylist()
    posts = set(case.table("evidence")["text"].drop_null().to_pylist())
    assert bool(set(written) & posts) == (text == "quote")
    assert all(one.startswith("T-") for one in written) == (text == "hash")
    assert set(opened.manifest["files"]) == {
        path.relative_to(place).as_posix()
        for path in place.rglob("*")
        if path.is_file() and path.name != "case.json"
    }


def test_no_count_below_k_can_be_read_off_or_worked_out(case, hostile):
    for whole, k in ((case, 5), (hostile, 12), (hostile, 15)):
        made = editions.public(whole, KEY, Terms(k=k))
        for row in made.table("groups").to_pylist():
            assert row["named"] >= k
            parts = [row["few_days"], row["not_enough"]]
            assert (None in parts) == (parts == [None, None]), "one alone could be worked out"
            if None in parts:
                assert row["accounts"] is None or row["accounts"] - row["named"] >= k
            else:
                rest = row["accounts"] - row["named"] - sum(parts)
                assert not any(0 < part < k for part in (*parts, rest))
        counts = made.manifest["counts"]
        assert counts["accounts_named"] == sum(made.table("groups")["named"].to_pylist())
        assert not any(0 < value < k for name, value in counts.items() if name.startswith("accounts"))
        assert all(row["accounts"] >= k for row in made.table("templates").to_pylist())


def test_too_few_for_any_edition(case):
    with pytest.raises(UsageError, match="there is no public edition"):
        editions.public(case, KEY, Terms(k=10_000))
    for bad in ({"k": 1}, {"text": "loud"}, {"grain": "year"}):
        with pytest.raises(UsageError):
            Terms(**bad)


def test_what_nobody_listed_is_left_out(case):
    table = case.table("accounts").append_column(
        "home_address", pa.array(["x"] * case.table("accounts").num_rows)
    )
    richer = Case(case.folder, case.manifest, {**case._tables, "accounts": table})
    made = editions.public(richer, KEY, SHOWN)
    assert "home_address" not in made.table("accounts").column_names
    assert made.table("resembling").num_rows == made.table("context").num_rows == 0
    assert {"resembling", "context"} <= set(made.manifest["edition"]["tables_left_out"])


def test_the_annex_says_who_is_who_and_is_the_one_that_was_sealed(case, tmp_path):
    editions.publish(case, tmp_path / "public", KEY, terms=SHOWN, annex=tmp_path / "annex")
    with (tmp_path / "annex" / "accounts.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["pseudonym"] == "seal"
    known = {row["pseudonym"]: row["account"] for row in rows[1:]}
    assert set(known.values()) == set(case.named)
    assert all(KEY.pseudonym("A", account) == shown for shown, account in known.items())
    manifest = json.loads((tmp_path / "public" / "case.json").read_text("utf-8"))
    assert manifest["edition"]["annex_sha256"] == sha256(tmp_path / "annex" / "accounts.csv")
    assert manifest["edition"]["case_json_sha256"] == sha256(case.folder / "case.json")
    assert stat.S_IMODE((tmp_path / "annex").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "annex" / "accounts.csv").stat().st_mode) == 0o600


def test_the_commands(case, tmp_path):
    def call(*words: object) -> subprocess.CompletedProcess:
        done = [sys.executable, "-c", CODE, *map(str, words)]
        return subprocess.run(done, capture_output=True, text=True, timeout=300)

    key = tmp_path / "key"
    done = call(
        "publish",
        case.folder,
        "--to",
        tmp_path / "public",
        "--key",
        key,
        "--annex",
        tmp_path / "annex",
        "--k",
        5,
    )
    assert done.returncode == 0, done.stderr
    done = call("explain", case.folder, case.named[0], "--blind", key)
    assert done.returncode == 0, done.stderr
    assert not leaked(done.stdout, names_of(case))
    done = call(
        "export", case.folder, "--to", tmp_path / "out", "--format", "stix", "--format", "csv", "--blind", key
    )
    assert done.returncode == 0, done.stderr
    assert not leaked(read_all(tmp_path / "out"), names_of(case))
    inside = call("publish", case.folder, "--to", tmp_path / "x", "--key", case.folder / "key")
    assert inside.returncode == 2
    assert not (case.folder / "key").exists()
    nested = call(
        "publish", case.folder, "--to", tmp_path / "x", "--key", key, "--annex", tmp_path / "x" / "annex"
    )
    assert nested.returncode == 2
    assert not (tmp_path / "x").exists()


@pytest.fixture(scope="module")
def inside_of_edition(case):
    """The edition of a case in which orders, hours and targets were found, and the case."""
    made = editions.public(case, KEY, Terms(k=4))
    return case, made


def test_an_edition_tells_what_groups_do_and_not_who_did_it(inside_of_edition):
    case, made = inside_of_edition
    k = 4
    orders = case.table("orders").to_pylist()
    kept = [
        row
        for row in orders
        if row["crew"] == "named accounts" and row["status"] == "order" and row["complied"] >= k
        and row["group"] in made.table("groups")["group"].to_pylist()
    ]  # fmt: skip
    assert made.table("orders").num_rows == len(kept) > 0
    assert "effort" in made.manifest["operation"]
    for name in inside.COLUMNS:
        if name not in made._tables:
            continue
        table = made.table(name)
        assert set(table["crew"].to_pylist()) <= {"named accounts"}
        assert set(table.column_names) <= set(inside.COLUMNS[name])
        assert not leaked(str(table.to_pylist()), names_of(case))
    for name in (
        "order_uses",
        "order_curves",
        "automation",
        "pile_on_uses",
        "target_words",
        "operators_evidence",
    ):
        assert name not in made._tables
    for row in made.table("orders").to_pylist():
        assert row["complied"] >= k
        for count in ("members_in_window", "others_during", "others_after", "used_before", "on_duty"):
            assert row[count] is None or row[count] == 0 or row[count] >= k
        assert row["first_use"].minute == row["given_after"].minute == 0
        assert row["object"].startswith("O-")
    for entry in made.manifest["operation"].values():
        for said in entry["crews"]:
            assert said["sentences"] or said["reason"]
    page = render(made)
    assert '<section id="orders"' in page
    assert not leaked(page, names_of(case))


def test_days_and_hours_with_few_accounts_are_left_out_of_an_edition(inside_of_edition):
    case, made = inside_of_edition
    log = case.log()
    names = log.accounts["name"].to_pylist()
    of = {
        row["account"]: row["group"] for row in case.table("accounts").to_pylist() if row["status"] == "named"
    }
    days, hours = {}, {}
    for code, time in zip(log.actions["account"].to_pylist(), log.actions["time"].to_pylist(), strict=True):
        group = of.get(names[code])
        if group is not None:
            days.setdefault((group, time.date()), set()).add(code)
            hours.setdefault((group, time.weekday() * 24 + time.hour), set()).add(code)
    hidden = 0
    for row in made.table("effort_days").to_pylist():
        few = 0 < len(days.get((row["group"], row["day"]), ())) < 4
        assert not few or row["hours_high"] is None
        hidden += row["hours_high"] is None
    assert hidden != 1, "one day alone is the sum less the others"
    groups = set(made.table("groups")["group"].to_pylist())
    by_day, by_hour = inside._present(case, dict.fromkeys(groups, 9))
    for slow, fast in ((days, by_day), (hours, by_hour)):
        assert {key: len(who) for key, who in slow.items() if key[0] in groups} == fast
    rows = [{"group": 1, "clock": clock, "hour": hour, "presences": 7, "share": 1 / 168}
            for clock in ("UTC", "UTC+1") for hour in range(168)]  # fmt: skip
    shown = inside._hours(rows, {(1, 3): 2, (1, 5): 9, (1, 6): 8}, 4)
    assert {row["clock"] for row in shown} == {"UTC"}
    assert [row["hour"] for row in shown if row["share"] is None] == [3, 6]
    assert {row["presences"] for row in shown} == {None}
    assert inside._hours(rows, None, 4) == []


def test_private_targets_are_nobody_in_an_edition(tmp_path):
    def rows(name, *made):
        loose = pa.schema([field.with_nullable(True) for field in OPERATION[name]])
        empty = dict.fromkeys(loose.names)
        crew = {"group": 1, "crew": "named accounts"}
        return pa.Table.from_pylist([{**empty, **crew, **row} for row in made], schema=loose)

    common = {"q_value": 1e-9, "pile_ons": 0, "pressure": False, "others": 3, "others_posts": 4, "members": 9}
    tables = {
        "accounts": TABLES["accounts"].empty_table(),
        "targets": rows(
            "targets",
            {**common, "target": "target 4", "private": True},
            {**common, "target": "minister_x", "private": False, "role": "minister, Ann Example"},
            {**common, "target": "minister_y", "private": False, "members": 4},
        ),
        "target_days": rows(
            "target_days",
            {"target": "target 4", "members": 9, "others": 0},
            {"target": "minister_x", "members": 9, "others": 2},
            {"target": "minister_x", "members": 3, "others": 9},
        ),
        "target_words": rows("target_words", {"target": "minister_x", "word": "ann", "members": 9}),
        "pile_ons": rows(
            "pile_ons",
            {"target": "target 4", "status": "pile-on", "members": 8, "at_work": 10, "members_in_window": 8,
             "others_during": 0},
        ),
        "operators": rows(
            "operators", {"accounts": 18, "linked_accounts": 2, "linked": 1, "carried": 0.5, "hands_high": 18.0}
        ),
        "operators_estimates": rows("operators_estimates", {"reckoning": "accounts", "value": 18.0}),
        "roster_shifts": rows("roster_shifts", {"shift": 1, "accounts": 17}, {"shift": 2, "accounts": 3}),
        "roster": rows("roster", {"verdict": "staffed hours", "shifts": 2}),
        "roster_clocks": rows("roster_clocks", {"clock": "UTC+1", "starts": ["09:00", "12:00"]}),
    }  # fmt: skip
    bare = Case(tmp_path, {"config": Config().model_dump(mode="json")}, tables)
    made = inside.public(bare, {1: 20}, Change(bare, KEY, Terms(k=5)), 5).tables
    assert made["targets"]["target"].to_pylist() == ["a private person", KEY.pseudonym("A", "minister_x")]
    assert (
        made["targets"]["others"].to_pylist() == made["targets"]["others_posts"].to_pylist() == [None, None]
    )
    assert made["target_days"].select(["target", "members", "others"]).to_pylist() == [
        {"target": KEY.pseudonym("A", "minister_x"), "members": 9, "others": None}
    ]
    pile = made["pile_ons"].to_pylist()[0]
    assert (pile["target"], pile["members"], pile["at_work"]) == ("a private person", 8, None)
    hands = made["operators"].to_pylist()[0]
    assert [hands[name] for name in ("accounts", "pairs", "linked", "linked_accounts")] == [None] * 4
    assert hands["hands_high"] == 20
    assert made["operators_estimates"].num_rows == made["roster_shifts"].num_rows == 0
    assert made["roster_clocks"]["starts"].to_pylist() == [[]]
    assert made["roster"]["shifts"].to_pylist() == [None]
    assert "ann" not in str([table.to_pylist() for table in made.values()]).lower().replace("a private", "")


@given(st.lists(st.integers(0, 20)), st.integers(2, 12))
def test_of_figures_with_a_known_sum_never_one_alone_is_left_out(there, k):
    hidden = inside._two(there, k)
    assert all(hide for hide, count in zip(hidden, there, strict=True) if 0 < count < k)
    assert not any(hide for hide, count in zip(hidden, there, strict=True) if count == 0)
    assert sum(hidden) != 1 or sum(count >= k for count in there) == 0
    assert sum(hidden) <= max(2, sum(0 < count < k for count in there))


def test_the_annex_holds_the_inside_in_full(case, tmp_path):
    editions.publish(case, tmp_path / "public", KEY, terms=SHOWN, annex=tmp_path / "annex")
    files = json.loads((tmp_path / "public" / "case.json").read_text("utf-8"))["edition"]["annex"]
    assert "inside/order_uses.parquet" in files
    for name, digest in files.items():
        path = tmp_path / "annex" / name
        assert sha256(path) == digest
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        if path.suffix == ".parquet":
            assert pq.read_table(path).equals(case.table(path.stem))


def test_whoever_holds_an_edition_can_check_it(case, tmp_path):
    place = editions.publish(case, tmp_path / "public", KEY, terms=SHOWN)
    found = verify(place, [case.manifest["inputs"][0]["path"]])
    assert found.holds
    assert {check.outcome for check in found.checks if check.what in ("file", "page", "input")} == {
        "same bytes"
    }
    assert {check.outcome for check in found.checks if check.what == "table"} == {"not recomputed"}
    edition = Case.open(place)
    said = words(explain(edition, edition.named[0]), posts=1)
    assert edition.named[0] in said
    assert "input-1" in said
    assert "SHA-256" in said
    assert not leaked(said, names_of(case))
    with pytest.raises(UsageError, match="one of the pseudonyms"):
        explain(edition, *edition.named[:2])
    with pytest.raises(CaseError, match="public edition"):
        edition.log()
    page = place / "dossier.html"
    page.write_text(page.read_text("utf-8").replace("accounts", "persons"), "utf-8")
    assert not verify(place).holds
