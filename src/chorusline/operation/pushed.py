"""What an operation can be told to push: uses of tags, links, phrases, target accounts and posts to reshare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog, rows_of
from chorusline.config import Config
from chorusline.operation.trend import Lineage
from chorusline.traces import available
from chorusline.traces.base import Uses, uses_of

TRACES = {"tag": "hashtag", "link": "link", "phrase": "near-text", "post": "reshare"}
"""Kind of object -> the trace it is read from; targets are read here."""

KINDS_PUSHED = ("tag", "phrase", "link", "target", "post")
"""What an order can be about, in the order in which an order's leading object is chosen among equals."""


@dataclass(frozen=True)
class Pushed:
    """Uses of one kind of object."""

    kind: str
    uses: Uses


def pushed(log: ActionLog, config: Config) -> list[Pushed]:
    """Return the uses of each kind of object that the log holds any of, in the order of KINDS_PUSHED."""
    found = [Pushed(kind, _uses(kind, log, config)) for kind in KINDS_PUSHED]
    return [one for one in found if len(one.uses)]


def uses_of_trace(name: str, log: ActionLog, config: Config) -> Uses:
    """Return the uses of a trace, worked out once a log and config."""
    return log.once(("uses", name, config), lambda: available()[name].extract(log, config))


def target_uses(log: ActionLog, config: Config) -> Uses:
    """Return the uses of accounts addressed (`targets`), worked out once a log."""
    return log.once("targets", lambda: targets(log))


def names_of_targets(
    uses: Uses, codes: Iterable[int], log: ActionLog, roles: Mapping[str, str] | None, unmask: bool,
    known: npt.NDArray[np.bool_] | None = None,
) -> dict[int, tuple[str, str | None]]:  # fmt: skip
    """Return what targets are called in tables, and their role, by code.

    Only who is on the user's list (roles: id or user name, case aside, to role) or prominent (known, bool by code;
    `private.prominent`) is named, or everybody with `unmask`; the others, who may be private people, have a number, the
    same in every table of a case.
    """
    listed = {name.removeprefix("@").casefold(): role for name, role in (roles or {}).items()}
    handle: dict[str, str | None] = {}
    if listed and "handle" in log.accounts.column_names:
        handle = dict(zip(log.names, log.accounts["handle"].to_pylist(), strict=True))
    result = {}
    for code in codes:
        name = uses.objects[code].as_py()
        role = listed.get(name.casefold()) or listed.get((handle.get(name) or "").casefold())
        shown = unmask or role or (known is not None and known[code])
        result[code] = (name if shown else numbered(code), role)
    return result


def whence(log: ActionLog, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Post id, input and row of actions [n]."""
    return pa.table({name: rows_of(log.actions[name], rows) for name in ("post_id", "source", "row")})


def numbered(code: int) -> str:
    """What a target is called that isn't named."""
    return f"target {code + 1}"


def _uses(kind: str, log: ActionLog, config: Config) -> Uses:
    return target_uses(log, config) if kind == "target" else uses_of_trace(TRACES[kind], log, config)


def targets(log: ActionLog) -> Uses:
    """Uses of accounts addressed: mentioned, replied to or quoted in what accounts wrote themselves.

    Objects are account ids where the account is in the log, else the name as it was written, in lower case. The
    author of the post replied to or quoted is known where the log holds that post.
    """
    own = log.kinds != KINDS.index("reshare")
    lists = log.actions["mentions"].combine_chunks()
    rows = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    names = pc.utf8_lower(pc.utf8_ltrim(pc.list_flatten(lists), "@")).cast(pa.string())
    keep = own[rows]
    rows, names = rows[keep], _ids(log, names.filter(pa.array(keep)))
    parts = [(rows, names)]
    for place in Lineage.of(log).parents[1:]:  # replied to, quoted
        here = np.flatnonzero((place >= 0) & own)
        here = here[log.account_codes[place[here]] != log.account_codes[here]]
        parts.append(
            (here, log.accounts["name"].take(pa.array(log.account_codes[place[here]])).combine_chunks())
        )
    return uses_of(log, np.concatenate([rows for rows, _ in parts]), pa.chunked_array([n for _, n in parts]))


def _ids(log: ActionLog, names: pa.Array) -> pa.Array:
    """Account ids of names in lower case that are ids or user names in the log; the others as they are."""
    accounts = log.accounts
    known = [pc.utf8_lower(accounts["name"]).combine_chunks()]
    ids = [accounts["name"].combine_chunks()]
    if "handle" in accounts.column_names:
        known.append(pc.utf8_lower(pc.utf8_ltrim(accounts["handle"], "@")).combine_chunks().cast(pa.string()))
        ids.append(ids[0])
    place = pc.index_in(names, value_set=pa.concat_arrays(known))  # ids first; the first of equal user names
    return pc.coalesce(pa.concat_arrays(ids).take(place), names)
