"""Indicators as CSV, as platforms put them beside their threat reports: tactic, technique, procedure, indicator.

Named accounts, and what two named accounts of one group at least used as evidence. Links and domains are defanged,
so that nobody follows one by a slip. Whom a group replied to or mentioned, and whose posts it passed on, is left out:
these are others' accounts and posts, and a list of indicators is read as a list of culprits.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa

from chorusline.case import Case
from chorusline.dossier.lettering import quoted, visible
from chorusline.dossier.sentences import TRACES
from chorusline.dossier.tables import write_csv
from chorusline.exports.base import Export
from chorusline.exports.disarm import TECHNIQUES
from chorusline.exports.findings import Found, groups

FILE = "indicators.csv"

KINDS = {
    "hashtag": "hashtag", "hashtag-sequence": "hashtags", "hashtag-pair": "hashtags", "link": "url",
    "domain": "domain", "text": "text", "near-text": "text", "template": "text", "media": "media",
}  # fmt: skip
"""Kind of indicator, by trace; objects of other traces are others' accounts or posts."""

SCHEMA = pa.schema(
    [
        ("tactic", pa.string()), ("technique", pa.string()), ("procedure", pa.string()),
        ("indicator_type", pa.string()), ("indicator", pa.string()), ("group", pa.int32()),
        ("accounts", pa.int64()), ("uses", pa.int64()),
        ("earliest_captured", pa.timestamp("us", tz="UTC")), ("last_captured", pa.timestamp("us", tz="UTC")),
    ]
)  # fmt: skip

LENGTH = 400
"""Characters of a text that are given."""


def defang(address: str) -> str:
    """Return a link or domain that no program follows: hxxps://news[.]example/page."""
    scheme, marks, rest = address.partition("://") if "://" in address else ("", "", address)
    host, slash, path = re.split(r"([/?#]|$)", rest, maxsplit=1) if rest else ("", "", "")
    scheme = re.sub("^http", "hxxp", scheme, flags=re.IGNORECASE)
    return f"{scheme}{marks}{host.replace('.', '[.]')}{slash}{path.replace('://', '[:]//')}"


def indicators(case: Case) -> pa.Table:
    """Return the indicators, SCHEMA, by group: accounts first, then what most accounts used."""
    rows = [row for found in groups(case) for row in [*_accounts(found), *_objects(found)]]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _accounts(found: Found) -> list[dict[str, Any]]:
    said = "Acted in concert with its group beyond chance (rung: {}); nothing is said of who is behind it."
    return [
        {
            "tactic": "", "technique": "", "procedure": said.format(row["rung"]), "indicator_type": "user account",
            "indicator": visible(row["account"]), "group": found.group["group"], "accounts": 1, "uses": row["actions"],
            "earliest_captured": found.group["first"], "last_captured": found.group["last"],
        }
        for row in found.accounts
    ]  # fmt: skip


def _objects(found: Found) -> list[dict[str, Any]]:
    table = found.evidence
    wanted = pa.array([trace in KINDS for trace in table["trace"].to_pylist()], pa.bool_())
    table = table.filter(wanted)
    counted = table.group_by(["trace", "object"]).aggregate(
        [("account", "count_distinct"), ("account", "count"), ("time", "min"), ("time", "max")]
    )
    rows = [row for row in counted.to_pylist() if row["account_count_distinct"] > 1]
    rows.sort(
        key=lambda row: (-row["account_count_distinct"], -row["account_count"], row["trace"], row["object"])
    )
    return [_object(found, row) for row in rows]


def _object(found: Found, row: dict[str, Any]) -> dict[str, Any]:
    trace, kind = row["trace"], KINDS[row["trace"]]
    technique = TECHNIQUES[trace]
    shown = defang(row["object"]) if kind in ("url", "domain") else row["object"]
    return {
        "tactic": f"{technique.tactic} {technique.tactic_name}",
        "technique": f"{technique.number} {technique.name}",
        "procedure": f"Accounts of one group {TRACES[trace]}",
        "indicator_type": kind, "indicator": quoted(_unlinked(shown), LENGTH), "group": found.group["group"],
        "accounts": row["account_count_distinct"], "uses": row["account_count"],
        "earliest_captured": row["time_min"], "last_captured": row["time_max"],
    }  # fmt: skip


def _unlinked(text: str) -> str:
    """Defang links inside a text, too."""
    return re.sub(r"https?://[^\s\[\]]+", lambda found: defang(found.group()), text, flags=re.IGNORECASE)


def _write(case: Case, folder: Path) -> list[Path]:
    write_csv(indicators(case), folder / FILE)
    return [folder / FILE]


EXPORT = Export(
    "indicators", "Named accounts and shared objects as platforms list them, links defanged.", _write
)
