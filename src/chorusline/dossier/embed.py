"""Data and script inside the page: nothing in them can break out, and nothing else is let in."""

from __future__ import annotations

import base64
import hashlib
import math
from typing import Any

import orjson
from markupsafe import Markup

# What could end the script element, open a comment in it, or end a line of script in old engines.
_ESCAPES = (
    (b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"),
)  # fmt: skip


def as_json(data: Any) -> Markup:
    """Return JSON that is safe inside a script element of type application/json."""
    return Markup(embedded(data).decode("utf-8"))


def embedded(data: Any) -> bytes:
    """Return the same as bytes."""
    text = orjson.dumps(data)
    for raw, escaped in _ESCAPES:
        text = text.replace(raw, escaped)
    return text


def source_hash(content: str) -> str:
    """Return the CSP source of an inline style or script, 'sha256-…', of its exact content."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def policy(style: str, script: str) -> str:
    """Return the page's Content-Security-Policy: its own style and script, and nothing from anywhere else."""
    return "; ".join(
        (
            "default-src 'none'", f"style-src {source_hash(style)}", f"script-src {source_hash(script)}",
            "img-src data:", "base-uri 'none'", "form-action 'none'",
        )
    )  # fmt: skip


def figure(value: float | None, digits: int = 4) -> float | int | None:
    """Round to significant digits, so that the page carries no noise; None where there is no number."""
    if value is None or not math.isfinite(value):
        return None
    rounded = float(f"{value:.{digits}g}")
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e9 else rounded
