"""The docs are true: what they show runs, the reference is up to date, links lead somewhere, figures agree."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_COMMANDS = [page for page in PAGES if "```console" in page.read_text("utf-8")]
OTHERS = [ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
LOUD = "from chorusline.cli.main import run; run()"


def commands(page: Path) -> list[str]:
    shown = re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    return [line[2:] for block in shown for line in block.splitlines() if line.startswith("$ ")]


def run_python(code: str, folder: Path, *words: str) -> subprocess.CompletedProcess:
    call = [sys.executable, "-c", code, *words]
    return subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_commands_and_python_shown_run(page, tmp_path):
    """A page's commands run in order in one folder; its Python runs after them, where the world stands."""
    shown = commands(page)
    assert shown
    for command in shown:
        words = shlex.split(command)
        assert words[0] == "chorusline", f"{page.name} shows a command no test runs: {command}"
        done = run_python(LOUD, tmp_path, *words[1:])
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for code in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        if '"posts.csv"' in code:  # the reader's own export; the same calls on the page's world
            code = code.replace('"posts.csv", "case"', '"world/actions.parquet", "own-case"')
        done = run_python(code, tmp_path)
        assert done.returncode == 0, f"{page.name}\n{code}\n{done.stderr}"
        assert done.stdout.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_shown_apart_parse(page, tmp_path):
    """Commands on the reader's own files can't run here; their options must exist all the same."""
    for block in re.findall(r"```\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            if line.startswith("chorusline "):
                done = run_python(LOUD, tmp_path, *shlex.split(line)[1:])
                assert done.returncode == 3, f"{page.name}: {line}\n{done.stderr}"
                assert "doesn't exist" in done.stderr


def test_the_reading_in_the_readme_is_the_programs_own(tmp_path):
    """The finding explained word by word stands in the demo's dossier, as do the three other outcomes."""
    from chorusline.case import Case

    page = (ROOT / "README.md").read_text("utf-8")
    world = ["simulate", "world", "--preset", "tiny", "--seed", "7"]
    for words in (world, ["investigate", "world/actions.parquet", "--out", "case"]):
        assert run_python(LOUD, tmp_path, *words).returncode == 0
    rows = {row["account"]: row for row in Case.open(tmp_path / "case").table("accounts").to_pylist()}
    quoted = " ".join(re.search(r"((?:^> .*\n)+)", page, re.MULTILINE).group(1).replace("> ", "").split())
    named, nothing, thin, few = (
        re.search(words, page).group(1)
        for words in (
            r"says of the account `(\w+)`",
            r"Nothing found\*, as for `(\w+)`",
            r"evidence\*, as for `(\w+)`",
            r"Few days\*, as for `(\w+)`",
        )
    )
    assert rows[named]["reason"] == quoted
    assert (rows[named]["status"], rows[named]["rung"]) == ("named", "directed")
    assert 2.5e-48 <= rows[named]["q_value"] < 3.5e-48
    assert rows[nothing]["status"] == "nothing found"
    assert "1 of 8 held-out uses agree" in rows[nothing]["reason"]
    assert "2.2 would be expected" in rows[nothing]["reason"]
    assert rows[thin]["status"] == "not enough evidence"
    assert rows[thin]["held_out_uses"] == 1
    assert rows[few]["status"] == "few days"
    assert "19 of 39 held-out uses agree with its group; of outsiders, 9.6 would" in rows[few]["reason"]


def test_the_readme_gives_the_figures_of_the_look_alikes_as_measured():
    page = (ROOT / "README.md").read_text("utf-8")
    results = (ROOT / "bench" / "results" / "lookalikes.md").read_text("utf-8").split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z][\w -]*?) \| ([\d,]+) \| (\d+) \| (\d+) \| (\d+) \|", results, re.MULTILINE)
    kinds = {kind: (int(n.replace(",", "")), sum(map(int, named))) for kind, n, *named in rows}
    hard = [kinds.pop(kind) for kind in ("volunteer", "hashtag hour")]
    accounts, named = (sum(column) for column in zip(*kinds.values(), strict=True))
    assert f"{named} of {accounts:,} |" in page
    accounts, named = (sum(column) for column in zip(*hard, strict=True))
    assert f"{named} of {accounts:,} |" in page
    assert all(int(above) == 0 for _, _, _, *higher in rows for above in higher), "README says: none higher"


def test_the_reference_is_up_to_date():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == module.page(), (
        "run: python docs/make_reference.py"
    )


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *OTHERS], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, _, anchor in re.findall(r"\]\(([^)#]*)(#([^)]*))?\)", page.read_text("utf-8")):
        if target.startswith("http"):
            continue
        there = page.parent / target if target else page
        assert there.exists(), f"{page.name} points to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} points to {target}#{anchor}"


def test_benches_and_tests_named_in_the_docs_exist():
    for page in [*PAGES, *OTHERS]:
        text = page.read_text("utf-8")
        for module in re.findall(r"python -m (bench\.\w+)", text):
            assert (ROOT / (module.replace(".", "/") + ".py")).exists(), f"{page.name} names {module}"
        for path in re.findall(r"`((?:src|tests|bench|docs)/[\w./-]+)`", text):
            assert (ROOT / path).exists(), f"{page.name} names {path}"


def test_the_picture_is_small_enough():
    assert (ROOT / "docs" / "pictures" / "dossier.png").stat().st_size < 300_000


def test_the_examples_of_a_trace_and_a_format_work(tmp_path):
    """What CONTRIBUTING shows, with the imports it leaves out."""
    imports = """
import numpy as np
import pyarrow as pa
from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of
from chorusline.sources.table import declared
"""
    space: dict = {}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    exec(imports + "\n".join(blocks), space)

    from chorusline.actions import ActionLog, Input
    from chorusline.config import Config
    from chorusline.sources.base import Head, Reading

    path = tmp_path / "parrot.csv"
    path.write_text(
        "parrot_id,nest,squawked_at,squawk\n1,a,2024-01-01T00:00:00Z,hello\n2,b,2024-01-01T00:01:00Z,ho\n"
    )
    assert space["SOURCE"].sniff(Head(path)).format == "parrot"
    log = ActionLog.build([Input(str(path), list(space["SOURCE"].read(Reading(path))))])
    assert log.names == ["a", "b"]
    assert log.actions["text"].to_pylist() == ["hello", "ho"]
    assert len(space["TRACE"].extract(log, Config())) == 0  # nothing is quoted in this export
