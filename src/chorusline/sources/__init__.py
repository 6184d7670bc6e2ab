"""Exports of platforms in, actions out: one file for each format."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chorusline.errors import InputError, UsageError

if TYPE_CHECKING:
    from chorusline.actions import ActionLog, Batch, Input
    from chorusline.sources.archive import Part
    from chorusline.sources.base import Reading, Recognition, Source
    from chorusline.sources.kept import Kept

StrPath = str | os.PathLike[str]

ROOM, GROWTH = 1 << 30, 1000
"""Bytes of rows in memory from which a file's growth is looked at, and the growth from which it isn't believed."""


def read(
    paths: StrPath | Iterable[StrPath],
    *,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,
    timezone: str | None = None,
    keep: StrPath | None = None,
    background: StrPath | Iterable[StrPath] | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> ActionLog:
    """Read exports of any known format into one action log.

    paths : files, or folders and ZIP archives, of which all files are read. A file that one holds besides
        and no format knows is listed among the log's inputs with format "none" and a warning.
    mapping : field -> column, for tables whose columns can't be told by their names; "table" -> which table
        of a workbook or database.
    format : name of a format, where a file is not to be recognised by its content.
    timezone : zone of times that have none (IANA name); UTC when not given.
    keep : folder in which what is read of each file is kept, so that the same file isn't read again
        (docs/scale.md, "Adding a day"); it may be deleted at any time.
    background : files or folders with a sample of ordinary accounts, for comparison only (`ActionLog.background`).
    progress : called with the path and the rows drawn from it so far.

    Rows that can't be read are in the log's quarantine, each with its line and a reason.
    Raises InputError where a file can't be read at all or no row of it can, UsageError where the
    request doesn't fit.
    """
    from chorusline.actions import ActionLog, Input
    from chorusline.sources import archive
    from chorusline.sources.kept import Kept

    kept = Kept(Path(keep)) if keep is not None else None

    def opened(found: Iterator[Part]) -> list[Input]:
        inputs: list[Input] = []
        refused: InputError | None = None
        for part in found:
            try:
                if part.refused:
                    raise InputError(part.refused)
                source, reading, _ = _open(part.path, mapping, format, timezone, part.shown)
            except InputError as error:
                told = part.told(error)
                if part.named:
                    raise told from error
                refused = refused or told
                inputs.append(Input(part.shown, (), part.sha256, part.bytes, "none", {}, [str(told)]))
                continue
            inputs.append(_input(part, source, reading, kept))
        if refused is not None and all(given.format == "none" for given in inputs):
            raise refused
        return inputs

    apart = () if background is None else files(background)
    with archive.unpacked(files(paths)) as found, archive.unpacked(apart) as found_apart:
        # The background comes last: of a row that stands in both, the input's is kept.
        inputs, beside = opened(found), opened(found_apart)
        for given in beside:
            given.background = True
        log = ActionLog.build([*inputs, *beside], progress=progress)
    _refuse_empty(log)
    return log


def recognise(
    path: StrPath,
    mapping: Mapping[str, str] | None = None,
    *,
    format: str | None = None,
    timezone: str | None = None,
) -> Recognition:
    """Say what a file is taken for, which column is which, and how times are read, before it is read.

    Raises InputError where no format fits, UsageError where the mapping doesn't.
    """
    from chorusline.sources import archive
    from chorusline.sources.base import Recognition

    if archive.is_one(Path(path)):
        held = archive.readable(Path(path))
        return Recognition("zip", 1.0, f"an archive of {held:,} files, each read by itself", path=str(path))
    return _open(Path(path), mapping, format, timezone)[2]


def files(paths: StrPath | Iterable[StrPath]) -> list[tuple[Path, bool]]:
    """The files to read: those named (True), and all in the folders named (False), hidden ones aside.

    Raises InputError where one doesn't exist, a folder is empty, or none is given.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    found: list[tuple[Path, bool]] = []
    for path in map(Path, given):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
            if not inside:
                raise InputError(f"The folder {path} holds no files.")
            found.extend((inner, False) for inner in inside)
        elif path.exists():
            found.append((path, True))
        else:
            raise InputError(f"{path} doesn't exist.")
    if not found:
        raise UsageError("No input was named; name at least one file or folder.")
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def _open(
    path: Path,
    mapping: Mapping[str, str] | None,
    format: str | None,
    timezone: str | None,
    shown_as: str | None = None,
) -> tuple[Source, Reading, Recognition]:
    """Find the format of a file and what is to be done with it. shown_as : its name in sentences."""
    from dataclasses import replace

    from chorusline.sources import base, clock, columns, stores

    clock.Clock(timezone)
    asked = dict(mapping or {})
    table = asked.pop(stores.TABLE, None)
    for field in asked:
        if field not in columns.HINTS:
            raise UsageError(
                f"There is no field '{field}' to map; the fields are {', '.join(columns.HINTS)}."
            )
    shown_as = shown_as or str(path)
    reading = base.Reading(path, asked, timezone, table)
    head = reading.head
    candidates = [base.named(format)] if format else list(base.formats().values())
    verdicts = [(source.sniff(head), source) for source in candidates]
    found = [(verdict, source) for verdict, source in verdicts if verdict is not None]
    if not found:
        from chorusline.sources.table import refuse

        if format and head.bytes:
            raise InputError(f"{shown_as} doesn't look like the format '{format}' ({candidates[0].about}).")
        raise InputError(f"{shown_as} {refuse(head)}.")
    verdict, source = max(found, key=lambda pair: (pair[0].score, pair[1].name))
    shown = verdict.mapping
    if source.name == "table" or asked:
        from chorusline.sources import tabular

        present = tabular.header(head)
        if source.name == "table":
            shown = columns.match(present, asked)
            columns.require(shown_as, present, shown)
        elif asked and not head.json:
            shown = columns.overlay(present, shown, asked)
    return source, reading, replace(verdict, mapping=shown, zone=timezone or "UTC", path=shown_as)


def _input(part: Part, source: Source, reading: Reading, kept: Kept | None) -> Input:
    from chorusline.actions import Input

    given = Input(part.shown, (), part.sha256, part.bytes, source.name, reading.used)

    def batches() -> Iterator[Batch]:
        stored, filled = part.path.stat().st_size, 0
        drawn = source.read(reading) if kept is None else kept.batches(source, reading, part.digest)
        for batch in _told(drawn, part):
            filled += batch.actions.nbytes
            if filled > ROOM and filled > GROWTH * stored:
                raise InputError(
                    f"{part.shown} holds over {GROWTH:,} times its own size in rows, as a file does that was made to "
                    "fill memory; it was not read."
                )
            yield batch
        given.warnings.extend(reading.warnings())

    given.batches = batches()
    return given


def _told(batches: Iterator[Batch], part: Part) -> Iterator[Batch]:
    """Yield batches; in an error the file is called as the user knows it."""
    try:
        yield from batches
    except InputError as error:
        raise part.told(error) from error


def _refuse_empty(log: ActionLog) -> None:
    """Raise InputError where nothing at all could be read, with the first reason as an example."""
    if len(log):
        return
    aside = log.quarantine
    names = ", ".join(summary.path for summary in log.inputs)
    if aside is None or not aside.num_rows:
        noticed = " ".join(warning for summary in log.inputs for warning in summary.warnings)
        raise InputError(f"Nothing could be read from {names}: {noticed or 'there are no rows.'}")
    raise InputError(
        f"Nothing could be read from {names}: all {aside.num_rows:,} rows were set aside, the first (row "
        f"{aside['row'][0]}) because of this: {aside['reason'][0]}."
    )
