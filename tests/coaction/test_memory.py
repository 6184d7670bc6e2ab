"""A budget holds for the process: measured from outside, with room for what libraries take at their start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.speed_input import write

PEAK = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-c", "from chorusline.cli.main import run; run()", *sys.argv[1:]])
_, status, usage = os.wait4(process.pid, 0)
print("peak", usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1e6))
process.returncode = os.waitstatus_to_exitcode(status)
sys.exit(process.returncode)
"""
# A small process starts the command: a child's peak counts what its parent held when it was forked.
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system doesn't say how much memory a child took")
def test_a_small_budget_holds_and_changes_no_byte(tmp_path):
    """200,000 actions at weight 1 make some millions of edges: several times the budget, were all held at once."""
    source = tmp_path / "posts.parquet"
    write(200_000, source)
    peaks = {}
    for budget in (600, 4_000):
        out = tmp_path / f"{budget}.parquet"
        words = ["edges", str(source), "--window", "60", "--memory", f"{budget}MB", "--out", str(out)]
        done = subprocess.run(
            [sys.executable, "-c", PEAK, *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
        peaks[budget] = float(done.stdout.rpartition("peak ")[2])
    assert (tmp_path / "600.parquet").read_bytes() == (tmp_path / "4000.parquet").read_bytes()
    assert peaks[600] < 660, peaks
