"""How much memory the process takes at this moment."""

from __future__ import annotations

import sys
from pathlib import Path


def resident() -> int:
    """Bytes of the process in memory; where the system doesn't say, the most it ever took."""
    try:
        import os

        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return peak()


def peak() -> int:
    """The most bytes the process ever had in memory; 0 where the system doesn't say (Windows)."""
    try:
        import resource
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
