"""The wagers of one division: placed part after part, with what they have won so far carried along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.betting import ODDS, log_payoff, log_ratios
from chorusline.confirm.tested import Tested
from chorusline.traces.base import Test, Uses

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Groups = npt.NDArray[np.int32]
TestKey = tuple[str, Test, float]


@dataclass(frozen=True)
class Outcome:
    """One test of one trace on one part of one split. `uses` are the held-out uses `tested` refers to, and no others.

    group : int32 [n_accounts], the groups proposed on the parts before, and who was drawn in. persistent : bool [t],
    by account tested: whether its agreement was a habit in the parts before, not a few events. direct : whether the
    test can name an account without its group being confirmed otherwise. promise : float64 [t], how often the test
    succeeded for the account's group in the parts before: see `promise`. counted : bool [t],
    whether the outcome may speak for the account; one that may not can only lower its evidence. log_e : float64 [t],
    the log of the factor by which it changes the evidence of this test. further : seconds of a further window of the
    synchrony test (config.more_windows), 0 for the test itself. It is a test of its own to bet on; but the same uses
    are tried in it, so it counts neither in an account's figures nor as a reason to test it.
    """

    split: int
    part: int
    trace: str
    test: Test
    direct: bool
    uses: Uses
    tested: Tested
    group: Groups
    persistent: Bools
    promise: Floats
    counted: Bools
    log_e: Floats
    further: float = 0.0

    @property
    def key(self) -> TestKey:
        """What tells its test from others: trace, test, further window."""
        return self.trace, self.test, self.further


def promise(uses: Uses, tested: Tested, group: Groups) -> Floats:
    """Return the share of its group's trials that succeeded in a test, by account [n_accounts]; 1 without a group.

    tested : of the test on `uses`, the material that proposed `group`. Of stakes divided over tests, those go to
    waste that lie on one in which the group has never agreed, such as texts where each is written anew. One success
    in one trial is added, so that nothing is ruled out.
    """
    inside = group >= 0
    trials = np.bincount(group[uses.account[tested.use]], minlength=int(group.max(initial=-1)) + 1)
    hits = np.bincount(group[uses.account[tested.use[tested.hit]]], minlength=len(trials))
    result = np.ones(len(group))
    result[inside] = ((1.0 + hits) / (1.0 + trials))[group[inside]]
    return result


class Beliefs:
    """What each test's trials have paid at each θ so far, by account; later stakes are divided by it."""

    def __init__(self) -> None:
        self._so_far: dict[TestKey, tuple[Groups, Floats]] = {}

    def payoff(self, outcome: Outcome) -> Floats:
        """Return the log of what the outcome's wagers pay [t], counted or not, and remember its trials."""
        key, account = outcome.key, outcome.tested.account
        known, belief = self._so_far.get(key, (np.empty(0, np.int32), np.empty((0, len(ODDS)))))
        every = np.union1d(known, account).astype(np.int32)
        wider = np.zeros((len(every), len(ODDS)))
        wider[np.searchsorted(every, known)] = belief
        place, ratios = np.searchsorted(every, account), log_ratios(outcome.tested)
        paid = log_payoff(wider[place], ratios)
        wider[place] += ratios
        self._so_far[key] = every, wider
        return paid


class Winnings:
    """What the direct tests have won so far, by account; it says which groups are confirmed."""

    def __init__(self, config: Config, n_accounts: int) -> None:
        self._config = config
        self._won: dict[TestKey, Floats] = {}
        self._n_accounts = n_accounts

    def strong(self) -> Bools:
        """Accounts for which a direct test by itself has won `config.rung_e_value`, bool [n_accounts]."""
        strong = np.zeros(self._n_accounts, dtype=bool)
        for log_e in self._won.values():
            strong |= log_e >= np.log(self._config.rung_e_value)
        return strong

    def settle(self, outcomes: Sequence[Outcome], payoffs: Sequence[Floats]) -> list[Outcome]:
        """Say which wagers of one part count: its outcomes with `counted` and `log_e`, in the same order.

        payoffs : Beliefs.payoff of each. Tests of what accounts pass on win only in groups of which enough
        members are confirmed directly, this part included.
        """
        kept = [np.where(o.persistent, payoff, 0.0) for o, payoff in zip(outcomes, payoffs, strict=True)]
        for o, payoff in zip(outcomes, kept, strict=True):
            if o.direct:
                won = self._won.setdefault(o.key, np.zeros(self._n_accounts))
                won[o.tested.account] += payoff
        done = []
        for o, payoff in zip(outcomes, kept, strict=True):
            counted = o.persistent
            if not o.direct:
                counted = counted & self._in_a_core(o.group)[o.tested.account]
                payoff = np.where(counted, payoff, np.minimum(payoff, 0.0))
            done.append(replace(o, counted=counted, log_e=payoff))
        return done

    def _in_a_core(self, group: Groups) -> Bools:
        """Accounts in groups of which enough members are confirmed by direct tests so far, bool [n_accounts]."""
        inside = group >= 0
        result = np.zeros(len(group), dtype=bool)
        enough = with_core(group, self.strong(), self._config.core, self._config.core_share)
        result[inside] = enough[group[inside]]
        return result


def with_core(group: Groups, strong: Bools, least: int, share: float) -> Bools:
    """Groups of which at least so many members, and such a share, are strong, bool [groups]."""
    inside = group >= 0
    size = np.bincount(group[inside])
    members = np.bincount(group[inside & strong], minlength=len(size))
    return np.asarray(members >= np.maximum(least, share * size))


def habits_or_not(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The same outcomes, as if agreement on a few days were a habit."""
    return [replace(o, persistent=np.ones_like(o.persistent)) for o in outcomes]
