"""What others do, each in one plain file, to measure against.

Every file offers `name_accounts(log, **settings)`: an action log (table with account, time, kind, text,
hashtags, links, reshare_of, post_id, as in DOOR_SCHEMA) in; a table (account, score, named) out, one row an
account with a score above 0. Higher scores are more suspicious; `named` is the verdict at the published
settings, so that a threshold on the score can be chosen otherwise too.
"""

from __future__ import annotations

from typing import Any

from bench.baselines import communities, coreshare, fused, sametext, schoch

BASELINES = {
    "same text": sametext.name_accounts,
    "co-reshare": coreshare.name_accounts,
    "communities": communities.name_accounts,
    "fused similarity": fused.name_accounts,
    "ten in a minute": schoch.name_accounts,
}
"""Name in the results -> function."""

OTHER_SETTINGS: dict[str, tuple[dict[str, Any], ...]] = {
    "same text": ({"window": 600.0}, {"reshares": False}, {"window": 600.0, "reshares": False}),
    "co-reshare": ({"window": 60.0}, {"window": 600.0}),
    "communities": ({"quickest": 0.5}, {"quickest": 1.0}),
    "fused similarity": (),
    "ten in a minute": ({"window": 600.0},),
}
"""Settings besides the published ones that are tried where a method is given its best."""
