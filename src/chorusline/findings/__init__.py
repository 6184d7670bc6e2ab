"""Evidence in, findings out: the ladder of what may be said."""

from __future__ import annotations

from chorusline.findings.assembly import Findings, assemble

__all__ = ["Findings", "assemble"]
