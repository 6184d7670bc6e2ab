"""How fast worlds are written, and in how much memory: python bench/simulate.py 1000000 [preset] [generator].

Prints actions a second (making, rendering and writing to Parquet, one process), peak memory, and bytes on
disk an action. The folder is deleted afterwards.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from chorusline.simulate import preset, resized, write_world


def main() -> None:
    actions = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    name = sys.argv[2] if len(sys.argv) > 2 else "founding"
    generator = sys.argv[3] if len(sys.argv) > 3 else "cascade"
    config = resized(preset(name, seed=1).model_copy(update={"generator": generator}), actions)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        summary = write_world(config, folder)
        seconds = time.perf_counter() - began
        size = (Path(folder) / "actions.parquet").stat().st_size
    rows = summary["actions"]
    result = {
        "preset": name,
        "generator": generator,
        "actions": rows,
        "accounts": sum(summary["accounts"].values()),
        "seconds": round(seconds, 1),
        "actions_per_second": round(rows / seconds),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "bytes_per_action": round(size / rows, 1),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
