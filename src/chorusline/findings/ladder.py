"""The ladder: what may be said of an account, and the sentence that says it (docs/method.md, "The ladder")."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation

RUNGS = ("nothing", "aligned", "in step", "scripted", "directed", "shared hands")
"""From nothing to report upwards; a rung's number is its place here."""

Bools = npt.NDArray[np.bool_]


def rungs(
    confirmation: Confirmation, config: Config, group: npt.NDArray[np.int32] | None = None
) -> npt.NDArray[np.int8]:
    """Return the rung of each account, int8 [n_accounts], place in RUNGS.

    group : int32 [n_accounts], the groups shown, -1 for none; all accounts are taken for one where not given.

    nothing : also of accounts that were only drawn in, for resembling a group, unless they are named.
    aligned : in a proposed group, which takes shared objects beyond the configuration null.
    in step : named: confirmed in time, or in what it wrote or passed on together with the group.
    scripted : named, with the same texts or media *and* synchrony, each on evidence that would hold alone at
        one in `config.rung_e_value`, and so for `config.scripted_share` of its group's named accounts at least.
        Shared words without shared moments are what volunteers on templates and fans on a script show too,
        so they stay at "in step", and a few chance moments don't lift a group of them above it.
    """
    rung = np.zeros(len(confirmation.named), dtype=np.int8)
    rung[confirmation.proposed] = RUNGS.index("aligned")
    rung[confirmation.named] = RUNGS.index("in step")
    both = np.minimum(confirmation.e_content, confirmation.e_synchrony)
    scripted = confirmation.named & (both >= config.rung_e_value)
    if group is None:
        group = np.zeros(len(rung), dtype=np.int32)
    inside = scripted & (group >= 0)
    n_groups = int(group.max(initial=0)) + 1
    count = np.bincount(group[inside], minlength=n_groups)
    named = np.bincount(group[confirmation.named & (group >= 0)], minlength=n_groups)
    enough = count >= np.maximum(config.core, config.scripted_share * named)
    inside[inside] = enough[group[inside]]
    rung[inside] = RUNGS.index("scripted")
    return rung


def statuses(confirmation: Confirmation, config: Config) -> list[str]:
    """Return for each account 'named', 'few days', 'nothing found' or 'not enough evidence'.

    Few days: it would be named if agreement on a few days could be told from an event. Not enough: fewer held-out
    uses than `config.min_held_out`, or evidence that would do but from fewer than `config.min_observed` uses. It
    doesn't mean that the account acts on its own.
    """
    thin = (confirmation.q_value <= config.fdr) & ~confirmation.named
    held_out = np.rint(confirmation.held_out)  # as the tables show it
    enough = confirmation.tested & (held_out >= config.min_held_out) & ~thin
    return [
        "named" if named else "few days" if few else "nothing found" if plenty else "not enough evidence"
        for named, few, plenty in zip(
            confirmation.named.tolist(), confirmation.few_days.tolist(), enough.tolist(), strict=True
        )
    ]


def account_sentence(status: str, rung: str, held_out: float, observed: float, expected: float) -> str:
    """Say in one sentence why an account stands where it stands."""
    figures = (
        f"{observed:.0f} of {held_out:.0f} held-out uses agree with its group; "
        f"of outsiders, {expected:.1f} would be expected."
    )
    if status == "not enough evidence":
        uses = "1 use" if round(held_out) == 1 else f"{held_out:.0f} uses"
        return f"Too little held-out material to tell ({uses}, {observed:.0f} in agreement)."
    if status == "few days":
        return f"Agrees with its group beyond outsiders, on too few days to tell an event from a habit: {figures}"
    if status == "nothing found" and rung == "nothing":
        return f"Uses what its group uses, but agrees with it no more than outsiders do: {figures}"
    if status == "nothing found":
        return f"Shares more than popularity explains, but not beyond what outsiders do: {figures}"
    if rung == "directed":
        return (
            f"Acts in step with its group, and with it takes up what is pushed as if on orders, in a staff's hours: "
            f"{figures}"
        )
    if rung == "scripted":
        return f"Shares texts or media with its group, and moments, beyond what outsiders do: {figures}"
    return f"Acts in step with its group beyond what outsiders do: {figures}"


def group_sentence(named: int, size: int, not_enough: int, fdr: float, rung: str, few_days: int = 0) -> str:
    """Say in one sentence, or a few, what is said of a group."""
    more = " more" if named else ""
    rest = (
        f" {few_days}{more} acted together on too few days to tell an event from a habit." if few_days else ""
    )
    if named == 0:
        return (
            f"{size} accounts share objects beyond what popularity explains; none could be shown to act in "
            f"concert on material not used to find the group.{rest}"
        )
    rest += f" Of {not_enough} there is not enough evidence either way." if not_enough else ""
    return (
        f"{named} of {size} accounts act in concert beyond chance (highest rung: {rung}), at a false-discovery "
        f"rate of {fdr:.2%}, on material not used to find the group.{rest}"
    ).replace(".00%", " %")
