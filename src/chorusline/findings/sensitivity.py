"""How findings move when what was chosen, or what was collected, is another: variants, and what they leave standing.

A specification curve (Simonsohn, Simmons & Nelson 2020) over one setting at a time, with the leave-one-out of
traces, objects and the most active accounts beside it (docs/method.md, "How firm a finding is").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import LATER, NAMED_RUNGS
from chorusline.config import Config

OBJECTS, OBJECTS_QUICK = 5, 1
"""How many of the objects with most evidence are left out, each in a variant of its own."""

MOST_ACTIVE = 0.05
"""Share of the accounts that is left out, the most active first."""

GROUP_SHARE = 0.5
"""Share of a group's named accounts (those not left out) that must still be named for the group to stand."""

KINDS = ("window", "threshold", "seed", "trace left out", "object left out", "accounts left out")
"""Kinds of change, in the order in which they are made and shown."""

WORDS = 4
"""Changes named in the sentence on what breaks a finding; the rest are counted."""

_WIDTH = 60


@dataclass(frozen=True)
class Variant:
    """One other way to look at the case's actions.

    change : words that fit behind "where". settings : what is set otherwise. object : (trace, object) whose
    posts are left out. accounts : share of the accounts left out, most active first.
    """

    kind: str
    change: str
    settings: dict[str, Any] = field(default_factory=dict)
    object: tuple[str, str] | None = None
    accounts: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the variant as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Moved:
    """What one variant gave of the accounts that the case names [n], in the case's order.

    still : named. out : left out themselves, so that nothing is said of them. e_value, q_value : as in accounts.
    new : accounts named that the case doesn't name.
    """

    still: Sequence[bool]
    out: Sequence[bool]
    e_value: Sequence[float]
    q_value: Sequence[float]
    new: int


def variants(
    config: Config, resolution: float, traces: Sequence[str], objects: Iterable[tuple[str, str]],
    *, quick: bool = False,
) -> list[Variant]:  # fmt: skip
    """Return the variants of a case, in the order of KINDS; pure.

    resolution : of the data's clock, seconds; a window below it would change nothing and is left out. traces :
    those with uses. objects : (trace, object) of those with most evidence. quick : about a third of them.
    """
    found = [*_windows(config, resolution, quick), *([] if quick else _thresholds(config, traces))]
    found += [
        Variant("seed", f"the seed is {config.seed + k}", {"seed": config.seed + k})
        for k in range(1, 2 if quick else 5)
    ]
    if len(traces) > 1:
        for name in traces:
            others = tuple(other for other in traces if other != name)
            found.append(Variant("trace left out", f"trace {name} is left out", {"traces": others}))
    for trace, name in list(objects)[: OBJECTS_QUICK if quick else OBJECTS]:
        shown = " ".join(name.split())
        shown = shown if len(shown) <= _WIDTH else shown[: _WIDTH - 1] + "…"
        change = f"posts with {trace} “{shown}” are left out"
        found.append(Variant("object left out", change, object=(trace, name)))
    change = f"the {MOST_ACTIVE:.0%} most active accounts are left out".replace("%", " %")
    return [*found, Variant("accounts left out", change, accounts=MOST_ACTIVE)]


def _windows(config: Config, resolution: float, quick: bool) -> list[Variant]:
    found = []
    for names, word in (
        (("window",), "co-action window"),
        (("wide_window",), "wide window"),
        (("content_window", "content_discovery_window"), "window of content"),
        (("reaction",), "time taken for reaction"),
    ):
        for factor, verb in ((0.5, "halved"), (2.0, "doubled")):
            settings = {name: getattr(config, name) * factor for name in names}
            moves = any(
                max(getattr(config, name), resolution) != max(value, resolution)
                for name, value in settings.items()
            )
            sound = settings.get("wide_window", config.wide_window) >= config.window
            if moves and sound and (names == ("window",) or not quick):
                found.append(Variant("window", f"the {word} is {verb}", settings))
    return found


def _thresholds(config: Config, traces: Sequence[str]) -> list[Variant]:
    """One threshold at a time, to either side where that is possible."""
    moved: list[tuple[str, list[float | int]]] = [
        ("fdr", [config.fdr / 10]),
        ("proposal_fdr", [config.proposal_fdr / 5, min(config.proposal_fdr * 4, 0.5)]),
        ("min_weight", [config.min_weight - 1, config.min_weight + 1]),
        ("min_content_weight", [config.min_content_weight - 1, config.min_content_weight + 1]),
        ("events", [config.events - 1, config.events + 1]),
        ("habit", [round(config.habit - 0.2, 3), round(config.habit + 0.2, 3)]),
        ("group_habit", [round(config.group_habit - 0.2, 3), round(config.group_habit + 0.2, 3)]),
        ("common", [config.common / 2, config.common * 2]),
        ("min_observed", [config.min_observed + 2]),
        ("parts", [config.parts - 2, config.parts + 2]),
        ("resemblance", [round(config.resemblance * 2 / 3, 3), round(config.resemblance * 5 / 3, 3)]),
        ("resolution", [config.resolution / 2, config.resolution * 2]),
    ]
    if any(name in traces for name in ("text", "near-text", "template", "paraphrase")):
        moved.append(("min_text_length", [config.min_text_length * 2]))
    for of, name, step in (
        (("near-text", "template", "paraphrase"), "text_similarity", 0.1),
        (("template",), "template_share", 0.1),
        (("paraphrase",), "embedding_similarity", 0.05),
    ):
        if any(trace in traces for trace in of):
            value = getattr(config, name)
            moved.append((name, [round(value - step, 3), round(value + step, 3)]))
    found = []
    for name, values in moved:
        for value in values:
            settings = {name: value}
            if value != getattr(config, name) and _valid(config, settings):
                found.append(Variant("threshold", f"{name} is {value:g}", settings))
    return found


def _valid(config: Config, settings: Mapping[str, Any]) -> bool:
    from pydantic import ValidationError

    try:
        with_settings(config, settings)
    except ValidationError:
        return False
    return True


def with_settings(config: Config, settings: Mapping[str, Any]) -> Config:
    """Return the config with some settings changed, checked again."""
    return Config.model_validate({**config.model_dump(), **settings})


def top_objects(evidence: pa.Table, named: Sequence[str], most: int = OBJECTS) -> list[tuple[str, str]]:
    """Return (trace, object) of the objects with most evidence on named accounts, most first.

    evidence : case.TABLES["evidence"]. Counted are accounts and uses; one object may count in two tests.
    """
    mine = evidence.filter(pc.is_in(evidence["account"], value_set=pa.array(list(named), pa.string())))
    rows = mine.group_by(["trace", "object"]).aggregate([("account", "count"), ("account", "count_distinct")])
    rows = rows.sort_by(
        [("account_count", "descending"), ("account_count_distinct", "descending"), ("trace", "ascending"),
         ("object", "ascending")]
    ).slice(0, most)  # fmt: skip
    return list(zip(rows["trace"].to_pylist(), rows["object"].to_pylist(), strict=True))


def named_accounts(accounts: pa.Table) -> pa.Table:
    """Return the rows of case.TABLES["accounts"] that are named, in the table's order."""
    return accounts.filter(pc.is_in(accounts["rung"], value_set=pa.array(NAMED_RUNGS)))


def tables(named: pa.Table, tried: Sequence[Variant], moved: Sequence[Moved]) -> dict[str, pa.Table]:
    """Return the tables of case.LATER that sensitivity fills; pure.

    named : `named_accounts`, n rows. moved : what each of the variants gave, in their order.
    """
    names, group = named["account"].to_pylist(), np.asarray(named["group"].to_numpy(), dtype=np.int64)
    shape = (len(tried), len(names))
    still = np.array([m.still for m in moved], dtype=bool).reshape(shape)
    out = np.array([m.out for m in moved], dtype=bool).reshape(shape)
    groups = np.unique(group)
    standing = np.full((len(tried), len(groups)), np.nan)
    for place, number in enumerate(groups):
        inside = (group == number)[None, :] & ~out
        left = inside.sum(axis=1)
        kept = (inside & still).sum(axis=1)
        # Two at least, as long as there are two: one account alone can't act in concert.
        enough = kept >= np.maximum(GROUP_SHARE * left, np.minimum(2, left))
        standing[left > 0, place] = enough[left > 0]
    stands = np.where(out, np.nan, still.astype(np.float64))
    return {
        "variants": _variants_table(tried, moved, still, out, standing),
        "sensitivity": _each(named, tried, moved, stands, groups, standing),
        "robustness": _robustness(named, tried, stands, groups, standing),
    }


def _variants_table(
    tried: Sequence[Variant], moved: Sequence[Moved], still: Any, out: Any, standing: Any
) -> pa.Table:
    columns = {
        "variant": list(range(1, len(tried) + 1)),
        "kind": [v.kind for v in tried],
        "change": [v.change for v in tried],
        "of": (~out).sum(axis=1),
        "still_named": (still & ~out).sum(axis=1),
        "newly_named": [m.new for m in moved],
        "groups": (~np.isnan(standing)).sum(axis=1),
        "groups_standing": (standing == 1).sum(axis=1),
    }
    return pa.table(columns, schema=LATER["variants"])


def _each(
    named: pa.Table, tried: Sequence[Variant], moved: Sequence[Moved], stands: Any, groups: Any, standing: Any
) -> pa.Table:
    """One row for each variant and finding, accounts before groups."""
    n, g, v = named.num_rows, len(groups), len(tried)
    accounts = pa.table(
        {
            "variant": np.repeat(np.arange(1, v + 1), n),
            "finding": ["account"] * (n * v),
            "account": named["account"].to_pylist() * v,
            "group": np.tile(np.asarray(named["group"].to_numpy()), v),
            "stands": _nullable(stands),
            "e_value": pa.array(np.array([m.e_value for m in moved], dtype=np.float64).ravel()),
            "q_value": pa.array(np.array([m.q_value for m in moved], dtype=np.float64).ravel()),
        },
        schema=LATER["sensitivity"],
    )
    whole = pa.table(
        {
            "variant": np.repeat(np.arange(1, v + 1), g),
            "finding": ["group"] * (g * v),
            "account": pa.nulls(g * v, pa.string()),
            "group": np.tile(groups, v).astype(np.int32),
            "stands": _nullable(standing),
            "e_value": pa.nulls(g * v, pa.float64()),
            "q_value": pa.nulls(g * v, pa.float64()),
        },
        schema=LATER["sensitivity"],
    )
    return pa.concat_tables([accounts, whole])


def _nullable(stands: Any) -> pa.Array:
    flat = stands.ravel()
    return pa.array(flat == 1, pa.bool_(), mask=np.isnan(flat))


def _robustness(
    named: pa.Table, tried: Sequence[Variant], stands: Any, groups: Any, standing: Any
) -> pa.Table:
    """Groups first, then accounts: in how many variants each stands, and what breaks it."""
    rows = [
        _row("group", None, int(number), standing[:, place], tried) for place, number in enumerate(groups)
    ]
    rows += [
        _row("account", name, int(number), stands[:, place], tried)
        for place, (name, number) in enumerate(
            zip(named["account"].to_pylist(), named["group"].to_pylist(), strict=True)
        )
    ]
    return pa.Table.from_pylist(rows, schema=LATER["robustness"])


def _row(
    finding: str, account: str | None, group: int, stands: Any, tried: Sequence[Variant]
) -> dict[str, Any]:
    asked = ~np.isnan(stands)
    holds = int((stands == 1).sum())
    broken = [tried[int(k)].change for k in np.flatnonzero(stands == 0)]
    return {
        "finding": finding, "account": account, "group": group, "variants": int(asked.sum()), "stands": holds,
        "robustness": holds / int(asked.sum()) if asked.any() else None, "breaks": breaks(broken, int(asked.sum())),
    }  # fmt: skip


def breaks(changes: Sequence[str], asked: int) -> str:
    """Say in one sentence where a finding doesn't stand. asked : variants that could say something of it."""
    if not asked:
        return "No variant could test it."
    if not changes:
        return "Stands in the one variant tried." if asked == 1 else f"Stands in all {asked} variants tried."
    if len(changes) == asked:
        return "Stands in none of the variants tried."
    said = "; ".join(changes[:WORDS])
    more = len(changes) - WORDS
    rest = (
        f"; and in {more} other variants" if more > 1 else "; and in one other variant" if more == 1 else ""
    )
    return f"Doesn't stand where {said}{rest}."
