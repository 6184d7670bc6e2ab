"""Trace `link`: two accounts post the same canonical link."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces import shorteners
from chorusline.traces.base import Trace, Uses, uses_of

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[a-z][a-z0-9+.\-]*:(?!\d)", re.IGNORECASE)
_NOT_A_HOST = re.compile(r"[\s:]")
_OPAQUE = re.compile(r"[\w\-]+")
PLAIN = r"^https?://(?P<www>(?:www\.)?)(?P<host>[a-z0-9\-]+(?:\.[a-z0-9\-]+)+)(?P<path>(?:/[A-Za-z0-9_.~\-/:@!$&'()*+,;=]*)?)$"
"""Links without port, query, fragment or escapes: nearly all, and their parts can be read for all at once."""


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


def canonical_all(links: pa.Array, tracking: frozenset[str]) -> pa.Array:
    """Return `canonical` of each link [n], null where it is none."""
    found = pc.extract_regex(links, PLAIN)
    host, path = pc.struct_field(found, "host"), pc.struct_field(found, "path")
    # Another www. may follow, which `canonical` takes off as well.
    plain = pc.and_(pc.is_valid(found), pc.invert(pc.fill_null(pc.starts_with(host, "www."), False)))
    whole = pc.binary_join_element_wise("https://", host, pc.utf8_rtrim(path, "/"), "")
    rest = [
        None if link is None else canonical(link, tracking)
        for link in links.filter(pc.invert(plain)).to_pylist()
    ]
    return pc.replace_with_mask(whole, pc.invert(plain), pa.array(rest, pa.string()))


def canonical_links(log: ActionLog, config: Config) -> pa.DictionaryArray:
    """Return the canonical links of all actions, one after the other as the lists have them, worked out once.

    Short ones are resolved by the user's table.
    """
    tracking, short = frozenset(config.tracking_parameters), shorteners.given(config)
    key = ("links", tracking, frozenset(short.items()))

    def made() -> pa.DictionaryArray:
        encoded = pc.list_flatten(log.actions["links"].combine_chunks()).dictionary_encode()
        whole = shorteners.resolve_all(encoded.dictionary.cast(pa.string()), short)
        known = canonical_all(whole, tracking).dictionary_encode()
        return pa.DictionaryArray.from_arrays(known.indices.take(encoded.indices), known.dictionary)

    return log.once(key, made)


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of canonical links in what accounts posted themselves, short ones resolved by the user's table."""
    links = canonical_links(log, config)
    rows = pc.list_parent_indices(log.actions["links"].combine_chunks()).to_numpy().astype(np.int64)
    own = log.kinds[rows] != KINDS.index("reshare")
    return uses_of(log, rows[own], links.filter(pa.array(own)).cast(pa.string()))


TRACE = Trace(
    name="link",
    about="The same link posted (scheme, host case, tracking parameters and fragments apart).",
    object_word="link",
    precedence=50,
    tests=("synchrony",),
    extract=extract,
    notes=shorteners.notes,
    columns=("links",),
)
