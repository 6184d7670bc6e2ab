"""What is said before the first run, which compiles, and how fast a run is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chorusline.cli.progress import rate, say_if_first, shown
from chorusline.coaction import kernel


@pytest.mark.parametrize(
    ("kept", "quiet", "said"),
    [((), False, True), ((), True, False), (("kernel.count_rows-47.py311.nbi",), False, False),
     (("kernel.window_bounds-25.py311.nbi",), False, True)],
)  # fmt: skip
def test_the_first_run_is_told_and_no_other(tmp_path, monkeypatch, capsys, kept, quiet, said):
    for name in kept:
        (tmp_path / name).touch()
    cache = SimpleNamespace(_cache=SimpleNamespace(cache_path=str(tmp_path)))
    monkeypatch.setattr(kernel, "count_rows", cache)
    say_if_first(quiet)
    assert ("First run on this machine" in capsys.readouterr().err) == said


def test_numba_keeps_its_cache_where_we_look():
    """The place is numba's own business: a new version may move it, and then the note must be mended."""
    assert kernel.count_rows._cache.cache_path


def test_the_rate_is_in_pairs_a_second():
    assert rate(0, 1.0) == rate(5.0, 0.0) == ""
    assert rate(4e8, 20.0) == ", 20.0 M pairs/s"
    assert rate(900, 1.0) == ", 900 pairs/s"


def test_a_terminal_sees_the_rate(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with shown() as tell:
        tell("counting", 0.0, 10**9)
        tell("counting", 0.5, 10**9)
        tell("counting", 1.0, 10**9)
    assert "pairs/s" in capsys.readouterr().err
