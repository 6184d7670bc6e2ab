"""Confirmation of proposed groups: parts, tests, and evidence combined under error control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.capital import evidence
from chorusline.confirm.content import Neighbours, content_test, neighbours
from chorusline.confirm.days import habitual
from chorusline.confirm.errors import q_values
from chorusline.confirm.parts import split
from chorusline.confirm.synchrony import synchrony_test
from chorusline.confirm.tested import Tested
from chorusline.confirm.wagers import Beliefs, Outcome, Winnings, habits_or_not, promise, with_core
from chorusline.network.discovery import discover
from chorusline.network.groups import Network, union
from chorusline.network.resemblance import most_like
from chorusline.traces.base import Test, Trace, Uses, cores

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Confirmation:
    """Evidence about every account, by account code [n_accounts].

    proposed : in a proposed group in any split. drawn_in : never that, but tested with a group that it resembles.
    tested : either, with enough held-out uses to be named; the rate is held over all of these, whether or not
    enough of their uses counted for a verdict.
    e_value : combined evidence; q_value : of closed e-BH over the accounts tested, 1 elsewhere.
    e_synchrony, e_content : the same from the synchrony tests alone, and from content that can name
    an account by itself. e_any_days : combined evidence if agreement on a few days counted as well.
    held_out, observed, expected : what counted in all parts and tests, mean of the splits in which the account
    had any; of accounts of `few_days`, what would have.
    named : q_value within the rate and enough observed. few_days : not named, but would be if agreement on a few
    days counted; an event and a short operation come out alike here.
    groups : int32 [n_accounts] by (split, part held out), the groups proposed, with the accounts drawn in.
    network : the edges of all proposals together. outcomes : every test made.
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
    groups: dict[tuple[int, int], Groups]
    network: Network
    outcomes: tuple[Outcome, ...]


def confirm(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, *, n_accounts: int,
    resolution: float, background: Bools | None = None, progress: Callable[[float], None] | None = None,
) -> Confirmation:  # fmt: skip
    """Propose groups on some parts of the material and confirm them on the next, part after part; pure.

    Accounts in no group are tested with a group that has confirmed members by then, where they resemble it.

    uses, traces : by name of the trace. resolution : of the data's clock, seconds; no window is smaller.
    background : bool [n_accounts], accounts that are outsiders by the user's choice: never proposed nor drawn in,
    so that they only serve for comparison.
    The material is divided at random into `config.parts`; groups are proposed on the first and tested on the
    second, proposed on these two and tested on the third, and so on. Each test is a fair wager decided on
    before its outcome, on material not seen before, so what an account's wagers have won in a row is an
    e-value; the mean over `config.splits` such divisions is one too (docs/method.md, "Error control").
    """
    done = 0
    lock = Lock()
    apart = np.zeros(n_accounts, dtype=bool) if background is None else background

    def tell() -> None:
        nonlocal done
        with lock:
            done += 1
            if progress is not None:
                progress(done / (config.splits * (config.parts - 1)))

    def one(number: int) -> _Split:
        return _split(number, uses, traces, config, apart, resolution, tell)

    # Divisions have nothing to do with one another; what works in them is compiled and works side by side.
    with ThreadPoolExecutor(cores()) as pool:
        splits = list(pool.map(one, range(config.splits)))
    groups = {key: group for split in splits for key, group in split.groups.items()}
    network = union(split.network for split in splits)
    outcomes = [outcome for split in splits for outcome in split.outcomes]
    of_any_days = [outcome for split in splits for outcome in split.of_any_days]
    proposed = np.any([split.proposed for split in splits], axis=0)
    tested_with = np.any([group >= 0 for group in groups.values()], axis=0)
    return _combine(groups, network, proposed, tested_with & ~proposed, outcomes, of_any_days, config)


@dataclass(frozen=True)
class _Split:
    """What one division gave: see Confirmation."""

    proposed: Bools
    groups: dict[tuple[int, int], Groups]
    network: Network
    outcomes: list[Outcome]
    of_any_days: list[Outcome]


def _split(
    number: int, uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, apart: Bools,
    resolution: float, tell: Callable[[], None],
) -> _Split:  # fmt: skip
    """Propose and test on one division, part after part. apart : bool [n_accounts], the background."""
    n_accounts = len(apart)
    proposed = np.zeros(n_accounts, dtype=bool)
    groups: dict[tuple[int, int], Groups] = {}
    network = union(())
    part = split(uses, traces, config.parts, config.seed, number)
    beliefs, won, won_anyway = Beliefs(), Winnings(config, n_accounts), Winnings(config, n_accounts)
    outcomes: list[Outcome] = []
    of_any_days: list[Outcome] = []
    for k in range(1, config.parts):
        found = {name: here.keep((part[name] >= 0) & (part[name] < k)) for name, here in uses.items()}
        held_out = {name: here.keep(part[name] == k) for name, here in uses.items()}
        own = without(apart, found)
        proposal = discover(own, traces, config, n_accounts=n_accounts, resolution=resolution)
        proposed |= proposal.group >= 0
        network = union((network, proposal.network))
        groups[number, k] = group = _drawn_in(proposal.group, own, won.strong(), config)
        del proposal, own
        made = _outcomes(number, k, traces, found, held_out, group, config, resolution)
        payoffs = [beliefs.payoff(outcome) for outcome in made]
        outcomes += won.settle(made, payoffs)
        of_any_days += won_anyway.settle(habits_or_not(made), payoffs)
        tell()
    return _Split(proposed, groups, network, outcomes, of_any_days)


def without(apart: Bools, uses: Mapping[str, Uses]) -> dict[str, Uses]:
    """Return the uses of all accounts but those `apart`, bool [n_accounts]."""
    if not apart.any():
        return dict(uses)
    return {name: here.keep(~apart[here.account]) for name, here in uses.items()}


def _drawn_in(group: Groups, found: Mapping[str, Uses], strong: Bools, config: Config) -> Groups:
    """Add accounts in no group to the group they resemble, where that has confirmed members: int32 [n_accounts].

    strong : confirmed in the parts before. Whom to test, and with which group, may be decided by all that was
    seen before, outcomes included: the bets on it are still placed before theirs. But a sympathiser resembles
    the group as well, so it is only tested, and its agreement must go beyond outsiders' as anybody's.
    """
    inside = group >= 0
    models = np.flatnonzero(with_core(group, strong, max(config.core, config.min_group), config.core_share))
    if not len(models):
        return group
    place = np.full(int(group.max()) + 1, -1, dtype=np.int32)
    place[models] = np.arange(len(models))
    nearest, likeness = most_like(found, np.where(inside, place[group], -1).astype(np.int32))
    unlike = likeness < config.resemblance
    return np.where(inside | unlike, group, models[nearest]).astype(np.int32)


def _further(test: Test, config: Config, resolution: float) -> list[float]:
    """Further windows in which a test is made, seconds: between the first, as the clock allows it, and the wide one."""
    least, most = max(config.window, resolution), config.wide_window
    return [w for w in sorted(set(config.more_windows)) if least < w <= most] if test == "synchrony" else []


def _outcomes(
    number: int, part: int, traces: Mapping[str, Trace], found: Mapping[str, Uses], held_out: Mapping[str, Uses],
    group: Groups, config: Config, resolution: float,
) -> list[Outcome]:  # fmt: skip
    """Make all tests of one part. Nothing is bet on them yet."""
    tests = [
        (traces[name], test, further)
        for name in found
        for test in traces[name].tests
        for further in (0.0, *_further(test, config, resolution))
    ]

    # What accounts make themselves is rarely shared by sympathisers; what they pass on often is.
    span = max(config.content_window, resolution)
    near = {
        trace.name: neighbours(found[trace.name], group, span)
        for trace, test, _ in tests
        if test == "content" and not trace.original
    }

    def made(uses: Mapping[str, Uses]) -> list[Tested]:
        return [
            _tested(trace, test, further, uses[trace.name], near.get(trace.name), group, config, resolution)
            for trace, test, further in tests
        ]

    # Days and promise are read off the material that proposed the group, so that the outcome has no say in them.
    seen = [(found[trace.name], tested) for (trace, *_), tested in zip(tests, made(found), strict=True)]
    direct = [trace.direct(test) for trace, test, _ in tests]

    def a_habit(seen: list[tuple[Uses, Tested]], doings: list[Uses]) -> Bools:
        return habitual(seen, doings, group, config.events, config.habit, config.group_habit)

    # What can name an account is judged together: a circle that agrees in words on one day and by the clock on
    # another agrees on both. When it was there is read off traces that don't just show what it passed on.
    own = [here for name, here in found.items() if all(map(traces[name].direct, traces[name].tests))]
    of_direct = [here for here, it in zip(seen, direct, strict=True) if it]
    directly = a_habit(of_direct, own or list(found.values()))
    outcomes = []
    for (trace, test, further), it, tested, here in zip(tests, direct, made(held_out), seen, strict=True):
        account, size = tested.account, len(tested.account)
        persistent = directly if it else a_habit([here], [found[trace.name]])
        # Outcomes of all parts are kept to the end, and most held-out uses are nobody's trial.
        outcomes.append(Outcome(
            number, part, trace.name, test, it, *tested.alone(held_out[trace.name]), group, persistent[account],
            promise=promise(*here, group)[account], counted=np.zeros(size, dtype=bool), log_e=np.zeros(size),
            further=further,
        ))  # fmt: skip
    return outcomes


def _tested(
    trace: Trace, test: Test, further: float, uses: Uses, near: Neighbours | None, group: Groups, config: Config,
    resolution: float,
) -> Tested:  # fmt: skip
    """Make one test. near : of traces of what accounts pass on, the neighbourhood in the parts before."""
    finer = resolution < 60  # a clock of whole minutes hides schedulers and wires
    if test == "synchrony":
        window, wide = max(further or config.window, resolution), max(config.wide_window, resolution)
        return synchrony_test(uses, group, window, wide, config.kappa, config.reaction, finer)
    span, wire = max(config.content_window, resolution), config.wire if finer else 0.0
    if trace.original:
        return content_test(uses, group, span, wire=wire, common=config.common)
    return content_test(uses, group, span, near, wire)


def _combine(
    groups: dict[tuple[int, int], Groups], network: Network, proposed: Bools, drawn_in: Bools,
    outcomes: list[Outcome], of_any_days: list[Outcome], config: Config,
) -> Confirmation:  # fmt: skip
    """Average the evidence and control the false-discovery rate over all accounts tested."""
    n_accounts = len(proposed)
    tried = np.zeros(n_accounts)
    for outcome in outcomes:
        if not outcome.further:
            tried[outcome.tested.account] += outcome.tested.trials / config.splits
    # Who is tested must not hang on how the tests came out, so all trials count here.
    tested = (proposed | drawn_in) & (tried >= config.min_observed)

    def judged(outcomes: list[Outcome]) -> tuple[Floats, Floats, Floats, Bools]:
        combined = evidence(outcomes, config, n_accounts, lambda outcome: True)
        figures = _figures(outcomes, config, n_accounts)
        q_value = np.ones(n_accounts)
        q_value[tested] = q_values(combined[tested], config.fdr)
        return combined, figures, q_value, (q_value <= config.fdr) & (figures[1] >= config.min_observed)

    e_value, figures, q_value, named = judged(outcomes)
    e_any_days, figures_any_days, _, found = judged(of_any_days)
    few_days = found & ~named
    held_out, observed, expected = np.where(few_days, figures_any_days, figures)
    return Confirmation(
        proposed=proposed,
        drawn_in=drawn_in,
        tested=tested,
        e_value=e_value,
        q_value=q_value,
        e_synchrony=evidence(outcomes, config, n_accounts, lambda o: o.test == "synchrony"),
        e_content=evidence(outcomes, config, n_accounts, lambda o: o.test == "content" and o.direct),
        e_any_days=e_any_days,
        held_out=held_out,
        observed=observed,
        expected=expected,
        named=named,
        few_days=few_days,
        groups=groups,
        network=network,
        outcomes=tuple(outcomes),
    )


def _figures(outcomes: list[Outcome], config: Config, n_accounts: int) -> Floats:
    """Trials that counted, successes and what outsiders would have [3, n_accounts], mean of the splits with any."""
    sums = np.zeros((config.splits, 3, n_accounts))
    for outcome in (outcome for outcome in outcomes if not outcome.further):
        t = outcome.tested
        figures = np.stack([t.trials, t.observed, t.expected])
        sums[outcome.split][:, t.account] += np.where(outcome.counted, figures, 0.0)
    return np.asarray(sums.sum(axis=0) / np.maximum((sums[:, 0] > 0).sum(axis=0), 1))
