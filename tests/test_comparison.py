"""Two sides with identical settings, or a refusal that says where they differ."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chorusline import investigate
from chorusline.comparison import compare, words
from chorusline.config import Config
from chorusline.errors import CaseError, UsageError
from chorusline.measured import LOOK_ALIKES, SOURCE
from tests.exports.test_wording import FORBIDDEN
from tests.world import as_log, world

ROOT = Path(__file__).resolve().parent.parent
CODE = "from chorusline.cli.main import run; run()"
CONFIG = Config(splits=1)


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sides")
    for name, planted, seed in (("a", 30, 5), ("b", 0, 6)):
        log = as_log(world(seed, accounts=900, actions=5_000, interests=6, fans=30, planted=planted))
        investigate(log, folder / name, config=CONFIG)
    return folder


def test_look_alikes_are_those_that_were_measured():
    """The figures printed are those of the committed bench, worst first."""
    text = (ROOT / SOURCE.split(" ")[0]).read_text("utf-8").split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z][\w -]*?) \| ([\d,]+) \| (\d+) \| (\d+) \| (\d+) \|", text, re.MULTILINE)
    measured = sorted((sum(map(int, named)), int(n.replace(",", ""))) for _, n, *named in rows)
    assert measured == sorted((named, n) for _, named, n in LOOK_ALIKES)
    shares = [named / n for _, named, n in LOOK_ALIKES]
    assert shares == sorted(shares, reverse=True)
    assert re.search(r"commit (\w+)\.", text).group(1) in SOURCE


def test_both_sides_are_shown_and_look_alikes_come_first(sides):
    found = compare(sides / "a", sides / "b")
    a, b = found.sides
    assert a.named > 0
    assert b.named == 0
    assert a.share[1] <= a.share[0] <= a.share[2]
    said = words(found)
    assert said.index("volunteers on shared templates") < said.index("\n  accounts named")
    kind, named, accounts = LOOK_ALIKES[0]
    assert (
        f"{kind}: {named} of {accounts:,}, {10_000 * named / accounts:.2g} per 10,000 (95 % interval" in said
    )
    assert "Show both or neither" in said
    assert not FORBIDDEN.search(said)
    turned = compare(sides / "b", sides / "a")
    assert turned.sides == (b, a)
    assert set(turned.cautions) == set(found.cautions)


def test_other_settings_are_refused_with_each_difference(sides, tmp_path):
    log = as_log(world(7, accounts=400, actions=2_000, interests=4, fans=10, planted=0))
    investigate(log, tmp_path / "c", config=Config(splits=1, fdr=0.05, window=30))
    with pytest.raises(
        UsageError, match=r"fdr is 0\.01 in the first and 0\.05 in the second; window is 60\.0 in"
    ):
        compare(sides / "a", tmp_path / "c")
    with pytest.raises(CaseError):
        compare(sides / "a", tmp_path / "nothing")


def test_the_command(sides):
    call = [sys.executable, "-c", CODE, "compare", str(sides / "a"), str(sides / "b"), "--json"]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert next(iter(data)) == "look_alikes"
    assert [side["named"] for side in data["sides"]][1] == 0
