"""Uses that don't fit into memory: sorted by DuckDB within its limit, streamed, pruned, and kept as blocks on disk.

    files --(numbers, sort: DuckDB)--> run of uses by (object, time) --(passes: prune)--> --(split)--> blocks

A pass reads a run a slice at a time; what a slice needs of its neighbours is carried over. Each step leaves a file or
a note when it is whole, so that a run that was stopped goes on from there.
"""

from __future__ import annotations

import itertools
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
from numba import njit
from pyarrow import feather

from chorusline.coaction import direct
from chorusline.coaction.asked import microseconds
from chorusline.coaction.blocks import RECORD, USE_BYTES, OnDisk, cut
from chorusline.coaction.direct import Direct
from chorusline.coaction.kernel import Array
from chorusline.coaction.local import BLOCKS, FIXED, Counting
from chorusline.coaction.memory import resident
from chorusline.coaction.prune import others_near

SLICE = 2_000_000
"""Uses that are in memory at a time."""

_SHARE = 0.4
# Of the budget that two blocks and their windows may take.


def arrange(
    found: Direct, window: float, min_weight: int, count: Literal["objects", "uses"], memory: int, folder: Path,
    key: str,
) -> tuple[Counting, pa.Array, int] | None:  # fmt: skip
    """Arrange uses on disk, in `folder`/uses: what is counted, accounts' names, and how many uses there were.

    None where the files can't be read directly after all. What an earlier call with the same key finished is taken
    over; anything else in the place is thrown away.
    """
    place, span = folder / "uses", microseconds(window)
    sorted_, arranged = place / "sorted.json", place / "arranged.json"
    if _noted(arranged) != key:
        if _noted(sorted_) != key:
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            if not _sort(found, memory, place):
                shutil.rmtree(place)
                return None
            _note(sorted_, key)
        names = _names(place)
        left = _prune(place, len(names), min_weight if count == "objects" else 1, span)
        _split(left, len(names), memory, place)
        _note(arranged, key)
        for path in place.glob("run*"):
            path.unlink()
    sizes = np.load(place / "sizes.npy").tolist()
    blocks = OnDisk(np.load(place / "accounts.npy"), np.load(place / "cuts.npy"), place, tuple(sizes[1:]))
    one = np.full(1, FIXED, np.int64)
    counting = Counting(blocks, span, min_weight, count == "uses", one, sum(blocks.uses))
    return counting, _names(place), sizes[0]


def _sort(found: Direct, memory: int, place: Path) -> bool:
    """Write all uses as one run, and the accounts' names; False where the files can't be read directly."""
    with direct.opened(found, (memory - resident()) // 2, place) as connection:
        if connection is None:
            return False
        names = connection.sql("SELECT word FROM names ORDER BY code").to_arrow_table()
        feather.write_feather(names, str(place / "names.arrow"), compression="uncompressed")
        del names
        rows = connection.sql("SELECT object, account, time FROM uses ORDER BY object, time, account")
        last, begun, again = np.empty(0, RECORD), 0, []
        with (place / "run").open("wb") as stream:
            for batch in rows.to_arrow_reader(SLICE // 4):
                records = np.empty(len(last) + batch.num_rows, RECORD)
                records[: len(last)] = last
                for name in ("object", "account", "time"):
                    records[name][len(last) :] = batch.column(name).to_numpy()
                mask = direct.repeated(records["object"], records["account"], records["time"])
                places = np.flatnonzero(mask)
                again.append((places + begun - len(last), records[places]))
                records[len(last) :].tofile(stream)
                begun += batch.num_rows
                last = records[-1:]
        del rows
        places, ties = (np.concatenate(each) for each in zip(*again, strict=True))
        if len(ties):
            columns = (np.ascontiguousarray(ties[name]) for name in ("object", "account", "time"))
            spare = direct.spare(connection, found, *columns)
            if spare is None:
                return False
            places = places[spare]
        np.save(place / "skipped.npy", places)
    (place / "uses.duckdb").unlink(missing_ok=True)
    shutil.rmtree(place / "spill", ignore_errors=True)
    return True


def _prune(place: Path, n_accounts: int, min_weight: int, window: int) -> Path:
    """Leave out what can't reach the weight, pass after pass, to the fixpoint of prune.prune; returns the last run."""
    left, fits = place / "run", np.ones(n_accounts, np.bool_)
    skipped = np.load(place / "skipped.npy")
    for number in itertools.count():
        objects_of, latest = np.zeros(n_accounts, np.int64), np.full(n_accounts, -1, np.int32)
        after, kept = place / f"run{number}", 0
        with after.open("wb") as stream:
            for near in _near(_slices(left, skipped, fits), window):
                _add_objects(near["object"].copy(), near["account"].copy(), latest, objects_of)
                near.tofile(stream)
                kept += len(near)
        before = left.stat().st_size // RECORD.itemsize
        if number:
            left.unlink()
        left, fits, skipped = after, objects_of >= min_weight, skipped[:0]
        if kept == before and fits[objects_of > 0].all():
            return left
    raise AssertionError  # pragma: no cover


def _slices(run: Path, skipped: Array, fits: Array) -> Iterator[Array]:
    """Give a run in slices, without the uses at the places `skipped` and those of accounts that don't fit."""
    for at in range(0, run.stat().st_size // RECORD.itemsize, SLICE):
        records = np.fromfile(run, RECORD, SLICE, offset=at * RECORD.itemsize)
        keep = fits[records["account"]]
        inside = (skipped >= at) & (skipped < at + len(records))
        keep[skipped[inside] - at] = False
        yield records[keep]


def _near(slices: Iterator[Array], window: int) -> Iterator[Array]:
    """Give the uses that another account's use of the object is near, of a run that comes in slices."""
    held, decided = np.empty(0, RECORD), 0
    for records in itertools.chain(slices, (None,)):
        if records is not None:
            held = np.concatenate([held, records])
        if not len(held):
            continue
        objects, account, time = (held[name].copy() for name in ("object", "account", "time"))
        # What is near the end of the slice may have neighbours in the next.
        until = len(held) if records is None else _within(objects, time, len(held) - 1, window)
        near = np.zeros(len(held), np.bool_)
        others_near(account, objects, time, np.arange(len(held)), window, near)
        yield held[decided:until][near[decided:until]]
        begin = _within(objects, time, until, window) if until < len(held) else len(held)
        held, decided = held[begin:], until - begin


def _split(run: Path, n_accounts: int, memory: int, place: Path) -> None:
    """Number accounts by activity and write the uses of each block of them to a file."""
    activity = np.zeros(n_accounts, np.int64)
    nothing, all_ = np.empty(0, np.int64), np.ones(n_accounts, np.bool_)
    for records in _slices(run, nothing, all_):
        activity += np.bincount(records["account"], minlength=n_accounts)
    order = np.argsort(-activity, kind="stable")[: int(np.count_nonzero(activity))]
    number = np.zeros(n_accounts, np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    need = int(activity.sum()) * 2 * USE_BYTES / (_SHARE * memory)
    cuts = cut(activity[order], max(BLOCKS, math.ceil(need)))
    with ExitStack() as stack:
        files = [stack.enter_context(OnDisk.file(place, k).open("wb")) for k in range(len(cuts) - 1)]
        for records in _slices(run, nothing, all_):
            records["account"] = number[records["account"]]
            for stream, first, last in zip(files, cuts[:-1], cuts[1:], strict=True):
                inside = (records["account"] >= first) & (records["account"] < last)
                records[inside].tofile(stream)
    uses = [OnDisk.file(place, k).stat().st_size // RECORD.itemsize for k in range(len(cuts) - 1)]
    all_uses = (place / "run").stat().st_size // RECORD.itemsize - len(np.load(place / "skipped.npy"))
    np.save(place / "sizes.npy", np.array([all_uses, *uses]))
    np.save(place / "accounts.npy", order.astype(np.int32))
    np.save(place / "cuts.npy", cuts)


@njit(cache=True, nogil=True)
def _within(objects: Array, time: Array, at: int, window: int) -> int:  # pragma: no cover
    """The first place of the same object within `window` before the use at `at`."""
    i = at
    while i > 0 and objects[i - 1] == objects[at] and time[at] - time[i - 1] <= window:
        i -= 1
    return i


@njit(cache=True, nogil=True)
def _add_objects(
    objects: Array, account: Array, latest: Array, objects_of: Array
) -> None:  # pragma: no cover
    """Count distinct objects of each account over slices of a run. latest : int32 [accounts], the last one seen."""
    for p in range(len(objects)):
        if latest[account[p]] != objects[p]:
            latest[account[p]] = objects[p]
            objects_of[account[p]] += 1


def _names(place: Path) -> pa.Array:
    names = feather.read_table(str(place / "names.arrow"), memory_map=False)["word"]
    return names.combine_chunks().cast(pa.string())


def _noted(path: Path) -> str | None:
    return str(json.loads(path.read_text("utf-8"))["key"]) if path.exists() else None


def _note(path: Path, key: str) -> None:
    aside = path.with_suffix(".unfinished")
    aside.write_text(json.dumps({"key": key}), "utf-8")
    aside.rename(path)
