"""What is said before the first run, which compiles."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from chorusline.cli.progress import say_if_first
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
