"""The cluster engine on a real Spark of two cores: the same objects, edges and trials as on one machine.

Every run of Spark costs seconds whatever its size, so many small worlds go into one run, with names of their own.
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from chorusline import sources
from chorusline.actions import DOOR_SCHEMA
from chorusline.cli.main import app
from chorusline.coaction import coactions, spark, spark_session, spark_uses, with_names
from chorusline.config import Config
from chorusline.confirm.content import content_test
from chorusline.confirm.synchrony import synchrony_test
from chorusline.errors import InputError, UsageError
from chorusline.network.discovery import discover
from chorusline.traces import available
from tests.world import as_uses, headlines, world

LACKING = spark_session.missing()
needs_spark = pytest.mark.skipif(LACKING is not None, reason=f"no Spark here: {LACKING}")

MINUTE = 60.0
SMALL = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    # One compiler, one collector, no re-planning: a session that starts quickly and does little.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.adaptive.enabled": "false",
    "spark.driver.memory": "1g",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    session = spark_session.session(
        "local[2]", {**SMALL, "spark.local.dir": str(tmp_path_factory.mktemp("spark"))}
    )
    yield session
    session.stop()


def on_spark(session, uses) -> spark.SparkUses:
    """The uses as a cluster would have read them, object codes in place of digests."""
    frame = pa.table(
        {
            "account": uses.account.astype(np.int64), "high": np.zeros(len(uses), np.int64),
            "low": uses.object.astype(np.int64), "time": uses.time,
        }
    )  # fmt: skip
    names = pa.table({"account": np.arange(uses.n_accounts), "name": names_of(uses)})
    return spark.SparkUses(session.createDataFrame(frame).repartition(2), session.createDataFrame(names))


def names_of(uses) -> pa.Array:
    return pa.array([f"{k:06d}" for k in range(uses.n_accounts)])


def edges_on_spark(uses: spark.SparkUses, window: float, **more) -> pa.Table:
    return spark.named(spark.coded_edges(uses.frame, window, **more), uses.names).toArrow()


def same(found: pa.Table, wanted: pa.Table) -> bool:
    """Whether two tables of edges are equal to the last bit; Spark knows no column that can't be missing."""
    assert found.column_names == wanted.column_names
    return found.cast(wanted.schema).equals(wanted)


def small_worlds(seed: int, worlds: int = 150):
    """Worlds of a few accounts, objects and seconds, side by side: every way for two uses to lie."""
    rng = np.random.default_rng(seed)
    n = rng.integers(1, 40, worlds)
    which = np.repeat(np.arange(worlds), n)
    span = rng.choice([3, 40, 400], worlds)[which]
    account = which * 6 + rng.integers(0, rng.integers(1, 7, worlds)[which])
    objects = which * 4 + rng.integers(0, rng.integers(1, 5, worlds)[which])
    # Before 1970 as well, where whole-number division is apt to go wrong; and off the whole seconds.
    time = rng.integers(0, span) - 100 + rng.choice([0.0, 0.25, 0.999999], len(which))
    return as_uses(account, objects, time, worlds * 6)


@needs_spark
@pytest.mark.parametrize(
    ("window", "min_weight", "count", "part"),
    [(0, 1, "objects", 2_000), (5, 2, "objects", 3), (60, 3, "objects", 2_000), (5.5, 2, "uses", 4)],
)
def test_small_worlds_come_out_as_from_the_local_engine(
    running, monkeypatch, window, min_weight, count, part
):
    monkeypatch.setattr(spark, "PART", part)  # small parts: cells are cut wherever there is anything to cut
    uses = small_worlds(min_weight)
    wanted = with_names(coactions(uses, window, min_weight=min_weight, count=count), names_of(uses))
    assert wanted.num_rows > 50
    assert same(edges_on_spark(on_spark(running, uses), window, min_weight=min_weight, count=count), wanted)


@needs_spark
def test_pruning_reaches_its_fixpoint(running):
    uses = small_worlds(9)
    kept = spark.prune(on_spark(running, uses).frame, 5, 2).toArrow()
    assert 200 < kept.num_rows < len(uses)
    objects = kept.group_by("account").aggregate([("low", "count_distinct")])["low_count_distinct"]
    accounts = kept.group_by("low").aggregate([("account", "count_distinct")])["account_count_distinct"]
    assert pc.min(objects).as_py() == 2
    assert pc.min(accounts).as_py() == 2


@needs_spark
def test_a_viral_object_is_cut_over_many_tasks(running, monkeypatch):
    monkeypatch.setattr(spark, "PART", 100)
    rng = np.random.default_rng(3)
    viral, rest = 2_500, 2_000
    account = rng.integers(0, 300, viral + rest)
    objects = np.concatenate([np.zeros(viral, np.int64), rng.integers(1, 60, rest)])
    time = np.concatenate([rng.exponential(90, viral), rng.uniform(0, 3_000, rest)]).round(3)
    uses = as_uses(account, objects, time, 300)
    wanted = with_names(coactions(uses, MINUTE, min_weight=2), names_of(uses))
    frame = on_spark(running, uses)
    assert same(edges_on_spark(frame, MINUTE, min_weight=2), wanted)
    placed = frame.frame.withColumn("bucket", spark._bucket(60_000_000))
    busy = spark._busy(placed)
    most = max(row.down * row.across for row in busy.collect())
    assert most > 50
    left = placed.selectExpr("account AS one", "high", "low", "bucket", "time AS at")
    right = placed.selectExpr("account AS other", "high", "low", "time AS then", "bucket")
    for side in spark._in_parts(left, right, busy):
        load = side.groupBy("high", "low", "bucket", "part").count().agg({"count": "max"}).collect()[0][0]
        assert load < 2 * spark.PART, "a part holds what its share should be, give or take"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """A simulated world of which rows were collected twice."""
    folder = tmp_path_factory.mktemp("tiny") / "world"
    words = ["simulate", str(folder), "--preset", "tiny", "--seed", "7", "--fault", "duplicates:0.1"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    return folder / "actions.parquet"


@pytest.fixture(scope="module")
def read(tiny):
    return sources.read(tiny)


def local_rows(log, trace, config=None) -> list[tuple]:
    """Uses as (account's name, digest of the object, time)."""
    uses = trace.extract(log, config or Config())
    digest = spark_uses.digests(uses.objects, 2)[uses.object].tolist()
    names = np.array(log.names, dtype=object)[uses.account].tolist()
    return sorted(zip(names, map(tuple, digest), uses.time.tolist(), strict=True))


def spark_rows(uses: spark.SparkUses) -> list[tuple]:
    table = uses.frame.join(uses.names, "account").toArrow()
    digest = zip(table["high"].to_pylist(), table["low"].to_pylist(), strict=True)
    return sorted(zip(table["name"].to_pylist(), digest, table["time"].to_pylist(), strict=True))


# A simulated world has no mentions but those of replies; they are in the log made by hand below.
TRACES = sorted(name for name, trace in available().items() if trace.columns and name != "mention")


@needs_spark
@pytest.mark.parametrize("name", TRACES)
def test_traces_give_the_same_objects(running, tiny, read, name):
    trace = available()[name]
    wanted = local_rows(read, trace)
    assert len(wanted) > 200
    assert spark_rows(spark.read_uses(running, [str(tiny)], trace)) == wanted


def door(**columns) -> pa.Table:
    n = len(columns["account"])
    filled = {
        "post_id": [f"p{k}" for k in range(n)], "kind": ["post"] * n, "row": list(range(n)),
        "time": [1_700_000_000_000_000 + 1_000_000 * k for k in range(n)], **columns,
    }  # fmt: skip
    return pa.table(
        [
            pa.array(filled[f.name], pa.int64()).cast(f.type) if f.name == "time"
            else pa.array(filled[f.name], f.type) if f.name in filled else pa.nulls(n, f.type)
            for f in DOOR_SCHEMA
        ],
        schema=pa.schema([f.with_nullable(True) for f in DOOR_SCHEMA]),
    )  # fmt: skip


LONG = "the very same words, written by many of them"


@needs_spark
def test_what_a_trace_reads_off_the_whole_log_is_read_off_the_whole_log(running, tmp_path):
    """Reshares without ids, sites given apart, headlines, dirty ids, rows twice, lists over several rows."""
    account = [" a", "b", "123.0", "nan", "d", "e", "b", "b", "f", "g", None, "h"]
    table = door(
        account=account,
        kind=["Retweet", "RT ", "boost", "post", "post", "post", "post", "post", "reply", "quote", "post", "post"],
        text=[LONG, LONG.upper(), LONG, LONG, "another text of twenty letters", *["a headline that all copy"] * 3,
              LONG, LONG, LONG, "a headline that all copy"],
        links=[None, [], None, None, ["http://a.org/1?utm_source=x"], *[["https://www.b.org/2", "c.org"]] * 3,
               None, None, None, []],
        hashtags=[["#A"], ["a"], None, None, ["x", "X", "y"], *[["z"]] * 4, ["w", ""], ["w"], ["w", "v"]],
        mentions=[None] * 8 + [["@Q"], ["q"], ["q"], ["Q"]],
    )  # fmt: skip
    parts = door(account=["k", "k", "l"], post_id=["s", "s", None], time=[1_700_000_100_000_000] * 3,
                 hashtags=[["one"], ["two"], ["one"]])  # fmt: skip
    table = pa.concat_tables([table, table.slice(5, 3), parts, parts.slice(2)])
    path = tmp_path / "actions.parquet"
    pq.write_table(table, path, row_group_size=4)
    log = sources.read(path)
    for name in ("reshare", "text", "hashtag", "mention", "domain"):
        wanted = local_rows(log, available()[name])
        assert wanted
        assert spark_rows(spark.read_uses(running, [str(path)], available()[name])) == wanted, name
    assert len(local_rows(log, available()["reshare"])) == 3
    # One id of a reshared post, and texts don't stand in any more; one site apart, and links aren't looked at.
    more = door(account=["m", "n"], kind=["reshare"] * 2, post_id=["same", "p9"], reshare_of=["same", "o1"],
                domains=[None, ["News.org"]])  # fmt: skip
    more = more.set_column(more.column_names.index("kind"), "kind", pa.array(["reshare", "post"]))
    more = pa.concat_tables([more, door(account=["n"], kind=["reshare"], post_id=["p10"], reshare_of=["o1"])])
    pq.write_table(pa.concat_tables([table, more]), path, row_group_size=4)
    log = sources.read(path)
    for name, uses in (("reshare", 1), ("domain", 1)):
        wanted = local_rows(log, available()[name])
        assert len(wanted) == uses
        assert spark_rows(spark.read_uses(running, [str(path)], available()[name])) == wanted, name


@needs_spark
def test_two_accounts_with_one_code_are_told_apart(running, tiny, read, monkeypatch):
    names = spark_uses._names
    salts = []

    def watched(given, salt):
        salts.append(salt)
        found = names(given, salt)
        from pyspark.sql import functions as sf

        return found.withColumn("account", sf.pmod("account", sf.lit(50))) if salt == 0 else found

    monkeypatch.setattr(spark_uses, "_names", watched)
    trace = available()["reply"]
    assert spark_rows(spark.read_uses(running, [str(tiny)], trace)) == local_rows(read, trace)
    assert salts == [0, 1]


def as_case(log, folder: Path) -> Path:
    """The log as a case holds it."""
    folder.mkdir()
    name = log.accounts["name"].take(log.actions["account"])
    pq.write_table(log.actions.append_column("account_name", name), folder / "actions.parquet")
    return folder / "actions.parquet"


@needs_spark
def test_golden_edges_of_a_case(running, shared: Path, tmp_path):
    window = 60
    log = sources.read(shared / "data" / "coortweet" / "russian_coord_tweets.parquet")
    path = as_case(log, tmp_path / "case")
    uses = spark.read_uses(running, [path.as_uri()], available()["reshare"])
    found = edges_on_spark(uses, window, count="uses")
    wanted = with_names(
        coactions(available()["reshare"].extract(log, Config()), window, count="uses"), log.accounts["name"]
    )
    assert same(found, wanted)
    golden = pq.read_table(shared / "golden" / f"russian_coord_tweets_window{window}.parquet").to_pylist()
    theirs = {tuple(sorted((r["account_a"], r["account_b"]))): r["weight"] for r in golden}
    assert {(r["account_a"], r["account_b"]): r["weight"] for r in found.to_pylist()} == theirs


@needs_spark
def test_the_command_writes_what_the_local_engine_writes(running, tiny, tmp_path):
    words = ["edges", str(tiny), "--trace", "hashtag", "--window", "600", "--min-weight", "2", "--out"]
    here = CliRunner().invoke(
        app, [*words, str(tmp_path / "local.parquet"), "--quiet"], catch_exceptions=False
    )
    assert here.exit_code == 0
    out = tmp_path / "cluster.parquet"
    there = [*words, out.as_uri(), "--engine", "spark", "--master", "local[2]", "--json"]
    done = CliRunner().invoke(app, there, catch_exceptions=False)
    assert done.exit_code == 0
    wanted = pq.read_table(tmp_path / "local.parquet")
    assert json.loads(done.stdout)["edges"] == wanted.num_rows > 100
    assert same(pq.read_table(out), wanted)
    with pytest.raises(UsageError, match="exists already: name a folder that doesn't"):
        CliRunner().invoke(app, there, catch_exceptions=False)


@needs_spark
def test_tables_that_are_no_action_logs_are_refused_in_sentences(running, tmp_path):
    trace = available()["hashtag"]
    table = door(account=["a"], hashtags=[["x"]])
    column = table.column_names.index

    def refused(changed, sentence):
        pq.write_table(changed, tmp_path / "log.parquet")
        with pytest.raises(InputError, match=sentence):
            spark.read_uses(running, [str(tmp_path / "log.parquet")], trace)

    refused(table.drop_columns("hashtags"), "has no column 'hashtags': --engine spark reads Chorusline's own")
    refused(table.set_column(column("time"), "time", pa.array(["3/4/17"])), "holds no timestamps")
    refused(table.set_column(column("kind"), "kind", pa.array(["poem"])), "says 'poem' for the kind")
    with pytest.raises(InputError, match="can't be read as Parquet by Spark"):
        spark.read_uses(running, [str(tmp_path / "nowhere.parquet")], trace)


@needs_spark
def test_discovery_proposes_the_groups_of_one_machine(running):
    made = world(11, accounts=1_500, actions=9_000, interests=6, fans=40, planted=15).uses()
    other = world(
        12, accounts=1_500, actions=6_000, interests=6, fans=0, planted=15, starred=1, jitter=5
    ).uses()
    uses = {"reshare": made, "hashtag": other}
    traces = {name: available()[name] for name in uses}
    there = {name: on_spark(running, here) for name, here in uses.items()}
    from chorusline.network.spark import discover as on_cluster

    proposal, names = on_cluster(there, traces, Config(), resolution=1.0)
    wanted = discover(uses, traces, Config(), n_accounts=made.n_accounts, resolution=1.0)
    code = np.array([int(name) for name in names.to_pylist()])
    group = np.full(made.n_accounts, -1, dtype=np.int32)
    group[code] = proposal.group
    assert (group == wanted.group).all()
    assert (group >= 0).sum() >= 15
    for found, local in zip(proposal.layers, wanted.layers, strict=True):
        assert found.trace == local.trace
        assert found.edges.num_rows == local.edges.num_rows > 0
        for name in local.edges.column_names:
            ours = found.edges[name].to_numpy()
            assert np.array_equal(code[ours] if name in "ab" else ours, local.edges[name].to_numpy()), name


def grouped(session, n_accounts: int, size: int, seed: int):
    """Groups of some accounts, drawn: int32 [n_accounts], and as a frame."""
    rng = np.random.default_rng(seed)
    group = np.full(n_accounts, -1, dtype=np.int32)
    group[-size:] = 0
    group[rng.choice(n_accounts - size, size, replace=False)] = 1
    member = np.flatnonzero(group >= 0)
    return group, session.createDataFrame(
        pa.table({"account": member.astype(np.int64), "grp": group[member]})
    )


def as_trials(uses, tested, *columns) -> list[tuple]:
    own = [np.asarray(column).tolist() for column in columns]
    keys = (uses.account[tested.use].tolist(), uses.object[tested.use].tolist())
    return sorted(zip(*keys, tested.hit.tolist(), tested.chance.tolist(), *own, strict=True))


@needs_spark
@pytest.mark.parametrize(("reaction", "scheduled"), [(0.0, False), (600.0, True)])
def test_trials_of_synchrony_are_those_of_one_machine(running, reaction, scheduled):
    from chorusline.confirm import spark as cluster

    made = world(21, accounts=800, actions=6_000, interests=4, fans=30, planted=20)
    made.time[:] = np.where(np.arange(len(made.time)) % 9 == 0, made.time // 60 * 60, made.time)
    uses = made.uses()
    group, frame = grouped(running, uses.n_accounts, 20, 1)
    wanted = synchrony_test(uses, group, 60.0, 3600.0, 3.0, reaction, scheduled)
    found = cluster.synchrony_trials(
        on_spark(running, uses).frame, frame, 60.0, 3600.0, 3.0, reaction, scheduled
    )
    rows = sorted(
        zip(*(found[n].to_pylist() for n in ("account", "low", "hit", "chance", "time")), strict=True)
    )
    assert rows == as_trials(uses, wanted, uses.time[wanted.use])
    assert found.num_rows > 150
    assert wanted.hit.any()


@needs_spark
def test_trials_of_content_are_those_of_one_machine(running):
    from chorusline.confirm import spark as cluster

    uses = headlines(5, accounts=600, interests=5, posts=5_000, planted=15).uses()
    group, frame = grouped(running, uses.n_accounts, 15, 2)
    wanted = content_test(uses, group, 86_400.0, wire=60.0, common=0.001)
    found = cluster.content_trials(on_spark(running, uses).frame, frame, 86_400.0, wire=60.0, common=0.001)
    rows = sorted(
        zip(*(found[name].to_pylist() for name in ("account", "low", "hit", "chance")), strict=True)
    )
    local = as_trials(uses, wanted)
    assert [row[:3] for row in rows] == [row[:3] for row in local]
    # Votes are added up in another order there, so the last bits may differ.
    assert [row[3] for row in rows] == pytest.approx([row[3] for row in local], rel=1e-12)
    assert len(rows) > 200
    assert wanted.hit.any()


def test_objects_are_kept_whole_however_the_stream_is_cut():
    from chorusline.confirm.spark import _whole_objects

    low = np.repeat(np.arange(40), np.random.default_rng(0).integers(1, 30, 40))
    table = pa.table({"high": np.zeros(len(low), np.int64), "low": low, "row": np.arange(len(low))})
    for size in (1, 2, 7, 10_000):
        cut = list(_whole_objects(iter(table.to_batches(size))))
        assert pa.concat_tables(cut).equals(table)
        ends = [(part["low"][0].as_py(), part["low"][-1].as_py()) for part in cut]
        assert all(before[1] < after[0] for before, after in pairwise(ends))


def test_requests_that_do_not_fit_are_refused_in_sentences(tmp_path, monkeypatch):
    words = ["edges", "a/actions.parquet", "--engine", "spark", "--out"]

    def refused(more, sentence):
        with pytest.raises(UsageError, match=sentence):
            CliRunner().invoke(app, [*words, *more], catch_exceptions=False)

    refused(["e.csv"], "should end in .parquet: --engine spark writes a folder")
    refused(["e.parquet", "--map", "account=user"], "--map goes with the local engine only")
    refused(["e.parquet", "--spark-conf", "memory"], "--spark-conf takes NAME=VALUE")
    with pytest.raises(UsageError, match="go with spark"):
        CliRunner().invoke(app, ["edges", "a", "--out", "e.csv", "--master", "yarn"], catch_exceptions=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    if LACKING is None:
        refused(["e.parquet"], "needs Java 17 or later, and there is no `java` here")
        old = tmp_path / "java"
        old.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
        old.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
        refused(["e.parquet"], "`java` here is version 8")
    monkeypatch.setitem(sys.modules, "pyspark", None)
    refused(["e.parquet"], r"needs the package (pyspark|pandas).*pip install 'chorusline\[spark\]'")


@needs_spark
def test_near_duplicates_are_not_offered_and_the_sentence_says_what_is():
    words = ["edges", "a/actions.parquet", "--engine", "spark", "--trace", "near-text", "--out", "e.parquet"]
    with pytest.raises(
        UsageError, match=r"'near-text' is not offered on Spark.*equal texts are: --trace text"
    ):
        CliRunner().invoke(app, words, catch_exceptions=False)
