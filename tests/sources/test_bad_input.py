"""Whatever comes in: one sentence, nothing lost, and the good rows still read."""

from __future__ import annotations

import gzip
import json

import pytest
import zstandard

from chorusline import sources
from chorusline.errors import InputError, UsageError

GOOD = "account,time,text\n" + "".join(f"a{i},2021-01-01T00:00:{i:02d}Z,text {i}\n" for i in range(20))


def accounted(log) -> int:
    s = log.inputs[0]
    return s.rows_read + s.rows_set_aside + s.rows_repeated + s.rows_merged


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is a PNG picture"),
        (b"PK\x03\x04" + bytes(100), "begins as a ZIP archive but can't be read"),
        (bytes(range(256)) * 20, "is a binary file"),
        (b"PAR1" + b"\x00" * 50, "begins as a Parquet file but can't be read"),
        (b"account,time\n", "there are no rows"),
        (b"account,time\na,never\n", "all 1 rows were set aside, the first \\(row 2\\)"),
        (b"account,time\na,0\nb,1\n", "lies outside 1990 to 2100"),
        (b"   \n\n", "known|columns|empty"),
        (b"{}\n{}\n", "column|known"),
        (b"[]", "known|no rows|columns"),
    ],
)
def test_nothing_to_read_is_one_sentence(write, content, says) -> None:
    with pytest.raises(InputError, match=says) as error:
        sources.read(write(content))
    assert "\n" not in str(error.value)
    assert str(error.value).endswith(".")


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.csv doesn't exist"):
        sources.read(tmp_path / "nowhere.csv")


def test_an_empty_folder_and_no_input(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no files"):
        sources.read(tmp_path)
    with pytest.raises(UsageError, match="No input"):
        sources.read([])


def test_folder_of_strangers(write, tmp_path) -> None:
    write("# notes", "notes.md")
    with pytest.raises(InputError):
        sources.read(tmp_path)


def test_unknown_format(write) -> None:
    with pytest.raises(UsageError, match="no input format 'myspace'; the formats are"):
        sources.read(write(GOOD), format="myspace")
    with pytest.raises(InputError, match="doesn't look like the format 'x-archive'"):
        sources.read(write(GOOD), format="x-archive")


def test_truncated_last_line(write) -> None:
    log = sources.read(write(GOOD + "a99,2021-01-0"))
    assert len(log) == 20
    assert log.quarantine.to_pylist()[0]["reason"] == "2 cells where the header has 3"
    assert log.quarantine.to_pylist()[0]["row"] == 22
    assert log.quarantine.to_pylist()[0]["raw"] == "a99,2021-01-0"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_packed_file_that_breaks_off(write, pack) -> None:
    import random

    noise = random.Random(1)
    rows = [f"a{i},{1606451170 + i},{noise.getrandbits(200):x}\n" for i in range(20_000)]
    packed = pack(("account,time,text\n" + "".join(rows)).encode())
    log = sources.read(write(packed[: len(packed) * 2 // 3], "a.gz"))
    assert 5_000 < len(log) < 20_000
    assert any("breaks off" in w for w in log.inputs[0].warnings)
    assert 1 <= log.quarantine.num_rows <= 2
    last = max(log.actions["row"].to_pylist())
    assert log.quarantine["row"].to_pylist()[-1] == last + 1
    texts = dict(zip(log.actions["row"].to_pylist(), log.actions["text"].to_pylist(), strict=True))
    assert texts[last] == rows[last - 2].split(",")[2].strip()


def test_damaged_gzip(write) -> None:
    import random

    noise = random.Random(1)
    rows = [f"a{i},{1606451170 + i},{noise.getrandbits(200):x}\n" for i in range(50_000)]
    packed = bytearray(gzip.compress(("account,time,text\n" + "".join(rows)).encode()))
    packed[-20_000:-19_000] = b"\xff" * 1000
    log = sources.read(write(bytes(packed), "a.gz"))
    assert len(log) > 10_000
    assert any("packed data are damaged" in w or "breaks off" in w for w in log.inputs[0].warnings)


def test_open_quotation_mark_takes_only_its_own_line(write) -> None:
    lines = GOOD.splitlines(keepends=True)
    lines[5] = 'a4,2021-01-01T00:00:04Z,"he said\n'
    log = sources.read(write("".join(lines)))
    assert len(log) == 19
    aside = log.quarantine.to_pylist()[0]
    assert aside["row"] == 6
    assert "quotation mark" in aside["reason"]
    assert sorted(log.actions["row"].to_pylist()) == [r for r in range(2, 22) if r != 6]


def test_stray_quotation_marks_within_a_line_are_forgiven(write) -> None:
    log = sources.read(
        write(GOOD + 'b,2021-01-01T00:01:00Z,"he said "no" twice"\nc,2021-01-01T00:01:00Z,6" long\n')
    )
    assert len(log) == 22
    assert log.actions["text"].to_pylist()[20:] == ['he said no" twice"', '6" long']


def test_rows_too_long_and_too_short(write) -> None:
    log = sources.read(write(GOOD + "b,2021-01-01T00:01:00Z,x,y,z\nc\nd,2021-01-01T00:01:00Z,ok,,\n"))
    assert len(log) == 21
    assert log.quarantine["reason"].to_pylist() == [
        "5 cells where the header has 3",
        "1 cells where the header has 3",
    ]
    assert accounted(log) == 23


def test_duplicate_rows_are_listed(write) -> None:
    lines = GOOD.splitlines(keepends=True)
    log = sources.read(write(GOOD + lines[3] + lines[4]))
    assert len(log) == 20
    assert log.inputs[0].rows_repeated == 2
    assert log.quarantine.select(["row", "reason"]).to_pylist() == [
        {"row": 22, "reason": "repeated row"}, {"row": 23, "reason": "repeated row"},
    ]  # fmt: skip


def test_ten_megabytes_in_one_cell(write) -> None:
    log = sources.read(write(GOOD + f'big,2021-01-01T01:00:00Z,"{"x" * 10_000_000}"\n'))
    assert len(log) == 21
    assert len(log.actions["text"][20].as_py()) == 10_000_000


def test_ten_megabytes_in_a_bad_row_are_cut_in_the_quarantine(write) -> None:
    log = sources.read(write(GOOD + f'big,when,"{"x" * 10_000_000}"\n'))
    assert len(log.quarantine["raw"][0].as_py()) == 2000


def test_nul_bytes_are_taken_out(write) -> None:
    log = sources.read(write(GOOD + "n\0u,2021-01-01T01:00:00Z,a\0b\n"))
    assert len(log) == 21
    assert log.actions["text"][20].as_py() == "ab"
    assert any("2 NUL bytes" in w for w in log.inputs[0].warnings)


def test_binary_in_the_middle(write) -> None:
    more = GOOD + "".join(f"b{i},2021-01-01T01:00:00Z,text\n" for i in range(800))
    log = sources.read(write(more.encode() + bytes(range(1, 256)) + b"\nz,2021-01-01T02:00:00Z,end\n"))
    assert "z" in log.names
    assert log.inputs[0].rows_read == 821
    assert 1 <= log.quarantine.num_rows <= 5


def test_bad_json_lines(write) -> None:
    good = [json.dumps({"account": f"a{i}", "time": 1606451170 + i}) for i in range(5)]
    lines = [*good[:2], "{broken", '"a string"', "[1, 2]", "", *good[2:], '{"account": "x", "ti']
    log = sources.read(write("\n".join(lines), "a.jsonl"))
    assert len(log) == 5
    aside = log.quarantine.to_pylist()
    assert [a["row"] for a in aside] == [3, 4, 5, 10]
    assert all(a["reason"] for a in aside)
    assert accounted(log) == 9


def test_first_json_line_broken(write) -> None:
    good = [json.dumps({"account": f"a{i}", "time": 1606451170 + i}) for i in range(5)]
    log = sources.read(write("\n".join(['{"account": "x", "ti', *good]), "a.jsonl"))
    assert len(log) == 5
    assert log.quarantine["row"].to_pylist() == [1]


def test_json_list_that_breaks_off(write) -> None:
    text = json.dumps([{"account": f"a{i}", "time": 1606451170 + i} for i in range(50)])
    log = sources.read(write(text[:-20], "a.json"))
    assert len(log) == 49
    assert "breaks off" in log.quarantine["reason"][0].as_py()


def test_lone_surrogates_in_json(write) -> None:
    line = '[{"account": "a", "time": 1606451170, "text": "x \\ud83d y"}]'
    log = sources.read(write(line, "a.json"))
    assert len(log) == 1


def test_formula_cells_are_read_as_they_are(write) -> None:
    log = sources.read(write("account,time,text\n=1+1,2021-01-01T00:00:00Z,@SUM(A1)\n"))
    assert log.names == ["=1+1"]
    assert log.actions["text"][0].as_py() == "@SUM(A1)"


def test_only_mentions_is_still_a_text_of_its_own(write) -> None:
    log = sources.read(write("account,time,text\na,2021-01-01T00:00:00Z,@x @y\n"))
    assert log.actions["mentions"][0].as_py() == ["x", "y"]
    assert log.actions["links"][0].as_py() == []
