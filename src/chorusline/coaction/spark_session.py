"""A Spark session for the cluster engine, and sentences where what it needs is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chorusline.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

JAVA = 17
"""The oldest Java that this Spark runs on."""

_HERE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
# A session on this machine alone has no reason to listen to others.
_QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
_SAME_FIGURES = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.ansi.enabled": "true",
}
# What makes the tables those of the local engine: UTC microseconds, and a sum that overflows is an error.


def missing() -> str | None:
    """Say what the cluster engine lacks on this machine, or None where it can run."""
    try:
        import pandas  # noqa: F401
        import pyspark  # noqa: F401
    except ImportError as error:
        return (
            f"--engine spark needs the package {error.name}, which isn't installed here: "
            "pip install 'chorusline[spark]'."
        )
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return None  # started by spark-submit, which has found a Java of its own
    found = _java_version()
    if found is None:
        return f"--engine spark needs Java {JAVA} or later, and there is no `java` here: install a JRE of Java {JAVA}."
    if found < JAVA:
        return f"--engine spark needs Java {JAVA} or later, and `java` here is version {found}."
    return None


def session(master: str | None = None, settings: Mapping[str, str] | None = None) -> SparkSession:
    """Return a running Spark session, with the settings under which its tables are the local engine's.

    master : such as local[2], yarn, spark://host:7077, k8s://https://host; None leaves it to spark-submit and
    spark-defaults.conf. settings : further Spark settings, which go before the project's own.
    Raises UsageError where PySpark or Java is missing or the session can't be started.
    """
    lacking = missing()
    if lacking:
        raise UsageError(lacking)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    chosen: dict[str, str] = dict(_QUIET)
    builder: Any = SparkSession.builder.appName("chorusline")
    if master is not None:
        builder = builder.master(master)
        if master.startswith("local"):
            chosen |= _HERE
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    for name, value in {**chosen, **_SAME_FIGURES, **(settings or {})}.items():
        builder = builder.config(name, value)
    try:
        running: SparkSession = builder.getOrCreate()
    except (PySparkException, OSError) as error:
        raise UsageError(
            f"Spark could not be started at {master or 'the default master'}: {first_line(error)}."
        ) from None
    except Exception as error:  # py4j hands on whatever Java throws
        if type(error).__module__.startswith("py4j"):
            raise UsageError(f"Spark could not be started at {master}: {java_line(error)}.") from None
        raise
    for name, value in _SAME_FIGURES.items():  # a session that ran before is given back as it was
        running.conf.set(name, value)
    return running


def settled(frame: DataFrame) -> DataFrame:
    """Compute a frame once and cut its history: to the checkpoint folder where one is set, else on the executors."""
    context = frame.sparkSession.sparkContext
    return frame.checkpoint() if context.getCheckpointDir() else frame.localCheckpoint()


def first_line(error: BaseException) -> str:
    """Return the first line of what went wrong, without a full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def java_line(error: BaseException) -> str:
    """Return what Java says went wrong, without the class that says it."""
    return first_line(Exception(str(getattr(error, "java_exception", error)))).partition(": ")[
        2
    ] or first_line(error)


def _java_version() -> int | None:
    """Return the major version of the Java that Spark would start, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else None
