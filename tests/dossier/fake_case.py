"""Made-up cases for the dossier's tests: seeded, with the schemas of case.TABLES and nothing from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from chorusline.case import FORMAT, TABLES, Case
from chorusline.config import Config

START = 1_646_000_000_000_000
TEXTS = (
    "The bridge opens on Monday, whatever the ministry says about the budget",
    "به نظر من این تصمیم درست نیست و باید دوباره بررسی شود",
    "هذا القرار ليس صحيحا ويجب مراجعته",
    "Volunteers wanted for the river clean-up, bring gloves & boots",
)
STATUSES = ("named", "named", "named", "named", "not enough evidence", "nothing found", "few days")


@dataclass(frozen=True)
class Size:
    """How large a made-up case is."""

    accounts: int = 80
    groups: int = 3
    uses: int = 12


def fake_case(folder: Path, size: Size | None = None, seed: int = 1, **hostile: str) -> Case:
    """Return a case in memory. hostile : `handle`, `text`, `object`, `account` put into every third row."""
    size = size or Size()
    rng = np.random.default_rng(seed)
    tables = _tables(size, rng, hostile)
    named = sum(row == "named" for row in tables["accounts"]["status"].to_pylist())
    counts = {
        "actions": 129_094, "accounts": 21_381, "accounts_proposed": size.accounts,
        "accounts_tested": size.accounts - size.accounts // 5, "accounts_named": named, "groups": size.groups + 2,
        "groups_with_named": size.groups, "rows_set_aside": 3, "rows_repeated": 17, "rows_merged": 0,
    }  # fmt: skip
    return Case(folder, manifest(counts), tables)


def empty_case(folder: Path, **counts: int) -> Case:
    """Return a case in which nothing was found."""
    tables = {name: schema.empty_table() for name, schema in TABLES.items()}
    return Case(folder, manifest({"actions": 900, "accounts": 120, **counts}), tables)


def manifest(counts: dict[str, int]) -> dict[str, Any]:
    return {
        "case_format": FORMAT,
        "chorusline": "0.1.0",
        "created": "2026-03-04T05:06:07+00:00",
        "command": "chorusline investigate posts.csv --out case",
        "config": Config().model_dump(mode="json"),
        "versions": {"python": "3.12.1", "numpy": "2.1.0"},
        "inputs": [
            {
                "path": "exports/posts.csv", "sha256": "ab" * 32, "bytes": 6_862_634, "format": "table",
                "mapping": {}, "rows_read": 129_094, "rows_set_aside": 3, "rows_repeated": 17, "rows_merged": 0,
                "resolution": 1.0, "share_on_coarse_clock": 0.02, "warnings": [],
            }
        ],
        "counts": counts,
        "period": {"first": "2022-02-27T22:13:20+00:00", "last": "2022-03-29T12:00:00+00:00"},
        "resolution": 1.0,
        "effective_window": 60.0,
        "traces": [
            {"trace": "reshare", "about": "The same post reshared.", "uses": 5000, "objects": 800,
             "accounts": 700, "skipped": None},
            {"trace": "media", "uses": 0, "objects": 0, "accounts": 0, "skipped": "the data hold none"},
        ],
        "warnings": ["posts.csv: 12 links were cut short in the input and were left out."],
    }  # fmt: skip


def _tables(size: Size, rng: np.random.Generator, hostile: dict[str, str]) -> dict[str, pa.Table]:
    def put(kind: str, k: int, otherwise: str) -> str:
        return hostile[kind] if kind in hostile and k % 3 == 0 else otherwise

    n = size.accounts
    names = [put("account", k, "") + f"{1_000_000 + k}" for k in range(n)]
    group = [k % size.groups + 1 for k in range(n)]
    status = [STATUSES[(k // size.groups) % len(STATUSES)] for k in range(n)]
    accounts = [
        {
            "account": names[k], "handle": put("handle", k, f"reader_{k}") if k % 7 else None, "group": group[k],
            "rung": ("scripted", "in step")[k % 2] if status[k] == "named" else "aligned", "status": status[k],
            "p_value": 1e-6, "q_value": float(rng.uniform(1e-12, 0.009)) if status[k] == "named" else 0.6,
            "e_value": float(10 ** rng.uniform(3, 11)) if status[k] == "named" else 0.7, "e_value_any_days": 2e11,
            "held_out_uses": 40,
            "observed": 21.0, "expected": 3.4, "actions": int(rng.integers(20, 900)),
            "reason": "21 of 40 held-out uses agree with its group; of outsiders, 3.4 would be expected.",
        }
        for k in range(n)
    ]  # fmt: skip
    traces = [
        {
            "account": names[k], "group": group[k], "trace": trace, "test": test, "split": split, "part": part,
            "held_out_uses": 12, "observed": 7.0, "expected": 1.1, "e_value": 900.0,
        }
        for k in range(n) for trace, test in (("reshare", "synchrony"), ("text", "content"))
        for split in (1, 2) for part in (2, 3)
    ]  # fmt: skip
    contributions = [
        {"account": names[k], "group": group[k], "trace": trace, "test": test, "held_out_uses": uses,
         "observed": observed, "expected": 1.7, "e_value": e, "log10_factor": part}
        for k in range(n)
        for trace, test, uses, observed, e, part in (
            ("reshare", "synchrony", 24.0, 14.0, 900.0, float(np.log10(accounts[k]["e_value"]) + 0.8)),
            ("text", "content", 16.0, 7.0, 0.8, -0.4),
            (None, None, None, None, None, -0.4),
        )
    ]  # fmt: skip
    evidence = []
    for k in range(n):
        for use in range(size.uses if status[k] == "named" else size.uses // 2):
            other = (k + size.groups * int(rng.integers(1, max(n // size.groups, 2)))) % n
            time = START + int(rng.integers(0, 30 * 86400)) * 1_000_000
            lag = int(rng.integers(0, 55))
            evidence.append(
                {
                    "account": names[k], "group": group[k], "trace": ("reshare", "text")[use % 2],
                    "test": ("synchrony", "content")[use % 2], "object": put("object", use, f"post {use * 31 + k}"),
                    "time": time, "post_id": f"p{k}-{use}", "input": "exports/posts.csv", "row": 7 * k + use,
                    "with_account": names[other], "with_time": time + lag * 1_000_000, "with_post_id": None,
                    "with_input": "exports/posts.csv", "with_row": 7 * other, "lag": float(lag),
                    "chance": float(rng.uniform(0.001, 0.3)), "text": put("text", use, TEXTS[use % 4] + f" {k}"),
                }
            )  # fmt: skip
    edges = []
    for _ in range(n * 4):
        i = int(rng.integers(0, n))
        j = (i + size.groups * int(rng.integers(1, 6))) % n
        if i == j or group[i] != group[j]:
            continue
        a, b = sorted((names[i], names[j]))
        edges.append(
            {
                "account_a": a, "account_b": b, "group": group[i], "trace": ("reshare", "text", "link")[i % 3],
                "weight": int(rng.integers(2, 30)), "coactions": 40, "expected": 0.2, "p_value": 1e-9,
                "mean_lag": 11.0, "min_lag": 0.0, "first": START, "last": START + 86_400_000_000,
            }
        )  # fmt: skip
    groups = [_group(number, group, status) for number in range(1, size.groups + 1)]
    unnamed = [
        {**groups[0], "group": size.groups + extra, "accounts": 9, "named": 0, "few_days": 2, "not_enough": 4,
         "rung": "aligned", "sentence": "9 accounts share objects beyond what popularity explains."}
        for extra in (1, 2)
    ]  # fmt: skip
    resembling = [
        {"account": a["account"], "handle": a["handle"], "group": a["group"], "resemblance": 0.8, "actions": 9,
         "status": a["status"]}
        for a in accounts[:20]
    ]  # fmt: skip
    context = [
        {"account": a["account"], "group": a["group"], "created": START - 86_400_000_000 * (k % 4), "created_near": 4,
         "created_near_expected": 0.31, "name_pattern": "name and 8 digits" if k % 3 else None,
         "name_pattern_in_group": 0.67 if k % 3 else None, "name_pattern_elsewhere": 0.04 if k % 3 else None,
         "rhythm": 2.5}
        for k, a in enumerate(accounts)
    ]  # fmt: skip
    templates = [
        {"group": number, "skeleton": put("text", 3, "shame on […] who voted against the hospital in […] today"),
         "slots": [2, 8], "texts": 5, "uses": 31, "accounts": 7, "object": put("object", 3, "shame on him")}
        for number in range(1, size.groups + 1)
    ]  # fmt: skip
    rows = {"context": context, "templates": templates,
            "accounts": accounts, "account_traces": traces, "contributions": contributions,
            "evidence": evidence, "edges": edges,
            "groups": [*groups, *unnamed], "resembling": resembling}  # fmt: skip
    return {name: pa.Table.from_pylist(rows.get(name, []), schema=schema) for name, schema in TABLES.items()}


def _group(number: int, group: list[int], status: list[str]) -> dict[str, Any]:
    inside = [status[k] for k in range(len(group)) if group[k] == number]
    named = inside.count("named")
    return {
        "group": number, "accounts": len(inside), "named": named, "not_enough": inside.count("not enough evidence"),
        "few_days": inside.count("few days"),
        "rung": "scripted", "actions": 5_000, "first": START, "last": START + 30 * 86_400_000_000, "edges": 90,
        "density": 0.3, "stability": 0.97, "found_by": 5, "traces": ["reshare", "text"],
        "sentence": f"{named} of {len(inside)} accounts act in concert beyond chance.",
    }  # fmt: skip
