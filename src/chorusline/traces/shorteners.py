"""Link shorteners: which hosts are known to be some, and a user's table of what their links stand for.

Nothing is fetched: asking a shortener tells its owner, and often the link's maker, that somebody looks.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.errors import UsageError

_SHORT = """
t.co bit.ly bitly.com j.mp ow.ly tinyurl.com goo.gl dlvr.it ift.tt buff.ly is.gd v.gd fb.me lnkd.in trib.al youtu.be
shar.es wp.me tiny.cc cutt.ly rb.gy shorturl.at t.ly rebrand.ly soo.gd s.id clck.ru vk.cc goo.su amzn.to nyti.ms
wapo.st reut.rs cnn.it bbc.in gu.com aje.io zpr.io po.st adf.ly ln.is snip.ly mcaf.ee flip.it sco.lt paper.li
tmblr.co disq.us 1drv.ms yhoo.it on.wsj.com econ.st hubs.ly owl.li su.pr
"""
HOSTS = frozenset(_SHORT.split())
"""Hosts whose links stand for others; used to count what is left unresolved, never to decide anything."""

_LONGEST_WAY = 10
_COLUMNS = {"short", "long"}


@lru_cache(maxsize=4)
def table(path: str, stamp: tuple[int, int] | None = None) -> tuple[dict[str, str], str]:
    """Read a user's CSV or TSV of short and long links; returns short -> long, and the file's SHA-256.

    The first line names the columns `short` and `long`; others are passed over. stamp : changes with the file.
    Raises UsageError where the file isn't there or isn't such a table, with the line.
    """
    try:
        raw = Path(path).read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"The table of shorteners {path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The table of shorteners {path} isn't UTF-8: save it as CSV in UTF-8.") from None
    lines = text.splitlines()
    mark = "\t" if lines and "\t" in lines[0] else ","
    reader = csv.reader(lines, delimiter=mark)
    head = [name.strip().lower() for name in next(reader, [])]
    if not set(head) >= _COLUMNS:
        raise UsageError(
            f"The table of shorteners {path} must begin with a line that names the columns short and long; it "
            f"begins with {', '.join(head)[:200] or 'nothing'}."
        )
    at_short, at_long = head.index("short"), head.index("long")
    found: dict[str, str] = {}
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(at_short, at_long) or not row[at_short].strip() or not row[at_long].strip():
            raise UsageError(f"Line {reader.line_num} of {path} has no short or no long link; give both.")
        key, target = _key(row[at_short]), row[at_long].strip()
        if found.setdefault(key, target) != target:
            raise UsageError(
                f"Line {reader.line_num} of {path} gives {row[at_short].strip()[:200]} a second meaning; leave one."
            )
    return found, hashlib.sha256(raw).hexdigest()


def given(config: Config) -> dict[str, str]:
    """Return the user's table of the config, empty where there is none. Raises UsageError as `table` does."""
    return _given(config)[0]


def _given(config: Config) -> tuple[dict[str, str], str]:
    if config.shorteners is None:
        return {}, ""
    try:
        state = Path(config.shorteners).stat()
        stamp = (state.st_mtime_ns, state.st_size)
    except OSError:
        stamp = None
    return table(config.shorteners, stamp)


def resolve(url: str, known: dict[str, str]) -> str:
    """Return what a link stands for by the table, step by step; itself where the table doesn't know it."""
    if not known:
        return url
    for _ in range(_LONGEST_WAY):
        target = known.get(_key(url))
        if target is None:
            return url
        url = target
    return url


def resolve_all(urls: pa.Array, known: dict[str, str]) -> pa.Array:
    """Return `resolve` of each link [n], null for null."""
    if not known:
        return urls
    return pa.array([None if url is None else resolve(url, known) for url in urls.to_pylist()], pa.string())


def host(url: str) -> str:
    """Return the host of a link in lower case without www., or nothing."""
    url = url.strip()
    try:
        name = urlsplit(url if "//" in url else "http://" + url).hostname or ""
    except ValueError:
        return ""
    return name.removeprefix("www.").rstrip(".")


def _key(url: str) -> str:
    """Make one of the ways to write a short link; its path knows upper case."""
    url = url.strip()
    bare = url.partition("://")[2] or url.removeprefix("//")
    place, slash, path = bare.partition("/")
    return place.lower().removeprefix("www.") + slash + path.partition("#")[0].rstrip("/")


def notes(log: ActionLog, config: Config) -> tuple[str, ...]:
    """Say how many short links stay unresolved, and what that hides; and what table was used."""
    known, digest = _given(config)
    left: Counter[str] = Counter()
    links = resolved = 0
    for url, count in _own_links(log):
        links += count
        target = resolve(url, known)
        resolved += count if target is not url else 0
        if (place := host(target)) in HOSTS:
            left[place] += count
    said = []
    if known:
        said.append(
            f"{resolved:,} links were resolved by the table {config.shorteners} ({len(known):,} entries, SHA-256 "
            f"{digest[:12]}…)."
        )
    if left:
        most = ", ".join(name for name, _ in sorted(left.items(), key=lambda item: (-item[1], item[0]))[:3])
        said.append(
            f"{left.total():,} of {links:,} links are short links ({most}) that are kept as they are: two of them "
            "to one page look different. A table of what they stand for can be given with --set shorteners=FILE."
        )
    return tuple(said)


def _own_links(log: ActionLog) -> Iterable[tuple[str, int]]:
    """Distinct links that accounts posted themselves, and how often."""
    lists = log.actions["links"].combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy(zero_copy_only=False)
    own = log.kinds[rows.astype("int64")] != KINDS.index("reshare")
    counted = pc.value_counts(pc.drop_null(pc.list_flatten(lists).filter(own)))
    return zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
