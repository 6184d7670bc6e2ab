"""The programs that the speed bench holds against each other; each is run as a process of its own.

    python -m bench.speed_programs duckdb|pandas|limit INPUT WINDOW MIN_WEIGHT OUT [PAIRS]

All read the same Parquet file and write the pairs of accounts with at least MIN_WEIGHT posts both reshared within
WINDOW seconds to OUT. The others count weights only, Chorusline lags, first and last besides.

DuckDB: an equi-join on (post, bucket of WINDOW seconds) with each earlier use in its own bucket and the next, an exact
filter, and two groupings, on integer codes.
Pandas: a self-join on the post, filtered by time, grouped.
The limit: the three columns read and sorted by DuckDB, the fastest sort at hand, and 8 bytes for each pair of uses
written to and read from a buffer far larger than the caches, by one thread a core. Nothing is counted or written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

DUCKDB = """
COPY (
  WITH coded AS (
    SELECT dense_rank() OVER (ORDER BY account)::INTEGER AS a, hash(reshare_of) AS o, epoch_us(time) AS t,
           row_number() OVER () AS n
    FROM read_parquet('{source}')
  ), buckets AS (
    SELECT a, o, t, n, unnest([t // {span}, t // {span} + 1]) AS k FROM coded
  ), pairs AS (
    SELECT least(x.a, y.a) AS a, greatest(x.a, y.a) AS b, x.o AS o, count(*) AS n
    FROM buckets x JOIN coded y ON x.o = y.o AND x.k = y.t // {span}
    WHERE (x.t < y.t OR (x.t = y.t AND x.n < y.n)) AND y.t - x.t <= {span} AND x.a <> y.a
    GROUP BY ALL
  )
  SELECT a, b, count(*) AS weight, sum(n) AS coactions FROM pairs GROUP BY a, b HAVING count(*) >= {least}
) TO '{out}' (FORMAT parquet)
"""


def with_duckdb(source: str, window: int, least: int, out: str) -> None:
    """DuckDB's best join; it may spill to disk beside the output."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": out + ".spill"})
    connection.execute("SET enable_progress_bar = false")
    span = max(window, 1) * 1_000_000
    connection.execute(DUCKDB.format(source=source, span=span, least=least, out=out)).fetchall()


def with_pandas(source: str, window: int, least: int, out: str) -> None:
    """A self-join on the post."""
    import pandas as pd

    table = pd.read_parquet(source, columns=["account", "reshare_of", "time"])
    table["time"] = table["time"].astype("int64") // (
        1000 if str(table["time"].dtype).startswith("datetime64[ns") else 1
    )
    for name in ("account", "reshare_of"):
        table[name] = table[name].astype("category").cat.codes
    joined = table.merge(table, on="reshare_of")
    near = (joined["time_y"] - joined["time_x"]).abs() <= window * 1_000_000
    joined = joined[near & (joined["account_x"] < joined["account_y"])]
    weight = joined.groupby(["account_x", "account_y"])["reshare_of"].nunique()
    weight[weight >= least].reset_index().to_parquet(out)


def limit(source: str, pairs: int) -> dict[str, float]:
    """Read, sort, and move 8 bytes a pair; seconds of each."""
    import os
    import time
    from concurrent.futures import ThreadPoolExecutor

    import duckdb
    import numpy as np

    began = time.perf_counter()
    rows: Any = duckdb.sql(
        "SELECT hash(reshare_of) AS o, epoch_us(time) AS t, hash(account) AS a "
        f"FROM read_parquet('{source}') ORDER BY o, t"
    ).fetchnumpy()
    assert len(rows["o"])
    read = time.perf_counter() - began
    threads = os.cpu_count() or 1
    size = 8 << 20  # words of a buffer: 64 MB a thread

    def move(words: int) -> int:
        buffer, total = np.empty(size, np.uint64), 0
        while words > 0:
            now = buffer[: min(words, size)]
            now.fill(words)
            total += int(now.sum())
            words -= size
        return total

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(move, [pairs // threads] * threads))
    return {"read_and_sort": read, "move": time.perf_counter() - began}


def as_csv(source: str, out: Path) -> None:
    """Write the input as coordination-network-toolkit reads it."""
    import duckdb

    duckdb.sql(
        f"COPY (SELECT post_id AS message_id, account AS user_id, account AS username, reshare_of AS repost_id, "
        "'' AS reply_id, '' AS message, epoch_us(time) / 1e6 AS timestamp, '' AS urls "
        f"FROM read_parquet('{source}')) TO '{out}' (FORMAT csv)"
    )


def main() -> None:
    """Run one program."""
    name, source, window, least, out = sys.argv[1:6]
    if name == "limit":
        print(limit(source, int(sys.argv[6])))
        return
    {"duckdb": with_duckdb, "pandas": with_pandas}[name](source, int(window), int(least), out)


if __name__ == "__main__":
    main()
