"""Whom analyses are run on: groups of a case, and lists that users write."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from chorusline.case import OPERATION, TABLES
from chorusline.config import Config
from chorusline.errors import InputError, UsageError
from chorusline.operation import available, choose
from chorusline.operation.base import Analysis, Result, lacking
from chorusline.operation.crews import KINDRED, crew_of_list, crews_of, read_list
from chorusline.operation.run import Ran, joined, run
from tests.evaluate.conftest import account_row
from tests.operation.conftest import log_of


@pytest.fixture(scope="module")
def small():
    """Ten accounts, u0 to u9, with user names; two of these are the same."""
    n = 40
    rows = pa.table(
        {
            "account": [f"u{k % 10}" for k in range(n)], "kind": ["post"] * n, "post_id": [f"p{k}" for k in range(n)],
            "handle": [f"Name{min(k % 10, 8)}" for k in range(n)], "hashtags": [["x"]] * n,
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(n)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    return log_of(rows)


def _cases(*rows):
    return pa.Table.from_pylist(list(rows), schema=TABLES["accounts"])


def test_named_accounts_and_all_members_are_crews_apart(small):
    accounts = _cases(
        account_row("u1"), account_row("u2"), account_row("u3", rung="aligned", status="nothing found"),
        account_row("u4", group=2), account_row("u5", group=2), account_row("u6", group=3, rung="aligned"),
    )  # fmt: skip
    crews = crews_of(small, accounts, Config())
    shown = [(crew.group, crew.basis, [small.names[k] for k in crew.members.tolist()]) for crew in crews]
    assert shown == [
        (1, "named accounts", ["u1", "u2"]),
        (1, "all members", ["u1", "u2", "u3"]),
        (2, "named accounts", ["u4", "u5"]),
    ]
    assert all(
        [small.names[k] for k in crew.outsiders.tolist()] == ["u0", "u7", "u8", "u9"] for crew in crews
    )
    assert crews_of(small, TABLES["accounts"].empty_table(), Config()) == []


def test_unnamed_accounts_of_a_group_that_are_as_alike_are_kindred_and_no_members(small):
    accounts = _cases(
        account_row("u1"), account_row("u2"), account_row("u3", rung="aligned", status="nothing found"),
        account_row("u4", rung="aligned", status="nothing found"), account_row("u5", rung="aligned", group=2),
    )  # fmt: skip
    alike = [("u1", 1, 1.1), ("u3", 1, KINDRED), ("u4", 1, KINDRED - 0.01), ("u5", 1, 2.0), ("u6", 1, 2.0)]
    resembling = pa.Table.from_pylist(
        [
            {
                "account": a,
                "handle": None,
                "group": g,
                "resemblance": r,
                "status": "nothing found",
                "actions": 4,
            }
            for a, g, r in alike
        ],
        schema=TABLES["resembling"],
    )
    assert not len(crews_of(small, accounts, Config(), resembling)[0].kindred), "two named are too few"
    named, everybody = crews_of(small, accounts, Config(min_group=2), resembling)
    names = [[small.names[k] for k in codes.tolist()] for codes in (named.members, named.kindred)]
    # Not u4, less alike; not u5 and u6, who are in another group and in none.
    assert names == [["u1", "u2"], ["u3"]]
    assert not len(everybody.kindred)
    both = named.with_kindred()
    assert [small.names[k] for k in both.members.tolist()] == ["u1", "u2", "u3"]
    assert named.words == "the 2 named accounts of group 1"
    assert both.words == "the 2 named accounts of group 1 and 1 more of it that use the same as these"
    assert everybody.with_kindred() is everybody


def test_only_analyses_that_say_so_count_kindred_and_the_record_tells(small):
    accounts = _cases(account_row("u1"), account_row("u2"), account_row("u3", rung="aligned"))
    row = {"account": "u3", "handle": None, "group": 1, "resemblance": 1.0, "status": "tested", "actions": 4}
    resembling = pa.Table.from_pylist([row], schema=TABLES["resembling"])
    crew = crews_of(small, accounts, Config(min_group=2), resembling)[0]
    seen = []

    def function(crew):
        seen.append(len(crew.members))
        return Result(sentences=("said",))

    for kindred, members in ((True, 3), (False, 2)):
        analysis = Analysis(
            name="x", about="", function=function, tables=(), kindred=kindred, members=members
        )
        said = run((analysis,), [crew]).record["x"]["crews"][0]
        assert said["accounts"] == 2
        assert said.get("kindred") == (1 if kindred else None)
    assert seen == [3, 2]


@pytest.mark.parametrize(
    ("text", "found", "missing"),
    [
        ("u1\nu2\n", ["u1", "u2"], []),
        ("# of mine\n\n@name3\nu3\nNAME4\nnobody\n", ["u3", "u4"], ["nobody"]),
        ("\ufeffaccount,label\nu5,1\nu6,0\n", ["u5", "u6"], []),
        ("note;user_id\nx;u7\n", ["u7"], []),
    ],
)
def test_lists_are_read(small, tmp_path, text, found, missing):
    path = tmp_path / "list.txt"
    path.write_text(text, "utf-8")
    codes, absent = read_list(path, small)
    assert [small.names[k] for k in codes.tolist()] == found
    assert absent == missing


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "names no account"),
        (b"# only a word\n", "names no account"),
        (b"account\n", "none below"),
        (b"\xff\xfe\x00\x01", "UTF-8"),
        (b"nobody\n", "none of which"),
        (b"name8\n", "that of 2 accounts"),
    ],
)
def test_lists_of_no_use_end_in_a_sentence(small, tmp_path, content, words):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_list(path, small)
    with pytest.raises(InputError, match="can't be read"):
        read_list(tmp_path / "absent.txt", small)


def test_a_list_is_never_compared_with_itself_or_with_groups(small):
    crew = crew_of_list(small, np.array([3, 1, 3]), Config(), _cases(account_row("u5")))
    assert crew.members.tolist() == [1, 3]
    assert crew.outsiders.tolist() == [0, 2, 4, 6, 7, 8, 9]
    assert crew.chosen_by_user


def _counting(name="counting", **more):
    def function(crew, times=1):
        return Result({"order_curves": crew.table("order_curves", {
            "order": [times], "start": [0], "members": [len(crew.members)], "others": [0],
        })}, ("counted",))  # fmt: skip

    return Analysis(name, "Counts.", function, ("order_curves",), **more)


def test_runs_keep_lists_and_groups_apart(small):
    groups = crews_of(small, _cases(account_row("u1"), account_row("u2"), account_row("u3")), Config())
    mine = [crew_of_list(small, np.array([4, 5, 6, 7]), Config())]
    first = run([_counting()], groups)
    both = joined(first, run([_counting()], mine, options={"counting": {"times": 2}}))
    assert both.tables["order_curves"].to_pylist() == [
        {"group": 1, "crew": "named accounts", "order": 1, "start": both.tables["order_curves"]["start"][0].as_py(),
         "members": 3, "others": 0},
        {"group": None, "crew": "user's list", "order": 2, "start": both.tables["order_curves"]["start"][0].as_py(),
         "members": 4, "others": 0},
    ]  # fmt: skip
    assert [crew["crew"] for crew in both.record["counting"]["crews"]] == ["named accounts", "user's list"]
    again = joined(both, run([_counting()], groups, options={"counting": {"times": 9}}))
    assert again.tables["order_curves"]["order"].to_pylist() == [9, 2]
    assert joined(Ran({}, {}), first).tables["order_curves"].equals(first.tables["order_curves"])


def test_what_is_left_out_says_why(small):
    crews = crews_of(small, _cases(account_row("u1"), account_row("u2")), Config())
    found = run([_counting(), _counting("media", needs=("media",))], crews)
    assert found.record["counting"]["crews"][0]["reason"] == "it takes 3 accounts at least, and these are 2"
    assert "no media" in found.record["media"]["skipped"]
    assert found.tables["order_curves"].schema.equals(OPERATION["order_curves"])
    assert run([_counting()], []).record["counting"]["skipped"] == "nobody is named in this case"
    assert "times to" in lacking(_counting(resolution=1e-9), small)
    assert lacking(_counting(needs=("media", "hashtags")), small) == ""


def test_analyses_are_found_by_name():
    assert "orders" in available()
    assert choose(("none",)) == []
    assert [one.name for one in choose(("orders",))] == ["orders"]
    with pytest.raises(UsageError, match="no analysis 'telepathy'"):
        choose(("telepathy",))
