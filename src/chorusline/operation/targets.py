"""Targets: whom a crew addresses more than their prominence explains, pile-ons, long pressure, and the words used.

Method: docs/method.md, "Targets". To address is to mention, answer or quote. Nothing here says whether a crew supports
or attacks its target; officials may be criticised by anybody. Pile-ons are found by `pile_ons`, long pressure is tested
by `pressure`, words are compared by `words`; who may be a private person is numbered, not named (`private`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse, stats

from chorusline.actions import KINDS, ActionLog, rows_of
from chorusline.case import OPERATION
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.pile_ons import PILE_ON, PileOn, pile_ons
from chorusline.operation.pressure import KEPT_BY, KEPT_SPAN, Alike, Pressure, pressure
from chorusline.operation.private import prominent
from chorusline.operation.pushed import names_of_targets, target_uses, whence
from chorusline.operation.words import LEAST_Z, Compared, common_words, compared, used
from chorusline.traces.base import Uses
from chorusline.units import DAY, SECOND
from chorusline.wording import percent, plural

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

AT_ONCE = 3
"""Members that address a target on a day for the day to count as theirs, and that use one of its words."""

TESTED = 3
"""Accounts, members or others, that address a target for it to be tested; says nothing of who is a member."""

MOST_WORDS, MOST_TARGETS = 12, 20


@dataclass(frozen=True)
class _Counts:
    """Counts by target, int64 [t] each, members expected and p- and q-values, float64 [t]."""

    members: Ints
    others: Ints
    posts: Ints
    others_posts: Ints
    expected: Floats
    p: Floats
    q: Floats


@dataclass(frozen=True)
class _Found:
    """What is known of a crew's targets. kept_q : float64 [t]. private : bool [t]. piles : by target."""

    uses: Uses
    mine: Bools
    counts: _Counts
    kept: Pressure
    kept_q: Floats
    private: Bools
    piles: Mapping[int, Sequence[PileOn]]
    tried: int


def find(crew: Crew, roles: Mapping[str, str] | None = None, unmask: bool = False) -> Result:
    """Find the targets of a crew.

    roles : account id or user name, case aside, to a role such as official or journalist; these are named in the
    tables. unmask : name private people, too.
    """
    log, config = crew.log, crew.config
    every = target_uses(log, config)
    uses = _from_outside(every, crew)
    mine = crew.inside[uses.account]
    if not mine.any():
        return Result(reason="these accounts mention, answer or quote nobody but each other")
    alike = Alike(uses, crew.inside, crew.outside)
    counts = _counts(uses, mine, crew, alike)
    looked = np.flatnonzero(counts.members)
    words_for = uses.objects.take(pa.array(looked)).to_pylist()
    order = looked[
        np.lexsort((np.array(words_for), -counts.members[looked], counts.p[looked], counts.q[looked]))
    ]
    called = names_of_targets(uses, order.tolist(), log, roles, unmask, prominent(every, crew))
    names = {t: {"target": name, "role": role} for t, (name, role) in called.items()}
    private = np.zeros(len(uses.objects), dtype=np.bool_)
    private[looked] = [called[t][0] != name for t, name in zip(looked.tolist(), words_for, strict=True)]
    kept = pressure(alike)
    piles, tried = pile_ons(uses, crew)
    found = _Found(uses, mine, counts, kept, _adjusted(kept.p, kept.tested), private, piles, tried)
    columns = _columns(found, crew)
    targets = crew.table("targets", {
        **{field: [names[t][field] for t in order.tolist()] for field in ("target", "role")},
        **{field: pa.array(column[order], from_pandas=True) for field, column in columns.items()},
    })  # fmt: skip
    said_of = (counts.q <= config.fdr) | (columns["pile_ons"] > 0) | columns["pressure"]
    shown = order[said_of[order]].tolist()
    words, with_words = _words(shown, found, crew)
    numbered = sorted((pile for some in piles.values() for pile in some), key=lambda pile: pile.actions[0])
    tables = {
        "targets": targets,
        "target_days": _table(crew, "target_days", [
            names[t] | row for t in shown[:MOST_TARGETS] for row in _days(t, found, crew)
        ]),
        "pile_ons": _table(crew, "pile_ons", [
            {"pile_on": k, **names[pile.target], **_pile_on(pile, crew)} for k, pile in enumerate(numbered, start=1)
        ]),
        "pile_on_uses": _table(crew, "pile_on_uses", [
            {"pile_on": k, **names[pile.target], **row}
            for k, pile in enumerate(numbered, start=1) for row in _uses(pile, bool(private[pile.target]), log)
        ]),
        "target_words": _table(crew, "target_words", [names[t] | row for t, row in words]),
    }  # fmt: skip
    sentences = _sentences(
        len(order), int((counts.q <= config.fdr).sum()), int(columns["pressure"].sum()), numbered,
        None if private[shown].all() else with_words,
        tried, crew,
    )  # fmt: skip
    return Result(tables, sentences)


def _from_outside(uses: Uses, crew: Crew) -> Uses:
    """Uses of targets that are no members themselves, by others than themselves."""
    place = pc.index_in(uses.objects, value_set=crew.log.accounts["name"].combine_chunks())
    who = pc.fill_null(place, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    if not len(uses):
        return uses
    member = (who >= 0) & crew.inside[np.maximum(who, 0)]
    return uses.keep(~member[uses.object] & (who[uses.object] != uses.account))


def _counts(uses: Uses, mine: Bools, crew: Crew, alike: Alike) -> _Counts:
    """Count who addresses each target, and test whether members are more than they would be.

    Two chances are worked out, and the larger counts; the second only where the first can pass.
    """
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
    p, expected = stats.binom.sf(members - 1, everybody, share), everybody * share
    for t in np.flatnonzero((p <= crew.config.fdr) & (everybody >= TESTED) & (members >= 2)).tolist():
        of_class, chance = alike.compare(t, alike.addressing(t))
        p[t], expected[t] = max(p[t], chance), max(expected[t], of_class)
    return _Counts(
        members, everybody - members, np.bincount(uses.object[mine], minlength=size),
        np.bincount(uses.object[~mine], minlength=size), expected, p, _adjusted(p, everybody >= TESTED),
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
    here = others[:, looked].T.tocsr()
    at_home = everybody[looked] - members[looked]  # the target itself is left out
    inside = here @ (others @ members) - at_home * members[looked]
    both = here @ (others @ everybody) - at_home * everybody[looked]
    weight = np.maximum(here @ np.bincount(account[~own], minlength=others.shape[0]) - at_home, 1.0)
    return np.asarray((inside / weight + 10 * anywhere) / (both / weight + 10))


def _adjusted(p: Floats, tested: Bools) -> Floats:
    """Benjamini and Yekutieli's adjusted p-values [t] over those tested, valid under any dependence; 1 elsewhere."""
    some = p[tested]
    m = len(some)
    order = np.argsort(some, kind="stable")
    scaled = some[order] * m * np.sum(1.0 / np.arange(1, m + 1)) / np.arange(1, m + 1)
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    result = np.ones(len(p))
    result[tested] = adjusted
    return result


def _columns(found: _Found, crew: Crew) -> dict[str, npt.NDArray[Any]]:
    """Columns of the table of targets, [t] by target code each; times mean nothing where no member addresses one."""
    uses, counts, kept, mine = found.uses, found.counts, found.kept, found.mine
    size = len(uses.objects)
    target, account = uses.object[mine].astype(np.int64), uses.account[mine].astype(np.int64)
    time, kind = uses.time[mine], crew.log.kinds[uses.action[mine]]

    def posts(word: str) -> Ints:
        return np.bincount(target[kind == KINDS.index(word)], minlength=size)

    by_day = _distinct(target, time // DAY, account)
    busy = _distinct(target, time // (7 * DAY))
    piled = np.zeros(size, dtype=np.int64)
    for t, piles in found.piles.items():
        piled[t] = sum(pile.status == PILE_ON for pile in piles)
    low = np.searchsorted(target, np.arange(size)).clip(max=len(target) - 1)
    high = np.searchsorted(target, np.arange(size), side="right") - 1
    return {
        "private": found.private, "members": counts.members, "others": counts.others, "expected": counts.expected,
        "q_value": counts.q, "posts": counts.posts, "replies": posts("reply"), "quotes": posts("quote"),
        "share": counts.posts / counts.posts.sum(), "others_posts": counts.others_posts,
        "days": np.bincount(by_day[0][by_day[-1] >= AT_ONCE], minlength=size),
        "weeks": np.bincount(busy[0], minlength=size), "first": time[low], "last": time[high], "pile_ons": piled,
        "most_on_one_post": _most_on_one(target, account, uses.action[mine], size, crew.log),
        "kept_members": kept.members, "kept_others": kept.others, "kept_expected": kept.expected,
        "kept_q": found.kept_q, "pressure": (found.kept_q <= crew.config.fdr) & (kept.members >= KEPT_BY),
    }  # fmt: skip


def _distinct(first: Ints, second: Ints, third: Ints | None = None) -> tuple[Ints, Ints, Ints]:
    """Distinct pairs of the first two columns, and how many of the third come with each (without one, 1)."""
    columns = (first, second) if third is None else (first, second, third)
    rows = np.stack(columns, axis=1)[np.lexsort(columns[::-1])]
    rows = rows[np.append(True, (rows[1:] != rows[:-1]).any(axis=1))[: len(rows)]]
    starts = np.flatnonzero(np.append(True, (rows[1:, :2] != rows[:-1, :2]).any(axis=1))[: len(rows)])
    return rows[starts, 0], rows[starts, 1], np.diff(np.append(starts, len(rows)))


def _most_on_one(target: Ints, account: Ints, action: Ints, size: int, log: ActionLog) -> Ints:
    """Most accounts whose actions [k] on each target answer or quote one post, int64 [size]."""
    posts = [rows_of(log.actions[name], action) for name in ("reply_to", "quote_of")]
    encoded = pa.concat_arrays(posts).dictionary_encode()
    code = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    there = code >= 0
    most = np.zeros(size, dtype=np.int64)
    if there.any():
        on, _, count = _distinct(np.tile(target, 2)[there], code[there], np.tile(account, 2)[there])
        np.maximum.at(most, on, count)
    return most


def _days(t: int, found: _Found, crew: Crew) -> list[dict[str, Any]]:
    """Members and others who addressed a target, day by day."""
    uses, n = found.uses, len(crew.inside)
    here = uses.places(t)
    cell = np.unique(uses.time[here] // DAY * n + uses.account[here])
    day, place = np.unique(cell // n, return_inverse=True)
    members = np.bincount(place, weights=crew.inside[cell % n], minlength=len(day)).astype(np.int64)
    others = np.bincount(place, minlength=len(day)) - members
    return [
        {"day": d * DAY, "members": m, "others": o}
        for d, m, o in zip(day.tolist(), members.tolist(), others.tolist(), strict=True)
    ]


def _pile_on(pile: PileOn, crew: Crew) -> dict[str, Any]:
    log = crew.log
    start, end = int(log.times[pile.actions[0]]), int(log.times[pile.actions[-1]])
    there = slice(*np.searchsorted(log.times, [start, end + 1]))
    at_work = np.unique(log.account_codes[there])
    return {
        "status": pile.status, "start": start, "end": end, "members": len(pile.accounts),
        "at_work": int(crew.inside[at_work].sum()), "posts": len(pile.actions), "window": pile.width / SECOND,
        "members_in_window": pile.members_in, "users_in_window": pile.everybody_in, "usual_share": pile.usual_share,
        "others_during": pile.others, "q_value": pile.q,
    }  # fmt: skip


def _uses(pile: PileOn, private: bool, log: ActionLog) -> list[dict[str, Any]]:
    """The posts of a pile-on. private : whether its target may be a private person; then they aren't told by id."""
    taken = whence(log, pile.actions)
    return [
        {
            "account": log.names[log.account_codes[row]], "time": int(log.times[row]), "kind": KINDS[log.kinds[row]],
            "post_id": None if private else post,
            "input": log.inputs[source].path if source < len(log.inputs) else "", "row": line,
        }
        for row, post, source, line in zip(
            pile.actions.tolist(), *(column.to_pylist() for column in taken), strict=True
        )
    ]  # fmt: skip


def _words(shown: Sequence[int], found: _Found, crew: Crew) -> tuple[list[tuple[int, dict[str, Any]]], int]:
    """Words that members use on targets more than outsiders do on them, strongest first; and targets looked at.

    Private people are left out: their names are among the words.
    """
    log, config, uses = crew.log, crew.config, found.uses
    if not log.actions["text"].null_count < len(log):
        return [], 0
    results: list[tuple[int, Compared]] = []
    there = crew.inside | crew.outside
    for t in [t for t in shown if not found.private[t]][:MOST_TARGETS]:
        here = uses.places(t)
        rows = np.sort(uses.action[here][there[uses.account[here]]])
        one = compared(used(log, rows, config), crew.inside, common_words(log, config))
        if one is not None:
            results.append((t, one))
    if not results:
        return [], 0
    said = []
    for t, one in results:
        best = np.lexsort((np.array(one.words), -one.z))
        best = best[(one.z[best] >= LEAST_Z) & (one.members[best] >= AT_ONCE)]
        said += [
            (t, {"word": one.words[k], "z": float(one.z[k]), "members": int(one.members[k]),
                 "others": int(one.others[k])})
            for k in best[:MOST_WORDS].tolist()
        ]  # fmt: skip
    return said, len(results)


def _table(crew: Crew, name: str, rows: list[dict[str, Any]]) -> pa.Table:
    fields = [field for field in OPERATION[name].names if field not in ("group", "crew")]
    return crew.table(name, {field: [row[field] for row in rows] for field in fields})


def _sentences(
    looked: int,
    beyond: int,
    lasting: int,
    piles: Sequence[PileOn],
    with_words: int | None,
    tried: int,
    crew: Crew,
) -> tuple[str, ...]:
    """What may be said. looked, beyond, lasting : targets addressed, beyond prominence, under long pressure.

    with_words : targets with text enough for words; None where there is nobody to look at.
    """
    rate = f"a false-discovery rate of {percent(crew.config.fdr, 2)}"
    over = f"at {rate} over {plural(tried, 'account')} addressed"
    alone = [pile for pile in piles if pile.status == PILE_ON]
    result = [
        f"Of {plural(looked, 'account')} that {crew.words} mention, answer or quote, "
        + (f"{beyond:,} {'is' if beyond == 1 else 'are'}" if beyond else "none is")
        + f" addressed by more of them than prominence and shared interests explain, at {rate}."
        + (" It may still be what these accounts care for." if beyond else "")
    ]
    if alone:
        targets = len({pile.target for pile in alone})
        result.append(
            f"On {plural(len(alone), 'occasion')} at least {min(len(pile.accounts) for pile in alone):,} of them "
            f"turned to one account in a short time ({plural(targets, 'account')} in all), which neither that "
            f"account's prominence then nor their own habit explains, {over}."
        )
    else:
        result.append(
            f"On no occasion did so many of them turn to one account in a short time that its prominence then or their "
            f"own habit wouldn't explain it, {over}."
        )
    if rest := len(piles) - len(alone):
        result.append(
            f"{plural(rest, 'more occasion')} {'counts' if rest == 1 else 'count'} for none: others came as well, the "
            f"account had just posted, or all came within seconds as from one wire."
        )
    span = (crew.log.times[-1] - crew.log.times[0]) / DAY
    if span < KEPT_SPAN + 1:
        result.append(f"The data span {plural(int(span), 'day')}, too few to tell who keeps at a target.")
    elif lasting:
        result.append(
            f"More of them keep at {lasting:,} of these accounts, over a week or longer, than outsiders as active and "
            f"of the same interests do."
        )
    else:
        result.append(
            "They keep at nobody, over a week or longer, more than outsiders as active and of the same interests."
        )
    if with_words == 0:
        result.append("For a comparison of words there is too little text on any of these accounts.")
    result.append("Whether they support or attack whom they address isn't told; that is for readers to see.")
    return tuple(result)


ANALYSIS = Analysis(
    name="targets",
    about="Whom a group addresses more than their prominence explains, pile-ons, long pressure, and the words used.",
    function=find,
    tables=("targets", "target_days", "pile_ons", "pile_on_uses", "target_words"),
    needs=("mentions", "reply_to", "quote_of"),
    resolution=3600.0,
    place=50,
)
