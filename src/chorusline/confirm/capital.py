"""What an account's wagers have won together, and how much of it each test has brought in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.wagers import Outcome, TestKey

Floats = npt.NDArray[np.float64]

_LARGEST = 600.0
"""Natural logarithm of the largest e-value given."""


@dataclass(frozen=True)
class _Part:
    """The wagers of one part of one division: each outcome with what was staked on it [t], and together
    by account [n_accounts]: stake, and the log of stakes times payoffs."""

    placed: list[tuple[Outcome, Floats]]
    stake: Floats
    payoff: Floats

    @property
    def log_factor(self) -> Floats:
        """Log of the factor by which capital changes [n_accounts]; 0 where nothing was staked."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.stake > 0, self.payoff - np.log(self.stake), 0.0)


def _parts(outcomes: Sequence[Outcome], config: Config, n_accounts: int) -> Iterator[_Part]:
    """Part after part of one division. Before each, capital is divided over the tests by what they could show in
    it, times how often they succeeded for the account's group before, times what each has won so far."""
    won = {o.key: np.zeros(n_accounts) for o in outcomes}
    for part in range(1, config.parts):
        stake, payoff = np.zeros(n_accounts), np.full(n_accounts, -np.inf)
        placed = []
        for o in (o for o in outcomes if o.part == part):
            mine, before = o.tested.account, won[o.key]
            share = np.where(o.persistent, o.tested.potential * o.promise, 0.0) * np.exp(
                np.clip(before[mine], -30, 30)
            )
            stake[mine] += share
            with np.errstate(divide="ignore"):
                payoff[mine] = np.logaddexp(payoff[mine], np.log(share) + o.log_e)
            before[mine] += o.log_e
            placed.append((o, share))
        yield _Part(placed, stake, payoff)


def evidence(
    outcomes: Sequence[Outcome], config: Config, n_accounts: int, chosen: Callable[[Outcome], bool]
) -> Floats:
    """Mean over divisions of what the chosen tests have won together [n_accounts]; 1 where nothing was bet."""
    total = np.zeros(n_accounts)
    for number in range(config.splits):
        capital = np.zeros(n_accounts)
        for part in _parts([o for o in outcomes if o.split == number and chosen(o)], config, n_accounts):
            had = part.stake > 0
            capital[had] += part.payoff[had] - np.log(part.stake[had])
        total += np.exp(np.minimum(capital, _LARGEST))
    return np.asarray(total / config.splits)


@dataclass(frozen=True)
class Contribution:
    """One test's part in the accounts' evidence, by account code [n_accounts].

    further : seconds of a further window of the synchrony test, 0 for the test itself. staked : whether any capital
    was ever put on the test. held_out, observed, expected : what counted, mean of the divisions in which the account
    had anything that counted, so that over tests, further windows aside, they add up to the account's.
    e_value : what the test would have won with the whole capital, mean of the divisions. log_e : natural log of its
    factor in the combined evidence; see `contributions`.
    """

    trace: str
    test: str
    further: float
    staked: npt.NDArray[np.bool_]
    held_out: Floats
    observed: Floats
    expected: Floats
    e_value: Floats
    log_e: Floats


def contributions(
    outcomes: Sequence[Outcome], config: Config, n_accounts: int
) -> tuple[list[Contribution], Floats]:
    """Divide the log of the combined evidence over the tests (docs/method.md, "What each test contributes").

    In one part capital changes by the factor F = Σ w e, w being the shares staked and e what each test paid. Its log
    is divided by the Aumann-Shapley value: test t gets w_t (e_t - 1) log F / (F - 1), which adds up to log F. Parts
    add up within a division. Divisions are weighted by the capital they ended with; what is left, the step from that
    mean of logs to the log of the mean, is returned apart [n_accounts]. It lies between -log(divisions) and 0 and is
    no test's doing. All `log_e` and it add up to the log of `evidence` over all tests.
    """
    keys = list(dict.fromkeys(o.key for o in outcomes))
    capital = np.zeros((config.splits, n_accounts))
    share = {key: np.zeros((config.splits, n_accounts)) for key in keys}
    alone = {key: np.zeros((config.splits, n_accounts)) for key in keys}
    staked = {key: np.zeros(n_accounts, dtype=bool) for key in keys}
    for number in range(config.splits):
        for part in _parts([o for o in outcomes if o.split == number], config, n_accounts):
            whole = part.log_factor
            capital[number] += whole
            for o, stake in part.placed:
                key, mine = o.key, o.tested.account
                alone[key][number, mine] += o.log_e
                on = stake > 0
                staked[key][mine[on]] = True
                weight = stake[on] / part.stake[mine[on]]
                share[key][number, mine[on]] += divided(weight, o.log_e[on], whole[mine[on]])
    ended = np.minimum(capital, _LARGEST)
    weight = np.exp(ended - np.logaddexp.reduce(ended, axis=0))
    together = np.log(evidence(outcomes, config, n_accounts, lambda o: True))
    figures = _figures(outcomes, keys, config, n_accounts)
    made = []
    for test in keys:
        held_out, observed, expected = figures[test]
        won = np.asarray(np.exp(np.minimum(alone[test], _LARGEST)).mean(axis=0))
        log_e = np.asarray((weight * share[test]).sum(axis=0))
        made.append(Contribution(*test, staked[test], held_out, observed, expected, won, log_e))
    return made, together - sum((c.log_e for c in made), np.zeros(n_accounts))


def divided(weight: Floats, log_e: Floats, whole: Floats) -> Floats:
    """Each test's part of the log of F = Σ w e: w (e - 1) log F / (F - 1), [k].

    weight : shares w. log_e : log of what each paid. whole : log F of its account.
    The average, along the straight way from e = 1 to what was paid, of the slope of log F (Aumann & Shapley 1974).
    """
    size = np.abs(whole)
    # |log F| / (1 - exp(-|log F|)), which is 1 at 0. Above F = 1 it is F log F / (F - 1), so e - 1 is divided by F.
    slope = np.ones_like(whole)
    slope[size > 0] = size[size > 0] / -np.expm1(-size[size > 0])
    up = np.maximum(whole, 0.0)
    return np.asarray(weight * (np.exp(log_e - up) - np.exp(-up)) * slope)


def _figures(
    outcomes: Sequence[Outcome], keys: list[TestKey], config: Config, n_accounts: int
) -> dict[TestKey, Floats]:
    """Trials that counted, successes and what outsiders would have, by test: [3, n_accounts]."""
    sums = {key: np.zeros((3, n_accounts)) for key in keys}
    any_trials = np.zeros((config.splits, n_accounts), dtype=bool)
    for o in outcomes:
        t = o.tested
        figures = np.stack([t.trials, t.observed, t.expected])
        sums[o.key][:, t.account] += np.where(o.counted, figures, 0.0)
        if not o.further:
            any_trials[o.split, t.account[o.counted & (t.trials > 0)]] = True
    return {key: found / np.maximum(any_trials.sum(axis=0), 1) for key, found in sums.items()}
