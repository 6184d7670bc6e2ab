"""From evidence to the case's tables: accounts, groups, edges, traces and the posts behind each finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import ActionLog
from chorusline.case import TABLES
from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation, without
from chorusline.findings.alternatives import alternatives_table
from chorusline.findings.context import context_table
from chorusline.findings.contributions import contributions_table
from chorusline.findings.evidence import evidence_table
from chorusline.findings.ladder import RUNGS, account_sentence, group_sentence, rungs, statuses
from chorusline.findings.over_time import over_time
from chorusline.findings.resemblance import resembling
from chorusline.findings.templates import templates_table
from chorusline.network.discovery import Proposal, discover
from chorusline.network.groups import Network, union
from chorusline.network.stability import Consensus, consensus
from chorusline.traces.base import Trace, Uses


@dataclass(frozen=True)
class Findings:
    """The case's tables by name (case.TABLES), and what the findings are counted in."""

    tables: dict[str, pa.Table]
    counts: dict[str, int]


def assemble(
    log: ActionLog, uses: Mapping[str, Uses], traces: Mapping[str, Trace], confirmation: Confirmation,
    config: Config, resolution: float,
) -> Findings:  # fmt: skip
    """Make the case's tables.

    The groups shown are the communities of all proposed edges: those on the whole data and those
    proposed on the parts. What is said of an account rests on these; the number only says where it is shown.
    """
    n = log.accounts.num_rows
    own = without(log.background, uses)
    whole = discover(own, traces, config, n_accounts=n, resolution=resolution)
    held = _shown_groups(whole, confirmation, config, n)
    group = _with_drawn_in(held.group, confirmation)
    rung = rungs(confirmation, config, group)
    group = _number(group, rung)
    status = statuses(confirmation, config)
    tables = {
        "accounts": _accounts(log, group, rung, status, confirmation),
        "account_traces": _account_traces(log, group, confirmation),
        "contributions": contributions_table(log, group, confirmation, config),
        "edges": _edges(log, group, whole),
        "evidence": evidence_table(log, group, confirmation),
        "resembling": resembling(log, own, confirmation, group, status, config),
        "context": context_table(log, group, config),
        "templates": templates_table(log, uses, group, config),
    }
    stability = _stability(held, group)
    tables["groups"] = _groups(log, group, tables["accounts"], tables["edges"], stability, config)
    tables["alternatives"] = alternatives_table(log, uses, tables, group, config, resolution)
    tables |= over_time(log, uses, traces, group, confirmation.named, config, resolution)
    counts = {
        "actions": int(np.count_nonzero(~log.background[log.account_codes])),
        "accounts": int(np.count_nonzero(~log.background)),
        "accounts_background": int(np.count_nonzero(log.background)),
        "outsiders": _outsiders(uses, confirmation, n),
        "accounts_proposed": int(confirmation.proposed.sum()),
        "accounts_drawn_in": int(confirmation.drawn_in.sum()),
        "accounts_tested": sum(
            status != "not enough evidence" for status in tables["accounts"]["status"].to_pylist()
        ),
        "accounts_named": int(confirmation.named.sum()),
        "accounts_few_days": int(confirmation.few_days.sum()),
        "groups": tables["groups"].num_rows,
        "groups_with_named": int(pc.sum(pc.greater(tables["groups"]["named"], 0)).as_py() or 0),
    }
    return Findings({name: tables[name] for name in TABLES if name in tables}, counts)


def _outsiders(uses: Mapping[str, Uses], confirmation: Confirmation, n_accounts: int) -> int:
    """How many accounts that used any object of a trace were never proposed nor drawn in."""
    active = np.zeros(n_accounts, dtype=bool)
    for here in uses.values():
        active[here.account] = True
    return int(np.count_nonzero(active & ~confirmation.proposed & ~confirmation.drawn_in))


def _shown_groups(whole: Proposal, confirmation: Confirmation, config: Config, n_accounts: int) -> Consensus:
    """Communities of all proposed edges, of accounts ever proposed, with their stability over seeds.

    Everybody proposed is in one: who is in none that holds over seeds goes where most of its edges lead.
    Accounts drawn in have no edges and are in none here (`_with_drawn_in`).
    """
    network = union((whole.network, confirmation.network))
    shown = confirmation.proposed[network.a] & confirmation.proposed[network.b]
    return consensus(
        Network(network.a[shown], network.b[shown], network.weight[shown]), n_accounts, resolution=config.resolution,
        min_group=config.min_group, seed=config.seed, seeds=config.community_seeds, everybody=True,
    )  # fmt: skip


def _with_drawn_in(group: npt.NDArray[np.int32], c: Confirmation) -> npt.NDArray[np.int32]:
    """Give accounts that were drawn in the group in which most members were shown, over all their tests."""
    account, where = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for tested_with in c.groups.values():
        drawn = np.flatnonzero(c.drawn_in & (tested_with >= 0))
        members = np.flatnonzero((group >= 0) & (tested_with >= 0))
        shown = _most_frequent(tested_with[members], group[members], int(tested_with.max(initial=-1)) + 1)
        account.append(drawn)
        where.append(shown[tested_with[drawn]])
    vote = _most_frequent(np.concatenate(account), np.concatenate(where), len(group))
    return np.where((group < 0) & (vote >= 0), vote, group).astype(np.int32)


def _most_frequent(
    key: npt.NDArray[np.integer], value: npt.NDArray[np.integer], size: int
) -> npt.NDArray[np.int64]:
    """Return for each key, 0 to size-1, its most frequent value, the smallest of equals; -1 for none."""
    result = np.full(size, -1, dtype=np.int64)
    (keys, values), count = np.unique(np.stack([key, value]), axis=1, return_counts=True)
    order = np.lexsort((-values, count, keys))  # the last of each key stays
    result[keys[order]] = values[order]
    return result


def _stability(held: Consensus, group: npt.NDArray[np.int32]) -> dict[int, tuple[float, int]]:
    """Stability and seeds that find it, by number shown. group : int32 [n_accounts], the numbers, 0 for none."""
    inside = np.flatnonzero((group > 0) & (held.group >= 0))
    return {
        int(number): (float(held.stability[k]), int(held.found[k]))
        for number, k in zip(group[inside].tolist(), held.group[inside].tolist(), strict=True)
    }


def _number(group: npt.NDArray[np.int32], rung: npt.NDArray[np.int8]) -> npt.NDArray[np.int32]:
    """Number the groups from 1 by accounts named, then by size, then by their first account; 0 for none."""
    inside = group >= 0
    size = np.bincount(group[inside], minlength=1)
    named = np.bincount(group[inside & (rung >= RUNGS.index("in step"))], minlength=len(size))
    _, first = np.unique(group[inside], return_index=True)
    present = np.flatnonzero(size)
    order = present[np.lexsort((np.flatnonzero(inside)[first], -size[present], -named[present]))]
    number = np.zeros(len(size), dtype=np.int32)
    number[order] = np.arange(1, len(order) + 1)
    result = np.zeros(len(group), dtype=np.int32)
    result[inside] = number[group[inside]]
    return result


def _accounts(
    log: ActionLog,
    group: npt.NDArray[np.int32],
    rung: npt.NDArray[np.int8],
    status: list[str],
    c: Confirmation,
) -> pa.Table:
    rows = np.flatnonzero(group > 0)
    rows = rows[np.lexsort((rows, c.q_value[rows], -rung[rows], group[rows]))]
    words = [RUNGS[k] for k in rung[rows].tolist()]
    handles = (
        log.accounts["handle"]
        if "handle" in log.accounts.column_names
        else pa.nulls(len(log.names), pa.string())
    )
    reasons = [
        account_sentence(status[i], word, c.held_out[i], c.observed[i], c.expected[i])
        for i, word in zip(rows.tolist(), words, strict=True)
    ]
    columns = {
        "account": log.accounts["name"].take(pa.array(rows)),
        "handle": handles.take(pa.array(rows)),
        "group": group[rows],
        "rung": words,
        "status": [status[i] for i in rows.tolist()],
        # 1/e is a p-value (Markov), the combined e-value being what is controlled.
        "p_value": np.minimum(1.0, 1.0 / c.e_value[rows]),
        "q_value": c.q_value[rows],
        "e_value": c.e_value[rows],
        "e_value_any_days": c.e_any_days[rows],
        "held_out_uses": np.rint(c.held_out[rows]).astype(np.int64),
        "observed": c.observed[rows],
        "expected": c.expected[rows],
        "actions": np.bincount(log.account_codes, minlength=len(group))[rows],
        "reason": reasons,
    }
    return pa.table(columns, schema=TABLES["accounts"])


def _account_traces(log: ActionLog, group: npt.NDArray[np.int32], c: Confirmation) -> pa.Table:
    parts = []
    for outcome in c.outcomes:
        t = outcome.tested
        chosen = np.flatnonzero((group[t.account] > 0) & outcome.counted)
        if not len(chosen):
            continue
        rows = t.account[chosen]
        parts.append(
            pa.table(
                {
                    "account": log.accounts["name"].take(pa.array(rows)),
                    "group": group[rows],
                    "trace": [outcome.trace] * len(rows),
                    "test": [outcome.test] * len(rows),
                    "window": pa.array([outcome.further or None] * len(rows), pa.float64()),
                    "split": np.full(len(rows), outcome.split + 1, dtype=np.int32),
                    "part": np.full(len(rows), outcome.part + 1, dtype=np.int32),
                    "held_out_uses": t.trials[chosen],
                    "observed": t.observed[chosen].astype(np.float64),
                    "expected": t.expected[chosen],
                    "e_value": np.exp(np.clip(outcome.log_e[chosen], -600, 600)),
                },
                schema=TABLES["account_traces"],
            )
        )
    if not parts:
        return TABLES["account_traces"].empty_table()
    return pa.concat_tables(parts).sort_by(
        [(name, "ascending") for name in ("group", "account", "trace", "test", "window", "split", "part")]
    )


def _edges(log: ActionLog, group: npt.NDArray[np.int32], whole: Proposal) -> pa.Table:
    parts = []
    for layer in whole.layers:
        a, b = layer.edges["a"].to_numpy(), layer.edges["b"].to_numpy()
        keep = pa.array((group[a] > 0) & (group[b] > 0))
        edges = layer.edges.filter(keep)
        a, b = edges["a"], edges["b"]
        same = group[a.to_numpy()] == group[b.to_numpy()]
        parts.append(
            pa.table(
                {
                    "account_a": log.accounts["name"].take(a),
                    "account_b": log.accounts["name"].take(b),
                    "group": pa.array(group[a.to_numpy()], mask=~same),
                    "trace": [layer.trace] * edges.num_rows,
                    **{
                        name: edges[name]
                        for name in (
                            "weight",
                            "coactions",
                            "expected",
                            "p_value",
                            "mean_lag",
                            "min_lag",
                            "first",
                            "last",
                        )
                    },
                },
                schema=TABLES["edges"],
            )
        )
    return pa.concat_tables(parts) if parts else TABLES["edges"].empty_table()


def _groups(
    log: ActionLog, group: npt.NDArray[np.int32], accounts: pa.Table, edges: pa.Table,
    stability: dict[int, tuple[float, int]], config: Config,
) -> pa.Table:  # fmt: skip
    n_groups = int(group.max(initial=0))
    owner = group[log.account_codes]
    first = np.full(n_groups + 1, np.iinfo(np.int64).max)
    last = np.full(n_groups + 1, np.iinfo(np.int64).min)
    np.minimum.at(first, owner, log.times)
    np.maximum.at(last, owner, log.times)
    actions = np.bincount(owner, minlength=n_groups + 1)
    rows = []
    rung_of = np.array([RUNGS.index(word) for word in accounts["rung"].to_pylist()], dtype=np.int64)
    group_of = accounts["group"].to_numpy()
    status_of = np.array(accounts["status"].to_pylist(), dtype=object)
    edge_group = edges["group"].fill_null(0).to_numpy()
    coded = edges["trace"].combine_chunks().dictionary_encode()
    edge_trace, trace_names = coded.indices.to_numpy(), coded.dictionary.to_pylist()
    by_group = np.argsort(edge_group, kind="stable")
    cuts = np.searchsorted(edge_group[by_group], np.arange(n_groups + 2))
    # One pair may be joined in several traces; it counts once towards the density.
    ends = pa.chunked_array([*edges["account_a"].chunks, *edges["account_b"].chunks], pa.string())
    codes = ends.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    edge_pair = codes[: edges.num_rows] * (len(codes) + 1) + codes[edges.num_rows :]
    for number in range(1, n_groups + 1):
        inside = group_of == number
        size, named = int(inside.sum()), int((inside & (status_of == "named")).sum())
        not_enough = int((inside & (status_of == "not enough evidence")).sum())
        few_days = int((inside & (status_of == "few days")).sum())
        # Two accounts at least: one alone can't act in concert.
        highest = np.sort(rung_of[inside])[-2] if size > 1 else rung_of[inside][0]
        own = by_group[cuts[number] : cuts[number + 1]]
        present, count = np.unique(edge_trace[own], return_counts=True)
        n_edges = int(count.sum())
        n_pairs = len(np.unique(edge_pair[own]))
        traces = sorted(zip((trace_names[k] for k in present.tolist()), count.tolist(), strict=True))
        rows.append(
            {
                "group": number,
                "accounts": size,
                "named": named,
                "few_days": few_days,
                "not_enough": not_enough,
                "rung": RUNGS[int(highest)],
                "actions": int(actions[number]),
                "first": int(first[number]),
                "last": int(last[number]),
                "edges": n_edges,
                "density": n_pairs / (size * (size - 1) / 2) if size > 1 else 0.0,
                "stability": stability[number][0],
                "found_by": stability[number][1],
                "traces": [name for name, _ in sorted(traces, key=lambda pair: -pair[1])],
                "sentence": group_sentence(
                    named, size, not_enough, config.fdr, RUNGS[int(highest)], few_days
                ),
            }
        )
    return pa.Table.from_pylist(rows, schema=TABLES["groups"])
