"""Confirmation of proposed groups: parts, tests, and evidence combined under error control."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.betting import ODDS, log_payoff, log_ratios
from chorusline.confirm.content import content_test
from chorusline.confirm.days import habitual
from chorusline.confirm.errors import q_values
from chorusline.confirm.parts import split
from chorusline.confirm.synchrony import synchrony_test
from chorusline.confirm.tested import Tested
from chorusline.network.discovery import Proposal, discover
from chorusline.network.resemblance import resemblance
from chorusline.traces.base import Test, Trace, Uses, cores

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int32]

_LARGEST = 600.0
"""Natural logarithm of the largest e-value given."""


@dataclass(frozen=True)
class Outcome:
    """One test of one trace on one part of one split. `uses` are the held-out uses `tested` refers to.

    group : int32 [n_accounts], the groups proposed on the parts before, and who was drawn in. persistent : bool [t],
    by account tested: whether its agreement was a habit in the parts before, not an event or two. counted : bool [t],
    whether the outcome may speak for the account; one that may not can only lower its evidence. log_e : float64 [t],
    the log of the factor by which it changes the evidence of this test.
    """

    split: int
    part: int
    trace: str
    test: Test
    original: bool
    uses: Uses
    tested: Tested
    group: Groups
    persistent: Bools
    counted: Bools
    log_e: Floats

    @property
    def direct(self) -> bool:
        """Whether the test can name an account without its group being confirmed otherwise."""
        return self.test == "synchrony" or self.original


@dataclass(frozen=True)
class Confirmation:
    """Evidence about every account, by account code [n_accounts].

    proposed : in a proposed group in any split. drawn_in : never that, but tested with a group that it resembles.
    tested : either, with enough held-out uses to be named; the rate is held over all of these, whether or not
    enough of their uses counted for a verdict.
    e_value : combined evidence; q_value : of closed e-BH over the accounts tested, 1 elsewhere.
    e_synchrony, e_content : the same from the synchrony tests alone, and from content of the account's own
    making alone. e_any_days : combined evidence if agreement on a few days counted as well.
    held_out, observed, expected : what counted in all parts and tests, mean of the splits in which the account
    had any; of accounts of `few_days`, what would have.
    named : q_value within the rate and enough observed. few_days : not named, but would be if agreement on a few
    days counted; an event and a short operation come out alike here.
    proposals : by (split, part held out), their groups with the accounts drawn in. outcomes : every test made.
    """

    proposed: Bools
    drawn_in: Bools
    tested: Bools
    e_value: Floats
    q_value: Floats
    e_synchrony: Floats
    e_content: Floats
    e_any_days: Floats
    held_out: Floats
    observed: Floats
    expected: Floats
    named: Bools
    few_days: Bools
    proposals: dict[tuple[int, int], Proposal]
    outcomes: tuple[Outcome, ...]


def confirm(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, *, n_accounts: int,
    resolution: float, progress: Callable[[float], None] | None = None,
) -> Confirmation:  # fmt: skip
    """Propose groups on some parts of the material and confirm them on the next, part after part; pure.

    Accounts in no group are tested with a group that has confirmed members by then, where they resemble it.

    uses, traces : by name of the trace. resolution : of the data's clock, seconds; no window is smaller.
    The material is divided at random into `config.parts`; groups are proposed on the first and tested on the
    second, proposed on these two and tested on the third, and so on. Each test is a fair wager decided on
    before its outcome, on material not seen before, so what an account's wagers have won in a row is an
    e-value; the mean over `config.splits` such divisions is one too (docs/method.md, "Error control").
    """
    done = 0
    lock = Lock()

    def tell() -> None:
        nonlocal done
        with lock:
            done += 1
            if progress is not None:
                progress(done / (config.splits * (config.parts - 1)))

    def one(number: int) -> _Split:
        return _split(number, uses, traces, config, n_accounts, resolution, tell)

    # Divisions have nothing to do with one another; what works in them is compiled and works side by side.
    with ThreadPoolExecutor(cores()) as pool:
        splits = list(pool.map(one, range(config.splits)))
    proposals = {key: proposal for split in splits for key, proposal in split.proposals.items()}
    outcomes = [outcome for split in splits for outcome in split.outcomes]
    of_any_days = [outcome for split in splits for outcome in split.of_any_days]
    proposed = np.any([split.proposed for split in splits], axis=0)
    tested_with = np.any([proposal.group >= 0 for proposal in proposals.values()], axis=0)
    return _combine(proposals, proposed, tested_with & ~proposed, outcomes, of_any_days, config)


@dataclass(frozen=True)
class _Split:
    """What one division gave: see Confirmation."""

    proposed: Bools
    proposals: dict[tuple[int, int], Proposal]
    outcomes: list[Outcome]
    of_any_days: list[Outcome]


def _split(
    number: int, uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, n_accounts: int,
    resolution: float, tell: Callable[[], None],
) -> _Split:  # fmt: skip
    """Propose and test on one division, part after part."""
    proposed = np.zeros(n_accounts, dtype=bool)
    proposals: dict[tuple[int, int], Proposal] = {}
    part = split(uses, traces, config.parts, config.seed, number)
    made: list[Outcome] = []
    for k in range(1, config.parts):
        found = {name: here.keep((part[name] >= 0) & (part[name] < k)) for name, here in uses.items()}
        held_out = {name: here.keep(part[name] == k) for name, here in uses.items()}
        proposal = discover(found, traces, config, n_accounts=n_accounts, resolution=resolution)
        proposed |= proposal.group >= 0
        group = _drawn_in(proposal.group, found, _strong(made, config, n_accounts), config)
        proposals[number, k] = replace(proposal, group=group)
        for name in uses:
            for test in traces[name].tests:
                made.append(
                    _outcome(
                        number, k, traces[name], test, found[name], held_out[name], group, config,
                        resolution,
                    )
                )  # fmt: skip
        tell()
    payoffs = _payoffs(made, n_accounts)
    anyway = [replace(o, persistent=np.ones_like(o.persistent)) for o in made]
    return _Split(
        proposed,
        proposals,
        _bet(made, payoffs, config, n_accounts),
        _bet(anyway, payoffs, config, n_accounts),
    )


def _strong(made: list[Outcome], config: Config, n_accounts: int) -> Bools:
    """Accounts that a direct test has confirmed in the parts made so far, bool [n_accounts]."""
    won = {(o.trace, o.test): np.zeros(n_accounts) for o in made if o.direct}
    for o, payoff in zip(made, _payoffs(made, n_accounts), strict=True):
        if o.direct:
            won[o.trace, o.test][o.tested.account] += np.where(o.persistent, payoff, 0.0)
    return _above(won.values(), config, n_accounts)


def _above(won: Iterable[Floats], config: Config, n_accounts: int) -> Bools:
    """Accounts for which a test by itself has won `config.rung_e_value`, bool [n_accounts]."""
    strong = np.zeros(n_accounts, dtype=bool)
    for log_e in won:
        strong |= log_e >= np.log(config.rung_e_value)
    return strong


def _drawn_in(group: Groups, found: Mapping[str, Uses], strong: Bools, config: Config) -> Groups:
    """Add accounts in no group to the group they resemble, where that has confirmed members: int32 [n_accounts].

    strong : confirmed in the parts before. Whom to test, and with which group, may be decided by all that was
    seen before, outcomes included: the bets on it are still placed before theirs. But a sympathiser resembles
    the group as well, so it is only tested, and its agreement must go beyond outsiders' as anybody's.
    """
    inside = group >= 0
    models = np.flatnonzero(_with_core(group, strong, max(config.core, config.min_group), config.core_share))
    if not len(models):
        return group
    place = np.full(int(group.max()) + 1, -1, dtype=np.int32)
    place[models] = np.arange(len(models))
    likeness = resemblance(found, np.where(inside, place[group], -1).astype(np.int32))
    nearest = likeness.argmax(axis=0)
    alike = likeness[nearest, np.arange(len(group))] >= config.resemblance
    return np.where(inside | ~alike, group, models[nearest]).astype(np.int32)


def _outcome(
    number: int, part: int, trace: Trace, test: Test, found: Uses, held_out: Uses, group: Groups,
    config: Config, resolution: float,
) -> Outcome:  # fmt: skip
    """Make one test. Nothing is bet on it yet."""
    tested = _tested(trace, test, held_out, found, group, config, resolution)
    # Days are read off the material that proposed the group, so that the outcome has no say in it.
    before = _tested(trace, test, found, found, group, config, resolution)
    persistent = habitual(before, found, group, config.events, config.habit)[tested.account]
    size = len(tested.account)
    return Outcome(
        number, part, trace.name, test, trace.original, held_out, tested, group, persistent,
        counted=np.zeros(size, dtype=bool), log_e=np.zeros(size),
    )  # fmt: skip


def _tested(
    trace: Trace, test: Test, uses: Uses, found: Uses, group: Groups, config: Config, resolution: float
) -> Tested:
    finer = resolution < 60  # a clock of whole minutes hides schedulers and wires
    if test == "synchrony":
        window, wide = max(config.window, resolution), max(config.wide_window, resolution)
        return synchrony_test(uses, group, window, wide, config.kappa, config.reaction, finer)
    span, wire = max(config.content_window, resolution), config.wire if finer else 0.0
    if trace.original:
        return content_test(uses, group, span, wire=wire, common=config.common)
    # What accounts make themselves is rarely shared by sympathisers; what they pass on often is.
    return content_test(uses, group, span, found, wire)


def _payoffs(made: list[Outcome], n_accounts: int) -> list[Floats]:
    """Return for each outcome of one split, in order of parts, the log of what its wagers pay [t], counted or not.

    Stakes are divided over the odds by what each has won so far in the same test.
    """
    row = np.full(n_accounts, -1, dtype=np.int64)
    seen = np.unique(np.concatenate([o.tested.account for o in made] or [np.empty(0, np.int32)]))
    row[seen] = np.arange(len(seen))
    belief = {(o.trace, o.test): np.zeros((len(seen), len(ODDS))) for o in made}
    payoffs = []
    for o in made:
        here, place, ratios = belief[o.trace, o.test], row[o.tested.account], log_ratios(o.tested)
        payoffs.append(log_payoff(here[place], ratios))
        here[place] += ratios
    return payoffs


def _bet(made: list[Outcome], payoffs: list[Floats], config: Config, n_accounts: int) -> list[Outcome]:
    """Say which wagers of one split count, part after part: the outcomes with `counted` and `log_e`.

    Tests of what accounts pass on win only in groups of which enough members are confirmed directly.
    """
    won = {(o.trace, o.test): np.zeros(n_accounts) for o in made if o.direct}
    done = []
    for part in range(1, config.parts):
        pending = []
        for o, payoff in zip(made, payoffs, strict=True):
            if o.part != part:
                continue
            payoff = np.where(o.persistent, payoff, 0.0)
            if o.direct:
                won[o.trace, o.test][o.tested.account] += payoff
            pending.append((o, payoff))
        for o, payoff in pending:
            counted = o.persistent
            if not o.direct:
                counted = counted & _core(o.group, list(won.values()), config)[o.tested.account]
                payoff = np.where(counted, payoff, np.minimum(payoff, 0.0))
            done.append(replace(o, counted=counted, log_e=payoff))
    return done


def _core(group: Groups, won: list[Floats], config: Config) -> Bools:
    """Accounts in groups of which enough members are confirmed by direct tests so far, bool [n_accounts]."""
    inside = group >= 0
    result = np.zeros(len(group), dtype=bool)
    enough = _with_core(group, _above(won, config, len(group)), config.core, config.core_share)
    result[inside] = enough[group[inside]]
    return result


def _with_core(group: Groups, strong: Bools, least: int, share: float) -> Bools:
    """Groups of which at least so many members, and such a share, are strong, bool [groups]."""
    inside = group >= 0
    size = np.bincount(group[inside])
    members = np.bincount(group[inside & strong], minlength=len(size))
    return np.asarray(members >= np.maximum(least, share * size))


def _combine(
    proposals: dict[tuple[int, int], Proposal], proposed: Bools, drawn_in: Bools, outcomes: list[Outcome],
    of_any_days: list[Outcome], config: Config,
) -> Confirmation:  # fmt: skip
    """Average the evidence and control the false-discovery rate over all accounts tested."""
    n_accounts = len(proposed)
    tried = np.zeros(n_accounts)
    for outcome in outcomes:
        tried[outcome.tested.account] += outcome.tested.trials / config.splits
    # Who is tested must not hang on how the tests came out, so all trials count here.
    tested = (proposed | drawn_in) & (tried >= config.min_observed)

    def judged(outcomes: list[Outcome]) -> tuple[Floats, Floats, Floats, Bools]:
        evidence = _evidence(outcomes, config, n_accounts, lambda outcome: True)
        figures = _figures(outcomes, config, n_accounts)
        q_value = np.ones(n_accounts)
        q_value[tested] = q_values(evidence[tested], config.fdr)
        return evidence, figures, q_value, (q_value <= config.fdr) & (figures[1] >= config.min_observed)

    evidence, figures, q_value, named = judged(outcomes)
    e_any_days, figures_any_days, _, found = judged(of_any_days)
    few_days = found & ~named
    held_out, observed, expected = np.where(few_days, figures_any_days, figures)
    return Confirmation(
        proposed=proposed,
        drawn_in=drawn_in,
        tested=tested,
        e_value=evidence,
        q_value=q_value,
        e_synchrony=_evidence(outcomes, config, n_accounts, lambda o: o.test == "synchrony"),
        e_content=_evidence(outcomes, config, n_accounts, lambda o: o.test == "content" and o.original),
        e_any_days=e_any_days,
        held_out=held_out,
        observed=observed,
        expected=expected,
        named=named,
        few_days=few_days,
        proposals=proposals,
        outcomes=tuple(outcomes),
    )


def _figures(outcomes: list[Outcome], config: Config, n_accounts: int) -> Floats:
    """Trials that counted, successes and what outsiders would have [3, n_accounts], mean of the splits with any."""
    sums = np.zeros((config.splits, 3, n_accounts))
    for outcome in outcomes:
        t = outcome.tested
        figures = np.stack([t.trials, t.observed, t.expected])
        sums[outcome.split][:, t.account] += np.where(outcome.counted, figures, 0.0)
    return np.asarray(sums.sum(axis=0) / np.maximum((sums[:, 0] > 0).sum(axis=0), 1))


def _evidence(
    outcomes: list[Outcome], config: Config, n_accounts: int, chosen: Callable[[Outcome], bool]
) -> Floats:
    """Mean over splits of what the chosen tests have won together [n_accounts]; 1 where nothing was bet.

    Before each part an account's capital is divided over its tests by what they could show in it, times what
    each has won so far.
    """
    total = np.zeros(n_accounts)
    for number in range(config.splits):
        here = [o for o in outcomes if o.split == number and chosen(o)]
        won = {(o.trace, o.test): np.zeros(n_accounts) for o in here}
        capital = np.zeros(n_accounts)
        for part in range(1, config.parts):
            stake, payoff = np.zeros(n_accounts), np.full(n_accounts, -np.inf)
            for o in (o for o in here if o.part == part):
                mine, before = o.tested.account, won[o.trace, o.test]
                share = np.where(o.persistent, o.tested.potential, 0.0) * np.exp(
                    np.clip(before[mine], -30, 30)
                )
                stake[mine] += share
                with np.errstate(divide="ignore"):
                    payoff[mine] = np.logaddexp(payoff[mine], np.log(share) + o.log_e)
                before[mine] += o.log_e
            had = stake > 0
            capital[had] += payoff[had] - np.log(stake[had])
        total += np.exp(np.minimum(capital, _LARGEST))
    return np.asarray(total / config.splits)
