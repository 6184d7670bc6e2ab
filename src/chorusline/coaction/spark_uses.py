"""Action logs on any Hadoop file system in, uses out: the traces' own code, run on the executors.

Each batch of rows becomes a small action log and goes through `Trace.extract` itself, so that an object is
one here and on a single machine. What a trace reads off the whole log (are there ids of reshared posts at all,
which texts are headlines) is asked of the whole input beforehand or taken out afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ACTION_SCHEMA, FIRST_TIME, KINDS, LAST_TIME, ActionLog
from chorusline.coaction.spark_session import first_line, settled
from chorusline.config import Config
from chorusline.errors import InputError, UsageError
from chorusline.sources import tabular
from chorusline.sources.base import Reading
from chorusline.sources.columns import LISTS
from chorusline.sources.table import KIND_WORDS, fields_of
from chorusline.traces import link
from chorusline.traces.base import Trace, Uses

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

OBJECT = ("high", "low")
"""The two halves of an object's 128-bit digest."""

_IDENTITY = ("post_id", "kind", "reshare_of", "reply_to", "quote_of")
Batches = Iterator[pa.RecordBatch]


@dataclass(frozen=True)
class SparkUses:
    """Uses of one trace on the cluster.

    frame : account, high, low (the object: halves of its digest), time (µs UTC), all bigint. The digest is
    BLAKE2b of the object's UTF-8 bytes, 128 bits.
    names : account, name (the platform's id), one row an account; the codes are checked to be one-to-one.
    """

    frame: DataFrame
    names: DataFrame


@dataclass(frozen=True)
class _Input:
    """An action log as it lies there. of_case : assembled by a run before, accounts as codes beside their names."""

    frame: DataFrame
    of_case: bool
    paths: str


def read_uses(
    session: SparkSession, paths: Sequence[str], trace: Trace, config: Config | None = None
) -> SparkUses:
    """Read the uses of a trace from Parquet action logs.

    paths : files or folders that Spark can read (file:, hdfs:, s3a:, …) with the columns of a simulated world's
    or a case's actions.parquet. Repeated rows count once, and the rows of one post as one action, as when
    `sources.read` reads them (of rows of one post with different texts it keeps the first, this one all).
    Raises UsageError for a trace that can't be read off one action at a time, InputError for a table that is
    no action log.
    """
    config = config or Config()
    check(trace)
    given = _open(session, paths, trace)
    columns = _columns(given, trace)
    for salt in range(8):
        extract = _extracting(trace, config, given.of_case, columns, salt)
        names = settled(_names(given, salt))
        if given.of_case or names.groupBy("account").count().where("count > 1").isEmpty():
            break
    schema = "account bigint, high bigint, low bigint, time bigint, post bigint, link bigint"
    frame = _rows(given, columns).mapInArrow(extract, schema)
    if not given.of_case:
        frame = frame.dropDuplicates(["account", *OBJECT, "time", "post"])
    if trace.name == "text":
        frame = settled(frame)
        frame = frame.join(_headlines(frame), list(OBJECT), "left_anti")
    return SparkUses(frame.select("account", *OBJECT, "time"), names)


def check(trace: Trace) -> None:
    """Raise UsageError for a trace that can't be read off one action at a time."""
    if not trace.columns:
        instead = "; equal texts are: --trace text" if "text" in trace.covers else ""
        raise UsageError(
            f"The trace '{trace.name}' is not offered on Spark, since its objects can't be told from one action "
            f"at a time{instead}."
        )


def _open(session: SparkSession, paths: Sequence[str], trace: Trace) -> _Input:
    """Open the log and see that its columns are those of one."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as sf
    from pyspark.sql import types as st

    said = ", ".join(paths)
    try:
        frame = session.read.parquet(*paths)
    except PySparkException as error:
        raise InputError(f"{said} can't be read as Parquet by Spark: {first_line(error)}.") from None
    missing = [name for name in ("account", "time", "kind", *trace.columns) if name not in frame.columns]
    if missing:
        raise InputError(
            f"{said} has no column '{missing[0]}': --engine spark reads Chorusline's own tables, such as the "
            "actions.parquet of a case; any other export goes through `chorusline investigate` first."
        )
    if not isinstance(frame.schema["time"].dataType, (st.TimestampType, st.TimestampNTZType)):
        raise InputError(
            f"The column 'time' of {said} holds no timestamps: --engine spark reads Chorusline's own tables."
        )
    of_case = "account_name" in frame.columns and isinstance(frame.schema["kind"].dataType, st.ByteType)
    micros = sf.unix_micros(sf.col("time").cast("timestamp"))
    frame = frame.withColumn("time", micros).where(
        (sf.col("time") >= int(FIRST_TIME))
        & (sf.col("time") < int(LAST_TIME))
        & sf.col("account").isNotNull()
    )
    given = _Input(frame, of_case, said)
    if not of_case:
        _check_kinds(given)
    return given


def _word() -> Column:
    """The kind of an action as a table spells it, case and blanks apart."""
    from pyspark.sql import functions as sf

    return sf.lower(sf.trim(sf.col("kind").cast("string")))


def _check_kinds(given: _Input) -> None:
    words = [row[0] for row in given.frame.select(_word()).distinct().limit(100).collect()]
    unknown = [word for word in words if word not in KIND_WORDS]
    if unknown:
        raise InputError(
            f"{given.paths} says '{unknown[0] or ''}' for the kind of an action, which is none of {', '.join(KINDS)}: "
            "read it with `chorusline investigate` first and give Spark the case's actions.parquet."
        )


def _columns(given: _Input, trace: Trace) -> tuple[str, ...]:
    """Return the columns that the trace is shown.

    Two traces look at the whole log first: where it names reshared posts, texts don't stand in for them; where
    it gives sites apart, links aren't looked at.
    """
    from pyspark.sql import functions as sf

    columns = tuple(trace.columns)
    if trace.name == "reshare":
        reshare = (
            sf.col("kind") == KINDS.index("reshare") if given.of_case
            else _word().isin([word for word, kind in KIND_WORDS.items() if kind == "reshare"])
        )  # fmt: skip
        other = sf.trim("reshare_of") != sf.coalesce(sf.trim("post_id"), sf.lit(""))
        named = not given.frame.where(reshare & other).isEmpty()
        return tuple(name for name in columns if name != ("text" if named else "reshare_of"))
    if trace.name == "domain":
        apart = not given.frame.where(sf.size("domains") > 0).isEmpty()
        return ("domains",) if apart else ("links",)
    return columns


def _rows(given: _Input, columns: tuple[str, ...]) -> DataFrame:
    """The rows to look at: account, kind, time, a code of the post, and the columns wanted."""
    from pyspark.sql import functions as sf

    frame = given.frame
    if "reshare_of" in columns:
        frame = frame.where(sf.col("reshare_of").isNotNull())
    post: Any = sf.lit(0).cast("bigint")
    if not given.of_case:
        # A null changes no hash, so whether there is one is hashed as well.
        def code(names: Sequence[str]) -> Column:
            return sf.xxhash64(*[part for name in names for part in (sf.col(name), sf.col(name).isNull())])

        named = [name for name in _IDENTITY if name in frame.columns]
        every = [name for name in frame.columns if name not in ("account", "time", "row")]
        post = (
            sf.when(sf.col("post_id").isNotNull(), code(named))
            if "post_id" in frame.columns
            else sf.lit(None)
        )
        post = sf.coalesce(post, code(every))
    return frame.select("account", "kind", "time", post.alias("post"), *columns)


def _names(given: _Input, salt: int) -> DataFrame:
    """The accounts' codes and names."""
    from pyspark.sql import functions as sf

    if given.of_case:
        return given.frame.select(
            sf.col("account").cast("bigint"), sf.col("account_name").alias("name")
        ).distinct()

    def coded(batches: Batches) -> Batches:
        for batch in batches:
            names = _fields({"account": batch.column("account")})["account"].drop_null().unique()
            codes = digests(names, 1, salt)[:, 0]
            yield pa.record_batch({"account": pa.array(codes), "name": names.cast(pa.string())})

    distinct = given.frame.select("account").distinct()
    return distinct.mapInArrow(coded, "account bigint, name string").distinct()


def digests(words: pa.Array, halves: int, salt: int = 0) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return BLAKE2b of the UTF-8 bytes of strings [n]: int64 [n, halves], 64 bits each."""
    size, key = 8 * halves, salt.to_bytes(8, "little")
    joined = b"".join(
        hashlib.blake2b(word, digest_size=size, salt=key).digest()
        for word in words.cast(pa.binary()).to_pylist()
    )
    return np.frombuffer(joined, dtype="<i8").reshape(len(words), halves)


def _fields(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Read raw columns as `sources.table` reads them: ids trimmed and mended, lists and words cleaned."""
    n = len(next(iter(columns.values())))
    # Lists that aren't asked for are not to be read off the text.
    reading = Reading(Path("spark"), dict.fromkeys(LISTS, ""), None)
    chunk = tabular.Chunk(columns, pa.array(np.arange(n)), str)
    return fields_of(chunk, {name: name for name in columns}, reading)


def _log(fields: dict[str, pa.Array], n: int) -> ActionLog:
    """A log of n actions of one nameless account, in the order given."""
    blank = {"account": pa.int32(), "source": pa.int16(), "row": pa.int64()}
    columns = [
        pa.array(np.zeros(n, dtype=np.int64)).cast(blank[f.name]) if f.name in blank
        else fields[f.name].cast(f.type) if f.name in fields else pa.nulls(n, f.type)
        for f in ACTION_SCHEMA
    ]  # fmt: skip
    return ActionLog(pa.table(columns, schema=ACTION_SCHEMA), pa.table({"name": [""]}))


def _extracting(
    trace: Trace, config: Config, of_case: bool, shown: tuple[str, ...], salt: int
) -> Callable[[Batches], Batches]:
    """Return the function that the executors run on their batches of rows."""

    def extract(batches: Batches) -> Batches:
        for batch in batches:
            raw = {name: batch.column(name) for name in ("account", "kind", *shown)}
            fields = raw if of_case else _fields(raw)
            kind = fields["kind"] if of_case else pc.index_in(fields["kind"], pa.array(KINDS))
            keep = fields["account"].is_valid()
            if "reshare_of" in shown:
                same = pc.fill_null(pc.equal(fields["reshare_of"], fields["post_id"]), False)
                keep = pc.and_(keep, pc.and_not(fields["reshare_of"].is_valid(), same))
            taken = {name: fields[name].filter(keep) for name in shown}
            taken["kind"] = kind.filter(keep).cast(pa.int8())
            taken["time"] = batch.column("time").filter(keep).cast(pa.timestamp("us", tz="UTC"))
            log = _log(taken, len(taken["kind"]))
            if not len(log):
                continue
            account = fields["account"].filter(keep)
            accounts = account.cast(pa.int64()).to_numpy() if of_case else _account_codes(account, salt)
            post = batch.column("post").filter(keep).to_numpy()
            links = _first_links(log, config) if trace.name == "text" else None
            if links is not None:  # headlines are told from all posts, afterwards
                empty = pa.nulls(len(log), ACTION_SCHEMA.field("links").type)
                place = ACTION_SCHEMA.get_field_index("links")
                log = ActionLog(log.actions.set_column(place, "links", empty), log.accounts)
            yield _batch(trace.extract(log, config), accounts, post, links)

    return extract


def _batch(uses: Uses, accounts: Any, post: Any, links: pa.Array | None) -> pa.RecordBatch:
    present, place = np.unique(uses.object, return_inverse=True)
    code = digests(uses.objects.take(pa.array(present)), 2)[place]
    rows = uses.action
    link = pa.nulls(len(rows), pa.int64()) if links is None else links.take(pa.array(rows))
    return pa.record_batch(
        {
            "account": pa.array(accounts[rows]),
            "high": pa.array(np.ascontiguousarray(code[:, 0])),
            "low": pa.array(np.ascontiguousarray(code[:, 1])),
            "time": pa.array(uses.time),
            "post": pa.array(post[rows]),
            "link": link,
        }
    )


def _account_codes(names: pa.Array, salt: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    encoded = names.dictionary_encode()
    codes = digests(encoded.dictionary.cast(pa.string()), 1, salt)[:, 0]
    return np.asarray(codes[encoded.indices.to_numpy()])


def _first_links(log: ActionLog, config: Config) -> pa.Array:
    """The first link of each action [n] as trace `link` reads it, as a 64-bit code; null where it has none."""
    place = ACTION_SCHEMA.get_field_index("links")
    first = pc.list_slice(log.actions["links"].combine_chunks(), 0, 1).cast(ACTION_SCHEMA.field("links").type)
    uses = link.extract(ActionLog(log.actions.set_column(place, "links", first), log.accounts), config)
    found = np.zeros(len(log), dtype=np.int64)
    without = np.ones(len(log), dtype=bool)
    found[uses.action] = digests(uses.objects, 1)[:, 0][uses.object]
    without[uses.action] = False
    return pa.array(found, mask=without)


def _headlines(frame: DataFrame) -> DataFrame:
    """Texts that several posts have, half of them and most of those with a link with the same one.

    The rule of `traces.text`, whose words these are, counted on the cluster.
    """
    from pyspark.sql import functions as sf

    with_link = frame.groupBy(*OBJECT, "link").agg(sf.count("*").alias("posts"))
    linked = sf.col("link").isNotNull()
    texts = with_link.groupBy(*OBJECT).agg(
        sf.sum("posts").alias("posts"),
        sf.sum(sf.when(linked, sf.col("posts")).otherwise(0)).alias("linked"),
        sf.max(sf.when(linked, sf.col("posts")).otherwise(0)).alias("most"),
    )
    return texts.where("posts > 1 AND 2 * most >= posts AND 2 * most > linked").select(*OBJECT)
