"""A case as a BagIt bag (RFC 8493): the folder whole, with digests that any archive can check.

bagit.txt, bag-info.txt            what it is
manifest-sha256.txt                SHA-256 of every file below data/
tagmanifest-sha256.txt             SHA-256 of the files above
data/                              the case, and ro-crate-metadata.json that describes it
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from chorusline import case as case_folder
from chorusline.case import MARKER, Case
from chorusline.errors import CaseError
from chorusline.exports import aside, ro_crate

TAGS = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt")


def bag(
    folder: str | os.PathLike[str], to: str | os.PathLike[str], *, licence: str | None = None,
    contact: str | None = None,
) -> Path:  # fmt: skip
    """Write a case as a bag into a new folder; returns it.

    licence : URL, for the RO-Crate. contact : the desk or institution that stands for it, for bag-info.txt
    and the RO-Crate. The files are checked on the way against the digests of the case: what isn't as it was written
    isn't bagged. The same case gives the same bytes.
    Raises CaseError where the case isn't whole, UsageError where something stands at `to`.
    """
    case = Case.open(folder)
    recorded = case.files
    with aside.writing(to) as place:
        data = place / "data"
        for name in [MARKER, *recorded]:
            target = data / name
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(case.folder / name, target)
            except FileNotFoundError:
                raise CaseError(f"{case.folder} is not whole: {name} is missing.") from None
            if name in recorded and case_folder.sha256(target) != recorded[name]["sha256"]:
                raise CaseError(
                    f"{case.folder / name} isn't what the case was written with; see chorusline verify."
                )
        described = ro_crate.metadata(case, licence, contact)
        (data / ro_crate.FILE).write_text(json.dumps(described, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _tags(place, case, contact)
    return Path(to)


def _tags(place: Path, case: Case, contact: str | None) -> None:
    files = sorted(path for path in (place / "data").rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files)
    info = {
        "Bagging-Date": str(case.manifest["created"])[:10],
        "Bag-Software-Agent": f"Chorusline {case.manifest['chorusline']}",
        "External-Description": "A Chorusline case: findings, the tables behind them, and the action log",
        "Payload-Oxum": f"{size}.{len(files)}",
    }
    if contact:
        info["Contact-Name"] = " ".join(contact.split())
    _lines(place / "bagit.txt", ["BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"])
    _lines(place / "bag-info.txt", [f"{name}: {value}" for name, value in sorted(info.items())])
    _lines(place / "manifest-sha256.txt", [_line(place, path) for path in files])
    _lines(place / "tagmanifest-sha256.txt", [_line(place, place / name) for name in TAGS])


def _line(place: Path, path: Path) -> str:
    name = path.relative_to(place).as_posix()
    for raw, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        name = name.replace(raw, escaped)
    return f"{case_folder.sha256(path)}  {name}"


def _lines(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8", newline="\n")
