"""The main job: from exports to a case with a dossier."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import chorusline
from chorusline import case as case_folder
from chorusline import sources
from chorusline.actions import ActionLog
from chorusline.case import Case
from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.dossier.tables import write_csv
from chorusline.exports.blind import write_page
from chorusline.exports.pseudonyms import Key
from chorusline.extend import put_tables
from chorusline.findings import Findings, assemble
from chorusline.operation import choose as choose_analyses
from chorusline.operation.crews import crews_of
from chorusline.operation.direction import raised
from chorusline.operation.pushed import uses_of_trace
from chorusline.operation.run import run
from chorusline.sources import StrPath
from chorusline.traces import choose
from chorusline.traces.base import Trace, Uses

Progress = Callable[[str, float], None]
"""Called with the name of the stage and the share of it that is done."""

FEW_OUTSIDERS = 100
"""Accounts in no proposed group below which the case says that there are few to compare with."""

_LIBRARIES = ("numpy", "scipy", "numba", "pyarrow", "duckdb", "graspologic-native")


def investigate(
    inputs: StrPath | Iterable[StrPath] | ActionLog,
    out: StrPath,
    *,
    config: Config | None = None,
    mapping: Mapping[str, str] | None = None,
    format: str | None = None,
    timezone: str | None = None,
    keep: StrPath | None = None,
    background: StrPath | Iterable[StrPath] | None = None,
    blind: Key | None = None,
    command: str | None = None,
    progress: Progress | None = None,
) -> Case:
    """Read exports, find which accounts act in concert, confirm it, and write a case folder.

    inputs : files or folders (see `read` for mapping, format, timezone, keep and background), or a log read
        before, which has its background with it.
    out : the case folder; an older case there is replaced when the new one is whole.
    blind : key under which the page has pseudonyms in place of names (exports.pseudonyms); the tables keep the names.
    command : how the run can be repeated, for the dossier. progress : called with stage and share done.
    Returns the case. Raises InputError where nothing could be read, UsageError where the request doesn't
    fit, CaseError where `out` is taken by something else.
    """
    config = config or Config()
    tell = progress or (lambda stage, share: None)
    case_folder.check_place(out)
    chosen = choose(config.traces)
    choose_analyses(config.analyses)
    tell("reading", 0.0)
    read = not isinstance(inputs, ActionLog)
    log = inputs if isinstance(inputs, ActionLog) else sources.read(
        inputs, mapping=mapping, format=format, timezone=timezone, keep=keep, background=background
    )  # fmt: skip
    tell("reading", 1.0)
    _give_back()
    findings, uses, inside = find(log, config, tell)
    manifest = {**_manifest(log, chosen, uses, findings, config, command), "operation": inside}
    if read:
        manifest["reading"] = {"mapping": dict(mapping or {}), "format": format, "timezone": timezone}
    if blind is not None:
        manifest["blind"] = True
    return _write(Path(out), log, findings, manifest, tell, blind)


def find(
    log: ActionLog, config: Config, progress: Progress | None = None
) -> tuple[Findings, dict[str, Uses], dict[str, dict[str, Any]]]:
    """Return what a log shows under a config, the uses of each trace that it has any of, and the record of the
    analyses (operation.run); nothing is written."""
    tell = progress or (lambda stage, share: None)
    chosen, analyses = choose(config.traces), choose_analyses(config.analyses)
    uses = _extract(log, chosen, config, tell)
    traces = {trace.name: trace for trace in chosen if trace.name in uses}
    confirmation = confirm(
        uses, traces, config,
        n_accounts=log.accounts.num_rows, resolution=log.resolution, background=log.background,
        progress=lambda share: tell("finding and confirming groups", share),
    )  # fmt: skip
    tell("writing", 0.0)
    findings = assemble(log, uses, traces, confirmation, config, log.resolution)
    crews = crews_of(log, findings.tables["accounts"], config, findings.tables["resembling"])
    inside = run(analyses, crews, progress=lambda share: tell("looking inside the groups", share))
    tables = raised({**findings.tables, **inside.tables}, config)
    return Findings(tables, findings.counts), uses, inside.record


def _extract(log: ActionLog, chosen: list[Trace], config: Config, tell: Progress) -> dict[str, Uses]:
    """Uses of each trace that the data have any of."""
    uses = {}
    for k, trace in enumerate(chosen):
        tell("reading traces", k / len(chosen))
        found = uses_of_trace(trace.name, log, config)
        if len(found):
            uses[trace.name] = found
        _give_back()
    tell("reading traces", 1.0)
    return uses


def _give_back() -> None:
    """Have Arrow give memory that it keeps for later back to the system: what comes next is NumPy's."""
    pa.default_memory_pool().release_unused()


def _manifest(
    log: ActionLog,
    chosen: list[Trace],
    uses: dict[str, Uses],
    findings: Findings,
    config: Config,
    command: str | None,
) -> dict[str, Any]:
    """What the case says of itself. `created` alone depends on the clock."""
    span = pc.min_max(log.actions["time"]).as_py() if len(log) else {"min": None, "max": None}
    counts = dict(findings.counts)
    for name in ("rows_set_aside", "rows_repeated", "rows_merged"):
        counts[name] = sum(getattr(given, name) for given in log.inputs)
    return {
        "case_format": case_folder.FORMAT,
        "chorusline": chorusline.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "config": config.model_dump(mode="json"),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        "inputs": [given.as_dict() for given in log.inputs],
        "counts": counts,
        "period": {
            "first": span["min"].isoformat() if span["min"] else None,
            "last": span["max"].isoformat() if span["max"] else None,
        },
        "resolution": log.resolution,
        "effective_window": max(config.window, log.resolution),
        "traces": [_trace_facts(trace, uses.get(trace.name)) for trace in chosen],
        "warnings": _warnings(log, chosen, config, findings),
    }


def _trace_facts(trace: Trace, uses: Uses | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"trace": trace.name, "about": trace.about, "object_word": trace.object_word}
    if uses is None:
        return {**facts, "uses": 0, "objects": 0, "accounts": 0, "skipped": trace.needs}
    accounts = int(np.count_nonzero(np.bincount(uses.account)))
    return {**facts, "uses": len(uses), "objects": len(uses.objects), "accounts": accounts, "skipped": None}


def _warnings(log: ActionLog, chosen: list[Trace], config: Config, findings: Findings) -> list[str]:
    """What the reader of the dossier must know before believing any of it."""
    found = [f"{Path(given.path).name}: {sentence}" for given in log.inputs for sentence in given.warnings]
    for trace in chosen:
        found += trace.notes(log, config) if trace.notes else ()
    if log.resolution > config.window:
        found.append(
            f"The data store times to {log.resolution:g} s only, so the window of {config.window:g} s was "
            f"widened to that; synchrony within it can't be seen."
        )
    proposed, outsiders = (findings.counts[name] for name in ("accounts_proposed", "outsiders"))
    if proposed and outsiders < max(FEW_OUTSIDERS, proposed):
        found.append(
            f"Outsiders are few: {outsiders:,} accounts in no proposed group, for {proposed:,} in one. What is "
            "expected of an outsider is read off these few, and can't be better than they are: a collection of one "
            "side, or of suspects only, has nobody to compare with. Give a sample of ordinary accounts of the same "
            "time and topics with --background."
        )
    if findings.counts["accounts_proposed"] and not findings.counts["accounts_tested"]:
        found.append(
            "Groups were proposed but no account has enough held-out material to be tested: this is not "
            "enough evidence, and says nothing about innocence."
        )
    return found


def _write(
    out: Path, log: ActionLog, findings: Findings, manifest: dict[str, Any], tell: Progress,
    blind: Key | None = None,
) -> Case:  # fmt: skip
    """Write the case aside and put it in place whole."""
    with case_folder.writing(out) as folder:
        write_log(log, folder)
        for k, (table_name, table) in enumerate(findings.tables.items()):
            put_tables(folder, {table_name: table})
            tell("writing", (k + 1) / (len(findings.tables) + 1))
        write_page(Case(folder, manifest), folder, blind)
        case_folder.seal(folder, manifest)
        tell("writing", 1.0)
    return Case.open(out)


def write_log(log: ActionLog, folder: Path) -> None:
    """Write the action log, the accounts and the quarantine as a case holds them."""
    name = log.accounts["name"].take(log.actions["account"])
    case_folder.write_table(log.actions.append_column("account_name", name), folder / "actions.parquet")
    case_folder.write_table(log.accounts, folder / "accounts.parquet")
    if log.quarantine is not None and log.quarantine.num_rows:
        write_csv(log.quarantine, folder / "quarantine.csv")
