"""Trace `domain`: two accounts link to the same site."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.config import Config
from chorusline.traces import shorteners
from chorusline.traces.base import Trace, Uses, uses_of_list
from chorusline.traces.link import PLAIN, with_scheme

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Hosts that say nothing of the site behind a link: shorteners and the platforms' own.
_PASS_THROUGH = shorteners.HOSTS | {"twitter.com", "x.com", "facebook.com", "instagram.com", "t.me"}


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


def _domains(links: pa.Array, short: dict[str, str]) -> pa.Array:
    """Registered domains of links, short ones resolved; those of plain links are looked up once a host."""
    links = shorteners.resolve_all(links, short)
    found = pc.extract_regex(links, PLAIN)
    host = pc.binary_join_element_wise(pc.struct_field(found, "www"), pc.struct_field(found, "host"), "")
    odd = pc.is_null(host)
    hosts = host.filter(pc.is_valid(host)).dictionary_encode()
    known = pa.array(
        [registered_domain("http://" + name) for name in hosts.dictionary.to_pylist()], pa.string()
    )
    rest = [None if link is None else registered_domain(link) for link in links.filter(odd).to_pylist()]
    found = pc.replace_with_mask(pa.nulls(len(links), pa.string()), pc.invert(odd), known.take(hosts.indices))
    return pc.replace_with_mask(found, odd, pa.array(rest, pa.string()))


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of sites in what accounts posted themselves; a column of domains in the data goes first."""
    given = log.actions["domains"]
    if pc.sum(pc.list_value_length(given)).as_py():
        return uses_of_list(log, "domains", pc.utf8_lower, reshares=False)
    return uses_of_list(log, "links", partial(_domains, short=shorteners.given(config)), reshares=False)


TRACE = Trace(
    name="domain",
    about="The same site linked to (registered domain).",
    object_word="site",
    precedence=80,
    tests=("synchrony",),
    extract=extract,
    columns=("domains", "links"),
)
