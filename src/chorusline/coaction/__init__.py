"""Uses in, weighted account pairs out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chorusline.coaction.local import EDGE_SCHEMA, coactions, with_names

__all__ = ["EDGE_SCHEMA", "coactions", "with_names"]


def __getattr__(name: str) -> Any:
    """Load the engine when it is asked for: reading begins before compiled code is there."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chorusline.coaction import local

    return getattr(local, name)
