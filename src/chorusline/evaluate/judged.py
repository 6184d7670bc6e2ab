"""The case's accounts laid beside the truth, row for row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from chorusline.case import NAMED_RUNGS, Case
from chorusline.errors import CaseError, InputError
from chorusline.evaluate.truth import Truth

Bools = npt.NDArray[np.bool_]
NOT_PROPOSED = "not proposed"


@dataclass(frozen=True)
class Judged:
    """Accounts that both the log and the truth know, n of them; those the case proposed carry its verdict.

    label : bool [n], works for an operation. named : bool [n], rung from 'in step' up.
    status : str [n], the case's word, or 'not proposed' where no group held the account.
    e_value, e_value_any_days : float [n], -1 where not proposed, so that they rank last. resemblance : float [n],
    0 where not listed. bar : e-value from which there is evidence. p_value, q_value : float [n], inf where not
    proposed. held_out_uses, group : int [n], 0 there. rows : int [n], row of truth.accounts.
    absent : labelled and honest accounts of the truth that did nothing in the log. unlabelled,
    unlabelled_named : accounts of the log that the truth doesn't know, and those of them that are named.
    """

    label: Bools
    named: Bools
    status: npt.NDArray[np.str_]
    e_value: npt.NDArray[np.float64]
    e_value_any_days: npt.NDArray[np.float64]
    resemblance: npt.NDArray[np.float64]
    bar: float
    p_value: npt.NDArray[np.float64]
    q_value: npt.NDArray[np.float64]
    held_out_uses: npt.NDArray[np.int64]
    group: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    absent: tuple[int, int]
    unlabelled: int
    unlabelled_named: int

    def evidence_keys(self) -> tuple[npt.NDArray[np.float64], ...]:
        """Keys [n] that sort accounts by evidence, most first.

        First those with evidence of a habit, then those with evidence of any days; then the others by what evidence
        there is times bar**resemblance, so that to be as alike as those with evidence weighs as much as theirs.
        """
        habit, days = (np.where(e >= self.bar, e, 0.0) for e in (self.e_value, self.e_value_any_days))
        some = np.log(np.maximum(1.0, np.maximum(self.e_value, self.e_value_any_days)))
        rest = some + np.log(self.bar) * self.resemblance
        return -habit, -days, -np.where(habit + days > 0, 0.0, rest), -(self.e_value >= 0).astype(np.float64)


def judge(case: Case, truth: Truth) -> Judged:
    """Lay a case beside the truth. Raises InputError where they have no account in common."""
    present = _accounts_of(case)
    known = truth.accounts["account"].combine_chunks()
    in_log = pc.is_in(known, value_set=present).to_numpy(zero_copy_only=False).astype(bool)
    rows = np.flatnonzero(in_log)
    if not len(rows):
        raise InputError(
            f"{truth.path} and {case.folder} have no account in common: '{known[0]}' in the truth, "
            f"'{present[0]}' in the case; name the column with the accounts' ids with --account."
        )
    table = case.table("accounts")
    place = pc.index_in(known.take(pa.array(rows)), value_set=table["account"].combine_chunks())
    at = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    absent = truth.label[~in_log]
    unknown = pc.invert(pc.is_in(table["account"], value_set=known)).to_numpy().astype(bool)
    rung = np.array(table["rung"].to_pylist(), dtype=np.str_)

    def column(name: str, otherwise: Any) -> Any:
        values = np.array(table[name].to_pylist() or [otherwise])
        return np.where(at >= 0, values[at], otherwise)

    return Judged(
        label=truth.label[rows],
        named=np.isin(column("rung", ""), NAMED_RUNGS),
        status=column("status", NOT_PROPOSED),
        e_value=column("e_value", -1.0),
        e_value_any_days=column("e_value_any_days", -1.0),
        resemblance=_resemblance(case, known.take(pa.array(rows))),
        bar=case.config.rung_e_value,
        p_value=column("p_value", np.inf),
        q_value=column("q_value", np.inf),
        held_out_uses=column("held_out_uses", 0),
        group=column("group", 0),
        rows=rows,
        absent=(int(absent.sum()), int((~absent).sum())),
        unlabelled=len(present) - len(rows),
        unlabelled_named=int((np.isin(rung, NAMED_RUNGS) & unknown).sum()),
    )


def _resemblance(case: Case, accounts: pa.Array) -> npt.NDArray[np.float64]:
    """Resemblance of accounts [n], 0 of those not listed."""
    table = case.table("resembling")
    place = pc.index_in(accounts, value_set=table["account"].combine_chunks())
    found = table["resemblance"].combine_chunks().take(place).fill_null(0.0)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)


def _accounts_of(case: Case) -> pa.Array:
    """Every account that acted in the case's log."""
    try:
        names = pq.read_table(case.folder / "accounts.parquet", columns=["name"])["name"].combine_chunks()
    except (OSError, pa.ArrowInvalid) as error:
        raise CaseError(f"{case.folder} has no readable accounts.parquet: {error}.") from None
    if not len(names):
        raise CaseError(f"{case.folder} holds no accounts, so there is nothing to score.")
    return names
