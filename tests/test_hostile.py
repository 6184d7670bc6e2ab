"""Inputs made to mislead or to break: each ends in a sentence, in the quarantine, or in a case that says so."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import chorusline
from chorusline import sources
from chorusline.config import Config
from chorusline.errors import ChoruslineError, InputError
from chorusline.sources.clock import Clock

GOOD = [f"a{i},2021-01-01T00:00:{i:02d}Z,text {i}\n" for i in range(20)]
HEADER = "account,time,text\n"


def written(folder: Path, *rows: str, name: str = "posts.csv") -> Path:
    path = folder / name
    path.write_text(HEADER + "".join((*GOOD, *rows)), "utf-8")
    return path


def test_times_that_are_none(tmp_path) -> None:
    """NaN, infinity, the years 1 and 9999, and what would wrap round 64 bits into our own years."""
    odd = [
        "NaN",
        "inf",
        "-Infinity",
        "1e999",
        "0001-01-01",
        "9999-12-31T23:59:60Z",
        "99999-01-01",
        "-62135596800",
    ]
    log = sources.read(written(tmp_path, *(f"b{k},{when},x\n" for k, when in enumerate(odd))))
    assert len(log) == 20
    assert sorted(log.quarantine["row"].to_pylist()) == list(range(22, 22 + len(odd)))
    assert any("9999" in reason or "10000" in reason for reason in log.quarantine["reason"].to_pylist())
    lines = [json.dumps({"account": "a", "time": "2021-01-01T00:00:00Z"}), '{"account": "b", "time": NaN}',
             '{"account": "c", "time": 1e400}', '{"account": "d", "time": ' + "9" * 5000 + "}"]  # fmt: skip
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    log = sources.read(tmp_path / "t.jsonl")
    assert log.names == ["a"]
    assert log.quarantine["row"].to_pylist() == [2, 3, 4]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_stored_times_never_wrap_round(unit, zone) -> None:
    """Whatever 64 bits stand in a column of times, what is read is that moment or none."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    good = 1_609_459_200
    counts = [
        good * per_second,
        good * per_second + 2**64 // 10**6 % 2**63,
        2**63 - 1,
        -(2**63) + 1,
        2**62,
        -(2**62),
    ]
    read = (
        Clock(zone).read(pa.array(counts, pa.int64()).cast(pa.timestamp(unit))).cast(pa.int64()).to_pylist()
    )
    assert abs(read[0] / 1e6 - good) <= 3600
    for count, micros in zip(counts, read, strict=True):
        assert (
            micros is None or abs(micros / 1e6 - count / per_second) <= 7200 + abs(count) / per_second * 1e-9
        )


@pytest.mark.parametrize(
    "column",
    [
        [[1], [2]],
        [{"a": 1}, {"b": 2}],
        [True, False],
        [b"\xff", b"\xfe"],
        [2**63 - 1, -(2**63)],
        [1e308, float("nan")],
    ],
)
def test_columns_of_the_wrong_kind(tmp_path, column) -> None:
    good = ["2021-01-01T00:00:00Z"] * 2
    for name, table in (
        ("time", {"account": ["a", "b"], "time": column}), ("account", {"account": column, "time": good}),
        ("text", {"account": ["a", "b"], "time": good, "text": column}),
        ("hashtags", {"account": ["a", "b"], "time": good, "hashtags": column}),
    ):  # fmt: skip
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
        try:
            assert len(sources.read(tmp_path / f"{name}.parquet")) <= 2
        except InputError:
            if name not in ("time", "account"):
                raise


def test_a_footer_that_lies_and_rows_out_of_nothing(tmp_path, monkeypatch) -> None:
    """A Parquet file that claims rows it doesn't have, and one whose rows are far larger than itself."""
    path = tmp_path / "t.parquet"
    n = 70_000
    pq.write_table(pa.table({"account": ["a"] * n, "time": ["2021-01-01T00:00:00Z"] * n}), path)
    whole = path.read_bytes()
    claimed, true = b"\xfe\xff\x7f", bytes([2 * n & 127 | 128, 2 * n >> 7 & 127 | 128, 2 * n >> 14])
    assert whole.count(true) >= 2
    path.write_bytes(whole.replace(true, claimed))
    given = sources.read(path).inputs[0]  # the rows that are there are read, whatever the footer says
    assert given.rows_read + given.rows_repeated == n
    duckdb.sql(
        "copy (select 'a' || (i % 3) as account, timestamp '2021-01-01' as time, repeat('x', 200) as text "
        f"from range(60000) t(i)) to '{path}' (format parquet)"
    )
    monkeypatch.setattr(sources, "ROOM", 1 << 20)
    with pytest.raises(InputError, match="over 1,000 times its own size"):
        sources.read(path)


def test_lines_without_end_and_nesting_without_end(tmp_path, monkeypatch) -> None:
    from chorusline.sources import delimited, jsonlines, opening

    assert opening.LINE == 64 << 20
    monkeypatch.setattr(opening, "LINE", 1 << 12)
    path = written(tmp_path, f"b,2021-01-02,{'x' * 9000}\n", "c,2021-01-02,good\n")
    log = sources.read(path)
    assert len(log) == 21
    assert log.quarantine.select(["row", "reason"]).to_pylist() == [{"row": 22, "reason": delimited.TOO_LONG}]
    good = json.dumps({"account": "a", "time": "2021-01-01T00:00:00Z"})
    deep = "[" * 100_000
    (tmp_path / "a.jsonl").write_text(
        f'{good}\n{good[:-1]}, "x": {"y" * 9000}\n{deep[:3000]}\n' + good.replace("a", "b", 2)
    )
    log = sources.read(tmp_path / "a.jsonl")
    assert log.inputs[0].rows_set_aside >= 2
    (tmp_path / "b.json").write_text(f'[{good}, {{"x": {deep}')
    log = sources.read(tmp_path / "b.json")
    assert log.names == ["a"]
    assert log.quarantine["reason"].to_pylist() == [jsonlines.TOO_DEEP]


def test_memory_stays_bounded_on_a_bomb(tmp_path) -> None:
    """A gigabyte of one letter in a megabyte of gzip, read in a process that may take 1.5 GB, ends in exit code 3."""
    import gzip

    with gzip.open(tmp_path / "bomb.csv.gz", "wb", 9) as out:
        out.write(HEADER.encode())
        for _ in range(300):
            out.write(b"x" * (1 << 20))
    code = "from chorusline.cli.main import run; run()"

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (3 << 29, 3 << 29))

    call = [sys.executable, "-c", code, "inspect", str(tmp_path / "bomb.csv.gz")]
    done = subprocess.run(call, capture_output=True, text=True, timeout=120, preexec_fn=limited)
    assert done.returncode == 3, done.stderr[-500:]
    assert "200 times its own size" in done.stderr
    assert "Traceback" not in done.stderr


ODD_NAMES = ["ad\u202emin", "ad\u200bmin", "admin", "<script>alert(1)</script>", '=HYPERLINK("http://x")', "a\x1b[2Jb",
             "' or 1=1 --", "../../etc", "ﷺ" * 50, "\u0000z"]  # fmt: skip


@pytest.fixture(scope="module")
def one_sided(tmp_path_factory) -> chorusline.Case:
    """One account with half of all rows, all rows at one second, names made to mislead, investigated."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = []
    for k in range(120):
        name = "loud" if k % 2 else ODD_NAMES[k // 2 % len(ODD_NAMES)]
        text = f"<img src=x onerror=alert(1)> \u202etxt {k % 5} =cmd|' /C calc'!A0 #tag{k % 3}"
        rows.append(
            json.dumps(
                {"account": name, "handle": name, "time": 1_609_459_200, "text": text, "post_id": str(k)}
            )
        )
    (folder / "posts.jsonl").write_text("\n".join(rows))
    return chorusline.investigate(folder / "posts.jsonl", folder / "case", config=Config(splits=1))


def test_one_loud_account_and_one_second_name_nobody(one_sided) -> None:
    assert one_sided.manifest["counts"]["accounts_named"] == 0
    assert one_sided.manifest["counts"]["actions"] == 120
    assert one_sided.manifest["counts"]["accounts"] == len(ODD_NAMES) + 1


def test_names_stay_apart_and_carry_nothing_out(one_sided) -> None:
    names = pq.read_table(one_sided.folder / "accounts.parquet")["name"].to_pylist()
    assert {"ad\u202emin", "ad\u200bmin", "admin"} < set(names)
    page = (one_sided.folder / "dossier.html").read_text("utf-8")
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page
    for path in one_sided.folder.rglob("*.csv"):
        for line in path.read_text("utf-8").splitlines():
            assert not line.startswith(("=", "@", "+")), path


@pytest.mark.parametrize("seed", range(3))
def test_random_tables_end_in_a_log_or_a_sentence(tmp_path, seed) -> None:
    """Columns of random kinds under the names we know."""
    rng = np.random.default_rng(seed)
    kinds = (
        lambda n: rng.integers(-(2**62), 2**62, n), lambda n: rng.normal(size=n) * 10.0 ** rng.integers(-300, 300),
        lambda n: [None] * n, lambda n: [[["x"]]] * n, lambda n: rng.integers(0, 2**31, n).astype("datetime64[s]"),
        lambda n: [str(x) for x in rng.integers(0, 9, n)], lambda n: [{"k": "v"}] * n, lambda n: [b"\x00\xff"] * n,
    )  # fmt: skip
    for k in range(15):
        names = [
            "account",
            "time",
            "text",
            "hashtags",
            "links",
            "reshare_of",
            "kind",
            "language",
            "media",
            "post_id",
        ]
        table = pa.table({name: pa.array(kinds[rng.integers(len(kinds))](7)) for name in names})
        pq.write_table(table, tmp_path / f"{k}.parquet")
        said = ""
        try:
            assert len(sources.read(tmp_path / f"{k}.parquet")) <= 7
        except ChoruslineError as error:
            said = str(error)
        assert "\n" not in said
