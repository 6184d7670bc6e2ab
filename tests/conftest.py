"""Shared fixtures: real material lies outside the project and tests that want it skip without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# In CI the same examples each time; at a desk new ones, which is how faults are found.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; a stranger's clone doesn't have it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the real data folder ../shared is not here; this test needs it")
    return folder
