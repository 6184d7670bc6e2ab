"""Worlds with known answers: abstract event logs and a separate truth (docs/method.md, "Ground truth")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chorusline.simulate.config import LookAlikes, Operation, WorldConfig
    from chorusline.simulate.evasion import hide
    from chorusline.simulate.faults import apply_faults
    from chorusline.simulate.presets import preset, resized
    from chorusline.simulate.world import World, build
    from chorusline.simulate.writing import write, write_world

__all__ = [
    "LookAlikes",
    "Operation",
    "World",
    "WorldConfig",
    "apply_faults",
    "build",
    "hide",
    "preset",
    "resized",
    "write",
    "write_world",
]

_HOMES = {
    "LookAlikes": "config",
    "Operation": "config",
    "WorldConfig": "config",
    "World": "world",
    "build": "world",
    "apply_faults": "faults",
    "hide": "evasion",
    "preset": "presets",
    "resized": "presets",
    "write": "writing",
    "write_world": "writing",
}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(f"chorusline.simulate.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'chorusline.simulate' has no attribute '{name}'")
