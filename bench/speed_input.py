"""Input of the speed bench: reshares with Zipf objects and Pareto accounts, of any size, written in slices.

    python -m bench.speed_input 5000000 build/speed/5000000.parquet

An action reshares one of n / 5 posts, chosen by Zipf's law (exponent 1), by one of n / 10 accounts, whose activity
is Pareto (exponent 1.3, capped at some 1,400 actions). A post is born at any moment of 30 days; delays after it are
Lomax with exponent .8, its scale ten minutes and .042 seconds a use besides: the more popular a post, the longer it
lives, so that its peak is a bounded number of shares a second. 5,000,000 actions make some 490,000,000 pairs of uses
by different accounts within 60 s. The largest post has a fourteenth of all uses; delays beyond 20 days are taken as 20
days, so that popular posts end in a burst at one moment. (Of more than 10,000,000 actions that moment of the most
popular post alone would hold half of all pairs, so there they are spread evenly over the 20 days.) Rows come in no
order. The same size gives the same file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

SLICE = 5_000_000
DAYS = 30
LONGEST = 20 * 86_400
"""Seconds."""
BURSTS_UP_TO = 10_000_000
"""Actions."""
START = 1_704_067_200
"""2024-01-01, seconds."""


def actions(n: int, seed: int = 1) -> Any:
    """Yield (account, post, microseconds) arrays of at most SLICE rows, `n` rows in all."""
    rng = np.random.default_rng(seed)
    posts, accounts = max(n // 5, 2), max(n // 10, 2)
    popular = 1.0 / np.arange(1, posts + 1)
    popular /= popular.sum()
    scale = 600.0 + 0.042 * n * popular
    popular = np.cumsum(popular)
    active = np.cumsum(np.minimum(rng.pareto(1.3, accounts) + 0.3, 400))
    active /= active[-1]
    born = rng.uniform(0, DAYS * 86_400, posts)
    for start in range(0, n, SLICE):
        size = min(SLICE, n - start)
        post = np.minimum(np.searchsorted(popular, rng.random(size)), posts - 1)
        account = np.minimum(np.searchsorted(active, rng.random(size)), accounts - 1)
        delay = np.minimum(scale[post] * rng.pareto(0.8, size), LONGEST)
        if n > BURSTS_UP_TO:
            delay = np.where(delay < LONGEST, delay, rng.uniform(0, LONGEST, size))
        yield account, post, ((START + born[post] + delay) * 1e6).astype(np.int64)


def write(n: int, out: Path) -> None:
    """Write `n` actions to a Parquet file: post_id, account, reshare_of (strings) and time (microseconds UTC)."""
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(out.name + ".part")
    connection = duckdb.connect()
    writer, done = None, 0
    for account, post, micro in actions(n):
        rows = {"account": account, "post": post, "micro": micro, "row": np.arange(done, done + len(account))}
        part = pa.table(rows)  # noqa: F841 - read by name in the query
        done += len(account)
        words = "'p' || row AS post_id, 'a' || account AS account, 'o' || post AS reshare_of"
        table = connection.sql(f"SELECT {words}, micro AS time FROM part").to_arrow_table()
        time = table["time"].cast(pa.timestamp("us", tz="UTC"))
        table = table.set_column(3, "time", time)
        writer = writer or pq.ParquetWriter(aside, table.schema)
        writer.write_table(table, row_group_size=1_000_000)
    assert writer is not None
    writer.close()
    aside.rename(out)


if __name__ == "__main__":
    write(int(float(sys.argv[1])), Path(sys.argv[2]))
