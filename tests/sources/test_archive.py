"""ZIP archives: each file an input, and no trick in them leads out of the folder they are unpacked into."""

from __future__ import annotations

import gzip
import os
import tempfile
import warnings
import zipfile
from pathlib import Path

import pytest
import zstandard

from chorusline import sources
from chorusline.errors import InputError
from chorusline.sources import opening

GOOD = "account,time,text\n" + "".join(f"a{i},2021-01-01T00:00:{i:02d}Z,text {i}\n" for i in range(20))


def packed(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def test_each_file_is_an_input_and_strangers_are_told(tmp_path) -> None:
    path = packed(
        tmp_path / "export.zip",
        **{
            "a/posts.csv": GOOD,
            "b/more.csv": GOOD.replace("a1", "b1"),
            "notes.md": "# notes",
            "__MACOSX/._a": "x",
        },
    )
    log = sources.read(path)
    assert [Path(given.path).relative_to(tmp_path).as_posix() for given in log.inputs] == [
        "export.zip/a/posts.csv", "export.zip/b/more.csv", "export.zip/notes.md",
    ]  # fmt: skip
    assert [given.format for given in log.inputs] == ["table", "table", "none"]
    assert {given.sha256 for given in log.inputs} == {opening.sha256(path)}
    assert "b1" in log.names
    assert str(tmp_path) in log.inputs[2].warnings[0]
    assert tempfile.gettempdir() + "/chorusline-" not in log.inputs[2].warnings[0]
    assert sources.recognise(path).reason == "an archive of 3 files, each read by itself"
    assert len(sources.read(tmp_path, keep=tmp_path / ".kept")) == len(log)
    assert len(sources.read(tmp_path, keep=tmp_path / ".kept")) == len(log)


@pytest.mark.parametrize(
    "name", ["../../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", "a/../../evil.csv", "\x1b[2J"]
)
def test_names_lead_nowhere(tmp_path, name) -> None:
    inside = tmp_path / "x" / "y"
    inside.mkdir(parents=True)
    log = sources.read(packed(inside / "t.zip", **{name: GOOD}))
    assert len(log) == 20
    shown = log.inputs[0].path
    assert shown.startswith(f"{inside}/t.zip/")
    assert ".." not in shown
    assert shown.isprintable()
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["t.zip"]
    assert not os.path.exists("/etc/evil.csv")


def test_links_in_an_archive_are_not_followed(tmp_path) -> None:
    info = zipfile.ZipInfo("posts.csv")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InputError, match=r"t\.zip/posts\.csv"):
        sources.read(tmp_path / "t.zip")


def test_an_archive_in_an_archive_is_told_and_not_read(tmp_path) -> None:
    inner = packed(tmp_path / "inner.zip", **{"p.csv": GOOD}).read_bytes()
    (tmp_path / "inner.zip").unlink()
    path = packed(
        tmp_path / "t.zip", **{"inner.zip": inner, "p.csv": GOOD, "p.gz": gzip.compress(GOOD.encode())}
    )
    log = sources.read(path)
    assert [given.format for given in log.inputs] == ["none", "table", "none"]
    assert "packed a second time" in log.inputs[0].warnings[0]
    with pytest.raises(InputError, match="packed a second time"):
        sources.read(packed(tmp_path / "u.zip", **{"inner.zip": inner}))


def test_locked_damaged_and_empty_archives(tmp_path) -> None:
    path = packed(tmp_path / "t.zip", **{"p.csv": GOOD})
    whole = bytearray(path.read_bytes())
    locked = bytearray(whole)
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(sign) + at] |= 1
    path.write_bytes(locked)
    with pytest.raises(InputError, match="locked with a password"):
        sources.read(path)
    whole[80:90] = b"\xff" * 10
    path.write_bytes(whole)
    with pytest.raises(InputError, match="can't be unpacked"):
        sources.read(path)
    with pytest.raises(InputError, match="holds no files"):
        sources.read(packed(tmp_path / "e.zip"))


@pytest.fixture
def small_belief(monkeypatch) -> None:
    """Bombs of a megabyte, so that the tests stay quick; the ratio is the real one."""
    monkeypatch.setattr(opening, "BELIEVED", 1 << 20)


@pytest.mark.usefixtures("small_belief")
@pytest.mark.parametrize("way", ["gzip", "zstd", "zip", "xlsx", "overlap"])
def test_what_swells_is_refused(tmp_path, way) -> None:
    filling = (GOOD + "x" * 4_000_000).encode()
    path = tmp_path / "bomb"
    if way == "gzip":
        path.write_bytes(gzip.compress(filling, 9))
    elif way == "zstd":
        path.write_bytes(zstandard.ZstdCompressor(level=19).compress(filling))
    elif way == "zip":
        packed(path, **{"p.csv": filling})
    elif way == "xlsx":
        packed(path, **{"[Content_Types].xml": "<Types/>", "xl/workbook.xml": filling})
    else:  # many names for the same bytes, each packed modestly
        packed(path, **{"p.csv": os.urandom(30_000).hex() * 20})
        content = path.read_bytes()
        start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
        entry, tail = content[start:end], bytearray(content[end:])
        tail[8:12] = (900).to_bytes(2, "little") * 2
        tail[12:16] = (900 * len(entry)).to_bytes(4, "little")
        path.write_bytes(content[:start] + entry * 900 + tail)
    with pytest.raises(InputError, match="200 times its own size") as error:
        sources.read(path)
    assert "\n" not in str(error.value)
