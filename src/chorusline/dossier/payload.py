"""The data behind the page's tables, packed in columns, with a cap on evidence that the page states."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.dossier.embed import embedded, figure
from chorusline.dossier.lettering import quoted, test_words, visible
from chorusline.dossier.material import Material

CAPS = (
    (25, 5), (20, 4), (15, 3), (12, 2), (10, 1), (10, 0), (7, 0), (5, 0), (4, 0), (3, 0), (2, 0), (1, 0),
)  # fmt: skip
"""Rows of evidence for an account that is named and for one that isn't, most first: the first that fit are taken."""

ROOM = 3_500_000
"""Bytes of all data, as they stand in the page, where nothing else is asked for."""

OBJECT_LENGTH, TEXT_LENGTH = 160, 280

_LEAST_BYTES = 55
"""No row of evidence takes fewer: caps with which the rows can't fit aren't tried."""


def payload(
    material: Material, files: Mapping[str, str], room: int = ROOM, firm: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the page's script needs, as JSON values: columns, and codes for strings that repeat.

    files : how the page writes each input's path. room : bytes that all of it may take; accounts and their parts are
    always whole, and evidence gets what they leave, but the strongest of each account named is there whatever it
    takes. firm : what a sensitivity run gave (firmness.firmness), if there was one.
    """
    found: dict[str, Any] = {
        "accounts": {**_accounts(material), **_firm(material, firm)},
        "parts": _parts(material),
    }
    left = room - size(found)
    for caps in CAPS:
        rows = _within(material, *caps)
        last = caps == CAPS[-1]
        if rows.num_rows * _LEAST_BYTES > left and not last:
            continue
        evidence = _evidence(material, rows, files)
        if last or size(evidence) <= left:
            break
    return {**found, "evidence": evidence}


def _accounts(material: Material) -> dict[str, Any]:
    table = material.accounts
    return {
        "account": [visible(name) for name in table["account"].to_pylist()],
        "handle": [visible(name) if name else None for name in table["handle"].to_pylist()],
        "group": table["group"].to_pylist(),
        "actions": table["actions"].to_pylist(),
        "held": table["held_out_uses"].to_pylist(),
        "q": _figures(table["q_value"]),
        "e": _figures(table["e_value"], 2),
        "observed": _counts(table["observed"]),
        "expected": _counts(table["expected"]),
        "rest": _steps(material.rest),
        "status": _coded(table["status"]),
        "rung": _coded(table["rung"]),
        "reason": sentences([visible(sentence) for sentence in table["reason"].to_pylist()]),
    }


def sentences(said: Sequence[str]) -> dict[str, Any]:
    """Pack sentences that differ in their figures: `pieces` once for each wording, `figures` of each sentence.

    A sentence is its wording's pieces with its figures, divided by blanks, between them.
    """
    wordings: dict[tuple[str, ...], int] = {}
    of, figures = [], []
    for sentence in said:
        parts = _FIGURE.split(sentence)
        of.append(wordings.setdefault(tuple(parts[::2]), len(wordings)))
        figures.append(" ".join(parts[1::2]))
    return {"of": of, "pieces": [list(pieces) for pieces in wordings], "figures": figures}


_FIGURE = re.compile(r"([0-9]+(?:[.,][0-9]+)*)")


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
    counts = ("held_out_uses", "observed", "expected")
    return {
        "start": _starts(table["place"].to_numpy(), material.accounts.num_rows),
        "trace": _coded(table["trace"]),
        "test": _coded(_tests(table)),
        **{name: _counts(table[name]) for name in counts},
        "e_value": _figures(table["e_value"], 2),
        "log10_factor": _steps(table["log10_factor"].to_numpy()),
    }


def _tests(parts: pa.Table) -> pa.ChunkedArray:
    """The test of each part in words."""
    window = parts["window"].to_pylist() if "window" in parts.column_names else [None] * parts.num_rows
    words = [test and test_words(test, w) for test, w in zip(parts["test"].to_pylist(), window, strict=True)]
    return pa.chunked_array([pa.array(words, pa.string())])


def _within(material: Material, cap: int, few: int) -> pa.Table:
    """Rows of evidence within the cap, which is lower for accounts that aren't named."""
    named = pc.equal(material.accounts["status"], "named").to_numpy()
    place = material.evidence["place"].to_numpy()
    limit = np.where(named, cap, few)[place] if len(place) else place
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
    # An object of a trace of texts is often a text that is quoted as well: one list holds both.
    objects, texts = table["object"].to_pylist(), table["text"].to_pylist()
    pool: dict[str, int] = {}
    object_of = [pool.setdefault(quoted(name, OBJECT_LENGTH), len(pool)) for name in objects]
    text_of = [
        -1 if text is None else pool.setdefault(quoted(text, TEXT_LENGTH), len(pool)) for text in texts
    ]
    time, with_time = _seconds(table["time"]), _seconds(table["with_time"])
    since = int(time.min()) if len(time) else 0
    return {
        "start": _starts(table["place"].to_numpy(), n),
        "total": np.bincount(every, minlength=n).tolist(),
        "trace": _coded(table["trace"]),
        "test": _coded(table["test"]),
        "object": object_of,
        "text": text_of,
        # Seconds after `since`, and of the other post after this one.
        "since": since,
        "time": (time - since).tolist(),
        "post": _posts(table["post_id"]),
        "input": file["of"][: table.num_rows],
        "row": table["row"].to_pylist(),
        "with": partner.tolist(),
        "with_time": (with_time - time).tolist(),
        "with_post": _posts(table["with_post_id"]),
        "with_input": file["of"][table.num_rows :],
        "with_row": table["with_row"].to_pylist(),
        "lag": _figures(table["lag"], 3),
        "chance": _figures(table["chance"], 2),
        "texts": list(pool),
        "files": file["words"],
        "others": other["words"],
    }


def size(value: Any) -> int:
    """Bytes of a value as it stands in the page."""
    return len(embedded(value))


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
    """Round each to significant digits."""
    return _each(column, lambda value: figure(value, digits))


def _counts(column: pa.ChunkedArray) -> list[float | int | None]:
    """Round counts, which may be means, to what the page shows: one decimal below ten, else none."""
    return _each(column, _count)


def _count(value: float) -> float | int | None:
    if not math.isfinite(value) or value == int(value) or value < 0.05:
        return figure(value, 15 if value >= 1 else 1)
    if value >= 10:
        return round(value)
    # The page writes what isn't whole with its decimal: 2.97 is 3.0 there, and 3 is 3.
    tenth = round(value, 1)
    return tenth if tenth != int(tenth) else round(value, 2)


def _steps(values: npt.NDArray[np.float64]) -> list[float | int]:
    """Powers of ten, to a hundredth."""
    return [int(x) if x == int(x) else x for x in np.round(values, 2).tolist()]


def _each(column: pa.ChunkedArray, written: Callable[[float], Any]) -> list[Any]:
    """Apply a function to each of a column's values; to equal ones, of which there are many, once."""
    values, code = np.unique(np.asarray(column.to_numpy(), dtype=np.float64), return_inverse=True)
    done = [written(value) for value in values.tolist()]
    return [done[k] for k in code.tolist()]


def _seconds(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    micros = np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)
    return np.floor_divide(micros, 1_000_000)


def _posts(column: pa.ChunkedArray) -> list[str | None]:
    return [None if post is None else visible(post) for post in column.to_pylist()]
