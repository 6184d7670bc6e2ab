"""The page: one file with its style, its script and its data inside, made from a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from chorusline.case import NAMED_RUNGS, Case
from chorusline.config import Config
from chorusline.dossier import alternatives, cards, lettering, lives_picture, sentences
from chorusline.dossier.embed import as_json, policy
from chorusline.dossier.firmness import firmness
from chorusline.dossier.inside import sections
from chorusline.dossier.material import Material, table_of
from chorusline.dossier.payload import payload, size

FILE = "dossier.html"

SIZE = 4_500_000
"""Bytes that a page takes at most, unless what must be on it takes more: evidence gets the room that is left."""

_DATA = "{data}"


def write(case: Case, folder: Path) -> Path:
    """Write `dossier.html` into a folder; returns its path."""
    path = Path(folder) / FILE
    path.write_bytes(render(case).encode("utf-8", errors="replace"))
    return path


def render(case: Case) -> str:
    """Return the page of a case as HTML. The same case gives the same text."""
    material = Material.read(case)
    manifest = case.manifest
    style, script = _asset("dossier.css"), _asset("dossier.js")
    files = lettering.short_paths(str(given.get("path", "")) for given in manifest.get("inputs") or [])
    firm = firmness(case)
    environment = _environment()
    inside = sections(case, environment)
    words = {
        "words": _words(manifest),
        "tables": {key: rows for one in inside for key, rows in one.rest.items()},
    }
    page = environment.get_template("dossier.html").render(
        policy=policy(style, script),
        style=Markup(style),
        script=Markup(script),
        data=_DATA,
        manifest=manifest,
        counts=counts(case),
        material=material,
        files=files,
        cards=cards.cards(material, manifest, alternatives.by_group(case), firm),
        firm=firm,
        course=lives_picture.course(material.periods),
        course_of=material.periods,
        period_length=lives_picture.length(material.periods),
        period_note=_period_note(material, manifest),
        others=_others(material),
        alternatives=alternatives.general(manifest),
        inside=inside,
        settings=_settings(manifest),
        **_findings(case, material, manifest),
    )  # fmt: skip
    # After the data comes this program's own script and nothing of a stranger's: the last place is the right one.
    before, _, after = page.rpartition(_DATA)
    room = SIZE - len(page.encode("utf-8", errors="replace")) - size(words)
    data = payload(material, files, room=room, firm=firm)
    return f"{before}{as_json({**data, **words})}{after}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("chorusline.dossier"),
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    for name in (
        "visible",
        "quoted",
        "number",
        "probability",
        "percent",
        "seconds",
        "instant",
        "minute",
        "plural",
        "lag",
    ):
        environment.filters[name] = getattr(lettering, name)
    return environment


@cache
def _asset(name: str) -> str:
    """Style or script as it stands in the page; its hash is taken of exactly this."""
    text = Path(__file__).with_name("templates").joinpath(name).read_text("utf-8").replace("\r\n", "\n")
    if "</" in text:
        raise ValueError(f"templates/{name} holds '</', which would end its element.")
    return text


def _words(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "statuses": [status for status, _ in sentences.STATUSES],
        "traces": sentences.TRACES,
        "same_time": sentences.same_time(float(manifest.get("resolution") or 1e-6)),
    }


def counts(case: Case) -> dict[str, int]:
    """Counts of the manifest, those it lacks made from the tables."""
    accounts, groups = table_of(case, "accounts"), table_of(case, "groups")
    named = sum(rung in NAMED_RUNGS for rung in accounts["rung"].to_pylist())
    with_named = sum(bool(count) for count in groups["named"].to_pylist())
    tested = sum(status != "not enough evidence" for status in accounts["status"].to_pylist())
    made = {"accounts": accounts.num_rows, "accounts_tested": tested, "accounts_named": named,
            "groups": groups.num_rows, "groups_with_named": with_named}  # fmt: skip
    return {**made, **(case.manifest.get("counts") or {})}


def _findings(case: Case, material: Material, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Section 2: the sentences, and accounts by status and rung."""
    accounts = table_of(case, "accounts")
    config = manifest.get("config") or {}
    fdr = float(config.get("fdr", Config().fdr))
    window = float(config.get("window", Config().window))
    resolution = float(manifest.get("resolution") or 1e-6)
    effective = float(manifest.get("effective_window") or max(window, resolution))
    headline = sentences.headline(counts(case), fdr)
    status, rung = Counter(accounts["status"].to_pylist()), Counter(accounts["rung"].to_pylist())
    return {
        "fdr": fdr,
        "headline": headline,
        "lead": headline[1 if len(headline) > 1 and counts(case).get("accounts_proposed", 1) else 0],
        "statuses": [(word, status.get(word, 0), about) for word, about in sentences.STATUSES],
        "rungs": [(word, rung.get(word, 0), means, leaves) for word, means, leaves in sentences.RUNGS],
        "error_rate": sentences.error_rate(fdr),
        "same_time": sentences.same_time(resolution),
        "clock": sentences.clock(resolution, window, effective),
        "effective": effective,
        "wide": float(config.get("wide_window", Config().wide_window)),
        "content_window": float(config.get("content_window", Config().content_window)),
        "reaction": float(config.get("reaction") or 0),
        "events": f"{float(config.get('events', Config().events)):g}",
        "habit": float(config.get("habit", Config().habit)),
        "group_habit": float(config.get("group_habit", Config().group_habit)),
        "splits": int(config.get("splits", Config().splits)),
        "parts": int(config.get("parts", Config().parts)),
        "common": float(config.get("common", Config().common)),
        "min_held_out": int(config.get("min_held_out", Config().min_held_out)),
    }


def _period_note(material: Material, manifest: Mapping[str, Any]) -> str:
    """Say where the length asked for didn't fit."""
    asked = float((manifest.get("config") or {}).get("period", Config().period))
    if not material.periods:
        return ""
    taken = (material.periods[0]["end"] - material.periods[0]["start"]).total_seconds() / 86400
    return "" if abs(taken - asked) < 1e-6 else f" ({asked:g} days don’t fit the time captured)"


def _others(material: Material) -> list[dict[str, Any]]:
    """Groups in which nobody is named, largest first."""
    rows = [row for row in material.groups.to_pylist() if row["group"] not in set(material.shown)]
    return sorted(rows, key=lambda row: (-row["accounts"], row["group"]))


def _settings(manifest: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, value and meaning of every setting."""
    rows = []
    for name, value in (manifest.get("config") or {}).items():
        field = Config.model_fields.get(name)
        shown = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        about = (field.description or "") if field is not None else ""
        absent = {"traces": "those used by default", "analyses": "all"}.get(name, "none")
        rows.append((str(name), absent if value is None else lettering.visible(shown), about))
    return rows
