"""`chorusline edges --engine spark`: the same edges, counted by a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chorusline.errors import UsageError


def count_edges(
    inputs: Sequence[str], out: str, trace: str, window: float, count: Any, min_weight: int, master: str | None,
    settings: Sequence[str] | None, local_only: dict[str, Any],
) -> int:  # fmt: skip
    """Count on Spark and write to a folder of Parquet files; returns how many edges.

    local_only : options given that only the local engine knows, by name; any that isn't None is refused.
    Raises UsageError where PySpark or Java is missing or the request doesn't fit.
    """
    given = [name for name, value in local_only.items() if value]
    if given:
        raise UsageError(
            f"{given[0]} goes with the local engine only: --engine spark reads Chorusline's own tables, such as a "
            "case's actions.parquet, and takes its memory from --spark-conf."
        )
    if not out.rstrip("/").endswith(".parquet"):
        raise UsageError(f"{out} should end in .parquet: --engine spark writes a folder of Parquet files.")
    asked = {}
    for word in settings or ():
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(
                f"--spark-conf takes NAME=VALUE, such as spark.executor.memory=8g; '{word}' is not that."
            )
        asked[name.strip()] = value.strip()
    from chorusline.coaction.spark_session import missing

    lacking = missing()
    if lacking:
        raise UsageError(lacking)
    from chorusline.coaction.spark import read_uses, write_edges
    from chorusline.coaction.spark_session import session
    from chorusline.coaction.spark_uses import check
    from chorusline.traces import choose

    chosen = choose((trace,))[0]
    check(chosen)
    running = session(master, asked)
    return write_edges(read_uses(running, inputs, chosen), window, out, min_weight=min_weight, count=count)
