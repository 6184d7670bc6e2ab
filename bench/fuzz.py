"""Coverage-guided fuzzing of the readers: whatever bytes come in, a log or one sentence goes out.

python -m bench.fuzz [SECONDS]    (extra `fuzz`: atheris; `make fuzz` installs it and gives each kind a minute)

The seeds are the small samples of the tests. What breaks a reader is left in the folder `fuzz-faults`, from where
`python -m bench.fuzz FILE` runs it again. Kinds that are read by compiled code (Parquet, DuckDB, SQLite) are fuzzed at
their doors only: the libraries' insides are not instrumented.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

FAULTS = Path("fuzz-faults")
LONGEST = 20_000
"""Bytes of an input at most."""

KINDS = ("text", "file")


def one(content: bytes, place: Path) -> None:
    """Read one input; whatever isn't a sentence of ours goes up as a fault."""
    from chorusline import sources
    from chorusline.errors import ChoruslineError

    place.write_bytes(content)
    with suppress(ChoruslineError):
        sources.read(place)


def seeds(kind: str, folder: Path) -> None:
    """Write the samples of one kind, one file each."""
    from tests.sources.samples import files, texts

    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (texts() if kind == "text" else files()).items():
        (folder / name).write_bytes(content)


def fuzz(kind: str, seconds: int) -> None:
    """Fuzz one kind in this process, which libFuzzer ends."""
    import atheris

    with atheris.instrument_imports(
        include=["chorusline.sources", "chorusline.actions", "zipfile", "openpyxl"]
    ):
        import chorusline.sources  # noqa: F401
        from chorusline.sources.base import formats
        from chorusline.sources.stores import stores

        formats(), stores()
    folder = Path(tempfile.mkdtemp(prefix="chorusline-fuzz-"))
    seeds(kind, folder / "seeds")
    FAULTS.mkdir(exist_ok=True)
    words = [
        sys.argv[0], f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-rss_limit_mb=4096", "-timeout=20",
        f"-artifact_prefix={FAULTS}/{kind}-", "-print_final_stats=1", str(folder / "seeds"),
    ]  # fmt: skip
    atheris.Setup(words, lambda data: one(data, folder / "input"))
    atheris.Fuzz()


def main(words: list[str]) -> int:
    """Fuzz each kind in a process of its own, or run a fault again."""
    if words and Path(words[0]).is_file():
        with tempfile.TemporaryDirectory() as folder:
            one(Path(words[0]).read_bytes(), Path(folder) / "input")
        print("It ends in a log or a sentence.")
        return 0
    seconds = int(words[0]) if words else 60
    if len(words) > 1:
        fuzz(words[1], seconds)
        return 0
    codes = [
        subprocess.call(
            [sys.executable, "-m", "bench.fuzz", str(seconds), kind],
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        for kind in KINDS
    ]
    return max(map(abs, codes))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
