"""The cluster engine: the edges of `coactions`, counted by Spark from Parquet to Parquet.

Co-action is an equi-join: with time cut into buckets of one window, two uses of one object within the window lie
in the same bucket or in neighbouring ones, and an exact filter does the rest. A cell (object and bucket) that
many use is cut into rectangles of bounded size, by parts of the earlier and of the later uses, so that a viral
object lies on many tasks (fragment and replicate; Okcan & Riedewald 2011, "Processing theta-joins using
MapReduce"). All figures are whole microseconds, so their sums hang on no order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chorusline.coaction.spark_session import first_line, settled
from chorusline.coaction.spark_uses import OBJECT, SparkUses, read_uses
from chorusline.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

__all__ = ["SparkUses", "coded_edges", "named", "pairs", "prune", "read_uses", "write_edges"]

PART = 2_000
"""Uses of one side of a cell that one task joins; a busier cell is cut into parts."""

FIXED = 1_000_000
"""Discounts are kept to a millionth, as the local engine keeps them."""


def coded_edges(
    uses: DataFrame, window: float, *, min_weight: int = 1, count: Literal["objects", "uses"] = "objects",
    discount: DataFrame | None = None,
) -> DataFrame:  # fmt: skip
    """Return the edges of `coactions` as whole numbers, accounts as codes; see there for the arguments and errors.

    uses : SparkUses.frame. discount : high, low, discount (bigint, millionths), of every object.
    Columns, all bigint: a, b (codes, the smaller first), weight, coactions, lags (their sum), least, first, last
    (µs), and strength (millionths) where a discount is given.
    """
    if window < 0 or min_weight < 1:
        raise UsageError("A window is zero seconds or more, and a minimal weight one or more.")
    from pyspark.sql import functions as sf

    kept = prune(uses, window, min_weight if count == "objects" else 1)
    if discount is not None:
        kept = kept.join(discount, list(OBJECT))
    found = pairs(kept, round(window * 1_000_000))
    lag = sf.col("last") - sf.col("first")
    figures = [
        sf.count("*").alias("coactions"), sf.sum(lag).alias("lags"), sf.min(lag).alias("least"),
        sf.min("first").alias("first"), sf.max("last").alias("last"),
    ]  # fmt: skip
    if count == "objects" or discount is not None:
        if discount is not None:
            figures.append(sf.max("discount").alias("discount"))
        # Brought together by pair of accounts once: both sums are then made where the pairs lie.
        found = found.repartition("a", "b").groupBy("a", "b", *OBJECT).agg(*figures)
        figures = [
            sf.sum("coactions").alias("coactions"), sf.sum("lags").alias("lags"), sf.min("least").alias("least"),
            sf.min("first").alias("first"), sf.max("last").alias("last"), sf.count("*").alias("objects"),
        ]  # fmt: skip
        if discount is not None:
            figures.append(sf.sum("discount").alias("strength"))
    edges = found.groupBy("a", "b").agg(*figures)
    edges = edges.withColumn("weight", sf.col("objects" if count == "objects" else "coactions"))
    rest = ["strength"] if discount is not None else []
    return edges.where(sf.col("weight") >= min_weight).select(
        "a", "b", "weight", "coactions", "lags", "least", "first", "last", *rest
    )


def prune(uses: DataFrame, window: float, min_weight: int) -> DataFrame:
    """Return the uses that can still take part in an edge of `min_weight` distinct objects; computed, not planned.

    First what is alone with its account in its bucket and the two beside it; then, again and again, accounts
    with fewer than `min_weight` distinct objects and objects of one account, until nothing changes. No edge is
    lost (docs/method.md, "Co-action").
    """
    span = round(window * 1_000_000)
    kept = settled(_near_others(uses, span))
    if min_weight <= 1:
        return kept  # each use left has another account's beside it
    links = settled(kept.select("account", *OBJECT).distinct())
    left = links.count()
    while True:
        rich = links.groupBy("account").count().where(f"count >= {min_weight}").select("account")
        fewer = links.join(rich, ["account"], "left_semi")
        shared = fewer.groupBy(*OBJECT).count().where("count >= 2").select(*OBJECT)
        links = settled(fewer.join(shared, list(OBJECT), "left_semi"))
        still = links.count()
        if still == left:
            return settled(kept.join(links, ["account", *OBJECT], "left_semi"))
        left = still


def _bucket(span: int) -> Column:
    """The bucket of a time; whole numbers throughout, since a double would round."""
    from pyspark.sql import functions as sf

    width = max(span, 1)
    return sf.expr(f"(time - pmod(time, {width}L)) div {width}L")


def _near_others(uses: DataFrame, span: int) -> DataFrame:
    """Uses in cells that hold, with the two cells beside them, uses by two accounts or more."""
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    placed = uses.withColumn("bucket", _bucket(span))
    cells = placed.groupBy(*OBJECT, "bucket").agg(
        sf.min("account").alias("lo"), sf.max("account").alias("hi")
    )
    beside = Window.partitionBy(*OBJECT).orderBy("bucket").rangeBetween(-1, 1)
    alive = cells.withColumn("lowest", sf.min("lo").over(beside)).withColumn(
        "highest", sf.max("hi").over(beside)
    )
    alive = alive.where("lowest < highest").select(*OBJECT, "bucket")
    return placed.join(alive, [*OBJECT, "bucket"], "left_semi").drop("bucket")


def pairs(uses: DataFrame, span: int) -> DataFrame:
    """Return each co-action once: a, b, high, low, first, last, and the uses' discount if any; `span` in µs."""
    from pyspark.sql import functions as sf

    placed = uses.withColumn("bucket", _bucket(span))
    more = [name for name in uses.columns if name == "discount"]
    left = placed.select(sf.col("account").alias("one"), *OBJECT, "bucket", sf.col("time").alias("at"), *more)
    right = placed.select(
        sf.col("account").alias("other"), *OBJECT, sf.col("time").alias("then"),
        sf.posexplode(sf.array(sf.col("bucket"), sf.col("bucket") - 1)).alias("later", "bucket"),
    )  # fmt: skip
    keys = [*OBJECT, "bucket"]
    busy = settled(_busy(placed))
    if not busy.isEmpty():
        left, right = _in_parts(left, right, busy)
        keys.append("part")
    lag = sf.abs(sf.col("then") - sf.col("at"))
    joined = left.join(right, keys).where(
        (sf.col("one") != sf.col("other"))
        & ((sf.col("later") == 1) | (sf.col("one") < sf.col("other")))
        & (lag <= span)
    )
    return joined.select(
        sf.least("one", "other").alias("a"), sf.greatest("one", "other").alias("b"), *OBJECT,
        sf.least("at", "then").alias("first"), sf.greatest("at", "then").alias("last"), *more,
    )  # fmt: skip


def _busy(placed: DataFrame) -> DataFrame:
    """Cells too large for one task: high, low, bucket, and into how many parts either side is cut.

    The left side of a cell is its own uses, the right side these and those of the next bucket.
    """
    from pyspark.sql import functions as sf

    cells = placed.groupBy(*OBJECT, "bucket").agg(sf.count("*").alias("uses"))
    both = cells.select(
        *OBJECT,
        sf.posexplode(sf.array(sf.col("bucket"), sf.col("bucket") - 1)).alias("later", "bucket"),
        "uses",
    )
    sides = both.groupBy(*OBJECT, "bucket").agg(
        sf.sum(sf.when(sf.col("later") == 0, sf.col("uses")).otherwise(0)).alias("own"),
        sf.sum("uses").alias("all"),
    )
    return sides.where(f"own > 0 AND all > {PART}").select(
        *OBJECT, "bucket", sf.expr(f"(own + {PART - 1}L) div {PART}L").alias("down"),
        sf.expr(f"(all + {PART - 1}L) div {PART}L").alias("across"),
    )  # fmt: skip


def _in_parts(left: DataFrame, right: DataFrame, busy: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Give each row the rectangles of its cell that it belongs to: a row of them, or a column."""
    from pyspark.sql import functions as sf

    cut = sf.broadcast(busy)
    keys = [*OBJECT, "bucket"]
    own = sf.expr("pmod(xxhash64(one, at), down)")
    row = sf.expr("sequence(0L, across - 1)")
    left = left.join(cut, keys, "left").withColumn(
        "part",
        sf.explode(
            sf.when(sf.col("down").isNull(), sf.array(sf.lit(0).cast("bigint"))).otherwise(
                sf.transform(row, lambda k: own * sf.col("across") + k)
            )
        ),
    )
    place = sf.expr("pmod(xxhash64(other, then), across)")
    column = sf.expr("sequence(0L, down - 1)")
    right = right.join(cut, keys, "left").withColumn(
        "part",
        sf.explode(
            sf.when(sf.col("down").isNull(), sf.array(sf.lit(0).cast("bigint"))).otherwise(
                sf.transform(column, lambda k: k * sf.col("across") + place)
            )
        ),
    )
    return left.drop("down", "across"), right.drop("down", "across")


def named(edges: DataFrame, names: DataFrame) -> DataFrame:
    """Return edges as the local engine writes them: account_a and account_b, the accounts' own ids, in their order."""
    from pyspark.sql import functions as sf

    one = names.select(sf.col("account").alias("a"), sf.col("name").alias("of_a"))
    other = names.select(sf.col("account").alias("b"), sf.col("name").alias("of_b"))
    found = edges.join(one, "a").join(other, "b")
    return found.select(
        sf.least("of_a", "of_b").alias("account_a"),
        sf.greatest("of_a", "of_b").alias("account_b"),
        "weight",
        "coactions",
        (sf.col("lags").cast("double") / sf.col("coactions").cast("double") / sf.lit(1e6)).alias("mean_lag"),
        (sf.col("least").cast("double") / sf.lit(1e6)).alias("min_lag"),
        sf.timestamp_micros("first").alias("first"),
        sf.timestamp_micros("last").alias("last"),
    ).orderBy("account_a", "account_b")


def write_edges(
    uses: SparkUses, window: float, out: str, *, min_weight: int = 1,
    count: Literal["objects", "uses"] = "objects",
) -> int:  # fmt: skip
    """Write the edges of `coactions` to a folder of Parquet files, in order; returns how many.

    out : a folder that isn't there yet, on any file system that Spark can write. Read in the order of their
    names its files are the table that the local engine writes. Raises UsageError where it exists.
    """
    from pyspark.errors import PySparkException

    session = uses.frame.sparkSession
    try:
        named(coded_edges(uses.frame, window, min_weight=min_weight, count=count), uses.names).write.parquet(
            out
        )
    except PySparkException as error:
        if "PATH_ALREADY_EXISTS" in str(error):
            raise UsageError(f"{out} exists already: name a folder that doesn't.") from None
        raise UsageError(f"Spark stopped: {first_line(error)}.") from error
    return session.read.parquet(out).count()
