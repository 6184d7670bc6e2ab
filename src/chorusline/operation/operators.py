"""How many hands a crew has, and how many of its accounts share one; counts only (docs/method.md, "Operators").

Accounts are linked to accounts, never to anybody. Which accounts are linked is in `links`, for the annex alone: no
table, sentence or picture of a case has it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from chorusline.config import Config
from chorusline.operation import headcount, linkage
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.evidence import EVIDENCE, EXCLUSION, SLIP, Gathered, Weighed, gather, weigh
from chorusline.operation.linkage import Linked
from chorusline.operation.pairs import Floats, Ints
from chorusline.wording import percent, plural

SHARED, NONE, CANT_TELL = "shared hands", "no shared hands found", "can't tell"
VERDICTS = (SHARED, NONE, CANT_TELL)

FEW_ACTIONS, FEW_DAYS = 100, 5
"""Actions by hand and days below which nothing is said."""

RESAMPLES, LARGE, RESAMPLES_LARGE = 100, 200, 20
MOST = 800
"""Accounts up to which pairs are linked: time and memory grow with their square. Of more, only bounds are told."""

CARRIES = 0.5
"""Share of the expected links that must lie on judged pairs for the linkage to carry an estimate of the headcount."""


BOUNDS = {
    "at once": "lower bound",
    "throughput": "lower bound",
    "apart": "lower bound if each account has one hand",
}
"""What each reckoning bounds; an account in several hands is apart from those of each of them."""


@dataclass(frozen=True)
class Estimate:
    """A reckoning of the hands. low, high : 90 % interval; those of a bound are its value."""

    reckoning: str
    bound: str
    low: float
    value: float
    high: float
    used: bool


@dataclass(frozen=True)
class Study:
    """What is known of a crew's hands.

    reason : why no hands are linked, half a sentence, empty where they are. judged : bool [pairs]. apart : pairs that
    are surely in different hands. posterior : float64 [m, m], 0 where a pair isn't judged. cluster : int64 [m].
    carried : as in the table. low, middle, high : hands.
    """

    gathered: Gathered
    weighed: Weighed | None
    linked: Linked | None
    reason: str
    judged: npt.NDArray[np.bool_]
    posterior: Floats
    cluster: Ints
    carried: float | None
    estimates: tuple[Estimate, ...]
    low: float
    middle: float | None
    high: float


def study(crew: Crew, resamples: int | None = None) -> Study | str:
    """Study a crew's hands, or say why nothing can be said, as half a sentence. Kept in the log's memo."""
    key = ("operation.operators", crew.members.tobytes(), crew.config, resamples)
    return crew.log.once(key, lambda: _study(crew, resamples))


def _study(crew: Crew, resamples: int | None) -> Study | str:
    config = crew.config
    g = gather(crew, config.switching, MOST)
    m, days = len(g.accounts), g.here.shape[1]
    if len(g.times) < FEW_ACTIONS or days < FEW_DAYS or m < ANALYSIS.members:
        return (
            f"{len(g.times):,} actions by hand of {m:,} accounts on {days:,} days are too few; it takes "
            f"{FEW_ACTIONS:,}, of {ANALYSIS.members}, on {FEW_DAYS}"
        )
    if m > MOST:
        reason = f"pairs of {MOST:,} accounts at most are compared, and these are {m:,}"
        nobody = np.zeros(0, dtype=np.bool_)
        alone = np.arange(m, dtype=np.int64)
        return _reckon(
            g, None, None, reason, nobody, np.zeros((0, 0)), alone, 0.0, _bounds(g, None), None, config
        )
    w = weigh(g)
    found = linkage.link(w.levels, EVIDENCE, w.fixed)
    judged = w.predicted >= config.min_coincidences
    reason = _abstains(g, judged, config)
    if reason:
        judged = np.zeros(len(judged), dtype=np.bool_)
    posterior = _matrix(g, np.where(judged, found.posterior, 0.0))
    cluster = linkage.clusters(posterior, config.same_hand)
    expected = float(found.posterior.sum())
    carried = float(found.posterior[judged].sum()) / expected if expected > 0 else 0.0
    bounds = _bounds(g, w)
    drawn = None if reason else _resample(g, judged, config, resamples)
    return _reckon(g, w, found, reason, judged, posterior, cluster, carried, bounds, drawn, config)


def _abstains(g: Gathered, judged: npt.NDArray[np.bool_], config: Config) -> str:
    if g.machine > config.max_scheduled:
        return (
            f"timers sent {g.machine:.0%} of the actions, and where they send more than "
            f"{config.max_scheduled:.0%}, what comes together or never does says little of hands"
        ).replace("%", " %")
    if not judged.any():
        return (
            f"for no pair do two hands' rates predict {config.min_coincidences:g} actions too close for one hand, so "
            "their absence says nothing"
        )
    return ""


def _matrix(g: Gathered, values: Floats) -> Floats:
    result = np.zeros((len(g.accounts), len(g.accounts)))
    i, j = g.upper
    result[i, j] = result[j, i] = values
    return result


def _bounds(g: Gathered, w: Weighed | None) -> dict[str, int]:
    """Lower bounds by name."""
    bounds = {
        "at once": headcount.at_once(g.times, g.account, len(g.accounts), float(g.need.min())),
        "throughput": headcount.throughput(g.times, g.fast),
    }
    if w is not None:
        apart = _matrix(g, headcount.surely_apart(w.seen, w.predicted, SLIP).astype(np.float64)) > 0
        bounds["apart"] = headcount.all_apart(apart)
    return bounds


def _resample(
    g: Gathered, judged: npt.NDArray[np.bool_], config: Config, resamples: int | None
) -> npt.NDArray[np.float64]:
    """Hands by linkage and by capture-recapture on resampled days, all pairs and judged ones; [resamples, 3]."""
    rng = np.random.default_rng(config.seed)
    blocks = g.soon.seen.shape[0]
    number = resamples or (RESAMPLES if len(g.accounts) <= LARGE else RESAMPLES_LARGE)
    drawn = np.zeros((number, 3))
    for k in range(number):
        weight = np.bincount(rng.integers(0, blocks, blocks), minlength=blocks).astype(np.float64)
        w = weigh(g, weight)
        p = linkage.link(w.levels, EVIDENCE, w.fixed).posterior
        every, stated = _matrix(g, p), _matrix(g, np.where(judged, p, 0.0))
        cluster = linkage.clusters(every, config.same_hand)
        drawn[k] = linkage.hands_of(every), linkage.hands_of(stated), _chao(g, cluster, weight[g.block])
    return drawn


def _chao(g: Gathered, cluster: Ints, weight: Floats) -> float:
    """Capture-recapture of clusters over days, each day counted so often."""
    here = np.zeros((int(cluster.max()) + 1, g.here.shape[1]), dtype=np.bool_)
    np.logical_or.at(here, cluster, g.here)
    return headcount.chao(np.repeat(here, weight.astype(np.int64), axis=1))


def _reckon(
    g: Gathered, w: Weighed | None, found: Linked | None, reason: str, judged: npt.NDArray[np.bool_], posterior: Floats,
    cluster: Ints, carried: float, bounds: dict[str, int], drawn: npt.NDArray[np.float64] | None, config: Config,
) -> Study:  # fmt: skip
    """Put the reckonings side by side, and the interval that holds those that carry anything."""
    m = len(g.accounts)
    least = float(min(max(bounds.values()), m))
    estimates = [Estimate(name, BOUNDS[name], n, n, n, n >= least) for name, n in bounds.items()]
    low, middle, high = least, None, float(m)
    if drawn is not None and found is not None:
        every = linkage.hands_of(_matrix(g, found.posterior))
        cells = linkage.clusters(_matrix(g, found.posterior), config.same_hand)
        captured = _chao(g, cells, np.ones(g.here.shape[1]))
        used = carried >= CARRIES
        lows, highs = np.quantile(drawn, 0.05, axis=0), np.quantile(drawn, 0.95, axis=0)
        stated = max(linkage.hands_of(posterior), highs[1])
        estimates.append(
            Estimate("linkage", "estimate", min(lows[0], every), every, max(stated, every), used)
        )
        estimates.append(
            Estimate("capture-recapture", "estimate", min(lows[2], captured), captured, max(highs[2], captured), used)
        )  # fmt: skip
        if used:
            # An account in several hands is apart from those of each, so the set apart may be too large.
            sure = min(max(bounds["at once"], bounds["throughput"]), m)
            low = float(max(sure, np.floor(min(lows[0], every))))
            bound = [
                replace(e, used=e.reckoning != "apart" and e.value >= low) for e in estimates[: len(bounds)]
            ]
            estimates = bound + estimates[len(bounds) :]
            high = max(low, np.ceil(max(stated, every)), np.ceil(highs[2]))
            middle = float(np.clip(every, low, high))
    estimates.append(Estimate("accounts", "upper bound", m, m, m, high >= m))
    return Study(
        g, w, found, reason, judged, posterior, cluster, None if reason else carried, tuple(estimates),
        low, middle, high,
    )  # fmt: skip


def find(crew: Crew) -> Result:
    """Find how many hands a crew has."""
    found = study(crew)
    if isinstance(found, str):
        return Result(reason=found)
    return Result(_tables(crew, found), _sentences(crew, found))


def shared(s: Study, config: Config) -> npt.NDArray[np.bool_]:
    """Which pairs are linked, bool [pairs]: judged, above the posterior of the config, and in one cluster."""
    if s.linked is None:
        return s.judged
    i, j = s.gathered.upper
    return np.asarray((s.posterior[i, j] >= config.same_hand) & s.judged)


def verdict(s: Study, config: Config) -> str:
    """One of VERDICTS: shared hands need a link; none found needs most of the pairs judged."""
    if s.reason:
        return CANT_TELL
    if shared(s, config).any():
        return SHARED
    return NONE if s.judged.mean() >= CARRIES else CANT_TELL


def _tables(crew: Crew, s: Study) -> dict[str, pa.Table]:
    g = s.gathered
    pairs = shared(s, crew.config)
    size = np.bincount(s.cluster)
    several = size[size >= 2]
    summary = crew.table(
        "operators",
        {
            "verdict": [verdict(s, crew.config)], "reason": [s.reason or None], "accounts": [len(g.accounts)],
            "actions": [len(g.times)], "days": [g.here.shape[1]], "scheduled": [g.machine],
            "pairs": [len(g.accounts) * (len(g.accounts) - 1) // 2],
            "judged": [int(s.judged.sum())], "linked": [int(pairs.sum())],
            "linked_accounts": [int(several.sum())], "clusters": [len(several)],
            "largest": [int(several.max(initial=0))], "carried": [s.carried],
            "hands_low": [s.low], "hands": [s.middle], "hands_high": [s.high],
        },
    )  # fmt: skip
    estimates = crew.table(
        "operators_estimates",
        {f.name: [getattr(e, f.name) for e in s.estimates] for f in fields(Estimate)},
    )
    return {
        "operators": summary,
        "operators_estimates": estimates,
        "operators_evidence": _weights(crew, s, pairs),
    }


def _weights(crew: Crew, s: Study, pairs: npt.NDArray[np.bool_]) -> pa.Table:
    """Pairs and bits by level of each evidence; of none where no hands are linked."""
    rows: dict[str, list[object]] = {name: [] for name in ("evidence", "level", "pairs", "linked", "weight")}
    if s.linked is not None and s.weighed is not None and not s.reason:
        judged = s.judged
        rows = _exclusion(s, pairs)
        for k, e in enumerate(EVIDENCE):
            level = s.weighed.levels[judged, k]
            if (level < 0).all():
                continue
            total = np.bincount(level + 1, minlength=len(e.levels) + 1)
            mine = np.bincount(s.weighed.levels[judged & pairs, k] + 1, minlength=len(e.levels) + 1)
            for place, word in enumerate(("no information", *e.levels)):
                if total[place]:
                    weight = 0.0 if not place else float(s.linked.weights[k][place - 1])
                    for name, value in zip(
                        rows, (e.name, word, int(total[place]), int(mine[place]), weight), strict=True
                    ):
                        rows[name].append(value)
    return crew.table("operators_evidence", rows)


def _exclusion(s: Study, pairs: npt.NDArray[np.bool_]) -> dict[str, list[object]]:
    assert s.weighed is not None
    assert s.linked is not None
    seen = s.weighed.seen[s.judged]
    bits = s.linked.bits[s.judged, -1]
    linked = pairs[s.judged]
    rows: dict[str, list[object]] = {name: [] for name in ("evidence", "level", "pairs", "linked", "weight")}
    for word, chosen in (("never too close", seen == 0), ("once", seen == 1), ("more often", seen > 1)):
        if chosen.any():
            values = (
                EXCLUSION,
                word,
                int(chosen.sum()),
                int(linked[chosen].sum()),
                float(bits[chosen].mean()),
            )
            for name, value in zip(rows, values, strict=True):
                rows[name].append(value)
    return rows


def _sentences(crew: Crew, s: Study) -> tuple[str, ...]:
    g, config = s.gathered, crew.config
    said = []
    if s.middle is None:
        said.append(
            f"What {crew.words} did by hand takes {s.low:.0f} hands at least; at most, each of the {len(g.accounts):,} "
            "accounts has its own. Nothing narrows that."
        )
    else:
        said.append(
            f"What {crew.words} did by hand is the work of {s.low:.0f} to {s.high:.0f} hands (90 % interval; middle "
            f"{s.middle:.0f})."
        )
    if s.reason:
        said.append(f"No accounts are linked to each other: {s.reason}.")
    else:
        linked, size = int(shared(s, config).sum()), np.bincount(s.cluster)
        judged = int(s.judged.sum())
        said.append(
            f"Of {plural(len(s.judged), 'pair')} of accounts, {judged:,} {'was' if judged == 1 else 'were'} active "
            f"together often enough to be judged; {linked:,} of these {'shares' if linked == 1 else 'share'} a hand at "
            f"a posterior of {percent(config.same_hand, 0)} or more ({plural(int(size[size >= 2].sum()), 'account')} "
            f"in {plural(int((size >= 2).sum()), 'cluster')}). Of the other pairs nothing is said."
        )
    values = [f"{e.reckoning} {e.value:.0f}" for e in s.estimates]
    said.append(
        f"Reckonings of the hands: {', '.join(values)}. They needn't agree, and their distance is part of the answer."
    )
    if g.at_one_go > 0:
        share = f"{g.at_one_go:.1%}".replace("%", " %")
        said.append(
            f"{share} of the actions had words that stood on another of these accounts within ten seconds, as a "
            "tool for several accounts does it; they are left out."
        )
    if g.machine > 0:
        said.append(
            f"{g.machine:.0%} of the actions were sent by timers and are left out.".replace("%", " %")
        )
    return tuple(said)


def links(crew: Crew) -> pa.Table:
    """Linked pairs of a crew with each link's waterfall, for the annex alone: what the case never holds.

    Columns: first, second (account ids), cluster (from 1; missing where the pair isn't in one), posterior, predicted
    and seen coincidences too close for one hand, prior and one column of bits for each evidence, which with the prior
    add up to the log2 odds of the posterior, and each one's level in words.
    """
    s = study(crew)
    empty = isinstance(s, str) or bool(s.reason)
    columns_ = [("first", pa.string()), ("second", pa.string()), ("cluster", pa.int32()), ("posterior", pa.float64()),
              ("predicted", pa.float64()), ("seen", pa.int64()), ("bits_prior", pa.float64())]  # fmt: skip
    columns_ += [(f"bits_{e.name}", pa.float64()) for e in EVIDENCE] + [(f"bits_{EXCLUSION}", pa.float64())]
    columns_ += [(f"level_{e.name}", pa.string()) for e in EVIDENCE]
    schema = pa.schema(columns_)
    if empty:
        return schema.empty_table()
    assert not isinstance(s, str)
    assert s.linked is not None
    assert s.weighed is not None
    chosen = np.flatnonzero(shared(s, crew.config))
    chosen = chosen[np.argsort(-s.linked.posterior[chosen], kind="stable")]
    i, j = (side[chosen] for side in s.gathered.upper)
    names = np.array([crew.log.names[c] for c in s.gathered.accounts.tolist()], dtype=object)
    size = np.bincount(s.cluster)
    number = np.cumsum(size >= 2)
    together = s.cluster[i] == s.cluster[j]
    prior = float(np.log2(s.linked.share) - np.log2(1 - s.linked.share))
    columns: dict[str, object] = {
        "first": names[i].tolist(), "second": names[j].tolist(),
        "cluster": [int(number[c]) if t else None for c, t in zip(s.cluster[i], together, strict=True)],
        "posterior": s.linked.posterior[chosen], "predicted": s.weighed.predicted[chosen],
        "seen": s.weighed.seen[chosen].astype(np.int64), "bits_prior": np.full(len(chosen), prior),
    }  # fmt: skip
    for k, e in enumerate(EVIDENCE):
        columns[f"bits_{e.name}"] = s.linked.bits[chosen, k]
        level = s.weighed.levels[chosen, k].tolist()
        columns[f"level_{e.name}"] = ["no information" if x < 0 else e.levels[x] for x in level]
    columns[f"bits_{EXCLUSION}"] = s.linked.bits[chosen, -1]
    return pa.table(columns, schema=schema)


ANALYSIS = Analysis(
    name="operators",
    about="How many hands a group has, by reckonings side by side, and how many of its accounts share one; in counts.",
    function=find,
    tables=("operators", "operators_estimates", "operators_evidence"),
    resolution=1.0,
    members=6,
    place=40,
)
