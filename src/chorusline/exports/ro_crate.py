"""RO-Crate metadata of a case: what its files are and how they came about, for archives and machines.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1). The run is a CreateAction: software, inputs by SHA-256, results.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chorusline.case import LATER, OPERATION, TABLES, Case

FILE = "ro-crate-metadata.json"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
HOME = "https://pypi.org/project/chorusline/"

KINDS = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".json": "application/json",
    ".html": "text/html",
}

ABOUT = {
    "case.json": "Inputs with SHA-256, config, versions, counts, warnings; SHA-256 of every other file",
    "actions.parquet": "The action log: one row a post, reshare, reply or quote, with input and row it was read from",
    "accounts.parquet": "Facts about accounts",
    "quarantine.csv": "Rows set aside, with input, row and reason",
    "dossier.html": "The dossier: findings, error rates, alternatives and the posts behind them",
}


def metadata(case: Case, licence: str | None = None, contact: str | None = None) -> dict[str, Any]:
    """Return the JSON-LD of a case folder as an RO-Crate.

    licence : URL under which the case may be used. Where none is given the crate says that nobody has said so.
    contact : name of the desk or institution that stands for the case, its author and publisher in the crate.
    The same case gives the same JSON.
    """
    manifest = case.manifest
    files = ["case.json", *manifest["files"]]
    terms = licence or "#no-licence"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": "A Chorusline case: who acted in concert beyond chance",
        "description": _description(manifest),
        "datePublished": manifest["created"],
        "license": {"@id": terms},
        "hasPart": [{"@id": name} for name in files],
        "mentions": {"@id": "#investigation"},
    }
    if contact:
        root["author"] = root["publisher"] = {"@id": "#contact"}
    graph = [
        {
            "@id": FILE, "@type": "CreativeWork", "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
            "about": {"@id": "./"},
        },
        root,
        *[_file(case, name) for name in files],
        *[_input(given, number) for number, given in enumerate(manifest.get("inputs") or [], 1)],
        {
            "@id": "#investigation", "@type": "CreateAction", "name": "chorusline investigate",
            "description": manifest.get("command") or "Run from Python", "endTime": manifest["created"],
            "instrument": {"@id": HOME},
            "object": [{"@id": f"#input-{k}"} for k, _ in enumerate(manifest.get("inputs") or [], 1)],
            "result": [{"@id": name} for name in files],
        },
        {
            "@id": HOME, "@type": "SoftwareApplication", "name": "Chorusline",
            "version": str(manifest.get("chorusline", "")), "url": HOME,
        },
        {
            "@id": terms, "@type": "CreativeWork", "name": licence or "No licence given",
            "description": "Terms under which the case may be used"
            if licence
            else "Nobody has said under what terms this case may be used; ask whoever gave it to you.",
        },
    ]  # fmt: skip
    if contact:
        graph.append({"@id": "#contact", "@type": "Organization", "name": " ".join(contact.split())})
    return {"@context": CONTEXT, "@graph": [_single(entity) for entity in graph]}


def _single(entity: dict[str, Any]) -> dict[str, Any]:
    """A list of one is written as that one, as RO-Crate recommends; an empty one is left out."""
    return {
        name: value[0] if isinstance(value, list) and len(value) == 1 else value
        for name, value in entity.items()
        if value != []
    }


def _description(manifest: dict[str, Any]) -> str:
    counts = manifest.get("counts") or {}
    fdr = float((manifest.get("config") or {}).get("fdr", 0.01))
    return (
        f"{counts.get('actions', 0):,} actions of {counts.get('accounts', 0):,} accounts looked at; "
        f"{counts.get('accounts_named', 0):,} accounts named at a false-discovery rate of {fdr:g}. Acting in concert "
        "is not a wrong, and the case says nothing of who is behind an account."
    )


def _file(case: Case, name: str) -> dict[str, Any]:
    path = case.folder / name
    found: dict[str, Any] = {
        "@id": name,
        "@type": "File",
        "name": name,
        "description": _about(name),
        "encodingFormat": KINDS.get(path.suffix, "application/octet-stream"),
        "contentSize": str(path.stat().st_size),
    }
    digest = (case.manifest["files"].get(name) or {}).get("sha256")
    return {**found, "sha256": digest} if digest else found


def _about(name: str) -> str:
    if name in ABOUT:
        return ABOUT[name]
    schema = {**TABLES, **OPERATION, **LATER}.get(Path(name).stem)
    if schema is None:
        return "Table of the case"
    columns = "; ".join(f"{f.name}: {(f.metadata or {}).get(b'about', b'').decode()}" for f in schema)
    return f"Table {Path(name).stem}. Columns: {columns}"


def _input(given: dict[str, Any], number: int) -> dict[str, Any]:
    """An input stays outside the crate; its digest says which file it was."""
    return {
        "@id": f"#input-{number}", "@type": "CreativeWork", "name": Path(given["path"]).name, "sha256": given["sha256"],
        "description": f"Input {given['path']}, read as {given['format']}, {given['bytes']:,} bytes; not in this crate",
    }  # fmt: skip
