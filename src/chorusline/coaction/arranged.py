"""From inputs to what can be counted: directly from Parquet columns where that gives the same, else by the log."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from chorusline.coaction import direct, reading
from chorusline.coaction.asked import check, microseconds
from chorusline.coaction.memory import resident

if TYPE_CHECKING:
    from chorusline.coaction.local import Counting


@dataclass(frozen=True)
class Arranged:
    """What is counted, the accounts' names, a fingerprint of both, and how many uses there were.

    pairs : uses' windowed neighbours over all, halved, with those of an account with itself; for the progress.
    """

    counting: Counting
    names: pa.Array | pa.ChunkedArray
    key: str
    uses: int
    pairs: int


def arrange(
    inputs: Iterable[Path],
    trace: str,
    window: float,
    min_weight: int,
    count: Literal["objects", "uses"],
    memory: int,
    *,
    mapping: Mapping[str, str] | None = None,
    format_: str | None = None,
    timezone: str | None = None,
    folder: Path | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Arranged:
    """Read the uses of one trace and make them ready to be counted.

    window : seconds. memory : bytes the process may take. folder : for what doesn't fit into it; without it all is
    arranged in memory. meanwhile : called while files are read. Raises what `sources.read` and `coactions` do.
    """
    check(window, min_weight)
    asked: list[Any] = [trace, microseconds(window), min_weight, count]
    inputs = list(inputs)
    found = direct.directly(inputs, mapping, format_, timezone, trace)
    if found is not None:
        key = _digest([*asked, *found.identity()])
        small = folder is None or reading.needed(found) + reading.LOADED <= memory - resident()
        begun = reading.begin(found) if small else None
        meanwhile()
        # From here on compiled code is loaded, while the columns are read.
        _without_blas()
        from chorusline.coaction import columns, sorted_runs
        from chorusline.coaction.local import Counting

        if folder is not None and not small:
            stored = sorted_runs.arrange(found, window, min_weight, count, memory, folder, key)
            if stored is not None:
                return Arranged(*stored[:2], key, stored[2], stored[0].pairs)
        read = columns.begin_with(found, begun or reading.begin(found))
        if read is not None:
            # Which uses are repeats is found out meanwhile; hardly ever is any.
            made = Counting.of(read.uses, window, min_weight, count, rank=read.rank)
            uses = read.alone()
            if uses is not None:
                if len(uses) < len(read.uses):
                    made = Counting.of(uses, window, min_weight, count, rank=read.rank)
                return Arranged(made, read.names, key, len(uses), made.pairs)
    else:
        meanwhile()
    from chorusline import sources
    from chorusline.coaction.local import Counting
    from chorusline.config import Config
    from chorusline.traces import choose

    log = sources.read(inputs, mapping=mapping, format=format_, timezone=timezone)
    uses, names = choose((trace,))[0].extract(log, Config()), log.accounts["name"]
    files = [[summary.path, summary.sha256] for summary in log.inputs]
    key = _digest([*asked, files, dict(mapping or {}), format_, timezone])
    del log
    made = Counting.of(uses, window, min_weight, count)
    return Arranged(made, names, key, len(uses), made.pairs)


def _without_blas() -> None:
    """Load numba's functions of arrays without scipy.linalg, a fifth of a second for what no kernel here asks for.

    numba looks for it to know whether compiled code may call np.cov; products of matrices look for it when used.
    """
    wanted = "scipy.linalg.cython_blas"
    if wanted in sys.modules or "numba.np.arraymath" in sys.modules:
        return
    sys.modules[wanted] = None  # type: ignore[assignment]  # an import of it fails at once
    try:
        import numba.np.arraymath  # noqa: F401
    finally:
        del sys.modules[wanted]


def _digest(value: Any) -> str:
    return hashlib.blake2b(json.dumps(value, default=str).encode()).hexdigest()
