"""How many hands run a group's accounts, and which accounts share one: accounts linked to accounts, never to people.

What is told is a headcount as an interval. Pairs are told on request alone, outside the case (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS
from chorusline.operation import labour, pairs
from chorusline.operation.automation import AUTOMATED, by_machine, judge_all, on_grid, text_codes
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.pairs import DAY, Counts, Floats, Ints, Linked
from chorusline.operation.roster import by_hand

LEAST_EXPECTED = 5.0
"""Coincidences within a switching time that two hands would make, below which nothing is said of a pair; nor of a
group whose median pair has fewer, of those at work together."""

MOST_SCHEDULED = 0.2
"""Share of moments by scheduler above which nothing is said of hands."""

LEAST_DAYS, LEAST_ACCOUNTS, MOST_ACCOUNTS = 21, 4, 300

SHARED = 0.1
"""Share of accounts that may pass through several hands (press reports on personas run by teams)."""

LINK = 0.9
"""Posterior from which a pair is a link."""

RESAMPLES = 60

LINKS = pa.schema(
    [
        pa.field("account_a", pa.string(), nullable=False),
        pa.field("account_b", pa.string(), nullable=False),
        pa.field("posterior", pa.float64(), nullable=False),
        pa.field("log10_prior_odds", pa.float64(), nullable=False),
        pa.field("log10_exclusion", pa.float64(), nullable=False),
        pa.field("log10_hand_over", pa.float64(), nullable=False),
        pa.field("log10_absences", pa.float64(), nullable=False),
        pa.field("expected_coincidences", pa.float64(), nullable=False),
        pa.field("coincidences", pa.int64(), nullable=False),
    ]
)
"""Columns of the list of pairs: the three ratios and the prior odds add up to the posterior's log-odds."""


@dataclass(frozen=True)
class Hands:
    """What is known of a group's hands.

    accounts : those looked at, codes int32 [m]. at_once : accounts in action within a switching time. throughput :
    hands that the busiest hour's work takes at fast rates. linked : clusters (estimate, low, high), None where the data
    don't carry linkage, for the reason `why`. chao : of clusters seen by day. low, high : the interval told.
    expected : median of coincidences expected of pairs at work together. counts, found : the evidence.
    """

    accounts: npt.NDArray[np.int32]
    at_once: int
    throughput: int
    linked: tuple[int, int, int] | None
    chao: float | None
    low: int
    high: int
    expected: float
    why: str
    counts: Counts | None
    found: Linked | None


def headcount(
    times: Ints,
    account: npt.NDArray[np.integer],
    seconds: Floats,
    codes: npt.NDArray[np.int32],
    seed: int = 0,
) -> Hands:
    """Count the hands of actions [n], ascending in time, of accounts 0 to m - 1. seconds : of work at fast rates.

    Lower bound: accounts at once, or the throughput of the busiest hour. Upper bound: the accounts. Between them, where
    enough coincidences are expected, clusters of linked accounts: their 90 % interval over resamples of weeks, from
    counts that take some lone accounts for shared ones, to counts at strict links.
    """
    m = len(codes)
    at_once = pairs.at_once(times, account)
    busiest = labour.busiest(times, seconds)
    throughput = int(np.ceil(busiest.max())) if len(busiest) else 0
    floor = max(1, at_once, throughput)
    c = pairs.count(times, account, m)
    weeks = np.ones(len(c.near))
    found = pairs.link(c, weeks)
    upper = np.triu_indices(m, 1)
    expected = _median_together(found.expected[upper])
    if expected < LEAST_EXPECTED:
        why = (
            f"pairs at work together are expected to coincide {expected:.1f} times within {pairs.SWITCH:g} s if two "
            f"hands run them, and it takes {LEAST_EXPECTED:g} to tell one hand from two"
        )
        return Hands(codes, at_once, throughput, None, None, floor, m, expected, why, c, found)
    rng = np.random.default_rng(seed)
    lows, highs = [], []
    for _ in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, len(weeks), len(weeks)), minlength=len(weeks)).astype(np.float64)
        again = pairs.link(c, weight, found.use).posterior
        lows.append(_fewest(again))
        highs.append(int(pairs.clusters(again, LINK).max()) + 1)
    hands = pairs.clusters(found.posterior)
    estimate = int(hands.max()) + 1
    low = int(np.floor(np.quantile(lows, 0.05)))
    high = int(np.ceil(np.quantile(highs, 0.95)))
    low, high = min(low, estimate), max(high, estimate)
    seen = np.zeros((estimate, c.active.shape[1]), dtype=np.bool_)
    np.logical_or.at(seen, hands, c.active)
    return Hands(
        codes, at_once, throughput, (estimate, low, high), pairs.chao(seen), max(floor, low), max(floor, high),
        expected, "", c, found,
    )  # fmt: skip


def _median_together(expected: Floats) -> float:
    """Median coincidences expected of pairs that are at work together at all: of another shift's there are none."""
    together = expected >= 0.25 * np.quantile(expected, 0.9)
    return float(np.median(expected[together])) if together.any() else 0.0


def _fewest(posterior: Floats) -> int:
    """Clusters at loose links, less the lone accounts that may pass through several hands, SHARED of all at most.

    Such an account is linked to none of its hands, since the others act on it too, and looks like a hand of its own.
    """
    part = pairs.clusters(posterior, 0.1)
    alone = int((np.bincount(part) == 1).sum())
    return max(1, int(part.max()) + 1 - min(alone, int(np.ceil(SHARED * len(part)))))


def find(crew: Crew) -> Result:
    """Count the hands behind a crew."""
    found = hands_of(crew)
    if isinstance(found, str):
        return Result(reason=found)
    estimate = found.linked or (None, None, None)
    upper = np.triu_indices(len(found.accounts), 1)
    links = 0
    if found.linked is not None and found.found is not None:
        sure = (found.found.posterior[upper] >= LINK) & (found.found.expected[upper] >= LEAST_EXPECTED)
        links = int(sure.sum())
    table = crew.table(
        "operators",
        {
            "accounts": [len(found.accounts)],
            "low": [found.low],
            "high": [found.high],
            "at_once": [found.at_once],
            "throughput": [found.throughput],
            "linked": [estimate[0]],
            "linked_low": [estimate[1]],
            "linked_high": [estimate[2]],
            "chao": [found.chao],
            "links": [links if found.linked is not None else None],
            "expected": [found.expected],
        },
    )
    return Result({"operators": table}, _sentences(crew, found, links))


def hands_of(crew: Crew) -> Hands | str:
    """Headcount of a crew, or why nothing can be said; kept in the log's memo."""
    key = ("operation.operators", crew.members.tobytes())
    if key not in crew.log.memo:
        crew.log.memo[key] = _hands_of(crew)
    result: Hands | str = crew.log.memo[key]
    return result


def _hands_of(crew: Crew) -> Hands | str:
    log = crew.log
    if log.resolution > 1.0:
        return f"the clock keeps {log.resolution:g} s, and hands are told by seconds"
    judged = judge_all(crew)
    machine = by_machine(log)
    inside = crew.inside[log.account_codes]
    by_client = float((machine[inside] == 1).mean()) if inside.any() else 0.0
    scheduled = max(on_grid(judged).value, by_client)
    if scheduled > MOST_SCHEDULED:
        return (
            f"{100 * scheduled:.0f} % of their moments are a scheduler's, and of hands nothing can be told above "
            f"{100 * MOST_SCHEDULED:.0f} %"
        )
    members = crew.members[[h.verdict != AUTOMATED for h in judged]]
    rows = np.flatnonzero(np.isin(log.account_codes, members) & (machine != 1))
    rows = rows[by_hand(log.times[rows], log.resolution)]
    busy = np.bincount(log.account_codes[rows], minlength=log.accounts.num_rows)
    members = members[busy[members] > 0]
    if len(members) > MOST_ACCOUNTS:
        members = np.sort(members[np.argsort(-busy[members], kind="stable")[:MOST_ACCOUNTS]])
    rows = rows[np.isin(log.account_codes[rows], members)]
    days = len(np.unique(log.times[rows] // DAY))
    if len(members) < LEAST_ACCOUNTS or days < LEAST_DAYS:
        return (
            f"{len(members)} accounts run by hand on {days} days are too few: it takes {LEAST_ACCOUNTS} accounts and "
            f"{LEAST_DAYS} days"
        )
    reshare = log.kinds[rows] == KINDS.index("reshare")
    words = np.where(reshare, -1, text_codes(log)[rows])
    length = pc.fill_null(pc.utf8_length(log.actions["text"].combine_chunks().take(pa.array(rows))), 0)
    sort = labour.classes(reshare, np.zeros(len(rows), np.bool_), labour.seen_before(words))
    place = np.searchsorted(members, log.account_codes[rows])
    seconds = labour.composing(
        sort, np.asarray(length, dtype=np.float64), np.zeros(len(rows), np.bool_), labour.LOW
    )
    return headcount(log.times[rows], place, seconds, members, crew.config.seed)


def links(crew: Crew) -> pa.Table:
    """List the pairs linked, in LINKS, surest first, each with its waterfall; empty where nothing may be said.

    For a separate, sealed annex on the user's request. The tool itself shows pairs nowhere.
    """
    held = hands_of(crew)
    if isinstance(held, str) or held.linked is None or held.found is None or held.counts is None:
        return LINKS.empty_table()
    f, names = held.found, crew.log.names
    a, b = np.nonzero(np.triu((f.posterior >= LINK) & (f.expected >= LEAST_EXPECTED), 1))
    order = np.lexsort((b, a, -f.posterior[a, b]))
    a, b = a[order], b[order]
    ten = np.log(10.0)
    near = held.counts.near.sum(axis=0)
    columns = {
        "account_a": [names[held.accounts[k]] for k in a.tolist()],
        "account_b": [names[held.accounts[k]] for k in b.tolist()],
        "posterior": f.posterior[a, b],
        "log10_prior_odds": np.full(len(a), f.prior / ten),
        "log10_exclusion": f.exclusion[a, b] / ten,
        "log10_hand_over": f.hand_over[a, b] / ten,
        "log10_absences": f.absences[a, b] / ten,
        "expected_coincidences": f.expected[a, b],
        "coincidences": near[a, b].astype(np.int64),
    }
    return pa.table(columns, schema=LINKS)


def _sentences(crew: Crew, h: Hands, pairs_linked: int) -> tuple[str, ...]:
    some = f" ({len(h.accounts):,} of them, run by hand)" if len(h.accounts) < len(crew.members) else ""
    if h.linked is None:
        return (
            f"{h.low:,} hands at least run {crew.words}{some}, and {h.high:,} at most, one for each account: {h.why}.",
            _bounds(h),
        )
    return (
        f"{h.low:,} to {h.high:,} hands run {crew.words}{some}, at 90 %; {h.linked[0]:,} clusters of linked accounts "
        "are the best guess. Accounts are linked to accounts, and nothing here says who.",
        _bounds(h),
        f"Linkage by itself gives {h.linked[1]:,} to {h.linked[2]:,}; capture and recapture of the clusters by day "
        f"gives {h.chao:.0f}. {pairs_linked:,} pairs share a hand at a posterior of {LINK:g} or more; they are listed "
        "nowhere in this case.",
    )


def _bounds(h: Hands) -> str:
    return (
        f"Up to {h.at_once:,} accounts acted within {pairs.SWITCH:g} s of each other, and the busiest hour's work "
        f"takes {h.throughput:,} fast hand{'' if h.throughput == 1 else 's'}."
    )


ANALYSIS = Analysis(
    name="operators",
    about="How many hands run a group's accounts, as an interval, from what one hand can't do at once.",
    function=find,
    tables=("operators",),
    resolution=1.0,
    members=LEAST_ACCOUNTS,
    place=40,
)
