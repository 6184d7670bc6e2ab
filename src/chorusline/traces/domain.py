"""Trace `domain`: two accounts link to the same site."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of_list
from chorusline.traces.link import with_scheme

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Hosts that say nothing of the site behind a link: shorteners and the platforms' own.
_PASS_THROUGH = frozenset(
    {
        *(
            "t.co",
            "bit.ly",
            "ow.ly",
            "tinyurl.com",
            "goo.gl",
            "dlvr.it",
            "ift.tt",
            "buff.ly",
            "is.gd",
            "fb.me",
        ),
        *("youtu.be", "lnkd.in", "trib.al", "twitter.com", "x.com", "facebook.com", "instagram.com", "t.me"),
    }
)


@cache
def _suffixes() -> TLDExtract:
    import tldextract

    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=(), fallback_to_snapshot=True)


def registered_domain(url: str) -> str | None:
    """Return the registered domain of a link (bundled Public Suffix List), or None.

    None for addresses without one, for link shorteners and for the platforms themselves.
    """
    try:
        host = urlsplit(with_scheme(url)).hostname
    except ValueError:
        return None
    if not host:
        return None
    domain = str(_suffixes()(host).top_domain_under_public_suffix)
    return None if not domain or domain in _PASS_THROUGH else domain


def _domains(links: pa.Array) -> pa.Array:
    return pa.array(
        [None if link is None else registered_domain(link) for link in links.to_pylist()], pa.string()
    )


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of sites in what accounts posted themselves; a column of domains in the data goes first."""
    given = log.actions["domains"]
    if pc.sum(pc.list_value_length(given)).as_py():
        return uses_of_list(log, "domains", pc.utf8_lower, reshares=False)
    return uses_of_list(log, "links", _domains, reshares=False)


TRACE = Trace(
    name="domain",
    about="The same site linked to (registered domain).",
    object_word="site",
    precedence=80,
    tests=("synchrony",),
    extract=extract,
    columns=("domains", "links"),
)
