"""Findings as a STIX 2.1 bundle (https://docs.oasis-open.org/cti/stix/v2.1/), for those who exchange such things.

For each group with named accounts: a campaign, the attack-patterns it used (DISARM ids), a user-account and an
observed-data object for each named account, a sighting that ties them to the campaign, a note with what else could
explain it, and an opinion on how firm it is. Never an identity, a threat-actor or an intrusion-set, and nothing is
attributed: accounts are linked to accounts. Ids are made of the case, so that the same case gives the same bundle.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from chorusline.case import Case
from chorusline.dossier import alternatives
from chorusline.dossier.lettering import quoted, visible
from chorusline.dossier.material import table_of
from chorusline.dossier.sentences import error_rate, likelihood
from chorusline.errors import UsageError
from chorusline.exports.base import Export
from chorusline.exports.disarm import TECHNIQUES, Technique
from chorusline.exports.findings import Found, fdr, groups

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "bundle.stix.json"
NAMESPACE = uuid.UUID("8c7d6a2e-5f0b-5b8e-9f55-6d0d3f0c9c11")
"""Of ids that are made of their content."""

STATEMENT = (
    "Made by Chorusline. It says that accounts acted in concert beyond chance, at a stated error rate, and nothing of "
    "who is behind them or why. It holds personal data: share it with those alone who need it."
)

Objects = list[Any]


def bundle(case: Case) -> Any:
    """Return the bundle, a stix2.Bundle. Raises UsageError where the package stix2 isn't installed."""
    try:
        import stix2
    except ImportError:
        raise UsageError("The export stix takes the package stix2: pip install 'chorusline[stix]'.") from None
    maker = _Maker(stix2.v21, case)
    objects: Objects = [maker.marking]
    for found in groups(case):
        objects += maker.group(found)
    seen: dict[str, Any] = {
        one["id"]: one for one in objects
    }  # accounts and patterns may serve several groups
    return stix2.v21.Bundle(*seen.values(), id=maker.named("bundle"), allow_custom=False)


class _Maker:
    """Makes objects with ids and times that hang on the case alone."""

    def __init__(self, v21: Any, case: Case) -> None:
        self.v21, self.case, self.rate = v21, case, fdr(case)
        self.of = "/".join(
            [str(case.manifest.get("created"))]
            + [given["sha256"] for given in case.manifest.get("inputs") or []]
        )
        self.created = _time(datetime.fromisoformat(case.manifest["created"]))
        self.marking = v21.MarkingDefinition(
            id=self.named("marking-definition"), created=self.created, definition_type="statement",
            definition=v21.StatementMarking(statement=STATEMENT),
        )  # fmt: skip
        self.firm = {
            row["group"]: row for row in table_of(case, "robustness").to_pylist() if row["finding"] == "group"
        }

    def named(self, kind: str, *words: object) -> str:
        made = uuid.uuid5(NAMESPACE, "\x1f".join([self.of, kind, *map(str, words)]))
        return f"{kind}--{made}"

    def make(self, kind: str, cls: Any, *words: object, **given: Any) -> Any:
        """Make one object of the case. words : what tells it from others of its kind."""
        times = {"created": self.created, "modified": self.created, "object_marking_refs": [self.marking.id]}
        return cls(id=self.named(kind, *words), **times, **given)

    def group(self, found: Found) -> Objects:
        v21, row = self.v21, found.group
        number = row["group"]
        campaign = self.make(
            "campaign", v21.Campaign, number,
            name=f"Group {number}: accounts that acted in concert",
            description=f"{row['sentence']} {likelihood(len(found.accounts), self.rate)} A campaign here is a group of "
            "accounts; whether anybody ran it isn’t said.",
            first_seen=_time(row["first"]), last_seen=_time(row["last"]),
        )  # fmt: skip
        made: Objects = [campaign]
        observed = []
        for account in found.accounts:
            user, seen = self.account(found, account)
            made += [user, seen]
            observed.append(seen)
        made.append(
            self.make(
                "sighting", v21.Sighting, number, sighting_of_ref=campaign.id,
                observed_data_refs=[seen.id for seen in observed], count=len(observed),
                first_seen=_time(row["first"]), last_seen=_time(row["last"]),
                description="The named accounts, each with the actions that agreed with its group.",
            )
        )  # fmt: skip
        for technique, traces in _techniques(found.evidence).items():
            pattern = self.pattern(technique)
            made += [pattern, self.make(
                "relationship", v21.Relationship, number, technique.number, relationship_type="uses",
                source_ref=campaign.id, target_ref=pattern.id,
                description=f"Seen in the traces {', '.join(traces)}.",
            )]  # fmt: skip
        return [*made, self.note(number, campaign), self.opinion(number, campaign)]

    def account(self, found: Found, account: dict[str, Any]) -> tuple[Any, Any]:
        """The account and what was observed of it."""
        handle = account["handle"]
        given = {"user_id": visible(account["account"])}
        if handle:
            given["account_login"] = visible(handle)
        user = self.v21.UserAccount(**given, object_marking_refs=[self.marking.id])
        about = found.of(account["account"])
        span = pc.min_max(about["time"]).as_py() if about.num_rows else {}
        first, last = span.get("min") or found.group["first"], span.get("max") or found.group["last"]
        seen = self.make(
            "observed-data", self.v21.ObservedData, account["account"], found.group["group"],
            first_observed=_time(first), last_observed=_time(last), number_observed=max(1, about.num_rows),
            object_refs=[user.id],
        )  # fmt: skip
        return user, seen

    def pattern(self, technique: Technique) -> Any:
        phase = technique.tactic_name.lower().replace(" ", "-")
        return self.make(
            "attack-pattern", self.v21.AttackPattern, technique.number, name=technique.name,
            description="What was done, by the name under which DISARM files it. Volunteers and fans do it too.",
            external_references=[{"source_name": "DISARM", "external_id": technique.number, "url": technique.url}],
            kill_chain_phases=[{"kill_chain_name": "disarm", "phase_name": phase}],
        )  # fmt: skip

    def note(self, number: int, campaign: Any) -> Any:
        checked = alternatives.by_group(self.case).get(number, [])
        lines = [
            f"{one.name}. Done: {one.done} Remains: {one.remains}"
            for one in alternatives.general(self.case.manifest)
        ]
        lines += [
            f"{one['alternative']}, this group. {one['check']}: {one['outcome']} Remains: {one['remains']}"
            for one in checked
        ]
        return self.make(
            "note", self.v21.Note, number, abstract="What else could explain it", content="\n".join(lines),
            object_refs=[campaign.id], authors=[_program(self.case)],
        )  # fmt: skip

    def opinion(self, number: int, campaign: Any) -> Any:
        row = self.firm.get(number)
        share = row["robustness"] if row else None
        word = "neutral" if share is None or share < 0.5 else "agree" if share < 0.9 else "strongly-agree"
        said = (
            "Not tried with other settings yet (chorusline sensitivity); nobody has reviewed it by hand."
            if row is None or share is None
            else f"Stands in {row['stands']} of {row['variants']} variants of the settings. {row['breaks']}"
        )
        return self.make(
            "opinion", self.v21.Opinion, number, opinion=word, object_refs=[campaign.id],
            authors=[_program(self.case)],
            explanation=f"The program’s own: {quoted(said, 600)} False-discovery rate: {error_rate(self.rate)}.",
        )  # fmt: skip


def _program(case: Case) -> str:
    return f"Chorusline {case.manifest.get('chorusline')} (a program)"


def _time(value: datetime) -> str:
    utc = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _techniques(evidence: pa.Table) -> dict[Technique, list[str]]:
    """Techniques seen in the evidence, by id, each with the traces that show it."""
    found: dict[Technique, list[str]] = {}
    for trace in sorted(pc.unique(evidence["trace"]).to_pylist()):
        if trace in TECHNIQUES:
            found.setdefault(TECHNIQUES[trace], []).append(trace)
    return dict(sorted(found.items(), key=lambda pair: pair[0].number))


def _write(case: Case, folder: Path) -> list[Path]:
    path = folder / FILE
    path.write_text(bundle(case).serialize(pretty=False, indent=1, sort_keys=True) + "\n", "utf-8")
    return [path]


EXPORT = Export(
    "stix", "Named accounts and their groups as a STIX 2.1 bundle.", _write, extra="stix", package="stix2"
)
