"""From a finding to its rows: what explain prints is what the tables and the export hold."""

from __future__ import annotations

import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from chorusline import Case, investigate, simulate
from chorusline.config import Config
from chorusline.dossier.explain import explain, words
from chorusline.errors import UsageError
from chorusline.simulate import preset

CODE = "from chorusline.cli.main import run; run()"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Case, pa.Table]:
    folder = tmp_path_factory.mktemp("explained")
    simulate.write(simulate.build(preset("tiny", seed=36)), folder)
    case = investigate(folder / "actions.parquet", folder / "case", config=Config(splits=2))
    return case, pq.read_table(folder / "actions.parquet")


def test_a_named_account_leads_to_rows_of_its_export(made):
    case, export = made
    account = case.named[0]
    told = explain(case, account)
    row = told.accounts[0]
    assert told.evidence
    assert (
        abs(
            sum(part["log10_factor"] for part in told.contributions)
            - __import__("math").log10(row["e_value"])
        )
        < 1e-6
    )
    said = words(told, posts=0)
    assert row["reason"] in said
    assert case.manifest["inputs"][0]["sha256"] in said
    for evidence in told.evidence:
        for end, who in (("", account), ("with_", evidence["with_account"])):
            there = export.slice(evidence[f"{end}row"] - 1, 1).to_pylist()[0]
            assert there["account"] == who
            assert there["post_id"] == evidence[f"{end}post_id"]
            assert f"row {evidence[f'{end}row']:,}" in said
    assert "whatever the figures say" in said


def test_an_edge_has_as_many_objects_as_its_weight_says(made):
    """Every edge of the case, in every trace: the objects found anew, and both posts in the export."""
    case, export = made
    edges = case.table("edges").to_pylist()
    assert edges
    pairs = sorted({(edge["account_a"], edge["account_b"]) for edge in edges})[:12]
    for a, b in pairs:
        told = explain(case, a, b)
        assert told.edges
        for edge in told.edges:
            shared = [row for row in told.shared if row["trace"] == edge["trace"]]
            assert len({row["object"] for row in shared}) == edge["weight"]
            assert min(row["lag"] for row in shared) == pytest.approx(edge["min_lag"])
            for row in shared:
                for end, who in (("a", a), ("b", b)):
                    assert export["account"][row[end]["row"] - 1].as_py() == who
        assert explain(case, b, a).shared == told.shared


def test_somebody_in_no_group_and_two_whom_nothing_joins(made):
    case, export = made
    inside = set(case.table("accounts")["account"].to_pylist())
    outside = sorted(set(export["account"].to_pylist()) - inside)
    assert "Nothing is said of it" in words(explain(case, outside[0]))
    assert "No edge joins them" in words(explain(case, outside[0], case.named[0]))


def test_unknown_ambiguous_and_repeated_names(made, tmp_path):
    case, _ = made
    for names in (("nobody at all",), (case.named[0], case.named[0]), ("a", "b", "c"), ()):
        with pytest.raises(UsageError):
            explain(case, *names)
    rows = "".join(
        f"p{k},{k % 4},{('Ann', 'ann', 'Bob', 'mallory' + chr(0x202E))[k % 4]},2024-05-01T10:{k:02d}:00Z,text {k}\n"
        for k in range(40)
    )
    (tmp_path / "posts.csv").write_text("post_id,account_id,user_name,created_at,text\n" + rows)
    named = investigate(tmp_path / "posts.csv", tmp_path / "case", config=Config(splits=1))
    with pytest.raises(UsageError, match="Several accounts"):
        explain(named, "@ANN")
    assert explain(named, "@bob").accounts[0]["account"] == "2"
    assert "\u202e" not in words(explain(named, "3"))


def test_the_command_prints_words_and_json(made):
    case, _ = made

    def call(*more: str) -> subprocess.CompletedProcess:
        call = [sys.executable, "-c", CODE, "explain", str(case.folder), *more]
        return subprocess.run(call, capture_output=True, text=True, timeout=120)

    said = call(case.named[0], "--posts", "2")
    assert said.returncode == 0, said.stderr
    assert "--posts 0 shows all" in said.stdout
    data = json.loads(call(*case.named[:2], "--json").stdout)
    assert [row["account"] for row in data["accounts"]] == case.named[:2]
    refused = call("nobody")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
