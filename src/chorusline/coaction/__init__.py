"""Uses in, weighted account pairs out."""

from __future__ import annotations

from chorusline.coaction.local import EDGE_SCHEMA, coactions, with_names

__all__ = ["EDGE_SCHEMA", "coactions", "with_names"]
