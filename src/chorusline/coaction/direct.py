"""Uses straight from the columns of Parquet files, without the action log, where that gives the same uses.

Only the columns that a trace needs are read, and DuckDB numbers and sorts them. That is the same as reading the log
where the ids are clean strings or integers, the times are timestamps, and rows that share account, time and object
can be told apart by their post ids (assemble/repeats.py has the rule); where it isn't, the log is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.actions import FIRST_TIME, LAST_TIME

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Array = npt.NDArray[Any]

COLUMN = {"reshare": "reshare_of", "reply": "reply_to"}
"""Traces that can be read so, and the field whose values are their objects."""

_FORMATS = ("table", "coortweet")
ABSENT = ("", "nan", "none", "null", "na", "n/a", "absent", "<na>", "nat")
UNCLEAN = r"^[\s\p{Z}\x1c-\x1f\x{85}]|[\s\p{Z}\x1c-\x1f\x{85}]$|\.0*$|^[+-]?\d(\.\d+)?[eE]\+?\d+$"
YES_OR_NO = {"true", "false", "0", "1", "yes", "no", "t", "f"}
"""Values of a kind column that only says whether a row is a reshare."""

_MB = 1_000_000


@dataclass(frozen=True)
class Direct:
    """Files that may be read directly: their names, and which column is which field of an action."""

    paths: tuple[str, ...]
    columns: dict[str, str]
    trace: str

    @property
    def rows(self) -> int:
        """Rows of all files."""
        import pyarrow.parquet as pq

        return sum(int(pq.read_metadata(path).num_rows) for path in self.paths)

    def identity(self) -> list[Any]:
        """What tells these files from others without reading them: paths, sizes and when they were changed."""
        stats = [Path(path).stat() for path in self.paths]
        return [self.paths, self.columns, self.trace, [(s.st_size, s.st_mtime_ns) for s in stats]]


def directly(
    inputs: Iterable[Path], mapping: Mapping[str, str] | None, format_: str | None, timezone: str | None, trace: str
) -> Direct | None:  # fmt: skip
    """Return what could be read directly, by the files' schemas, or None where the log must be read.

    Raises what `sources.read` would where a file isn't there.
    """
    from chorusline import sources

    if trace not in COLUMN or timezone not in (None, "UTC"):
        return None
    found: dict[str, str] | None = None
    paths = []
    for path, _ in sources.files(inputs):
        with path.open("rb") as stream:
            if stream.read(4) != b"PAR1":
                return None
        known = sources.recognise(path, mapping, format=format_)
        if known.format not in _FORMATS or found not in (None, known.mapping):
            return None
        found = known.mapping
        if not _plain(path, found, trace):
            return None
        paths.append(str(path))
    return Direct(tuple(paths), found, trace) if found else None


def _plain(path: Path, columns: dict[str, str], trace: str) -> bool:
    """Whether the columns have types whose values need no change."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    if COLUMN[trace] not in columns or "time" not in columns or "account" not in columns:
        return False
    time = schema.field(columns["time"]).type
    words = [schema.field(columns[name]).type for name in ("account", COLUMN[trace])]
    words += [schema.field(columns[name]).type for name in ("kind", "post_id") if name in columns]
    return pa.types.is_timestamp(time) and all(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind)
        for kind in words
    )


@contextmanager
def opened(direct: Direct, memory: int, folder: Path | None = None) -> Iterator[DuckDBPyConnection | None]:
    """Number accounts (by name) and objects; give a connection with the table `uses`, or None if unclean.

    memory : bytes that DuckDB may take. folder : for what doesn't fit; without it everything stays in memory.
    `uses` : object, account (integers), time (µs), a row for each row of the files that is a use. `names` : the
    accounts by number.
    """
    import duckdb

    config: dict[str, Any] = {
        "memory_limit": f"{max(memory // _MB, 100)}MB",
        "preserve_insertion_order": False,
    }
    if folder is not None:
        config["temp_directory"] = str(folder / "spill")
    connection = duckdb.connect(str(folder / "uses.duckdb") if folder else ":memory:", config=config)
    connection.execute("SET enable_progress_bar = false")
    try:
        yield connection if _encode(connection, direct, stored=folder is not None) else None
    finally:
        connection.close()


def _encode(connection: DuckDBPyConnection, direct: Direct, stored: bool) -> bool:
    """Make the tables; False where a value would have been changed on its way into the log."""
    account, item = (_cast(direct.columns[n]) for n in ("account", COLUMN[direct.trace]))
    scan = _scan(direct)
    absent = f"({', '.join(map(_text, ABSENT))})"
    for table, word, order in (("names", account, "ORDER BY word"), ("objects", item, "")):
        connection.execute(
            f"CREATE TABLE {table} AS SELECT word, (row_number() OVER ({order}) - 1)::INTEGER AS code "
            f"FROM (SELECT DISTINCT {word} AS word FROM {scan}) WHERE lower(word) NOT IN {absent}"
        )
        found = connection.execute(
            f"SELECT count(*) FROM {table} WHERE regexp_matches(word, {_text(UNCLEAN)})"
        )
        if _one(found):
            return False
    if not _one(connection.execute("SELECT count(*) FROM objects")):
        return False
    connection.execute(
        f"CREATE {'TABLE' if stored else 'VIEW'} uses AS SELECT objects.code AS object, names.code AS account, "
        f"{_moment(direct)} AS time FROM {_joined(connection, direct)}"
    )
    return True


def _joined(connection: DuckDBPyConnection, direct: Direct, source: str | None = None) -> str:
    """The rows that are uses, with their account and object, as a query has them after FROM.

    source : a table of some of the rows, in place of the files.
    """
    scan = source or _scan(direct)
    account, item = (_cast(direct.columns[n]) for n in ("account", COLUMN[direct.trace]))
    wanted = [f"{_moment(direct)} >= {FIRST_TIME}", f"{_moment(direct)} < {LAST_TIME}"]
    if direct.trace == "reshare":
        wanted += _reshares(connection, direct, scan)
    return (
        f"{scan} JOIN names ON names.word = {account} JOIN objects ON objects.word = {item} "
        f"WHERE {' AND '.join(wanted)}"
    )


def _moment(direct: Direct) -> str:
    return f"epoch_us({_quoted(direct.columns['time'])})"


def _reshares(connection: DuckDBPyConnection, direct: Direct, scan: str) -> list[str]:
    """Conditions under which a row is a reshare: as its kind says, and not of itself (see sources/table.py)."""
    from chorusline.sources.table import KIND_WORDS

    conditions = []
    if "post_id" in direct.columns:
        post, item = _cast(direct.columns["post_id"]), _cast(direct.columns["reshare_of"])
        conditions.append(f"({post} IS NULL OR {post} <> {item})")
    if "kind" in direct.columns:
        kind = f"lower(trim({_cast(direct.columns['kind'])}))"
        words = connection.execute(f"SELECT DISTINCT {kind} FROM {scan}").fetchall()
        known = {word for (word,) in words if word is not None and word not in ABSENT}
        if known <= YES_OR_NO:
            return conditions  # what isn't said to be a reshare is one by what it refers to
        others = [word for word in known if KIND_WORDS.get(word, "reshare") != "reshare"]
        if others:
            conditions.append(f"({kind} IS NULL OR {kind} NOT IN ({', '.join(map(_text, others))}))")
    return conditions


def repeated(objects: Array, account: Array, time: Array) -> Array:
    """Mask [n] of uses that are like the one before in all three; sorted by (object, time, account)."""
    mask = np.zeros(len(objects), np.bool_)
    mask[1:] = (objects[1:] == objects[:-1]) & (time[1:] == time[:-1]) & (account[1:] == account[:-1])
    return mask


def spare(
    connection: DuckDBPyConnection, direct: Direct, objects: Array, account: Array, time: Array
) -> Array | None:
    """Mask of repeats [k] that are the same action as another; None where post ids can't tell."""
    if "post_id" not in direct.columns:
        return None
    times = pa.table({"time": np.unique(time)})
    connection.register("moments", times)
    # The few rows at these moments first: only they are joined with names and objects.
    needed = ", ".join(_quoted(column) for column in sorted(set(direct.columns.values())))
    connection.execute(
        f"CREATE TEMP TABLE tied AS SELECT {needed} FROM {_scan(direct)} "
        f"WHERE {_moment(direct)} IN (SELECT time FROM moments)"
    )
    refs = [f"{_quoted(direct.columns[name])} AS {name}" for name in references(direct)]
    rows = (
        f"SELECT objects.code AS object, {_moment(direct)} AS moment, names.code AS account, "
        f"{_cast(direct.columns['post_id'])} AS post, {', '.join(refs)} "
        f"FROM {_joined(connection, direct, 'tied AS posts')}"
    )
    return spare_among(connection, rows, references(direct), objects, account, time)


def references(direct: Direct) -> list[str]:
    """Fields by which two rows of one post id may differ."""
    return [name for name in ("kind", "reshare_of", "reply_to", "quote_of") if name in direct.columns]


def spare_among(
    connection: DuckDBPyConnection, rows: str, refs: list[str], objects: Array, account: Array, time: Array
) -> Array | None:
    """Mask of repeats [k] that are the same action as another; None where post ids can't tell.

    rows : a query that gives object, moment, account, post (a string) and `refs` of all rows at these moments.
    """
    connection.register("ties", pa.table({"object": objects, "account": account, "time": time}))
    found = connection.execute(
        f"WITH t AS (SELECT DISTINCT object, account, time FROM ties), r AS ({rows}) "
        f"SELECT object, moment, account, count(*) - count(DISTINCT post) AS spare, "
        f"bool_or(post IS NULL OR lower(post) IN ({', '.join(map(_text, ABSENT))}) "
        f"OR regexp_matches(post, {_text(UNCLEAN)})) OR "
        f"count(DISTINCT post) <> count(DISTINCT row({', '.join(['post', *refs])})) AS unclear "
        "FROM r WHERE (object, account, moment) IN (SELECT (object, account, time) FROM t) "
        "GROUP BY ALL ORDER BY object, moment, account"
    ).fetchnumpy()
    if len(found["unclear"]) and np.asarray(found["unclear"]).any():
        return None
    # Within one triple any of its rows may go: they are alike in all that is counted.
    order = np.lexsort((account, time, objects))
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = ~repeated(objects[order], account[order], time[order])[1:]
    group = np.cumsum(fresh) - 1
    rank = np.arange(len(order)) - np.flatnonzero(fresh)[group]
    mask = np.empty(len(order), np.bool_)
    mask[order] = rank < np.asarray(found["spare"])[group]
    return mask


def _scan(direct: Direct) -> str:
    return f"read_parquet([{', '.join(map(_text, direct.paths))}]) AS posts"


def _cast(column: str) -> str:
    return f"CAST({_quoted(column)} AS VARCHAR)"


def _quoted(column: str) -> str:
    return 'posts."' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _one(found: Any) -> int:
    return int(found.fetchall()[0][0])  # all of it: an unfinished result would block the connection
