"""The checks of other explanations: figures against slow loops, and a word where no check is possible."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline import Case, investigate, simulate
from chorusline.actions import KINDS
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.dossier.alternatives import by_group, general
from chorusline.findings.alternatives import CHECKS, alternatives_table
from chorusline.simulate import preset
from tests.findings.test_context import log_of

DAY = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Case:
    folder = tmp_path_factory.mktemp("alternatives")
    simulate.write(simulate.build(preset("tiny", seed=38)), folder)
    return investigate(folder / "actions.parquet", folder / "case", config=Config(splits=2))


def said(case: Case, alternative: str, group: int = 1) -> dict:
    (row,) = [
        row
        for row in case.table("alternatives").to_pylist()
        if row["alternative"] == alternative and row["group"] == group
    ]
    return row


def evidence(case: Case, group: int = 1) -> list[dict]:
    named = {
        row["account"]
        for row in case.table("accounts").to_pylist()
        if row["status"] == "named" and row["group"] == group
    }
    return [row for row in case.table("evidence").to_pylist() if row["account"] in named]


def test_every_group_with_named_accounts_has_the_whole_list_in_the_words_of_the_page(case):
    groups = [row["group"] for row in case.table("groups").to_pylist() if row["named"]]
    rows = case.table("alternatives").to_pylist()
    assert [(row["group"], row["alternative"]) for row in rows] == [
        (g, name) for g in groups for name in CHECKS
    ]
    assert [one.name for one in general(case.manifest)] == list(CHECKS)
    assert all(len(by_group(case)[g]) == len(CHECKS) for g in groups)
    page = (case.folder / "dossier.html").read_text("utf-8")
    for row in rows:
        assert row["outcome"]
        assert row["remains"]
        assert row["checked"] != row["outcome"].startswith("No check is possible")
    assert f"Other explanations, checked for group {groups[0]}" in page


def test_days_of_the_evidence_against_a_loop(case):
    days = Counter(row["time"].date() for row in evidence(case))
    total = sum(days.values())
    effective = 1 / sum((n / total) ** 2 for n in days.values())
    outcome = said(case, "A news event")["outcome"]
    assert f"It lies on {len(days):,} days, which weigh as {effective:.1f} equal ones" in outcome
    fullest = max(sorted(days), key=lambda day: days[day])
    busy = sum(t.date() == fullest for t in case.log().actions["time"].to_pylist())
    assert (
        f"has {100 * days[fullest] / total:.0f} % of it, and {100 * busy / len(case.log()):.0f} % of all"
        in outcome
    )


def test_objects_that_outsiders_used_against_a_loop(case):
    """Reshares and hashtags can be told from the log by a plain loop; the others are counted by the same code."""
    log = case.log()
    group = {row["account"]: row["group"] for row in case.table("accounts").to_pylist()}
    objects = {row["object"] for row in evidence(case) if row["trace"] == "reshare"}
    first: dict = defaultdict(dict)
    names = log.names
    for row in log.actions.select(["account", "kind", "time", "reshare_of"]).to_pylist():
        if KINDS[row["kind"]] == "reshare" and row["reshare_of"] in objects:
            who = group.get(names[row["account"]])
            side = "out" if who is None else "in" if who == 1 else "other"
            at = first[row["reshare_of"]]
            at[side] = min(at.get(side, row["time"]), row["time"])
    from chorusline.findings.alternatives.material import Data, Group
    from chorusline.findings.alternatives.public_life import outsiders
    from chorusline.traces import available

    code = {name: k for k, name in enumerate(names)}
    shown = [0] * len(names)
    for account, number in group.items():
        shown[code[account]] = number
    uses = {"reshare": available()["reshare"].extract(log, case.config)}
    import numpy as np

    owner = np.array(shown, dtype=np.int32)
    data = Data(
        log, uses, case._tables, owner, owner > 0, case.table("evidence"), case.config, log.resolution
    )
    rows = pa.Table.from_pylist(evidence(case), schema=TABLES["evidence"])
    here = Group(1, rows, np.empty(0, np.int64), np.empty(0, np.int64))
    expected = (
        len(objects),
        sum("out" in at for at in first.values()),
        sum("out" in at and at["out"] < at.get("in", at["out"]) for at in first.values()),
    )
    assert outsiders(here, data, "reshare") == expected
    assert expected[0] > 0


def test_programs_and_whole_minutes_against_a_loop(case):
    log = case.log()
    named = {
        row["account"]
        for row in case.table("accounts").to_pylist()
        if row["status"] == "named" and row["group"] == 1
    }
    inside = set(case.table("accounts")["account"].to_pylist())
    whole = {True: [0, 0], False: [0, 0]}
    clients: Counter = Counter()
    for row in log.actions.select(["account", "time", "client"]).to_pylist():
        name = log.names[row["account"]]
        if name in named or name not in inside:
            whole[name in named][0] += row["time"].second == 0
            whole[name in named][1] += 1
        if name in named and row["client"]:
            clients[row["client"]] += 1
    outcome = said(case, "Syndication or a scheduler")["outcome"]
    for hits, n in whole.values():
        assert f"{100 * hits / n:.1f} % of th" in outcome
    assert (
        f"{100 * clients.most_common(1)[0][1] / sum(clients.values()):.1f} % were sent with one program"
        in outcome
    )


def test_who_comes_second_against_a_loop(case):
    order: dict = defaultdict(list)
    for row in evidence(case):
        if row["time"] != row["with_time"]:
            order[row["account"]].append(row["time"] > row["with_time"])
    asked = {account: later for account, later in order.items() if len(later) >= 10}
    follow = sum(sum(later) >= 0.9 * len(later) for later in asked.values())
    assert said(case, "Imitation")["outcome"].startswith(f"{follow} of {len(asked)} accounts")


def made(
    posts: list[dict], rows: list[dict], named: list[str], config: Config | None = None
) -> dict[str, dict]:
    """The checks of one group in a log of a handful of posts, by alternative."""
    log = log_of([{} for _ in range(8)], posts)
    accounts = [
        dict.fromkeys(TABLES["accounts"].names)
        | {"account": name, "group": 1, "rung": "in step", "status": "named", "q_value": 0.0001}
        for name in named
    ]
    loose = pa.schema([field.with_nullable(True) for field in TABLES["accounts"]])
    filled = [dict.fromkeys(TABLES["evidence"].names) | {"input": "test", "group": 1} | row for row in rows]
    free = pa.schema([field.with_nullable(True) for field in TABLES["evidence"]])
    tables = {
        "accounts": pa.Table.from_pylist(accounts, schema=loose),
        "evidence": pa.Table.from_pylist(filled, schema=free),
        "context": TABLES["context"].empty_table(),
    }
    import numpy as np

    group = np.array([1 if name in named else 0 for name in log.names], dtype=np.int32)
    table = alternatives_table(log, {}, tables, group, config or Config(), log.resolution)
    return {row["alternative"]: row for row in table.to_pylist()}


def post(account: str, second: int, **more) -> dict:
    return {"account": account, "time": 1_700_000_000_000_000 + second * 1_000_000, **more}


def use(account: str, other: str, second: int, lag: int, **more) -> dict:
    start = 1_700_000_000_000_000
    return {"account": account, "with_account": other, "time": start + second * 1_000_000, "trace": "reshare",
            "test": "synchrony", "object": "p1", "lag": float(abs(lag)), "row": 1, "chance": 0.1,
            "with_time": start + (second - lag) * 1_000_000, **more}  # fmt: skip


def test_where_the_data_hold_nothing_no_check_is_said_to_be_possible():
    posts = [post(f"a{k % 8:02}", k * 61) for k in range(40)]
    found = made(posts, [], ["a00", "a01"])
    impossible = {name for name, row in found.items() if not row["checked"]}
    assert impossible == {"A news event", "An open campaign", "Sampling or language", "Imitation"}
    rows = [use("a00", "a01", 5, 3, object="gone", trace="text")]
    found = made(posts, [*rows, use("a00", "a01", 9, 3, object="gone")], ["a00", "a01"])
    assert not found["Fans with notifications on"]["checked"]
    assert "their authors aren’t known" in found["Fans with notifications on"]["outcome"]
    assert not found["A share button, or headlines copied"]["checked"]
    minutes = [post(f"a{k % 8:02}", k * 60 - 1_700_000_000 % 60) for k in range(40)]
    assert not made(minutes, rows, ["a00", "a01"])["Syndication or a scheduler"]["checked"]


def test_one_star_one_follower_one_day_and_links_are_seen():
    posts = [post(f"a{k % 8:02}", k * 61, links=["https://x.example/"], text="t") for k in range(40)]
    rows = [use("a00", "a01", 100 + 61 * k, 3) for k in range(12)]
    rows += [use("a01", "a00", 100 + 61 * k, -3) for k in range(12)]
    rows += [use("a01", "a00", 100, -3, trace="text", row=k + 1) for k in range(3)]
    found = made(posts, rows, ["a00", "a01"])
    assert (
        "1 author, and 100 % go to one. That is how fans of one account act."
        in found["Fans with notifications on"]["outcome"]
    )
    assert (
        found["Imitation"]["outcome"] == "1 of 2 accounts with ten such uses or more do. Look at these first."
    )
    assert "So few days can be those of one event." in found["A news event"]["outcome"]
    assert found["A share button, or headlines copied"]["outcome"].startswith("100 % of 3 uses")


def test_no_name_of_an_account_stands_in_the_table(case):
    text = str(case.table("alternatives").to_pylist())
    words = set(re.findall(r"\w+", text))
    assert not words & set(case.log().names)
    assert pc.all(pc.is_valid(case.table("alternatives")["outcome"])).as_py()
