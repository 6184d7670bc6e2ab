"""Each form of export, read by somebody else's program."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter

import networkx
import pyarrow.parquet as pq
import pytest

from chorusline.case import OPERATION, TABLES
from chorusline.errors import UsageError
from chorusline.exports import graphs, indicators, summary
from chorusline.exports.base import available, write

CODE = "from chorusline.cli.main import run; run()"
CASES = ["case", "hostile"]
FILES = {
    "network.gexf", "network.graphml", "bundle.stix.json", "indicators.csv", "summary.md",
}  # fmt: skip


@pytest.fixture(params=CASES)
def any_case(request):
    return request.getfixturevalue(request.param)


def contents(folder) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_all_forms_are_written_twice_alike(any_case, tmp_path):
    for name in ("one", "two"):
        written = write(any_case, tmp_path / name)
        assert all(path.is_file() for path in written)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one == two
    tables = {
        *TABLES,
        *(name for name in OPERATION if (any_case.folder / "tables" / f"{name}.parquet").exists()),
    }
    assert set(one) == FILES | {f"tables/{name}.{end}" for name in tables for end in ("csv", "parquet")}


def test_tables_are_those_of_the_case(case, tmp_path):
    write(case, tmp_path / "out", ["csv", "parquet"])
    for name in TABLES:
        assert pq.read_table(tmp_path / "out" / "tables" / f"{name}.parquet").equals(case.table(name))
        assert (tmp_path / "out" / "tables" / f"{name}.csv").read_bytes() == (
            case.folder / "tables" / f"{name}.csv"
        ).read_bytes()


def shown(case) -> tuple[set[str], Counter]:
    """Accounts of groups with named ones, and edges within these by trace, from the tables."""
    groups = {row["group"] for row in case.table("groups").to_pylist() if row["named"]}
    accounts = {row["account"] for row in case.table("accounts").to_pylist() if row["group"] in groups}
    edges = [row for row in case.table("edges").to_pylist() if row["group"] in groups]
    return accounts, Counter(row["trace"] for row in edges)


@pytest.mark.parametrize("form", ["gexf", "graphml"])
def test_networks_are_read_by_networkx_with_layout_time_and_layers(case, tmp_path, form):
    write(case, tmp_path / "out", [form])
    path = tmp_path / "out" / f"network.{form}"
    # The standard's name of the time format is one that networkx doesn't know.
    path.write_text(path.read_text("utf-8").replace('timeformat="dateTime"', 'timeformat="string"'), "utf-8")
    read = networkx.read_gexf(path, version="1.3") if form == "gexf" else networkx.read_graphml(path)
    accounts, layers = shown(case)
    assert {data["account"] for _, data in read.nodes(data=True)} == accounts
    assert Counter(data["trace"] for *_, data in read.edges(data=True)) == layers
    assert all(data["weight"] >= 1 for *_, data in read.edges(data=True))
    if form == "gexf":
        places = {(d["viz"]["position"]["x"], d["viz"]["position"]["y"]) for _, d in read.nodes(data=True)}
        assert all(data["start"] <= data["end"] for *_, data in read.edges(data=True))
        assert all(
            (data["first"], data["last"]) == (data["start"], data["end"])
            for *_, data in read.edges(data=True)
        )
    else:
        places = {(data["x"], data["y"]) for _, data in read.nodes(data=True)}
    assert all(data["first"] <= data["last"] for *_, data in read.edges(data=True))
    assert len(places) == len(accounts), "no two accounts lie upon each other"


def test_gexf_says_what_the_standard_asks_for(hostile, tmp_path):
    write(hostile, tmp_path / "out", ["gexf"])
    root = ET.parse(tmp_path / "out" / "network.gexf").getroot()
    space = {"g": "http://gexf.net/1.3"}
    assert root.attrib["version"] == "1.3"
    (graph,) = root.findall("g:graph", space)
    assert (graph.attrib["mode"], graph.attrib["timeformat"]) == ("dynamic", "dateTime")
    declared = {a.attrib["id"] for a in root.iterfind(".//g:attribute", space)}
    used = {v.attrib["for"] for v in root.iterfind(".//g:attvalue", space)}
    assert used <= declared
    kinds = {edge.attrib["kind"] for edge in root.iterfind(".//g:edge", space)}
    assert kinds == {"reshare", "text", "link"}
    assert "\u202e" not in (tmp_path / "out" / "network.gexf").read_text("utf-8")


def test_a_large_group_is_laid_out_in_a_spiral(monkeypatch, hostile):
    monkeypatch.setattr(graphs, "MOST_SPRINGS", 10)
    made = graphs.graph(hostile)
    assert len({(row["x"], row["y"]) for row in made.nodes}) == len(made.nodes)


def test_the_bundle_is_accepted_and_names_nobody_behind_an_account(any_case, tmp_path):
    stix2 = pytest.importorskip("stix2")
    write(any_case, tmp_path / "out", ["stix"])
    text = (tmp_path / "out" / "bundle.stix.json").read_text("utf-8")
    read = stix2.parse(text, allow_custom=False, version="2.1")
    kinds = Counter(one["type"] for one in read.objects)
    named = sum(row["status"] == "named" for row in any_case.table("accounts").to_pylist())
    groups = sum(bool(row["named"]) for row in any_case.table("groups").to_pylist())
    assert set(kinds) == {
        "marking-definition", "campaign", "user-account", "observed-data", "sighting", "attack-pattern",
        "relationship", "note", "opinion",
    }  # fmt: skip
    assert kinds["user-account"] == kinds["observed-data"] == named
    assert kinds["campaign"] == kinds["note"] == kinds["opinion"] == kinds["sighting"] == groups
    ids = {one["id"] for one in read.objects}
    assert len(ids) == len(read.objects)
    for one in read.objects:
        raw = json.loads(one.serialize())
        refs = [raw[k] for k in raw if k.endswith("_ref")] + [
            r for k in raw if k.endswith("_refs") for r in raw[k]
        ]
        assert set(refs) <= ids
    numbers = {
        ref["external_id"]
        for one in read.objects
        if one["type"] == "attack-pattern"
        for ref in one["external_references"]
    }
    assert numbers <= {"T0049.002", "T0084.001", "T0084", "T0118", "T0116"}
    notes = [one for one in read.objects if one["type"] == "note"]
    assert all("A news event" in note["content"] and "error" in note["content"] for note in notes)


def test_the_bundle_passes_the_public_validator(any_case, tmp_path):
    validator = pytest.importorskip(
        "stix2validator", reason="stix2-validator isn't here (pip install stix2-validator)"
    )
    write(any_case, tmp_path / "out", ["stix"])
    found = validator.validate_file(
        str(tmp_path / "out" / "bundle.stix.json"), validator.ValidationOptions(version="2.1")
    )
    assert found.is_valid, [str(error) for result in found.object_results for error in result.errors]


def test_indicators_are_defanged_and_list_no_others(any_case, tmp_path):
    write(any_case, tmp_path / "out", ["indicators"])
    text = (tmp_path / "out" / "indicators.csv").read_text("utf-8")
    assert "http://" not in text.lower()
    assert "https://" not in text.lower()
    with (tmp_path / "out" / "indicators.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    named = sum(row["status"] == "named" for row in any_case.table("accounts").to_pylist())
    kinds = Counter(row["indicator_type"] for row in rows)
    assert kinds.pop("user account") == named
    assert kinds
    assert set(kinds) <= set(indicators.KINDS.values())
    for row in rows:
        assert row["indicator"][:1] not in ("=", "+", "@", "-")
        if row["indicator_type"] != "user account":
            assert int(row["accounts"]) > 1
            assert row["tactic"].startswith("TA")
            assert row["technique"].startswith("T0")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://a.example.org/x.html?u=http://b.c", "hxxps://a[.]example[.]org/x.html?u=http[:]//b.c"),
        ("news.example", "news[.]example"),
        ("HTTP://A.B", "hxxp://A[.]B"),
        ("", ""),
    ],
)
def test_defanging(given, expected):
    assert indicators.defang(given) == expected


def test_the_summary_has_figures_and_no_names(any_case):
    said = summary.summary(any_case)
    for row in any_case.table("accounts").to_pylist():
        assert row["account"] not in said
        assert not row["handle"] or row["handle"] not in said
    assert any_case.manifest["inputs"][0]["sha256"] in said
    assert "false-discovery rate" in said
    assert "A news event" in said
    assert "<" not in said.replace("\\<", "").replace("< 0.01", "")


def test_hostile_words_stay_words_in_markdown():
    assert summary.plain("[x](javascript:1) <b>\n| `a` \u202e") == (
        "\\[x\\]\\(javascript:1\\) \\<b\\> \\| \\`a\\` ⟨U\\+202E⟩"
    )


def test_unknown_forms_and_taken_places_are_refused(case, tmp_path):
    with pytest.raises(UsageError, match="There is no export 'pdf'"):
        write(case, tmp_path / "out", ["pdf"])
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "a").write_text("")
    with pytest.raises(UsageError, match="exists already"):
        write(case, tmp_path / "taken")
    assert {path.name for path in tmp_path.iterdir()} == {"taken"}


def test_without_stix2_the_others_are_written(case, tmp_path, monkeypatch):
    monkeypatch.setattr("chorusline.exports.base.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "stix2", None)
    assert not [path for path in write(case, tmp_path / "out") if "stix" in path.name]
    with pytest.raises(UsageError, match="pip install"):
        write(case, tmp_path / "other", ["stix"])


def test_the_command(case, tmp_path):
    call = [
        sys.executable,
        "-c",
        CODE,
        "export",
        str(case.folder),
        "--to",
        str(tmp_path / "out"),
        "--format",
        "summary",
    ]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(tmp_path / "out" / "summary.md")
    assert set(available()) == {"csv", "parquet", "gexf", "graphml", "stix", "indicators", "summary"}
