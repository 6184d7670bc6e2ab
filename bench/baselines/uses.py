"""Who used what when, and which pairs used the same within a window: plain SQL, shared by the baselines."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

# Case, reshare marks, links and punctuation don't make a text another one; tags and mentions do.
_TEXT = r"""nullif(trim(regexp_replace(regexp_replace(regexp_replace(lower(text), '^rt @\S+:? ', ''),
    'https?://\S+', ' ', 'g'), '[^\p{L}\p{M}\p{N}#@_]+', ' ', 'g')), '')"""

OBJECTS = {
    "text": f"select account, time, {_TEXT} as object from log",
    "original text": f"select account, time, {_TEXT} as object from log where kind <> 'reshare'",
    # Some archives say that a row is a reshare but not of what: there the text stands in.
    "reshare": f"select account, time, coalesce(reshare_of, {_TEXT}) as object from log where kind = 'reshare'",
    "link": "select account, time, lower(unnest(links)) as object from log",
    "tag sequence": "select account, time, lower(array_to_string(hashtags, ' ')) as object from log "
    "where len(hashtags) >= 3 and kind <> 'reshare'",
    # The author reshared, where that took less than a minute from the post to the reshare.
    "fast reshare": "select a.account, a.time, b.account as object from log a join log b "
    "on a.reshare_of = b.post_id where a.account <> b.account and a.time - b.time <= interval 60 second",
}
"""What counts as an object -> query that gives account, time and object."""


def uses(log: pa.Table, kind: str, min_length: int = 20) -> pa.Table:
    """Return uses (account int32, object uint64, time in microseconds), sorted by object, time, account.

    account counts the distinct names in `names(log)`. Texts under `min_length` characters count for nothing.
    """
    long_enough = f"length(object) >= {min_length}" if "text" in kind else "true"
    log = log.set_column(log.column_names.index("account"), "account", _codes(log))
    with duckdb.connect(config={"threads": 1}) as sql:
        sql.register("log", log)
        return sql.sql(
            f"select account, hash(object) as object, epoch_us(time) as time from ({OBJECTS[kind]}) "
            f"where object is not null and {long_enough} order by 2, 3, 1"
        ).to_arrow_table()


def names(log: pa.Table) -> pa.Array:
    """Return the distinct account names; an account's number is its place."""
    return log["account"].unique().sort()


def _codes(log: pa.Table) -> pa.Array:
    import pyarrow.compute as pc

    return pc.index_in(log["account"], value_set=names(log))


def pairs(used: pa.Table, window: float) -> pa.Table:
    """Return pairs of accounts that used the same object within `window` seconds, inclusive.

    Columns a < b, objects (distinct ones) and coactions (pairs of uses). Buckets as long as the window keep
    the join from comparing uses that lie further apart.
    """
    width = int(window * 1e6)
    with duckdb.connect(config={"threads": 1}) as sql:
        sql.register("used", used)
        return sql.sql(
            f"""with bucketed as (select *, time // {max(width, 1)} as bucket from used),
            around as (select * exclude (bucket), unnest([bucket - 1, bucket, bucket + 1]) as bucket from bucketed)
            select x.account as a, y.account as b, count(distinct object) as objects, count(*) as coactions
            from bucketed x join around y using (object, bucket)
            where x.account < y.account and abs(x.time - y.time) <= {width} group by all order by all"""
        ).to_arrow_table()


def strongest(a: np.ndarray, b: np.ndarray, weight: np.ndarray, accounts: int) -> np.ndarray:
    """Return the greatest weight of any edge of each account, float [accounts], 0 without an edge."""
    score = np.zeros(accounts)
    np.maximum.at(score, a, weight)
    np.maximum.at(score, b, weight)
    return score


def verdict(log: pa.Table, score: np.ndarray, named: np.ndarray) -> pa.Table:
    """Return the table (account, score, named) of the accounts with a score above 0."""
    rows = np.flatnonzero(score > 0)
    columns = {"account": names(log).take(pa.array(rows)), "score": score[rows], "named": named[rows]}
    return pa.table(columns)
