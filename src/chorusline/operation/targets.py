"""Targets: whom a crew addresses more than their prominence explains, pile-ons, lasting pressure, and the words used.

Method: docs/method.md, "Targets". To address is to mention, answer or quote. Nothing here says whether a crew supports
or attacks its target; officials may be criticised by anybody. Targets are numbered, not named, unless the user lists
them with a role or asks for names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse, stats

from chorusline.actions import ActionLog
from chorusline.case import OPERATION
from chorusline.operation import bursts
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.bursts import DAY, SECOND, Presence, scan
from chorusline.operation.clock import CrewClock
from chorusline.operation.pushed import Pushed, names_of_targets, target_uses
from chorusline.operation.trend import others_during
from chorusline.operation.waves import Wave, waves
from chorusline.operation.words import counted, log_odds, words_of
from chorusline.traces.base import Uses

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

AT_ONCE = 3
"""Members that address a target on a day for the day to count as one of pressure, and that share one of its words."""

TOGETHER = 0.5
"""Members' part of those who come to a target while the crew does, below which it may be an event for everybody."""

MOST_WORDS, MOST_TARGETS, LEAST_Z = 12, 20, 3.0


@dataclass(frozen=True)
class _Counts:
    """Counts by target, int64 [t] each, and p-values."""

    members: Ints
    others: Ints
    posts: Ints
    others_posts: Ints
    expected: Floats
    p: Floats


def find(crew: Crew, roles: Mapping[str, str] | None = None, unmask: bool = False) -> Result:
    """Find the targets of a crew.

    roles : account id or user name, case aside, to a role such as official or journalist; these are named in the
    tables. unmask : name all the others, too.
    """
    log = crew.log
    uses = _from_outside(target_uses(log, crew.config), crew)
    mine = crew.inside[uses.account]
    if not mine.any():
        return Result(reason="these accounts mention, answer or quote nobody but each other")
    counts = _counts(uses, mine, crew)
    looked = np.flatnonzero(counts.members)
    q = dict(zip(looked.tolist(), _adjusted(counts.p[looked]).tolist(), strict=True))
    piled = _pile_ons(uses, crew)
    order = sorted(
        looked.tolist(), key=lambda t: (q[t], counts.p[t], -counts.members[t], uses.objects[t].as_py())
    )
    called = names_of_targets(uses, order, log, roles, unmask)
    names = {t: {"target": name, "role": role} for t, (name, role) in called.items()}
    rows = [_row(t, uses, mine, counts, q[t], piled.get(t, []), crew) | names[t] for t in order]
    standing = [t for t, row in zip(order, rows, strict=True) if row["q_value"] <= crew.config.fdr]
    tables = {
        "targets": _table(crew, "targets", rows),
        "pile_ons": _table(crew, "pile_ons", [
            names[t] | row for t in order for row in piled.get(t, [])
        ]),
        "target_words": _table(crew, "target_words", [
            {"target": names[t]["target"], **row}
            for t in standing[:MOST_TARGETS] for row in _words(t, uses, mine, log)
        ]),
    }  # fmt: skip
    return Result(tables, _sentences(rows, piled, crew))


def _from_outside(uses: Uses, crew: Crew) -> Uses:
    """Uses of targets that are no members themselves."""
    code = {name: k for k, name in enumerate(crew.log.names)}
    member = np.array(
        [crew.inside[code[name]] if name in code else False for name in uses.objects.to_pylist()]
    )
    return uses.keep(~member[uses.object]) if len(uses) else uses


def _counts(uses: Uses, mine: Bools, crew: Crew) -> _Counts:
    size = len(uses.objects)
    pair, first = np.unique(uses.object.astype(np.int64) * len(crew.inside) + uses.account, return_index=True)
    target, account, own = pair // len(crew.inside), pair % len(crew.inside), mine[first]
    members = np.bincount(target[own], minlength=size)
    everybody = np.bincount(target, minlength=size)
    present = np.bincount(crew.log.account_codes, minlength=len(crew.inside)) > 0
    anywhere = max(crew.inside.sum() / max(present.sum(), 1), own.mean())
    share = np.full(size, anywhere)
    looked = np.flatnonzero(members >= 2)
    share[looked] = np.maximum(anywhere, _around(looked, target, account, own, members, everybody, anywhere))
    return _Counts(
        members, everybody - members, np.bincount(uses.object[mine], minlength=size),
        np.bincount(uses.object[~mine], minlength=size), everybody * share,
        stats.binom.sf(members - 1, everybody, share),
    )  # fmt: skip


def _around(
    looked: Ints, target: Ints, account: Ints, own: Bools, members: Ints, everybody: Ints, anywhere: float
) -> Floats:
    """Members' share of those who address what the others who address a target address besides, float64 [looked].

    Whoever shares the crew's interests addresses whom the crew addresses; this is their share where the target is at
    home. target, account, own : pairs [p]. Drawn to `anywhere` by ten pairs.
    """
    others = sparse.csr_matrix(
        (np.ones(int((~own).sum())), (account[~own], target[~own])),
        shape=(int(account.max()) + 1, len(members)),
    )
    common = (others[:, looked].T @ others).tocsr()
    at_home = common[np.arange(len(looked)), looked].A1  # the target itself is left out
    inside = common @ members - at_home * members[looked]
    both = common @ everybody - at_home * everybody[looked]
    weight = np.maximum(common.sum(axis=1).A1 - at_home, 1.0)
    return np.asarray((inside / weight + 10 * anywhere) / (both / weight + 10))


def _adjusted(p: Floats) -> Floats:
    """Benjamini and Yekutieli's adjusted p-values [m], valid under any dependence."""
    m = len(p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * m * np.sum(1.0 / np.arange(1, m + 1)) / np.arange(1, m + 1)
    result = np.empty(m)
    result[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return result


def _pile_ons(uses: Uses, crew: Crew) -> dict[int, list[dict[str, Any]]]:
    """Pile-ons by target, in order of time."""
    log, config = crew.log, crew.config
    own = crew.inside[log.account_codes]
    clock = CrewClock.of(log.times[own], log.account_codes[own])
    found = scan(uses, crew.inside, Presence.of(log.times, log.account_codes, crew.inside), clock)
    cut = bursts.threshold(found.p_object, config.fdr)
    scale = config.fdr / cut if cut > 0 else np.inf
    result: dict[int, list[dict[str, Any]]] = {}
    for wave in waves(Pushed("target", uses), found, crew.inside, clock, cut, scale):
        result.setdefault(wave.object, []).append(_pile_on(wave, uses, crew))
    return result


def _pile_on(wave: Wave, uses: Uses, crew: Crew) -> dict[str, Any]:
    log = crew.log
    here = slice(*np.searchsorted(uses.object, [wave.object, wave.object + 1]))
    every, who = uses.time[here], uses.account[here]
    time = log.times[wave.actions]
    members = np.unique(log.account_codes[wave.actions])
    begin, middle = int(time[0]), int(time[(len(time) - 1) // 2])
    joined, _ = others_during("target", every, who, ~crew.inside[who], begin, middle, log.times)
    return {
        "start": begin, "end": int(time[-1]), "members": len(members), "posts": len(time),
        "window": wave.width / SECOND, "members_in_window": wave.members, "users_in_window": wave.everybody,
        "others_during": joined, "others_joined": len(members) < TOGETHER * (len(members) + joined), "q_value": wave.q,
    }  # fmt: skip


def _row(
    t: int, uses: Uses, mine: Bools, counts: _Counts, q: float, piled: list[dict[str, Any]], crew: Crew
) -> dict[str, Any]:
    here = slice(*np.searchsorted(uses.object, [t, t + 1]))
    own = mine[here]
    time, who, rows = uses.time[here][own], uses.account[here][own], uses.action[here][own]
    _, count = np.unique(
        np.unique(time // DAY * len(crew.inside) + who) // len(crew.inside), return_counts=True
    )
    busy = count[count >= AT_ONCE].astype(np.float64)
    effective = float(busy.sum() ** 2 / (busy**2).sum()) if len(busy) else 0.0
    return {
        "members": int(counts.members[t]), "others": int(counts.others[t]), "expected": float(counts.expected[t]),
        "q_value": q, "posts": int(counts.posts[t]), "others_posts": int(counts.others_posts[t]),
        "days": len(busy), "first": int(time[0]), "last": int(time[-1]), "pile_ons": len(piled),
        "most_on_one_post": _most_on_one(rows, who, crew.log),
        "pressure": q <= crew.config.fdr and effective > crew.config.events,
    }  # fmt: skip


def _most_on_one(rows: Ints, who: npt.NDArray[np.int32], log: ActionLog) -> int:
    """Most accounts among `who` [k] whose actions `rows` [k] answer or quote one post."""
    taken = log.actions.select(["reply_to", "quote_of"]).take(pa.array(rows))
    by_post: dict[str, set[int]] = {}
    for account, *posts in zip(
        who.tolist(), taken["reply_to"].to_pylist(), taken["quote_of"].to_pylist(), strict=True
    ):
        for post in posts:
            if post:
                by_post.setdefault(post, set()).add(account)
    return max(map(len, by_post.values()), default=0)


def _words(t: int, uses: Uses, mine: Bools, log: ActionLog) -> list[dict[str, Any]]:
    """Words that members use on a target more than others do on it, strongest first."""
    here = slice(*np.searchsorted(uses.object, [t, t + 1]))
    own, rows = mine[here], uses.action[here]
    texts = log.actions["text"].take(pa.array(rows)).to_pylist()
    ours = [text for text, is_mine in zip(texts, own.tolist(), strict=True) if is_mine]
    theirs = [text for text, is_mine in zip(texts, own.tolist(), strict=True) if not is_mine]
    by_us, by_them, by_all = counted(ours), counted(theirs), _all_words(log)
    vocabulary = sorted(by_us)
    if not vocabulary:
        return []
    used, others, prior = (
        np.array([float(count.get(word, 0)) for word in vocabulary]) for count in (by_us, by_them, by_all)
    )
    z = log_odds(used, others, prior)
    users: dict[str, set[int]] = {}
    for account, text in zip(uses.account[here][own].tolist(), ours, strict=True):
        for word in words_of(text):
            users.setdefault(word, set()).add(account)
    best = [
        (float(z[k]), word) for k, word in enumerate(vocabulary)
        if z[k] >= LEAST_Z and len(users[word]) >= AT_ONCE
    ]  # fmt: skip
    return [
        {
            "word": word,
            "z": value,
            "members": len(users[word]),
            "uses": by_us[word],
            "others_uses": by_them.get(word, 0),
        }
        for value, word in sorted(best, key=lambda item: (-item[0], item[1]))[:MOST_WORDS]
    ]


def _all_words(log: ActionLog) -> dict[str, int]:
    """Words of a sample of all posts, worked out once a log: every k-th, 200,000 at most."""
    if "words" not in log.memo:
        every = max(1, -(-len(log) // 200_000))
        log.memo["words"] = counted(
            log.actions["text"].take(pa.array(np.arange(0, len(log), every))).to_pylist()
        )
    found: dict[str, int] = log.memo["words"]
    return found


def _table(crew: Crew, name: str, rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field for field in OPERATION[name].names if field not in ("group", "crew")]
    return crew.table(name, {field: [row[field] for row in rows] for field in fields})


def _sentences(
    rows: list[dict[str, Any]], piled: Mapping[int, list[dict[str, Any]]], crew: Crew
) -> tuple[str, ...]:
    beyond = [row for row in rows if row["q_value"] <= crew.config.fdr]
    lasting = sum(row["pressure"] for row in beyond)
    alone = sum(not row["others_joined"] for found in piled.values() for row in found)
    joined = sum(len(found) for found in piled.values()) - alone
    rate = f"{crew.config.fdr:.2%}".replace("%", " %").replace(".00 ", " ")
    first = (
        f"Of {len(rows):,} accounts that {crew.words} mention, answer or quote, {len(beyond):,} are addressed by more "
        f"of them than their prominence explains, at a false-discovery rate of {rate}; {lasting:,} of these again and "
        f"again. A few of them may just be what these accounts are interested in."
    )
    second = (
        f"On {alone:,} occasions many of them turned to one account in a short time and others did not"
        + (f"; on {joined:,} more others did as well, as at an event." if joined else ".")
    )
    return (
        first,
        second,
        "Whether they support or attack whom they address isn't told; that is for readers to see.",
    )


ANALYSIS = Analysis(
    name="targets",
    about="Whom a group addresses more than their prominence explains, pile-ons, lasting pressure, and the words used.",
    function=find,
    tables=("targets", "pile_ons", "target_words"),
    needs=("mentions", "reply_to", "quote_of"),
    resolution=3600.0,
    place=50,
)
