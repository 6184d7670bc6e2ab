"""The data behind the page's tables, packed in columns, with a cap on evidence that the page states."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.dossier.embed import figure
from chorusline.dossier.lettering import quoted, visible
from chorusline.dossier.material import Material

CAPS = (25, 15, 10, 7, 5, 3, 2, 1)
"""Rows of evidence for an account, most first: the most that fits into the budget is taken."""

BUDGET = 3_000_000
"""Bytes of evidence, before escaping. With it the page stays below 5 MB at 1,000 named accounts."""

FEW = 5
"""Rows of evidence for an account that isn't named."""

OBJECT_LENGTH, TEXT_LENGTH = 160, 280


def payload(material: Material, budget: int = BUDGET) -> dict[str, Any]:
    """Return what the page's script needs, as JSON values: columns, and codes for strings that repeat."""
    for cap in CAPS:
        evidence = _evidence(material, cap)
        if cap == CAPS[-1] or len(orjson.dumps(evidence)) <= budget:
            break
    return {
        "accounts": _accounts(material),
        "parts": _parts(material),
        "evidence": evidence,
        "cap": cap,
        "few": min(cap, FEW),
    }


class _Codes:
    """Strings numbered in the order of their first appearance."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._code: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        code = self._code.get(text)
        if code is None:
            code = self._code[text] = len(self.strings)
            self.strings.append(text)
        return code


def _accounts(material: Material) -> dict[str, Any]:
    table = material.accounts
    return {
        "account": [visible(name) for name in table["account"].to_pylist()],
        "handle": [visible(name) if name else None for name in table["handle"].to_pylist()],
        "group": table["group"].to_pylist(),
        "actions": table["actions"].to_pylist(),
        "held": table["held_out_uses"].to_pylist(),
        **{short: [figure(v) for v in table[name].to_pylist()]
           for short, name in (("q", "q_value"), ("e", "e_value"), ("observed", "observed"),
                               ("expected", "expected"))},
        "status": _coded(table["status"]),
        "rung": _coded(table["rung"]),
        "reason": [visible(sentence) for sentence in table["reason"].to_pylist()],
    }  # fmt: skip


def _coded(column: pa.ChunkedArray) -> dict[str, Any]:
    codes = _Codes()
    return {"of": [codes(value) for value in column.to_pylist()], "words": codes.strings}


def _starts(place: Any, n: int) -> list[int]:
    """Where the rows of each account begin [n + 1], rows being sorted by account."""
    return [int(k) for k in np.searchsorted(np.asarray(place), np.arange(n + 1))]


def _parts(material: Material) -> dict[str, Any]:
    table = material.parts
    figures = ("held_out_uses", "observed", "expected", "p_least", "p_most", "e_value")
    return {
        "start": _starts(table["place"].to_numpy(), material.accounts.num_rows),
        "trace": _coded(table["trace"]),
        "test": _coded(table["test"]),
        **{name: [figure(v) for v in table[name].to_pylist()] for name in figures},
    }


def _evidence(material: Material, cap: int) -> dict[str, Any]:
    n = material.accounts.num_rows
    every = material.evidence
    named = np.asarray(pc.equal(material.accounts["status"], "named").to_numpy(), dtype=bool)
    place = every["place"].to_numpy()
    limit = np.where(named, cap, min(cap, FEW))[place] if len(place) else place
    table = every.filter(pa.array(every["rank"].to_numpy() < limit))
    objects, texts, files, others = _Codes(), _Codes(), _Codes(), _Codes()
    rows = table.to_pylist()
    return {
        "start": _starts(table["place"].to_numpy(), n),
        "total": np.bincount(place, minlength=n).tolist() if len(place) else [0] * n,
        "trace": _coded(table["trace"]),
        "test": _coded(table["test"]),
        "object": [objects(quoted(row["object"], OBJECT_LENGTH)) for row in rows],
        "text": [texts(quoted(row["text"], TEXT_LENGTH)) if row["text"] else -1 for row in rows],
        "time": [_second(row["time"]) for row in rows],
        "post": [_post(row["post_id"]) for row in rows],
        "input": [files(visible(row["input"])) for row in rows],
        "row": [row["row"] for row in rows],
        # An account that isn't on the page is written -1 - its place in `others`.
        "with": [
            row["with_place"] if row["with_place"] >= 0 else -1 - others(visible(row["with_account"]))
            for row in rows
        ],
        "with_time": [_second(row["with_time"]) for row in rows],
        "with_post": [_post(row["with_post_id"]) for row in rows],
        "with_input": [files(visible(row["with_input"])) for row in rows],
        "with_row": [row["with_row"] for row in rows],
        "lag": [figure(row["lag"]) for row in rows],
        "chance": [figure(row["chance"], 2) for row in rows],
        "objects": objects.strings,
        "texts": texts.strings,
        "files": files.strings,
        "others": others.strings,
    }


def _second(value: Any) -> int:
    return int(value.timestamp())


def _post(value: str | None) -> str | None:
    return visible(value) if value is not None else None
