"""The data behind the page's tables, packed in columns, with a cap on evidence that the page states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.dossier.embed import figure
from chorusline.dossier.lettering import quoted, test_words, visible
from chorusline.dossier.material import Material

CAPS = (25, 15, 10, 7, 5, 3, 2, 1)
"""Rows of evidence for an account, most first: the most that fits into the budget is taken."""

BUDGET = 3_000_000
"""Bytes of evidence, before escaping. With it the page stays below 5 MB at 1,000 named accounts."""

FEW = 5
"""Rows of evidence for an account that isn't named."""

OBJECT_LENGTH, TEXT_LENGTH = 160, 280

_LEAST_BYTES = 55
"""No row of evidence takes fewer: a cap with which the rows can't fit isn't tried."""


def payload(
    material: Material, files: Mapping[str, str], budget: int = BUDGET, firm: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the page's script needs, as JSON values: columns, and codes for strings that repeat.

    files : how the page writes each input's path. budget : bytes of evidence. firm : what a
    sensitivity run gave (firmness.firmness), if there was one.
    """
    for cap in CAPS:
        rows = _within(material, cap)
        last = cap == CAPS[-1]
        if rows.num_rows * _LEAST_BYTES > budget and not last:
            continue
        evidence = _evidence(material, rows, files)
        if last or len(orjson.dumps(evidence)) <= budget:
            break
    return {
        "accounts": {**_accounts(material), **_firm(material, firm)},
        "parts": _parts(material),
        "evidence": evidence,
        "cap": cap,
        "few": min(cap, FEW),
    }


def _accounts(material: Material) -> dict[str, Any]:
    table = material.accounts
    return {
        "account": [visible(name) for name in table["account"].to_pylist()],
        "handle": [visible(name) if name else None for name in table["handle"].to_pylist()],
        "group": table["group"].to_pylist(),
        "actions": table["actions"].to_pylist(),
        "held": table["held_out_uses"].to_pylist(),
        "q": _figures(table["q_value"]),
        "e": _figures(table["e_value"]),
        "observed": _figures(table["observed"]),
        "expected": _figures(table["expected"]),
        "rest": [figure(value, 3) for value in material.rest.tolist()],
        "status": _coded(table["status"]),
        "rung": _coded(table["rung"]),
        "reason": [visible(sentence) for sentence in table["reason"].to_pylist()],
    }


def _firm(material: Material, firm: Mapping[str, Any] | None) -> dict[str, Any]:
    """In how many variants each account stands, of how many, and what breaks it; missing where it wasn't asked."""
    if firm is None:
        return {}
    rows = [firm["accounts"].get(name) for name in material.accounts["account"].to_pylist()]
    return {
        "stands": [row["stands"] if row and row["variants"] else None for row in rows],
        "variants": [row["variants"] if row else 0 for row in rows],
        "breaks": [visible(row["breaks"]) if row else None for row in rows],
    }


def _parts(material: Material) -> dict[str, Any]:
    table = material.parts
    figures = ("held_out_uses", "observed", "expected", "e_value", "log10_factor")
    return {
        "start": _starts(table["place"].to_numpy(), material.accounts.num_rows),
        "trace": _coded(table["trace"]),
        "test": _coded(_tests(table)),
        **{name: _figures(table[name]) for name in figures},
    }


def _tests(parts: pa.Table) -> pa.ChunkedArray:
    """The test of each part in words."""
    window = parts["window"].to_pylist() if "window" in parts.column_names else [None] * parts.num_rows
    words = [test and test_words(test, w) for test, w in zip(parts["test"].to_pylist(), window, strict=True)]
    return pa.chunked_array([pa.array(words, pa.string())])


def _within(material: Material, cap: int) -> pa.Table:
    """Rows of evidence within the cap, which is lower for accounts that aren't named."""
    named = pc.equal(material.accounts["status"], "named").to_numpy()
    place = material.evidence["place"].to_numpy()
    limit = np.where(named, cap, min(cap, FEW))[place] if len(place) else place
    return material.evidence.filter(pa.array(material.evidence["rank"].to_numpy() < limit))


def _evidence(material: Material, table: pa.Table, short: Mapping[str, str]) -> dict[str, Any]:
    n = material.accounts.num_rows
    every = material.evidence["place"].to_numpy()
    files = pa.chunked_array([*table["input"].chunks, *table["with_input"].chunks], pa.string())
    file = _coded(files, lambda path: visible(short.get(path, path)))
    inside = table["with_place"].to_numpy()
    other = _coded(table["with_account"].filter(pa.array(inside < 0)), visible)
    partner = inside.copy()
    # An account that isn't on the page is written -1 - its place in `others`.
    partner[inside < 0] = -1 - np.asarray(other["of"], dtype=np.int64)
    texts = _coded(table["text"], lambda text: quoted(text, TEXT_LENGTH))
    objects = _coded(table["object"], lambda name: quoted(name, OBJECT_LENGTH))
    return {
        "start": _starts(table["place"].to_numpy(), n),
        "total": np.bincount(every, minlength=n).tolist(),
        "trace": _coded(table["trace"]),
        "test": _coded(table["test"]),
        "object": objects["of"],
        "text": texts["of"],
        "time": _seconds(table["time"]),
        "post": _posts(table["post_id"]),
        "input": file["of"][: table.num_rows],
        "row": table["row"].to_pylist(),
        "with": partner.tolist(),
        "with_time": _seconds(table["with_time"]),
        "with_post": _posts(table["with_post_id"]),
        "with_input": file["of"][table.num_rows :],
        "with_row": table["with_row"].to_pylist(),
        "lag": _figures(table["lag"]),
        "chance": _figures(table["chance"], 2),
        "objects": objects["words"],
        "texts": texts["words"],
        "files": file["words"],
        "others": other["words"],
    }


def _coded(column: pa.ChunkedArray, written: Callable[[str], str] = str) -> dict[str, list[Any]]:
    """Number strings in the order of their first appearance, -1 for none; `written` is how each is shown."""
    codes = column.combine_chunks().dictionary_encode()
    return {
        "of": pc.fill_null(codes.indices, -1).to_pylist(),
        "words": [written(word) for word in codes.dictionary.to_pylist()],
    }


def _starts(place: Any, n: int) -> list[int]:
    """Where the rows of each account begin [n + 1], rows being sorted by account."""
    found: list[int] = np.searchsorted(np.asarray(place), np.arange(n + 1)).tolist()
    return found


def _figures(column: pa.ChunkedArray, digits: int = 4) -> list[float | int | None]:
    """Round each to significant digits; equal values, of which there are many, once."""
    values, code = np.unique(np.asarray(column.to_numpy(), dtype=np.float64), return_inverse=True)
    written = [figure(value, digits) for value in values.tolist()]
    return [written[k] for k in code.tolist()]


def _seconds(column: pa.ChunkedArray) -> list[int]:
    micros = np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)
    found: list[int] = np.floor_divide(micros, 1_000_000).tolist()
    return found


def _posts(column: pa.ChunkedArray) -> list[str | None]:
    return [None if post is None else visible(post) for post in column.to_pylist()]
