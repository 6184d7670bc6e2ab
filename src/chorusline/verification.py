"""A finished case checked: every file against its digest, every table against a second computation."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import chorusline
from chorusline import case as case_folder
from chorusline import dossier, investigation, sources
from chorusline.actions import ActionLog
from chorusline.case import LATER, MARKER, Case
from chorusline.dossier.tables import write_csv
from chorusline.errors import ChoruslineError

Progress = Callable[[str, float], None]
Paths = Iterable[str | os.PathLike[str]]

SAME = "same bytes"
OUTCOMES = (SAME, "same rows, other bytes", "differs", "changed", "missing", "not listed", "not recomputed")
"""What may come out of a check. Only the first and the last leave a case verified."""


@dataclass(frozen=True)
class Check:
    """One check. what : input, file, table or page. outcome : one of OUTCOMES. said : why, where it isn't SAME."""

    what: str
    name: str
    outcome: str
    said: str = ""


@dataclass(frozen=True)
class Verification:
    """All checks of a case.

    manifest_sha256 : of case.json itself, which no file inside can vouch for: note it elsewhere. recomputed_from :
    inputs or actions.parquet. notes : what may explain a difference.
    """

    checks: tuple[Check, ...]
    manifest_sha256: str
    recomputed_from: str
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every check came out as it should."""
        return all(check.outcome in (SAME, "not recomputed") for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "holds": self.holds,
            "case_json_sha256": self.manifest_sha256,
            "recomputed_from": self.recomputed_from,
            "checks": [check.__dict__ for check in self.checks],
            "notes": list(self.notes),
        }


def verify(
    folder: str | os.PathLike[str], inputs: Paths | None = None, *, progress: Progress | None = None
) -> Verification:
    """Check a case: its files against the digests in case.json, its tables against a second computation.

    inputs : the files it was made from, wherever they lie now; they are known by their SHA-256, and everything is
    computed from them. Without them the tables are computed from the case's own actions.parquet, which then is
    checked by its digest alone. Nothing in the case is touched.
    Raises CaseError where the folder is no case, or was written before digests were kept.
    """
    tell = progress or (lambda stage, share: None)
    case = Case.open(folder)
    recorded = case.files
    tell("digests", 0.0)
    checks = _files(case, recorded)
    tell("digests", 1.0)
    spoilt = {check.name for check in checks if check.outcome != SAME}
    if case.manifest.get("edition"):
        found = _edition(case, recorded, inputs)
        return Verification((*checks, *found), case_folder.sha256(case.folder / MARKER), "nothing", ())
    log, source = None, "actions.parquet"
    if inputs is not None:
        found, log = _inputs(case, list(inputs))
        checks += found
        source = "inputs" if log is not None else source
    if log is None:
        if spoilt & {"actions.parquet", "accounts.parquet"}:
            said = (
                "not recomputed, since actions.parquet or accounts.parquet isn't what the case was made from"
            )
            checks += [Check("table", name, "not recomputed", said) for name in _computed(case)]
            return Verification(tuple(checks), case_folder.sha256(case.folder / MARKER), "nothing", ())
        log = case.log()
    checks += _tables(case, recorded, log, source == "inputs", tell)
    notes = () if all(check.outcome == SAME for check in checks) else _versions(case)
    return Verification(tuple(checks), case_folder.sha256(case.folder / MARKER), source, notes)


def _files(case: Case, recorded: dict[str, Any]) -> list[Check]:
    """Each file listed against its digest, and files that nobody listed."""
    checks = []
    for name, known in sorted(recorded.items()):
        path = case.folder / name
        if not path.is_file():
            checks.append(Check("file", name, "missing", "listed in case.json and not there"))
        elif (found := case_folder.sha256(path)) != known["sha256"]:
            checks.append(Check("file", name, "changed", f"SHA-256 {found} in place of {known['sha256']}"))
        else:
            checks.append(Check("file", name, SAME))
    for path in sorted(case.folder.rglob("*")):
        name = path.relative_to(case.folder).as_posix()
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if path.is_file() and name != MARKER and name not in recorded and not hidden:
            checks.append(Check("file", name, "not listed", "case.json doesn't know it"))
    return checks


def _edition(case: Case, recorded: dict[str, Any], inputs: Paths | None) -> list[Check]:
    """A public edition, which holds no actions: its inputs by their SHA-256, and its page made anew."""
    checks = [] if inputs is None else _known(case, list(inputs))[0]
    said = "checked by its digest alone; a public edition is made from the whole case"
    checks += [
        Check("table", name, "not recomputed", said)
        for name in sorted(recorded)
        if name.startswith("tables/")
    ]
    with tempfile.TemporaryDirectory(prefix="chorusline-") as place:
        unsealed = {name: value for name, value in case.manifest.items() if name != "files"}
        dossier.write(Case(case.folder, unsealed), Path(place))
        return [*checks, _held(case, recorded, Path(place), "dossier.html", "page")]


def _known(case: Case, paths: list[str | os.PathLike[str]]) -> tuple[list[Check], dict[Path, str]]:
    """Each input by its SHA-256, and the digests of the files given."""
    known = case.manifest.get("inputs") or []
    wanted = list(dict.fromkeys(given["sha256"] for given in known))
    digest = {path: case_folder.sha256(path) for path, _ in sources.files(paths)}
    there, shown = set(digest.values()), {given["sha256"]: given["path"] for given in reversed(known)}
    checks = [
        Check("input", shown[sha], SAME)
        if sha in there
        else Check("input", shown[sha], "missing", f"no file with SHA-256 {sha} was given")
        for sha in wanted
    ]
    checks += [
        Check("input", str(path), "not listed", f"SHA-256 {sha} is no input of this case")
        for path, sha in digest.items()
        if sha not in shown
    ]
    return checks, digest


def _inputs(case: Case, paths: list[str | os.PathLike[str]]) -> tuple[list[Check], ActionLog | None]:
    """Each input by its SHA-256, and the log read from them anew where all are there; else None."""
    checks, digest = _known(case, paths)
    known = case.manifest.get("inputs") or []
    order = [given["sha256"] for given in known]
    if any(check.outcome != SAME for check in checks):
        return checks, None
    if not any(given["format"] == "none" for given in known):  # then the order is free to be put right
        unique = {sha: path for path, sha in reversed(digest.items())}
        paths = [unique[sha] for sha in sorted(unique, key=order.index)]
    asked = case.manifest.get("reading") or {}
    apart = {given["sha256"] for given in known if given.get("background")}
    beside = [path for path in paths if digest.get(Path(path)) in apart]
    log = sources.read(
        [path for path in paths if path not in beside], background=beside or None,
        **{name: asked.get(name) or None for name in ("mapping", "format", "timezone")},
    )  # fmt: skip
    if [given.sha256 for given in log.inputs] != order:
        raise ChoruslineError(
            "The inputs are those of the case in another order: name them as its case.json lists them."
        )
    return checks, _renamed(log, [given["path"] for given in known])


def _renamed(log: ActionLog, paths: list[str]) -> ActionLog:
    """Return the log with its inputs under the paths that the case knows them by."""
    inputs = tuple(replace(given, path=path) for given, path in zip(log.inputs, paths, strict=True))
    aside = log.quarantine
    if aside is not None and aside.num_rows:
        old = pa.array([given.path for given in log.inputs], pa.string())
        place = pc.index_in(aside["input"], value_set=old)
        names = pa.array(paths, pa.string()).take(place.combine_chunks())
        aside = aside.set_column(0, aside.schema.field("input"), names).sort_by(
            [("input", "ascending"), ("row", "ascending"), ("reason", "ascending")]
        )
    return ActionLog(log.actions, log.accounts, inputs, aside)


def _computed(case: Case) -> list[str]:
    """Tables of the case that an investigation computes, those of a sensitivity run aside."""
    names = [Path(name).stem for name in case.manifest["files"] if name.startswith("tables/")]
    return [name for name in dict.fromkeys(names) if name not in LATER]


def _tables(
    case: Case, recorded: dict[str, Any], log: ActionLog, from_inputs: bool, tell: Progress
) -> list[Check]:
    """Compute everything again and hold it against the digests of the case."""
    findings, _, _ = investigation.find(log, case.config, tell)
    checks = []
    with tempfile.TemporaryDirectory(prefix="chorusline-") as place:
        folder = Path(place)
        if from_inputs:
            investigation.write_log(log, folder)
            names = ["actions.parquet", "accounts.parquet"]
            names += (
                ["quarantine.csv"]
                if "quarantine.csv" in recorded or (folder / "quarantine.csv").exists()
                else []
            )
            checks += [_held(case, recorded, folder, name, "table") for name in names]
        (folder / "tables").mkdir()
        asked = _asked(case)
        for k, (name, table) in enumerate(findings.tables.items()):
            if name in asked:
                checks.append(Check("table", f"tables/{name}.parquet", "not recomputed", asked[name]))
                continue
            case_folder.write_table(table, folder / "tables" / f"{name}.parquet")
            write_csv(table, folder / "tables" / f"{name}.csv")
            checks += [
                _held(case, recorded, folder, f"tables/{name}.{end}", "table") for end in ("parquet", "csv")
            ]
            tell("comparing", (k + 1) / len(findings.tables))
        for name in _computed(case):
            if name not in findings.tables:
                said = "this version of Chorusline makes no such table"
                checks.append(Check("table", f"tables/{name}.parquet", "missing", said))
        for name in LATER:
            if f"tables/{name}.parquet" in recorded:
                said = "checked by its digest alone; chorusline sensitivity makes it again"
                checks.append(Check("table", f"tables/{name}.parquet", "not recomputed", said))
        if case.manifest.get("blind"):
            checks.append(
                Check("page", "dossier.html", "not recomputed", "it is blind, and its key isn't asked for")
            )
        elif all(check.outcome == SAME for check in checks if check.name.startswith("tables/")) or not checks:
            unsealed = {name: value for name, value in case.manifest.items() if name != "files"}
            dossier.write(Case(case.folder, unsealed), folder)
            checks.append(_held(case, recorded, folder, "dossier.html", "page"))
    return checks


def _asked(case: Case) -> dict[str, str]:
    """Tables of analyses that were run again by a command of their own, and what is said of them."""
    said = "checked by its digest alone; a command of its own made it: chorusline "
    return {
        table: said + name
        for name, entry in (case.manifest.get("operation") or {}).items()
        for table in entry["tables"]
        if "command" in entry
    }


def _held(case: Case, recorded: dict[str, Any], folder: Path, name: str, what: str) -> Check:
    """Hold one file, made anew in `folder`, against the digest of the case."""
    if not (folder / name).exists():
        return Check(what, name, "missing", "the case has it; made anew it isn't there")
    if name not in recorded:
        return Check(what, name, "missing", "made anew it is there; the case doesn't have it")
    if case_folder.sha256(folder / name) == recorded[name]["sha256"]:
        return Check(what, name, SAME)
    if name.endswith(".parquet") and (case.folder / name).is_file():
        return Check(what, name, *_difference(case.folder / name, folder / name))
    return Check(what, name, "differs", "other bytes when made anew")


def _difference(old: Path, new: Path) -> tuple[str, str]:
    """Say how two Parquet files differ that aren't the same bytes."""
    try:
        before, now = pq.read_table(old), pq.read_table(new)
    except (OSError, pa.ArrowInvalid):
        return "differs", "the case's file can't be read"
    if before.equals(now):
        return "same rows, other bytes", "written by another version of Arrow, perhaps"
    if before.num_rows != now.num_rows:
        return "differs", f"{before.num_rows:,} rows in the case, {now.num_rows:,} made anew"
    if before.schema.names != now.schema.names:
        return "differs", "other columns"
    columns = [name for name in before.schema.names if not before[name].equals(now[name])]
    return "differs", f"in the column{'s' * (len(columns) > 1)} {', '.join(columns)}"


def _versions(case: Case) -> tuple[str, ...]:
    """Versions that are others than those the case was made with: they may explain a difference."""
    notes = []
    if case.manifest["chorusline"] != chorusline.__version__:
        notes.append(
            f"The case was made by Chorusline {case.manifest['chorusline']}; this is {chorusline.__version__}."
        )
    for name, then in (case.manifest.get("versions") or {}).items():
        now = platform.python_version() if name == "python" else _version(name)
        if now != then:
            notes.append(f"The case was made with {name} {then}; here is {now}.")
    return tuple(notes)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
