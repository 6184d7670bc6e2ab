"""The case's own actions looked at in other ways: variants run one after the other, their tables added to the case."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import chorusline
from chorusline import case as case_folder
from chorusline.actions import ActionLog
from chorusline.case import Case
from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation, confirm
from chorusline.errors import ChoruslineError
from chorusline.exports.pseudonyms import Key
from chorusline.extend import extend, needs_key
from chorusline.findings.sensitivity import (
    Moved,
    Variant,
    named_accounts,
    tables,
    top_objects,
    variants,
    with_settings,
)
from chorusline.traces import available, choose

Progress = Callable[[str, float], None]

BYTES_AN_ACTION, BYTES_AT_LEAST = 8_000, 600_000_000
"""Memory that one variant is reckoned to take: for each action, and in any case. Measured on the labelled archive."""


def sensitivity(
    folder: str | os.PathLike[str], *, quick: bool = False, workers: int = 1, blind: Key | None = None,
    command: str | None = None, progress: Progress | None = None,
) -> Case:  # fmt: skip
    """Run the variants of a case on its own actions, and put the case in its place with their tables and dossier.

    quick : about a third of the variants. workers : processes; with more than one, the calling program must be
    importable (as for any use of `multiprocessing`). blind : the key, where the page is blind. What is
    done is kept beside the case until all is, so that a run that was stopped goes on where it was.
    Returns the case as it is then.
    Raises CaseError where the folder is no case.
    """
    tell = progress or (lambda stage, share: None)
    case = Case.open(folder)
    needs_key(case, blind)
    named = named_accounts(case.table("accounts"))
    tried: list[Variant] = []
    if named.num_rows:
        objects = top_objects(case.table("evidence"), named["account"].to_pylist())
        used = [facts["trace"] for facts in case.manifest["traces"] if facts["uses"]]
        tried = variants(case.config, float(case.manifest["resolution"]), used, objects, quick=quick)
    kept = _Kept(case, named["account"].to_pylist())
    tell("variants", 0.0)
    for done in _run(case, tried, kept, workers):
        tell("variants", done / len(tried))
    moved = [kept.result(variant) for variant in tried]
    found = tables(named, tried, moved) if tried else {}
    manifest = {
        **case.manifest,
        "sensitivity": {"variants": len(tried), "quick": quick, "command": command},
    }
    result = extend(case, found, manifest, drop=tuple(case_folder.LATER), blind=blind)
    shutil.rmtree(kept.folder, ignore_errors=True)
    return result


def workers_that_fit(actions: int) -> int:
    """Return 2 where there are two processors and memory for two variants at a time, else 1."""
    if (os.cpu_count() or 1) < 2:
        return 1
    try:
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # not told on this system
        return 2 if actions < 500_000 else 1
    return 2 if 2 * max(BYTES_AN_ACTION * actions, BYTES_AT_LEAST) < free else 1


def moved_by(log: ActionLog, config: Config, variant: Variant, named: list[str]) -> Moved:
    """Run one variant on a log and say what it leaves of the accounts named, given by name."""
    settings = with_settings(config, variant.settings)
    codes = pc.index_in(pa.array(named, pa.string()), value_set=log.accounts["name"].combine_chunks())
    codes = np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)
    gone = np.zeros(log.accounts.num_rows, dtype=bool)
    keep = np.ones(len(log), dtype=bool)
    if variant.object is not None:
        trace, name = variant.object
        uses = available()[trace].extract(log, settings)
        here = pc.index(uses.objects, pa.scalar(name, pa.string())).as_py()
        keep[uses.action[uses.object == here]] = False
    if variant.accounts:
        gone = most_active(log, variant.accounts)
        keep &= ~gone[log.account_codes]
    rest = ActionLog(log.actions.filter(pa.array(keep)), log.accounts, log.inputs)
    found = _confirmed(rest, settings, log.background)
    return Moved(
        still=found.named[codes].tolist(), out=gone[codes].tolist(), e_value=found.e_value[codes].tolist(),
        q_value=found.q_value[codes].tolist(), new=int(found.named.sum() - found.named[codes].sum()),
    )  # fmt: skip


def most_active(log: ActionLog, share: float) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which accounts are the most active share of those with any action, bool [n_accounts]; ties by code.

    The background isn't counted among them.
    """
    actions = np.bincount(log.account_codes, minlength=log.accounts.num_rows)
    actions[log.background] = 0
    many = int(np.ceil(share * np.count_nonzero(actions)))
    result = np.zeros(len(actions), dtype=bool)
    result[np.lexsort((np.arange(len(actions)), -actions))[:many]] = True
    return result


def _confirmed(
    log: ActionLog, config: Config, background: np.ndarray[Any, np.dtype[np.bool_]]
) -> Confirmation:
    uses = {trace.name: trace.extract(log, config) for trace in choose(config.traces)}
    uses = {name: here for name, here in uses.items() if len(here)}
    traces = {trace.name: trace for trace in choose(config.traces) if trace.name in uses}
    return confirm(
        uses,
        traces,
        config,
        n_accounts=log.accounts.num_rows,
        resolution=log.resolution,
        background=background,
    )


class _Kept:
    """Results of variants, one file each, in a hidden folder beside the case.

    A file is named after all that its result hangs on, so that nothing is taken over from another case.
    """

    def __init__(self, case: Case, named: list[str]) -> None:
        self.named = named
        self.folder = case.folder.with_name(f".{case.folder.resolve().name}.sensitivity")
        self._of = hashlib.blake2b(
            json.dumps([chorusline.__version__, case.manifest["config"], named]).encode()
        )
        with (case.folder / "actions.parquet").open("rb") as stream:
            self._of.update(hashlib.file_digest(stream, "blake2b").digest())

    def place(self, variant: Variant) -> Path:
        words = self._of.copy()
        words.update(json.dumps(variant.as_dict()).encode())
        return self.folder / (words.hexdigest()[:32] + ".json")

    def put(self, variant: Variant, moved: Moved) -> None:
        self.folder.mkdir(exist_ok=True)
        place = self.place(variant)
        part = place.with_suffix(".part")
        part.write_text(json.dumps(moved.__dict__), "utf-8")
        part.replace(place)

    def result(self, variant: Variant) -> Moved:
        return Moved(**json.loads(self.place(variant).read_text("utf-8")))


def _run(case: Case, tried: list[Variant], kept: _Kept, workers: int) -> Iterator[int]:
    """Run the variants that aren't kept yet; yields how many are done after each."""
    missing = [variant for variant in tried if not kept.place(variant).exists()]
    done = len(tried) - len(missing)
    for variant, moved in _each(case, missing, kept.named, workers):
        kept.put(variant, moved)
        done += 1
        yield done


def _each(
    case: Case, missing: list[Variant], named: list[str], workers: int
) -> Iterable[tuple[Variant, Moved]]:
    if workers < 2 or len(missing) < 2:
        log = case.log() if missing else None
        for variant in missing:
            assert log is not None
            yield variant, moved_by(log, case.config, variant, named)
        return
    context = multiprocessing.get_context("spawn")
    given = (str(case.folder), named, workers)
    with ProcessPoolExecutor(workers, context, initializer=_open, initargs=given) as pool:
        waiting = {pool.submit(_work, variant): variant for variant in missing}
        try:
            for future in as_completed(waiting):
                yield waiting[future], future.result()
        except BrokenProcessPool:
            raise ChoruslineError(
                "A process of the sensitivity run was ended from outside, perhaps for want of memory. What is done "
                "is kept: the same command with --workers 1 goes on from there."
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_WORKER: dict[str, Any] = {}
"""What a worker process holds: the log, the config and the names, read once."""


def _open(folder: str, named: list[str], workers: int) -> None:
    import numba

    numba.set_num_threads(max(1, numba.get_num_threads() // workers))
    case = Case.open(folder)
    _WORKER.update(log=case.log(), config=case.config, named=named)


def _work(variant: Variant) -> Moved:
    return moved_by(_WORKER["log"], _WORKER["config"], variant, _WORKER["named"])
