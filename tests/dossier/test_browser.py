"""The page in a browser: its script runs under its own policy, and hostile text stays text there too."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chorusline import dossier
from tests.dossier.fake_case import Size, empty_case, fake_case

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; the page's script isn't tried")


def opened(page: Path, profile: Path) -> tuple[str, str]:
    """Return the page's DOM after its script ran, and what it said on the console."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000",
            "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def test_the_script_runs_under_the_policy(tmp_path: Path) -> None:
    page = dossier.write(fake_case(tmp_path, Size(accounts=200, groups=2)), tmp_path)
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
    assert len(re.findall(r'aria-expanded="false"', dom)) == 50
    assert "Show 35 more of 60" in dom


@pytest.mark.parametrize("kind", ["handle", "text", "object", "account"])
def test_hostile_text_makes_no_element(tmp_path: Path, kind: str) -> None:
    attack = "</script><script>document.title='broken'</script><!--<script>\u202e\u2028<img src=x onerror=alert(1)>"
    page = dossier.write(fake_case(tmp_path, **{kind: attack}), tmp_path)
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
    assert "<title>Dossier: who acted in concert</title>" in dom
    assert "<img" not in dom


def test_an_empty_case_runs_too(tmp_path: Path) -> None:
    dom, console = opened(dossier.write(empty_case(tmp_path), tmp_path), tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
