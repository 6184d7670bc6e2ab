"""A card for each group in which somebody is named: figures, picture, timeline, first accounts, first posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.config import Config
from chorusline.dossier import background, lives_picture, network_picture, sentences, timeline
from chorusline.dossier.material import Material

FIRST_ACCOUNTS = 10
FIRST_POSTS = 5
MOST_CARDS = 40
"""Groups drawn as cards; the others follow without picture."""

ALL_EDGES = 12_000
"""Lines drawn in the pictures of all groups together; each has its share of them."""


def cards(
    material: Material,
    manifest: Mapping[str, Any],
    checks: Mapping[int, list[dict[str, str]]],
    firm: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Return what the template needs for each group with a named account, in the order of their numbers."""
    config = manifest.get("config") or {}
    fdr = float(config.get("fdr", Config().fdr))
    resolution = float(manifest.get("resolution") or 1e-6)
    seed = int(config.get("seed", 0))
    rows = {row["group"]: row for row in material.groups.to_pylist()}
    lines = min(network_picture.MOST_EDGES, ALL_EDGES // max(min(len(material.shown), MOST_CARDS), 1))
    found = []
    for place, group in enumerate(material.shown):
        row = rows[group]
        members = material.members(group)
        evidence = material.evidence.filter(pa.array(material.evidence_groups == group))
        days = len(pc.unique(pc.floor_temporal(evidence["time"], unit="day"))) if evidence.num_rows else 0
        drawn = place < MOST_CARDS
        found.append(
            {
                **row,
                "nothing": nothing_found(row),
                "pairs": _pairs(material, group),
                "possible": row["accounts"] * (row["accounts"] - 1) // 2 if row["accounts"] else None,
                "likelihood": sentences.likelihood(row["named"], fdr),
                "confidence": sentences.confidence(
                    evidence.num_rows, len(pc.unique(evidence["trace"])), days, resolution
                ),
                "picture": _picture(material, group, members, evidence, seed, lines) if drawn else None,
                **(_timeline(material, group, evidence) if drawn else {"timeline": None}),
                "first_accounts": _first_accounts(material, members),
                "first_posts": _first_posts(material, evidence) if drawn else [],
                "background": background.sentences(_of(material.context, group)),
                "templates": background.templates(_of(material.templates, group)),
                "checks": checks.get(group, []),
                "held": sentences.borders(row, int(config.get("community_seeds", Config().community_seeds))),
                "firm": firm["groups"].get(group) if firm else None,
                "life": _life(material, group) if drawn else None,
                "steady": _steady(material, group, members),
            }
        )
    return found


def nothing_found(row: Mapping[str, Any]) -> int | None:
    """Accounts of a group of which nothing was found; None where a public edition leaves a count out."""
    parts = [row[name] for name in ("accounts", "named", "few_days", "not_enough")]
    return None if None in parts else parts[0] - sum(parts[1:])


def _of(table: pa.Table, group: int) -> pa.Table:
    return table.filter(pc.equal(table["group"], group))


def _pairs(material: Material, group: int) -> int:
    """Pairs of accounts with an edge, however many traces it lies in."""
    edges = material.edges.filter(pc.equal(material.edges["group"], group))
    return int(edges.group_by(["account_a", "account_b"]).aggregate([]).num_rows)


def _picture(
    material: Material, group: int, members: range, evidence: pa.Table, seed: int, lines: int
) -> network_picture.Picture:
    """Draw the proposed edges of a group; where it has none, who acted with whom in the evidence."""
    names = material.accounts["account"].slice(members.start, len(members)).combine_chunks()
    status = material.accounts["status"].slice(members.start, len(members)).to_pylist()
    edges = material.edges.filter(pc.equal(material.edges["group"], group))
    a, b = (pc.fill_null(pc.index_in(edges[end], value_set=names), -1) for end in ("account_a", "account_b"))
    weight, trace = edges["weight"], edges["trace"]
    if not edges.num_rows:
        pairs = evidence.group_by(["place", "with_place", "trace"]).aggregate([("lag", "count")])
        pairs = pairs.sort_by([(name, "ascending") for name in ("place", "with_place", "trace")])
        a, b = pc.subtract(pairs["place"], members.start), pc.subtract(pairs["with_place"], members.start)
        weight, trace = pairs["lag_count"], pairs["trace"]
    first, second = np.asarray(a.to_numpy(), np.int64), np.asarray(b.to_numpy(), np.int64)
    inside = (first >= 0) & (second >= 0) & (first < len(members)) & (second < len(members))
    return network_picture.draw(
        status, members, first[inside], second[inside],
        np.asarray(weight.to_numpy(), np.float64)[inside], trace.filter(pa.array(inside)).to_pylist(),
        seed=seed + group, most_edges=lines,
    )  # fmt: skip


def _life(material: Material, group: int) -> lives_picture.Lives | None:
    rows = material.lives.filter(pc.equal(material.lives["group"], group))
    return lives_picture.draw(
        rows.sort_by([("life", "ascending"), ("period", "ascending")]).to_pylist(), material.periods
    )


def _steady(material: Material, group: int, members: range) -> dict[str, int] | None:
    """How many named accounts took part in half of the group's periods, and how many in none."""
    rows = material.persistence.filter(pc.equal(material.persistence["group"], group)).to_pylist()
    if not rows:
        return None
    share = {row["account"]: row["persistence"] for row in rows}
    here = material.accounts.slice(members.start, len(members))
    named = here.filter(pc.equal(here["status"], "named"))["account"].to_pylist()
    return {
        "periods": rows[0]["group_periods"],
        "half": sum(share.get(name, 0.0) >= 0.5 for name in named),
        "none": sum(name not in share for name in named),
    }


def _timeline(material: Material, group: int, evidence: pa.Table) -> dict[str, Any]:
    """The times of the listed uses; where none are listed, the times at which pairs first acted together."""
    edges = material.edges.filter(pc.equal(material.edges["group"], group))
    times, of = (evidence["time"], "uses") if evidence.num_rows else (edges["first"], "pairs")
    drawn = timeline.draw(np.asarray(times.cast(pa.int64()).to_numpy(), np.int64))
    return {"timeline": drawn, "timeline_of": of}


def _first_accounts(material: Material, members: range) -> list[dict[str, Any]]:
    rows = material.accounts.slice(members.start, min(FIRST_ACCOUNTS, len(members))).to_pylist()
    return [row for row in rows if row["status"] == "named"]


def _first_posts(material: Material, evidence: pa.Table) -> list[dict[str, Any]]:
    """The strongest piece of evidence of each of the first accounts named."""
    first = evidence.filter(pc.equal(evidence["rank"], 0)).sort_by("place").slice(0, FIRST_POSTS * 4)
    handles = material.accounts["handle"]
    status = material.accounts["status"]
    rows = []
    for row in first.to_pylist():
        if status[row["place"]].as_py() == "named":
            row["handle"] = handles[row["place"]].as_py()
            row["with_handle"] = handles[row["with_place"]].as_py() if row["with_place"] >= 0 else None
            rows.append(row)
    return rows[:FIRST_POSTS]
