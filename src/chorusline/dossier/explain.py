"""The evidence in words: from an account, or a pair of accounts, to objects, posts and the rows they were read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import Case
from chorusline.dossier import alternatives
from chorusline.dossier.lettering import (
    instant,
    lag,
    number,
    percent,
    plural,
    probability,
    quoted,
    test_words,
    visible,
)  # fmt: skip
from chorusline.dossier.material import table_of
from chorusline.dossier.sentences import STATUSES, TRACES, error_rate
from chorusline.errors import UsageError
from chorusline.network.discovery import discovery_window
from chorusline.traces import available

Row = dict[str, Any]


@dataclass(frozen=True)
class Explanation:
    """What a case holds of an account or a pair.

    accounts : rows of the table `accounts`, or id and handle alone where an account is in no group. contributions,
    edges : rows of these tables. evidence : rows of that table, strongest first; of a pair, of each towards the
    other. shared : of a pair, each object behind an edge with the closest two posts: trace, object, lag (seconds),
    and `a` and `b` with time, post_id, input, row and text. inputs : path, SHA-256 and bytes of each file named.
    """

    accounts: list[Row]
    contributions: list[Row]
    evidence: list[Row]
    edges: list[Row]
    shared: list[Row]
    inputs: list[Row]
    fdr: float
    remains: list[tuple[str, str]]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; times are ISO 8601."""
        return {name: _plain(value) for name, value in self.__dict__.items()}


def explain(case: Case, *names: str) -> Explanation:
    """Say what a case holds of one account, or of two that an edge may join.

    names : ids, or user names where only one account bears them. Of an edge every object that the two used within
    the window of the trace is looked up in the action log anew: there are as many as the edge's weight says.
    Raises UsageError where a name is nobody's, or several accounts'.
    """
    if len(names) not in (1, 2):
        raise UsageError(f"explain takes one account, or two that an edge may join, not {len(names)}.")
    if case.manifest.get("edition"):
        return _of_edition(case, names)
    log = case.log()
    ids = [_identified(log, name) for name in names]
    if len(set(ids)) < len(ids):
        raise UsageError(f"'{names[0]}' and '{names[1]}' are the same account.")
    known = {row["account"]: row for row in _of(table_of(case, "accounts"), "account", ids).to_pylist()}
    evidence = _of(table_of(case, "evidence"), "account", ids)
    edges: list[Row] = []
    shared: list[Row] = []
    if len(ids) == 2:
        evidence = _of(evidence, "with_account", ids)
        a, b = sorted(ids)
        table = _of(_of(table_of(case, "edges"), "account_a", [a]), "account_b", [b])
        edges = table.to_pylist()
        shared = [row for edge in edges for row in _shared(case, log, edge["trace"], a, b)]
    order = [(name, "ascending") for name in ("chance", "lag", "time", "trace", "test", "object")]
    rows = evidence.sort_by(order).to_pylist()
    used = {row[name] for row in rows for name in ("input", "with_input")}
    used |= {row[end]["input"] for row in shared for end in ("a", "b")}
    return Explanation(
        accounts=[known.get(name) or _bare(log, name) for name in ids],
        contributions=_of(table_of(case, "contributions"), "account", ids).to_pylist()
        if len(ids) == 1
        else [],
        evidence=rows,
        edges=edges,
        shared=shared,
        inputs=[
            {"path": given.path, "sha256": given.sha256, "bytes": given.bytes}
            for given in log.inputs
            if given.path in used
        ],
        fdr=case.config.fdr,
        remains=_remains(case, {known[name]["group"] for name in ids if name in known}),
    )


def _of_edition(case: Case, names: tuple[str, ...]) -> Explanation:
    """What a public edition holds of an account; it has no actions in which edges could be looked up."""
    rows = _of(table_of(case, "accounts"), "account", list(names)).to_pylist()
    if len(names) > 1 or not rows:
        raise UsageError(
            "Of a public edition, explain takes one of the pseudonyms in its tables/accounts.csv."
        )
    evidence = _of(table_of(case, "evidence"), "account", list(names))
    order = [(name, "ascending") for name in ("chance", "lag", "time", "trace", "test", "object")]
    return Explanation(
        accounts=rows,
        contributions=_of(table_of(case, "contributions"), "account", list(names)).to_pylist(),
        evidence=evidence.sort_by(order).to_pylist(), edges=[], shared=[],
        inputs=[{name: given[name] for name in ("path", "sha256", "bytes")} for given in case.manifest["inputs"]],
        fdr=case.config.fdr,
        remains=_remains(case, {rows[0]["group"]}),
    )  # fmt: skip


def _remains(case: Case, groups: set[int]) -> list[tuple[str, str]]:
    """Other explanations: as checked for the one group in question where that was done, else in general."""
    made = alternatives.by_group(case).get(next(iter(groups)), []) if len(groups) == 1 else []
    if made:
        return [(one["alternative"], f"{one['outcome']} Remains: {one['remains']}") for one in made]
    return [(one.name, one.remains) for one in alternatives.general(case.manifest)]


def _identified(log: ActionLog, name: str) -> str:
    """The id of the account that `name` is, or is the user name of."""
    if pc.index(log.accounts["name"], pa.scalar(name, pa.string())).as_py() >= 0:
        return name
    handles = log.accounts["handle"] if "handle" in log.accounts.column_names else pa.nulls(0, pa.string())
    alike = pc.equal(pc.utf8_lower(handles), name.removeprefix("@").lower()) if len(handles) else None
    found = log.accounts["name"].filter(alike).to_pylist() if alike is not None else []
    if len(found) == 1:
        return str(found[0])
    if found:
        raise UsageError(
            f"Several accounts have the name '{name}': {', '.join(found[:10])}; take one of these ids."
        )
    raise UsageError(f"No account of this case has the id or the name '{name}'.")


def _of(table: pa.Table, column: str, values: list[str]) -> pa.Table:
    return table.filter(pc.is_in(table[column], value_set=pa.array(values, pa.string())))


def _bare(log: ActionLog, name: str) -> Row:
    code = log.names.index(name)
    handle = log.accounts["handle"][code].as_py() if "handle" in log.accounts.column_names else None
    actions = int(np.count_nonzero(log.account_codes == code))
    return {
        "account": name,
        "handle": handle,
        "group": None,
        "rung": "nothing",
        "status": None,
        "actions": actions,
    }


def _shared(case: Case, log: ActionLog, trace: str, a: str, b: str) -> list[Row]:
    """Objects that two accounts used within the trace's window, each with the closest uses, earliest first."""
    declared = available()[trace]
    window = round(discovery_window(declared, case.config, log.resolution) * 1e6)
    uses = declared.extract(log, case.config)
    codes = [log.names.index(name) for name in (a, b)]
    here = uses.keep(np.isin(uses.account, codes))
    found = []
    for code in np.unique(here.object).tolist():
        at = np.flatnonzero(here.object == code)
        first, second = (at[here.account[at] == who] for who in codes)
        if not len(first) or not len(second):
            continue
        gaps = np.abs(here.time[first][:, None] - here.time[second][None, :])
        i, j = np.unravel_index(int(gaps.argmin()), gaps.shape)
        if gaps[i, j] <= window:
            found.append({
                "trace": trace, "object": here.objects[code].as_py(), "lag": float(gaps[i, j]) / 1e6,
                "a": _post(log, int(here.action[first[i]])), "b": _post(log, int(here.action[second[j]])),
            })  # fmt: skip
    return sorted(found, key=lambda row: (row["a"]["time"], row["object"]))


def _post(log: ActionLog, action: int) -> Row:
    row = log.actions.select(["time", "post_id", "source", "row", "text"]).slice(action, 1).to_pylist()[0]
    return {"input": log.inputs[row.pop("source")].path if log.inputs else "", **row}


def words(told: Explanation, posts: int = 10) -> str:
    """Return an explanation as text for a terminal or a note. posts : how many are quoted, 0 for all."""
    return "\n".join(_pair(told, posts) if len(told.accounts) == 2 else _account(told, posts))


def _account(told: Explanation, posts: int) -> list[str]:
    (row,) = told.accounts
    if row["group"] is None:
        return [
            f"{_name(row)} is in no group: {plural(row['actions'], 'action')}, and nothing that popularity doesn’t "
            "explain. Nothing is said of it."
        ]
    lines = [
        f"{_name(row)}, group {row['group']}: {row['status']} (rung: {row['rung']}).",
        visible(row["reason"]),
    ]
    lines.append(dict(STATUSES).get(row["status"], ""))
    if row["status"] == "named":
        lines.append(
            f"q-value {probability(row['q_value'])}; named at a false-discovery rate of {percent(told.fdr)}: "
            f"{error_rate(told.fdr)}. The rate doesn’t cover people who have an honest reason to act together."
        )
    if told.contributions:
        lines += ["", "What each test brought (powers of ten; they add up to the account’s evidence):"]
        lines += [f"  {_contribution(part)}" for part in told.contributions]
    lines += _quoted_rows(told, posts)
    return lines + _ending(told)


def _contribution(part: Mapping[str, Any]) -> str:
    if part["trace"] is None:
        return f"{_signed(part['log10_factor'])}  from the divisions of the material to their mean"
    test = test_words(part["test"], part.get("window"))
    return (
        f"{_signed(part['log10_factor'])}  {part['trace']}, {test}: {number(part['observed'])} of "
        f"{plural(part['held_out_uses'], 'use')} agree; {number(part['expected'])} expected of outsiders"
    )


def _pair(told: Explanation, posts: int) -> list[str]:
    first, second = told.accounts
    lines = [f"{_name(row)}: {_standing(row)}." for row in told.accounts]
    if not told.edges:
        lines += ["", "No edge joins them: they share no more than popularity explains, in any trace."]
    for edge in told.edges:
        shared = [row for row in told.shared if row["trace"] == edge["trace"]]
        did = TRACES.get(edge["trace"], "used the same object")
        lines += [
            "",
            f"{edge['trace']}: {plural(edge['weight'], 'object')} within the window, {number(edge['coactions'])} pairs "
            f"of uses; {number(edge['expected'], 3)} would be expected of accounts as busy "
            f"(p {probability(edge['p_value'])}). Both {did}:",
        ]  # fmt: skip
        shown = shared if posts == 0 else shared[:posts]
        for k, row in enumerate(shown, 1):
            a, b = (row["a"], row["b"]) if edge["account_a"] == first["account"] else (row["b"], row["a"])
            lines.append(f"  {k}. {quoted(row['object'], 160)}")
            lines += [
                f"     {_name(first)}: {_where(a)}",
                f"     {_name(second)}: {_where(b)}",
                f"     {_between(row['lag'])}",
            ]
        if len(shown) < len(shared):
            lines.append(f"  … and {plural(len(shared) - len(shown), 'object')} more (--posts 0 shows all).")
    lines += ["", "An edge proposes a group; it is no evidence by itself. The tests on held-out material:"]
    lines += (
        _quoted_rows(told, posts) if told.evidence else ["  none in which one is the other’s nearest member."]
    )
    return lines + _ending(told)


def _standing(row: Mapping[str, Any]) -> str:
    return (
        "in no group"
        if row["group"] is None
        else f"group {row['group']}, {row['status']} (rung: {row['rung']})"
    )


def _quoted_rows(told: Explanation, posts: int) -> list[str]:
    rows = told.evidence if posts == 0 else told.evidence[:posts]
    if not told.evidence:
        return ["", "No held-out use agrees with the group."]
    lines = [
        "",
        f"Held-out uses in agreement, strongest first ({number(len(rows))} of {number(len(told.evidence))}):",
    ]
    for k, row in enumerate(rows, 1):
        did = TRACES.get(row["trace"], "used the same object")
        lines += [
            f"  {k}. {visible(row['account'])} and {visible(row['with_account'])} {did} ({row['test']}): "
            f"{quoted(row['object'], 160)}",
            f"     {_where(row)}",
            f"     {_where({name: row[f'with_{name}'] for name in ('time', 'post_id', 'input', 'row')})}",
            f"     {_between(row['lag'])} Chance that a comparable outsider does the same: "
            f"{percent(row['chance'], 2)}.",
        ]
        if row["text"]:
            lines.append(f"     “{quoted(' '.join(row['text'].split()), 280)}”")
    if len(rows) < len(told.evidence):
        lines.append(f"  … and {number(len(told.evidence) - len(rows))} more (--posts 0 shows all).")
    return lines


def _ending(told: Explanation) -> list[str]:
    lines = []
    if told.inputs:
        lines += ["", "Read from:"]
        for given in told.inputs:
            size = plural(given["bytes"], "byte")
            lines.append(f"  {visible(given['path'])}, {size}, SHA-256 {given['sha256']}")
    lines += ["", "What else could explain it, whatever the figures say:"]
    return lines + [f"  {name}: {remains}" for name, remains in told.remains]


def _signed(value: float) -> str:
    """A power of ten with its sign; one that rounds to none has none."""
    return "0.0" if abs(value) < 0.05 else f"{value:+.1f}"


def _name(row: Mapping[str, Any]) -> str:
    handle = row.get("handle")
    return visible(row["account"]) + (f" ({visible(handle)})" if handle and handle != row["account"] else "")


def _where(row: Mapping[str, Any]) -> str:
    post = "" if row["post_id"] is None else f", post {visible(row['post_id'])}"
    return f"{instant(row['time'])}{post}, {visible(row['input'])}, row {number(row['row'])}"


def _between(seconds: float) -> str:
    return f"{lag(seconds)} between them." if seconds else "No time between them that the clock shows."


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value
