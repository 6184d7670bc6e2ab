"""Worlds that several tests look at, made once."""

from __future__ import annotations

import pytest

from chorusline.simulate import World, build, preset


@pytest.fixture(scope="session")
def tiny() -> World:
    return build(preset("tiny", seed=1))
