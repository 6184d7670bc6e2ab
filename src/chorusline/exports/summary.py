"""A summary in Markdown to paste into a message or a story's notes: figures and error rates, without names."""

from __future__ import annotations

import re
from pathlib import Path

from chorusline.case import Case
from chorusline.dossier import alternatives
from chorusline.dossier.lettering import instant, number, percent, plural, visible
from chorusline.dossier.page import counts
from chorusline.dossier.sentences import headline, likelihood
from chorusline.exports.base import Export
from chorusline.exports.findings import fdr, groups

FILE = "summary.md"

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@-])")


def plain(text: str) -> str:
    """Return words from outside so that Markdown shows them as they are, on one line, with no link and no tag."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split())))


def summary(case: Case) -> str:
    """Return the summary. No account is named in it; the case has the names."""
    manifest = case.manifest
    rate = fdr(case)
    found = list(groups(case))
    period = manifest.get("period") or {}
    lines = ["# Who acted in concert beyond chance", "", *headline(counts(case), rate), ""]
    if found:
        lines += [
            "| group | accounts | named | rung | earliest captured | last | shared |",
            "|---|---|---|---|---|---|---|",
        ]
        for one in found:
            row = one.group
            cells = [row["group"], row["accounts"], row["named"], plain(row["rung"]), instant(row["first"]),
                     instant(row["last"]), plain(", ".join(row["traces"]))]  # fmt: skip
            lines.append("| " + " | ".join("–" if cell is None else str(cell) for cell in cells) + " |")
        lines += [
            "",
            *[f"- Group {one.group['group']}: {likelihood(len(one.accounts), rate)}" for one in found],
            "",
        ]
    lines += ["## What else could explain it", ""]
    lines += [f"- **{one.name}.** {one.remains}" for one in alternatives.general(manifest)]
    for one in found:
        for check in alternatives.by_group(case).get(one.group["group"], []):
            words = (f"{check[name]}" for name in ("check", "outcome"))
            lines.append(
                f"- Group {one.group['group']}, {plain(check['alternative'])}: {plain(' '.join(words))}"
            )
    lines += ["", "## What it rests on", ""]
    for given in manifest.get("inputs") or []:
        size = plural(given.get("rows_read", 0), "row")
        lines.append(f"- {plain(given['path'])}, {size} read, SHA-256 {given['sha256']}")
    if period.get("first"):
        lines.append(f"- From {instant(period['first'])} (earliest captured) to {instant(period['last'])}.")
    for warning in manifest.get("warnings") or []:
        lines.append(f"- {plain(str(warning))}")
    actions = number(counts(case).get("actions", 0))
    lines += [
        "",
        f"Chorusline {plain(str(manifest.get('chorusline', '')))}, {actions} actions, false-discovery rate "
        f"{percent(rate)}. It says nothing of who is behind an account. Check it with: chorusline verify.",
        "",
    ]
    return "\n".join(lines)


def _write(case: Case, folder: Path) -> list[Path]:
    (folder / FILE).write_text(summary(case), "utf-8")
    return [folder / FILE]


EXPORT = Export("summary", "A summary in Markdown to paste, without names.", _write)
