"""Evidence on whether two accounts of a crew share a hand: gathered once, weighed on any choice of days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from chorusline.actions import KINDS, rows_of
from chorusline.operation import labour, pairs
from chorusline.operation.automation import AUTOMATED, by_machine, judge_all, text_codes
from chorusline.operation.base import Crew
from chorusline.operation.habits import echoes
from chorusline.operation.linkage import MISSING, Evidence
from chorusline.operation.pairs import Counted, Floats, Ints
from chorusline.operation.roster import by_hand
from chorusline.units import DAY, SECOND

Bools = npt.NDArray[np.bool_]

SLIP = 0.05
"""Rate, against that predicted of two hands, at which one hand's accounts are seen too soon after each other all the
same: a paste prepared in two windows, a second device, a scheduler unseen."""

SEVERAL = 0.1
"""Chance that one of two accounts that share a hand is in another hand too."""

WORDS = 1_000
"""Words of an account's own below which typing habits aren't looked at."""

MOST_WORDS = 4_000
PROFILE = 400
"""Character n-grams in a profile: the commonest of the crew."""

FEW_MEDIA, RARE_MEDIA = 5, 3
"""Media files that an account must have used, and accounts at most by which a shared one is used."""

Z = (1.0, 2.0, 3.0, 4.5)
"""Bounds of levels, standard deviations beyond what is predicted."""

_LEVELS = ("as predicted or less", "1 to 2 s.d. beyond", "2 to 3 s.d.", "3 to 4.5 s.d.", "more")
_NULL = (0.84, 0.13, 0.025, 0.004, 0.001)

EVIDENCE: tuple[Evidence, ...] = (
    Evidence("hand-over", _LEVELS, (0.20, 0.15, 0.15, 0.20, 0.30), _NULL),
    Evidence("sessions", _LEVELS, (0.30, 0.20, 0.20, 0.15, 0.15), _NULL, 4.0),
    Evidence("days", _LEVELS, (0.20, 0.20, 0.20, 0.20, 0.20), _NULL),
    Evidence("typing", _LEVELS, (0.20, 0.20, 0.25, 0.25, 0.10), _NULL),
    Evidence("client", ("another", "the same"), (0.25, 0.75), (0.5, 0.5), 1.0),
    Evidence("media", ("none in common", "one", "several"), (0.80, 0.10, 0.10), (0.97, 0.02, 0.01), 4.0),
)
"""Sorts of evidence with learned weights. Priors are declared assumptions; the levels of those without are near what
chance gives."""

EXCLUSION = "exclusion"


@dataclass(frozen=True)
class Gathered:
    """All that is known of the pairs of a crew.

    accounts : int32 [m], account codes. day : int64, days since 1970 of the blocks' days [days]; block : int64 [days],
    block of each. soon, over, edges : counts by block. here : bool [m, days], and chance
    of it. typing : float64 [m, m], robust z of likeness, nan where there is too little text. client : int64 [m], code,
    -1 unknown. media : int64 [m, m], rare files in common, -1 where too few were used. machine : share of the crew's
    actions that a timer sent; at_one_go : share of those whose words stood on another of the accounts within ten
    seconds. times, account : of the actions by hand, ascending; need : seconds that a hand needs
    before each after another account's; fast : seconds of work at fast rates.
    """

    accounts: npt.NDArray[np.int32]
    first: int
    block: Ints
    soon: Counted
    over: Counted
    edges: Counted
    here: Bools
    chance: Floats
    typing: Floats
    client: Ints
    media: Ints
    machine: float
    at_one_go: float
    times: Ints
    account: Ints
    need: Floats
    fast: Floats

    @property
    def upper(self) -> tuple[Ints, Ints]:
        """Rows and columns of the pairs, each once."""
        i, j = np.triu_indices(len(self.accounts), 1)
        return i, j


def gather(crew: Crew, switching: float, most: int) -> Gathered:
    """Gather the evidence on a crew. switching : seconds that a change of accounts takes at least.

    Actions of timers are left out: of a scheduler's client, of accounts that are automated, and on whole minutes where
    too many are. So are words that stand on two accounts of the crew within ten seconds: a tool that posts to several
    accounts at one go has one hand or a timer behind it, and says nothing of two hands. Of more than `most` accounts,
    pairs aren't looked at.
    """
    log = crew.log
    rows = np.flatnonzero(crew.inside[log.account_codes])
    timed = by_machine(log)[rows] == 1
    automated = crew.members[[h.verdict == AUTOMATED for h in judge_all(crew)]]
    timed |= np.isin(log.account_codes[rows], automated)
    timed |= ~by_hand_of(log.times[rows], ~timed, log.resolution)
    machine = float(timed.mean()) if len(rows) else 0.0
    written = np.where(log.kinds[rows] == KINDS.index("reshare"), -1, text_codes(log)[rows])
    at_one_go = echoes(log.times[rows], log.account_codes[rows], written) & ~timed
    rows = rows[~timed & ~at_one_go]
    accounts = np.unique(log.account_codes[rows]).astype(np.int32)
    m = len(accounts)
    times, account = log.times[rows], np.searchsorted(accounts, log.account_codes[rows]).astype(np.int64)
    reshare = log.kinds[rows] == KINDS.index("reshare")
    answer = np.isin(log.kinds[rows], [KINDS.index("reply"), KINDS.index("quote")])
    words = np.where(reshare, -1, text_codes(log)[rows])
    sort = labour.classes(reshare, answer, labour.seen_before(words))
    fast = np.array(labour.LOW.fixed)[sort]
    first = int(times[0] // DAY) if len(times) else 0
    days = int(times[-1] // DAY) - first + 1 if len(times) else 0
    of_day = times // DAY - first
    here = pairs.presence(of_day, account, m, days)
    need = switching + fast
    if m > most:
        none, nothing = Counted(np.zeros((0, 0, 0)), np.zeros((0, 0, 0))), np.zeros((0, 0))
        return Gathered(
            accounts, first, np.zeros(days, dtype=np.int64), none, none, none, here, nothing, nothing,
            np.zeros(0, dtype=np.int64), nothing.astype(np.int64), machine, float(at_one_go.mean()), times,
            account, need, fast,
        )  # fmt: skip
    blocks = pairs.blocks_of(days, m)
    block = np.arange(days, dtype=np.int64) * blocks // max(days, 1)
    soon, over = pairs.coincidences(times, account, need, m, block[of_day], blocks)
    begin, end, whose = spans(times, account)
    edges = pairs.edges_together(begin, end, whose, m, block[begin // DAY - first], blocks)
    own = ~reshare & ~copies(words)
    return Gathered(
        accounts, first, block, soon, over, edges, here, pairs.expected_presence(here),
        typing(_texts(crew, rows[own]), account[own], m), _clients(crew, rows, account, m),
        _media(crew, rows, accounts, account), machine, float(at_one_go.mean()) if len(at_one_go) else 0.0,
        times, account, need, fast,
    )  # fmt: skip


def by_hand_of(times: Ints, left: Bools, resolution: float) -> Bools:
    """Which moments [n] are by hand as far as whole minutes tell, among those left; the others are untouched."""
    result = np.ones(len(times), dtype=np.bool_)
    result[left] = by_hand(times[left], resolution)
    return result


def spans(times: Ints, account: Ints) -> tuple[Ints, Ints, Ints]:
    """Begin, end and account of each session, int64 [sessions]; a quarter hour's stillness ends one."""
    order = np.lexsort((times, account))
    t, a = times[order], account[order]
    new = np.ones(len(t), dtype=np.bool_)
    new[1:] = (a[1:] != a[:-1]) | (np.diff(t) > labour.GAP * 60 * SECOND)
    at = np.flatnonzero(new)
    return t[at], t[np.append(at[1:], len(t)) - 1] if len(t) else t, a[at]


def copies(words: Ints) -> Bools:
    """Whether each text [n] (codes, below 0 for none) stands more than once."""
    count = np.bincount(words[words >= 0], minlength=1)
    return np.asarray((words < 0) | (count[np.maximum(words, 0)] > 1))


def _texts(crew: Crew, rows: Ints) -> list[str]:
    return [text or "" for text in rows_of(crew.log.actions["text"], rows).to_pylist()]


def typing(texts: Sequence[str], account: Ints, accounts: int) -> Floats:
    """How alike two accounts type, in robust standard deviations beyond the crew's pairs, float64 [m, m].

    Character n-grams (3 and 4, the commonest of all, which are function words, endings, marks and spaces) as shares,
    standardised over accounts; cosine (Burrows' Delta with cosine: Evert et al. 2017). nan where either account has
    fewer than `WORDS` words of its own, or fewer than six accounts have as many.
    """
    result = np.full((accounts, accounts), np.nan)
    length = np.zeros(accounts, dtype=np.int64)
    grams: list[Counter[str]] = [Counter() for _ in range(accounts)]
    for text, who in zip(texts, account.tolist(), strict=True):
        if length[who] > MOST_WORDS:
            continue
        length[who] += len(text.split())
        padded = f" {text} "
        for n in (3, 4):
            grams[who].update(padded[k : k + n] for k in range(len(padded) - n + 1))
    enough = np.flatnonzero(length >= WORDS)
    if len(enough) < 6:
        return result
    total: Counter[str] = Counter()
    for who in enough.tolist():
        total.update(grams[who])
    common = sorted(total, key=lambda gram: (-total[gram], gram))[:PROFILE]
    share = np.array([[grams[who][g] for g in common] for who in enough.tolist()], dtype=np.float64)
    share /= np.array([grams[who].total() for who in enough.tolist()])[:, None]
    spread = share.std(axis=0)
    z = (share - share.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    z /= np.maximum(np.linalg.norm(z, axis=1), 1e-12)[:, None]
    cosine = z @ z.T
    i, j = np.triu_indices(len(enough), 1)
    middle = np.median(cosine[i, j])
    # Likeness is skewed to the right by the pairs looked for: the lower half tells the spread of the others.
    spread_of = (middle - np.quantile(cosine[i, j], 0.1587)) or 1.0
    result[np.ix_(enough, enough)] = (cosine - middle) / spread_of
    return result


def _clients(crew: Crew, rows: Ints, account: Ints, accounts: int) -> Ints:
    """Code of the client each account uses most, -1 where the data don't say."""
    coded = crew.log.actions["client"].combine_chunks().dictionary_encode()
    code = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)[rows]
    count = np.zeros((accounts, max(len(coded.dictionary), 1)), dtype=np.int64)
    np.add.at(count, (account[code >= 0], code[code >= 0]), 1)
    return np.where(count.sum(axis=1) > 0, count.argmax(axis=1), -1).astype(np.int64)


def _media(crew: Crew, rows: Ints, accounts: npt.NDArray[np.int32], account: Ints) -> Ints:
    """Media files that two accounts and few others used, int64 [m, m]; -1 where either used too few."""
    m = len(accounts)
    column = crew.log.actions["media"].combine_chunks()
    counts = np.asarray(pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False))
    result = np.full((m, m), MISSING, dtype=np.int64)
    if not counts.sum():
        return result
    name = pc.list_flatten(column).dictionary_encode().indices.to_numpy().astype(np.int64)
    who = np.repeat(crew.log.account_codes.astype(np.int64), counts)
    use = np.unique(np.column_stack((name, who)), axis=0)
    users = np.bincount(use[:, 0])
    mine = use[np.isin(use[:, 1], accounts)]
    place = np.searchsorted(accounts, mine[:, 1])
    used = np.bincount(place, minlength=m)
    common = np.zeros((m, m), dtype=np.int64)
    rare = users[mine[:, 0]] <= RARE_MEDIA
    files, at = mine[rare, 0], place[rare]
    cuts = np.flatnonzero(np.diff(files)) + 1
    for group in np.split(at, cuts):
        for k in range(len(group)):
            common[group[k], group[k + 1 :]] += 1
    common += common.T
    enough = used >= FEW_MEDIA
    return np.where(np.outer(enough, enough), common, MISSING)


def beyond(seen: Floats, predicted: Floats) -> Floats:
    """Standard deviations by which counts exceed Poisson predictions, float64 [...]; nan where nothing is predicted.

    Anscombe's transform, which is near normal from counts of a few up.
    """
    z = 2.0 * (np.sqrt(seen + 0.375) - np.sqrt(predicted + 0.375))
    return np.asarray(np.where(predicted > 0.3, z, np.nan))


def fixed_of(seen: Floats, predicted: Floats) -> Floats:
    """Log likelihood ratio of exclusion: counts [...] under one hand, against two at their own rates; Poisson.

    One hand slips at the rate `SLIP`. With the chance `SEVERAL`, one of the accounts is in another hand too, for
    half of what it does.
    """
    alone = seen * np.log(SLIP) + predicted * (1.0 - SLIP)
    several = seen * np.log(0.5) + predicted * 0.5
    return np.asarray(np.logaddexp(np.log1p(-SEVERAL) + alone, np.log(SEVERAL) + several))


@dataclass(frozen=True)
class Weighed:
    """Evidence on the pairs of a crew, over a choice of days.

    levels : int64 [pairs, len(EVIDENCE)]. fixed : float64 [pairs]. seen, predicted : coincidences too soon for one
    hand, float64 [pairs].
    """

    levels: Ints
    fixed: Floats
    seen: Floats
    predicted: Floats


def weigh(g: Gathered, weight: Floats | None = None) -> Weighed:
    """Weigh the evidence with each block of days counted so often, float64 [blocks]; once where not given."""
    if weight is None:
        weight = np.ones(g.soon.seen.shape[0])
    i, j = g.upper
    soon, soon_expected = (x[i, j] for x in g.soon.over(weight))
    over, over_expected = (x[i, j] for x in g.over.over(weight))
    edge, edge_expected = (x[i, j] for x in g.edges.over(weight))
    common, spread = pairs.days_in_common(g.here, g.chance, weight[g.block])
    days = np.where(spread[i, j] > 1e-9, common[i, j] / np.maximum(spread[i, j], 1e-9), np.nan)
    same = np.where(
        (g.client[i] < 0) | (g.client[j] < 0), MISSING, (g.client[i] == g.client[j]).astype(np.int64)
    )
    if len(np.unique(g.client[g.client >= 0])) < 2:
        same = np.full(len(i), MISSING)
    media = g.media[i, j]
    levels = np.column_stack(
        [
            leveled(beyond(over, over_expected)), leveled(beyond(edge, edge_expected)), leveled(days),
            leveled(g.typing[i, j]), same, np.where(media < 0, MISSING, np.minimum(media, 2)),
        ]
    )  # fmt: skip
    return Weighed(levels, fixed_of(soon, soon_expected), soon, soon_expected)


def leveled(z: Floats) -> Ints:
    """Levels of standard deviations [n] by the bounds Z; MISSING for nan."""
    return np.where(np.isnan(z), MISSING, np.digitize(np.nan_to_num(z), Z)).astype(np.int64)
