"""The docs are true: their commands run, the reference is up to date, links lead somewhere."""

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


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_commands_shown_run(page, tmp_path):
    shown = re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    commands = [line[2:] for block in shown for line in block.splitlines() if line.startswith("$ ")]
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "chorusline", f"{page.name} shows a command no test runs: {command}"
        call = [sys.executable, "-c", "from chorusline.cli.main import run; run()", *words[1:]]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_the_reference_is_up_to_date():
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "reference.md").read_text("utf-8") == module.page(), (
        "run: python docs/make_reference.py"
    )


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


def test_benches_named_in_the_docs_exist():
    for page in PAGES:
        for module in re.findall(r"python -m (bench\.\w+)", page.read_text("utf-8")):
            assert (ROOT / (module.replace(".", "/") + ".py")).exists(), f"{page.name} names {module}"
