"""Evidence by betting: what wagers against "no more than outsiders do" would have won, trial after trial.

Where a trial succeeds with chance p at most, a wager that pays θ / (1 - p + pθ) on success and
1 / (1 - p + pθ) on failure can't win on average. It is the likelihood ratio of an alternative whose odds are
θ times those of the null. What successive fair wagers have won, each decided on before its outcome, is an
e-value: its mean is at most 1 where the null holds (Shafer 2021; Ramdas et al. 2023, "Game-theoretic
statistics and safe anytime-valid inference").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chorusline.confirm.tested import Tested

Floats = npt.NDArray[np.float64]

ODDS = np.array([2.0, 5.0, 15.0, 50.0, 150.0, 500.0, 2_000.0, 10_000.0])
"""The θ betted on, with even stakes at first: from twice the outsiders' odds to as good as always."""


def log_ratios(tested: Tested) -> Floats:
    """Return for each account tested [t] and each θ [ODDS] the log of what its trials pay together."""
    result = np.zeros((len(tested.account), len(ODDS)))
    chance = np.clip(tested.chance, 1e-12, 1.0)
    for column, odds in enumerate(ODDS):
        pay = tested.hit * np.log(odds) - np.log1p(chance * (odds - 1.0))
        result[:, column] = np.bincount(tested.owner, weights=pay, minlength=len(tested.account))
    return result


def log_payoff(belief: Floats, ratios: Floats) -> Floats:
    """Return the log of what stakes divided over the θ by `belief` pay [t].

    belief : float64 [t, ODDS], log weights, what the trials before paid at each θ (zeros at the start).
    """
    return np.asarray(np.logaddexp.reduce(belief + ratios, axis=1) - np.logaddexp.reduce(belief, axis=1))
