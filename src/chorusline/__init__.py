"""Chorusline: who acts in concert beyond chance, on what evidence, with what error rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chorusline.case import Case
    from chorusline.investigation import investigate
    from chorusline.sources import read

__version__ = "0.1.0"
__all__ = ["Case", "__version__", "investigate", "read"]

_HOMES = {"Case": "chorusline.case", "investigate": "chorusline.investigation", "read": "chorusline.sources"}


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used, so that importing the package costs nothing."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'chorusline' has no attribute '{name}'")
