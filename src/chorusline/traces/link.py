"""Trace `link`: two accounts post the same canonical link."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import pyarrow as pa

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:(?!\d)", re.IGNORECASE)
_NOT_A_HOST = re.compile(r"[\s:]")
_OPAQUE = re.compile(r"[\w\-]+")
_HOST = re.compile(r"[\w\-.]+")


def with_scheme(url: str) -> str:
    """Return a link with the scheme http where it has none; a port after the host is no scheme."""
    url = url.strip()
    return url if _SCHEME.match(url) else "http://" + url.removeprefix("//")


def canonical(url: str, tracking: frozenset[str]) -> str | None:
    """Return the canonical form of a link, or None where it is none.

    A bare word (letters, digits, - and _) is the id that an anonymised archive gives a link; it stays as it is.

    http becomes https; the host is lower case, without a leading 'www.' and default port; fragment,
    tracking parameters (`tracking` and utm_*), and a trailing slash are dropped; the remaining parameters
    keep their order; percent-encoding is made uniform.
    """
    if _OPAQUE.fullmatch(url):
        return url
    try:
        parts = urlsplit(with_scheme(url))
        host = (parts.hostname or "").rstrip(".")
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or "." not in host or _NOT_A_HOST.search(host):
        return None
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    # Either default port goes, whatever the scheme: http and https are one here.
    place = host if port in (None, *_DEFAULT_PORTS.values()) else f"{host}:{port}"
    path = quote(
        unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~", errors="surrogateescape"
    )
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not name.lower().startswith("utm_") and name.lower() not in tracking
    ]
    return f"https://{place}{path.rstrip('/')}" + (f"?{urlencode(query)}" if query else "")


def _canonical_all(links: pa.Array, tracking: frozenset[str]) -> pa.Array:
    return pa.array(
        [None if link is None else canonical(link, tracking) for link in links.to_pylist()], pa.string()
    )


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of canonical links in what accounts posted themselves."""
    change = partial(_canonical_all, tracking=frozenset(config.tracking_parameters))
    return uses_of_list(log, "links", change, reshares=False)


TRACE = Trace(
    name="link",
    about="The same link posted (scheme, host case, tracking parameters and fragments apart).",
    object_word="link",
    precedence=50,
    tests=("synchrony",),
    extract=extract,
    columns=("links",),
)
