"""Confirmation of proposed groups: splits, folds, tests, and evidence combined under error control."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.content import content_test
from chorusline.confirm.days import effective_days
from chorusline.confirm.errors import e_benjamini_hochberg, e_value
from chorusline.confirm.folds import split
from chorusline.confirm.synchrony import synchrony_test
from chorusline.confirm.tested import Tested
from chorusline.network.discovery import Proposal, discover
from chorusline.traces.base import Test, Trace, Uses

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """One test of one trace on one fold of one split. `uses` are the held-out uses `tested` refers to.

    group : int32 [n_accounts], the groups proposed on the other fold. counted : bool [n_accounts], whose
    outcome enters the combined evidence.
    """

    split: int
    fold: int
    trace: str
    test: Test
    original: bool
    uses: Uses
    tested: Tested
    group: npt.NDArray[np.int32]
    counted: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Confirmation:
    """Evidence about every account, by account code [n_accounts].

    proposed : in a proposed group in any split. tested : proposed, with enough held-out uses.
    e_value : combined evidence; q_value : of e-BH over the accounts tested, 1 elsewhere.
    e_synchrony, e_content : the same from the synchrony tests alone, and from content of the account's own
    making alone. held_out, observed, expected : both folds, all
    tests, mean of the splits in which the account had trials.
    named : q_value within the rate and enough observed.
    proposals : by (split, fold). outcomes : every test made.
    """

    proposed: npt.NDArray[np.bool_]
    tested: npt.NDArray[np.bool_]
    e_value: Floats
    q_value: Floats
    e_synchrony: Floats
    e_content: Floats
    held_out: Floats
    observed: Floats
    expected: Floats
    named: npt.NDArray[np.bool_]
    proposals: dict[tuple[int, int], Proposal]
    outcomes: tuple[Outcome, ...]


def confirm(
    uses: Mapping[str, Uses], traces: Mapping[str, Trace], config: Config, *, n_accounts: int,
    resolution: float, progress: Callable[[float], None] | None = None,
) -> Confirmation:  # fmt: skip
    """Propose groups on one fold and confirm them on the other, both ways, in several splits; pure.

    uses, traces : by name of the trace. resolution : of the data's clock, seconds; no window is smaller.
    The evidence of a split is the mean of its tests' e-values, weighted by what each could have shown; that
    of an account is the mean over the splits. A mean of e-values is an e-value whatever their dependence,
    but which tests count is decided with their outcomes in view (`counted`), and the content test's null fails
    among readers who copy headlines: where the rate doesn't hold is told in docs/method.md, "Error control" and
    "What it can't tell apart".
    """
    proposals: dict[tuple[int, int], Proposal] = {}
    outcomes: list[Outcome] = []
    for number in range(config.splits):
        folds = split(uses, traces, config.seed + number)
        for fold in (0, 1):
            found = {name: here.keep(folds[name] == fold) for name, here in uses.items()}
            held_out = {name: here.keep(folds[name] == 1 - fold) for name, here in uses.items()}
            proposal = discover(found, traces, config, n_accounts=n_accounts, resolution=resolution)
            proposals[number, fold] = proposal
            outcomes += _test(number, 1 - fold, proposal, found, held_out, traces, config, resolution)
            if progress is not None:
                progress((2 * number + fold + 1) / (2 * config.splits))
    return _combine(proposals, outcomes, config, n_accounts)


def _test(
    number: int, fold: int, proposal: Proposal, found: Mapping[str, Uses], held_out: Mapping[str, Uses],
    traces: Mapping[str, Trace], config: Config, resolution: float,
) -> list[Outcome]:  # fmt: skip
    """Make every test of every trace on one fold."""
    group = proposal.group
    finer = resolution < 60  # a clock of whole minutes hides schedulers and wires
    done: list[tuple[str, Test, Tested]] = []
    for name, uses in held_out.items():
        for test in traces[name].tests:
            if test == "synchrony":
                window, wide = max(config.window, resolution), max(config.wide_window, resolution)
                done.append(
                    (
                        name,
                        test,
                        synchrony_test(uses, group, window, wide, config.kappa, config.reaction, finer),
                    )
                )
            else:
                # What accounts make themselves is rarely shared by sympathisers; what they pass on often is.
                near = None if traces[name].original else found[name]
                span = max(config.content_window, resolution)
                done.append(
                    (name, test, content_test(uses, group, span, near, config.wire if finer else 0.0))
                )
    direct = [
        np.where(_persistent(tested, held_out[name], group, config), tested.p, 1.0)
        for name, test, tested in done
        if _direct(traces[name], test)
    ]
    core = _core(group, direct, config)
    return [
        Outcome(
            number, fold, name, test, traces[name].original, held_out[name], tested, group,
            _persistent(tested, held_out[name], group, config) & (core | _direct(traces[name], test)),
        )
        for name, test, tested in done
    ]  # fmt: skip


def _direct(trace: Trace, test: Test) -> bool:
    """Whether a test can name an account without the group being confirmed otherwise."""
    return test == "synchrony" or trace.original


def _persistent(
    tested: Tested, uses: Uses, group: npt.NDArray[np.int32], config: Config
) -> npt.NDArray[np.bool_]:
    """Accounts in groups whose successes in this test are spread over enough days, bool [n_accounts]."""
    owner = group[uses.account[tested.use]] if len(tested.use) else np.empty(0, np.int32)
    n_groups = int(group.max(initial=-1)) + 1
    days = effective_days(owner, uses.time[tested.use], tested.hit, n_groups)
    result = np.zeros(len(group), dtype=bool)
    inside = group >= 0
    result[inside] = days[group[inside]] > config.events
    return result


def _core(group: npt.NDArray[np.int32], direct: list[Floats], config: Config) -> npt.NDArray[np.bool_]:
    """Accounts in groups of which enough members are confirmed by direct tests, bool [n_accounts]."""
    strong = np.zeros(len(group), dtype=bool)
    for p in direct:
        strong |= e_value(p) >= config.rung_e_value
    inside = group >= 0
    members = np.bincount(group[inside & strong], minlength=int(group.max(initial=-1)) + 1)
    result = np.zeros(len(group), dtype=bool)
    size = np.bincount(group[inside], minlength=len(members))
    enough = np.maximum(config.core, config.core_share * size)
    result[inside] = (members >= enough)[group[inside]]
    return result


def _combine(
    proposals: dict[tuple[int, int], Proposal], outcomes: list[Outcome], config: Config, n_accounts: int
) -> Confirmation:
    """Average the evidence and control the false-discovery rate over all accounts tested."""
    proposed = np.zeros(n_accounts, dtype=bool)
    for proposal in proposals.values():
        proposed |= proposal.group >= 0
    sums = np.zeros((config.splits, 3, n_accounts))
    for outcome in outcomes:
        figures = np.stack([outcome.tested.trials, outcome.tested.observed, outcome.tested.expected])
        sums[outcome.split] += np.where(outcome.counted, figures, 0.0)
    had_trials = np.maximum((sums[:, 0] > 0).sum(axis=0), 1)
    held_out, observed, expected = sums.sum(axis=0) / had_trials
    evidence = _evidence(outcomes, config.splits, n_accounts, lambda outcome: True)
    tested = proposed & (held_out >= config.min_held_out)
    q_value = np.ones(n_accounts)
    q_value[tested] = e_benjamini_hochberg(evidence[tested])
    return Confirmation(
        proposed=proposed,
        tested=tested,
        e_value=evidence,
        q_value=q_value,
        e_synchrony=_evidence(outcomes, config.splits, n_accounts, lambda o: o.test == "synchrony"),
        e_content=_evidence(
            outcomes, config.splits, n_accounts, lambda o: o.test == "content" and o.original
        ),
        held_out=held_out,
        observed=observed,
        expected=expected,
        named=(q_value <= config.fdr) & (observed >= config.min_observed),
        proposals=proposals,
        outcomes=tuple(outcomes),
    )


def _evidence(
    outcomes: list[Outcome], splits: int, n_accounts: int, chosen: Callable[[Outcome], Any]
) -> Floats:
    """Mean e-value over splits of the weighted mean over tests and folds; 1 in a split without any test."""
    total = np.zeros(n_accounts)
    for number in range(splits):
        weight, evidence = np.zeros(n_accounts), np.zeros(n_accounts)
        for outcome in outcomes:
            if outcome.split == number and chosen(outcome):
                share = np.where(outcome.counted, outcome.tested.potential, 0.0)
                weight += share
                evidence += share * e_value(outcome.tested.p)
        total += np.where(weight > 0, evidence / np.where(weight > 0, weight, 1.0), 1.0)
    return np.asarray(total / splits)
