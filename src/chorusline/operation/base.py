"""What an analysis is: a declaration, and a function from a crew of accounts to tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import OPERATION
from chorusline.config import Config

if TYPE_CHECKING:
    from chorusline.operation.bursts import Presence
    from chorusline.operation.clock import CrewClock

Codes = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Basis = Literal["named accounts", "all members", "user's list"]
NAMED: Final = "named accounts"

LIST: Basis = "user's list"


def of_named(table: pa.Table) -> pa.Table:
    """Return the rows of an analysis' table that are about the named accounts of groups."""
    return table.filter(pc.equal(table["crew"], NAMED))


@dataclass(frozen=True)
class Crew:
    """The accounts that an analysis is run on, and those it compares them with.

    log : the case's actions. config : the case's settings.
    members : int32 [m], account codes, ascending, each once.
    outsiders : int32 [k], accounts with actions that are in no group of the case, ascending; never a member.
    group : number of the group in the case; None for a list of the user's.
    basis : how the members came together: "named accounts" of a group, "all members" of it (also those of whom
        nothing could be shown), or "user's list".
    kindred : int32 [j], ascending, no member: accounts of the group that aren't named and are as much like those with
        evidence as these are like each other (`crews.KINDRED`). Only `with_kindred` counts them.
    """

    log: ActionLog
    config: Config
    members: Codes
    outsiders: Codes
    group: int | None
    basis: Basis
    kindred: Codes = field(default_factory=lambda: np.empty(0, dtype=np.int32))

    @property
    def chosen_by_user(self) -> bool:
        """Whether the user chose the accounts, and not a test."""
        return self.basis == LIST

    @cached_property
    def inside(self) -> Bools:
        """Whether each account is a member, bool [n_accounts]."""
        return self._mask(self.members)

    @cached_property
    def outside(self) -> Bools:
        """Whether each account is one to compare with, bool [n_accounts]."""
        return self._mask(self.outsiders)

    @cached_property
    def others(self) -> Bools:
        """Whether each account is no member, bool [n_accounts]; in another group, in none, or of this one unnamed."""
        return ~self.inside

    @cached_property
    def words(self) -> str:
        """What sentences call the crew."""
        if self.group is None:
            return f"the {len(self.members):,} accounts chosen by the user"
        more = int(self.inside[self.kindred].sum())
        named, what = len(self.members) - more, "accounts, named or not,"
        if self.basis == NAMED:
            what = NAMED if named != 1 else "named account"
        beside = f" and {more:,} more of it that use the same as these" if more else ""
        return f"the {named:,} {what} of group {self.group}{beside}"

    @cached_property
    def clock(self) -> CrewClock:
        """The members' working time; they have an action at least."""
        from chorusline.operation.clock import CrewClock

        own = self.inside[self.log.account_codes]
        return CrewClock.of(self.log.times[own], self.log.account_codes[own])

    @cached_property
    def presence(self) -> Presence:
        """Who is at work when, members and all others; there is an action at least."""
        from chorusline.operation.bursts import Presence

        return Presence.of(self.log.times, self.log.account_codes, self.inside)

    def with_kindred(self) -> Crew:
        """Return the crew with the kindred among its members."""
        if not len(self.kindred):
            return self
        return replace(self, members=np.union1d(self.members, self.kindred).astype(np.int32))

    def table(self, name: str, columns: Mapping[str, Any]) -> pa.Table:
        """Make a table in case.OPERATION[name] of columns [n]; the columns `group` and `crew` are filled in here."""
        schema = OPERATION[name]
        n = len(next(iter(columns.values())))
        who = {
            "group": pa.array([self.group] * n, pa.int32()),
            "crew": pa.array([self.basis] * n, pa.string()),
        }
        return pa.table({**columns, **who}, schema=schema)

    def _mask(self, codes: Codes) -> Bools:
        mask = np.zeros(self.log.accounts.num_rows, dtype=np.bool_)
        mask[codes] = True
        return mask


@dataclass(frozen=True)
class Result:
    """What an analysis found of one crew.

    tables : by name, in case.OPERATION[name]; a table that is missing has no rows.
    sentences : what may be said, plain and finished. reason : why nothing is said, where the analysis abstains.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Analysis:
    """The declaration of an analysis.

    name : one word, as on the command line. about : one sentence for help, the dossier and the docs.
    needs : columns of the log of which at least one must hold something, or the analysis is left out.
    function : (crew, **options) -> Result. Same crew and options, same result; nothing is read or written.
    tables : names of the tables it makes, in case.OPERATION.
    resolution : coarsest clock, seconds, that it can work with.
    members : fewest members that it says anything of.
    kindred : whether the crew's kindred count as members: where something is said of what was pushed, not of accounts.
    place : where it is shown; low numbers first.
    """

    name: str
    about: str
    function: Callable[..., Result]
    tables: tuple[str, ...]
    needs: tuple[str, ...] = ()
    resolution: float = 86400.0
    members: int = 3
    kindred: bool = False
    place: int = 100


def lacking(analysis: Analysis, log: ActionLog) -> str:
    """Say why the data don't allow an analysis, as half a sentence; empty where they do."""
    if log.resolution > analysis.resolution:
        return f"the data store times to {log.resolution:g} s only, and it needs {analysis.resolution:g} s"
    if analysis.needs and not any(_holds(log.actions[name]) for name in analysis.needs):
        return f"the data hold no {' and no '.join(analysis.needs)}"
    return ""


def _holds(column: pa.ChunkedArray) -> bool:
    if pa.types.is_list(column.type):
        return bool((pc.sum(pc.list_value_length(column)).as_py() or 0) > 0)
    return bool(column.null_count < len(column))
