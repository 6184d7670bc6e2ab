"""Who may be there by mistake: imitators, and those whom the rate leaves to chance."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from chorusline.findings.alternatives.material import (
    NOTHING,
    Data,
    Group,
    Said,
    micros,
    percent,
)
from chorusline.intervals import clopper_pearson
from chorusline.measured import LOOK_ALIKES
from chorusline.wording import plural

SECOND = 0.9
"""Share of its evidence in which an account comes second from which it is said to follow; among ten uses at least."""


def imitation(here: Group, data: Data) -> Said:
    """Who comes second every time."""
    check = f"Does any named account come second in {SECOND:.0%} of its evidence or more?".replace("%", " %")
    remains = "Somebody who copies a member, or wants a stranger to look like one. Read the posts."
    own, other = micros(here.evidence["time"]), micros(here.evidence["with_time"])
    apart = own != other
    if not apart.any():
        said = (
            f"{NOTHING}the clock shows no order between the posts."
            if len(own)
            else f"{NOTHING}no posts are listed."
        )
        return check, False, said, remains
    who = here.evidence["account"].combine_chunks().dictionary_encode()
    codes = np.asarray(who.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
    uses = np.bincount(codes[apart], minlength=len(who.dictionary))
    later = np.bincount(codes[apart & (own > other)], minlength=len(who.dictionary))
    asked = uses >= 10
    follow = int(np.count_nonzero(asked & (later >= SECOND * np.maximum(uses, 1))))
    n = int(np.count_nonzero(asked))
    if not n:
        return check, False, f"{NOTHING}no account has ten uses in an order that the clock shows.", remains
    outcome = (
        f"{follow} of {plural(n, 'account')} with ten such uses or more do."
        + " Look at these first." * bool(follow)
    )
    return check, True, outcome, remains


def error(here: Group, data: Data) -> Said:
    """What the stated rate leaves, and what the worst honest look-alikes would give at this base rate."""
    check = (
        "How many of those named does the stated rate leave to chance, and how many if all were look-alikes?"
    )
    remains = "Any single account may be the one that is there by chance: check it by hand before you write about it."
    accounts = data.tables["accounts"]
    tested = sum(status != "not enough evidence" for status in accounts["status"].to_pylist())
    kind, hits, of = LOOK_ALIKES[0]
    worst, most = 10_000 * hits / of, clopper_pearson(hits, of)[1]
    rows = accounts.filter(
        pc.and_(pc.equal(accounts["group"], here.number), pc.equal(accounts["status"], "named"))
    )
    strict = int(pc.sum(pc.less_equal(rows["q_value"], data.config.fdr / 10)).as_py() or 0)
    outcome = (
        f"At a false-discovery rate of {data.config.fdr:g}, {len(here.named) * data.config.fdr:.2g} of the "
        f"{len(here.named)} named are expected to be there by chance; {percent(strict, rows.num_rows)} would be named "
        f"at a tenth of that rate too. The worst kind of honest account measured ({kind}) is named {worst:.0f} times "
        f"in 10,000 (95 % interval to {10_000 * most:.0f}): if all {tested:,} tested were of it, about "
        f"{tested * hits / of:.2g} would be named, or up to {tested * most:.2g}."
    )
    return check, True, outcome, remains
