"""Shared fixtures: real material lies outside the project and tests that want it skip without it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; a stranger's clone doesn't have it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the real data folder ../shared is not here; this test needs it")
    return folder
