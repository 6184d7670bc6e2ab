"""What happens inside groups, for a public edition: figures of whole groups, each with k accounts or more behind it.

Of crews, the named accounts of the groups shown alone: a figure of all members beside one of the named would tell of
the few between. Sentences are made anew from what is shown, since those of the case hold small counts and exact times.
Left out are rows about one account (verdicts, uses, the posts of pile-ons), links between accounts, words used on
targets, and roles, which may name whom a pseudonym hides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.case import OPERATION, Case
from chorusline.dossier.lettering import number, percent, plural
from chorusline.dossier.material import table_of
from chorusline.errors import CaseError
from chorusline.exports.changes import ACCOUNT, KEPT, OBJECT, TIME, Change
from chorusline.operation.base import NAMED, of_named

Row = dict[str, Any]
Presence = Mapping[tuple[int, Any], int]

SOMEBODY = "a private person"

_CREW = dict.fromkeys(("group", "crew"), KEPT)

COLUMNS: dict[str, dict[str, str]] = {
    "orders": {**_CREW, "object": OBJECT, **dict.fromkeys(("given", "given_after", "given_before", "first_use"), TIME),
               **dict.fromkeys(
        ("order", "status", "kind", "window", "members_in_window", "q_value", "complied", "on_duty", "lag_q25",
         "lag_median", "lag_q75", "used_before", "others_during", "others_after", "share_hour_low",
         "share_hour_middle", "share_hour_high", "share_day_low", "share_day_middle", "share_day_high",
         "share_all_low", "share_all_middle", "share_all_high"), KEPT)},
    "roster": {**_CREW, **dict.fromkeys(
        ("verdict", "gain", "rival", "dispersion", "off_over_on", "shifts", "days_off", "offsets", "clock_rule",
         "clock_rule_kept", "outsiders_too"), KEPT)},
    "roster_shifts": {**_CREW, **dict.fromkeys(
        ("shift", "accounts", *(f"{name}{end}" for name in ("start", "end", "pause_start", "pause_end")
                                for end in ("", "_low", "_high"))), KEPT)},
    "roster_weekdays": {**_CREW, **dict.fromkeys(
        ("weekday", "activity", "low", "high", "outsiders", "day_off"), KEPT)},
    "roster_silent": {**_CREW, **dict.fromkeys(("day", "accounts", "expected"), KEPT)},
    "roster_clocks": {**_CREW, **dict.fromkeys(("clock", "offset", "probability", "starts", "ends"), KEPT)},
    "roster_hours": {**_CREW, **dict.fromkeys(("clock", "hour", "presences", "share", "outsiders"), KEPT)},
    "operators": {**_CREW, **dict.fromkeys(
        ("verdict", "accounts", "actions", "days", "scheduled", "pairs", "judged", "linked", "linked_accounts",
         "carried", "hands_low", "hands", "hands_high"), KEPT)},
    "operators_estimates": {**_CREW, **dict.fromkeys(("reckoning", "bound", "low", "value", "high", "used"), KEPT)},
    "effort": {**_CREW, **dict.fromkeys(
        ("measure", "wage", "currency", "days",
         *(f"{name}_{level}" for name in ("hours", "full_time", "cost") for level in ("low", "middle", "high"))),
        KEPT)},
    "effort_kinds": {**_CREW, **dict.fromkeys(("kind", "actions", "hours_low", "hours_middle", "hours_high"), KEPT)},
    "effort_days": {**_CREW, **dict.fromkeys(
        ("day", "actions", *(f"{name}_{level}" for name in ("hours", "duty") for level in ("low", "middle", "high"))),
        KEPT)},
    "effort_gaps": {**_CREW, **dict.fromkeys(
        ("gap_minutes", "sessions", "hours_each_account", "hours_one_hand"), KEPT)},
    "targets": {**_CREW, "target": ACCOUNT, "first": TIME, "last": TIME, **dict.fromkeys(
        ("private", "members", "others", "expected", "q_value", "posts", "share", "others_posts", "days", "weeks",
         "pile_ons", "kept_members", "kept_others", "kept_expected", "kept_q", "pressure"), KEPT)},
    "target_days": {**_CREW, "target": ACCOUNT, **dict.fromkeys(("day", "members", "others"), KEPT)},
    "pile_ons": {**_CREW, "target": ACCOUNT, "start": TIME, "end": TIME, **dict.fromkeys(
        ("pile_on", "status", "members", "at_work", "posts", "window", "members_in_window", "usual_share",
         "others_during", "q_value"), KEPT)},
}  # fmt: skip
"""What a public edition shows of the inside, table by table; anything else is left out."""


@dataclass(frozen=True)
class Inside:
    """tables : of the edition, changed already. record : for its manifest, as `operation.run` leaves it."""

    tables: dict[str, pa.Table]
    record: dict[str, dict[str, Any]]


def public(case: Case, groups: Mapping[int, int], change: Change, k: int) -> Inside:
    """Return the public form of what the case says of the inside of these groups.

    groups : number of named accounts of each group shown.
    """
    rows = {name: _mine(case, name, groups) for name in COLUMNS}
    days, hours = _present(case, groups)
    rows["orders"] = [
        _order(row, k) for row in rows["orders"] if _counts(row, "status", "order", "complied", k)
    ]
    _shifts(rows, groups, k)
    rows["roster_hours"] = _hours(rows["roster_hours"], hours, k)
    _hands(rows, groups, k)
    rows["effort_days"] = _each_group(rows["effort_days"], lambda mine: _days(mine, days, k))
    private = {(row["group"], row["target"]) for row in rows["targets"] if row["private"]}
    rows["targets"] = [_target(row, k) for row in rows["targets"] if _said(row, case) and row["members"] >= k]
    rows["target_days"] = [
        _few(row, ("others",), k)
        for row in rows["target_days"]
        if row["members"] >= k and (row["group"], row["target"]) not in private
    ]
    rows["pile_ons"] = [
        _pile_on(row, k) for row in rows["pile_ons"] if _counts(row, "status", "pile-on", "members", k)
    ]
    tables = {}
    for name, kinds in COLUMNS.items():
        schema = pa.schema([field.with_nullable(True) for field in OPERATION[name]])
        # Private persons are nobody, not even one and the same from row to row.
        hidden = [
            row.get("target") if (row["group"], row.get("target")) in private else None for row in rows[name]
        ]
        table = change.table(pa.Table.from_pylist(rows[name], schema=schema), kinds)
        if "target" in table.column_names:
            place = table.column_names.index("target")
            shown = [
                SOMEBODY if who else name
                for who, name in zip(hidden, table["target"].to_pylist(), strict=True)
            ]
            table = table.set_column(place, table.schema.field("target"), pa.array(shown, pa.string()))
        tables[name] = table
    return Inside(tables, _record(case, groups, rows, k))


def _mine(case: Case, name: str, groups: Mapping[int, int]) -> list[Row]:
    return [row for row in of_named(table_of(case, name)).to_pylist() if row["group"] in groups]


def _counts(row: Row, column: str, value: str, of: str, k: int) -> bool:
    return bool(row[column] == value and row[of] >= k)


def _few(row: Row, names: Sequence[str], k: int, along: Mapping[str, Sequence[str]] | None = None) -> Row:
    """Leave out counts of 1 to k - 1, and with each what goes `along`, from which it could be worked out."""
    made = dict(row)
    for name in names:
        if row[name] is not None and 0 < row[name] < k:
            made |= dict.fromkeys((name, *(along or {}).get(name, ())))
    return made


def _order(row: Row, k: int) -> Row:
    made = _few(row, ("members_in_window", "used_before", "others_during", "others_after"), k)
    made |= {
        name: float(round(row[name]))
        for name in ("lag_q25", "lag_median", "lag_q75")
        if row[name] is not None
    }
    if 0 < row["on_duty"] - row["complied"] < k:
        made["on_duty"] = None
    return made


def _pile_on(row: Row, k: int) -> Row:
    made = _few(row, ("members_in_window", "others_during"), k)
    if 0 < row["at_work"] - row["members"] < k:
        made["at_work"] = None
    return made


def _said(row: Row, case: Case) -> bool:
    """Whether the case says something of a target, as on the page."""
    return bool(row["q_value"] <= case.config.fdr or row["pile_ons"] or row["pressure"])


def _target(row: Row, k: int) -> Row:
    return _few(row, ("others", "kept_members", "kept_others"), k,
                along={"kept_members": ("kept_expected", "kept_q"), "others": ("others_posts",)})  # fmt: skip


def _hands(rows: dict[str, list[Row]], groups: Mapping[int, int], k: int) -> None:
    """Leave out counts of accounts that are linked, or sent by timers alone, where they are fewer than k."""
    made = []
    for row in rows["operators"]:
        shown = _few(row, ("linked_accounts",), k, along={"linked_accounts": ("linked", "carried")})
        if 0 < groups[row["group"]] - row["accounts"] < k:
            # The upper bound on hands is the number of accounts by hand.
            shown |= {
                "accounts": None,
                "pairs": None,
                "hands_high": max(row["hands_high"], float(groups[row["group"]])),
            }
            rows["operators_estimates"] = [
                one for one in rows["operators_estimates"]
                if one["group"] != row["group"] or one["reckoning"] != "accounts"
            ]  # fmt: skip
        made.append(shown)
    rows["operators"] = made


def _shifts(rows: dict[str, list[Row]], groups: Mapping[int, int], k: int) -> None:
    """Leave out the shifts of a group, and hours on clocks with them, where one is kept by fewer than k accounts."""
    kept: Counter[int] = Counter()
    for row in rows["roster_shifts"]:
        kept[row["group"]] += row["accounts"]
    for row in rows["roster_shifts"]:
        if 0 < groups[row["group"]] - kept[row["group"]] < k:  # accounts with hours of their own
            row["accounts"] = None if row["accounts"] >= k else row["accounts"]
    small = {
        row["group"] for row in rows["roster_shifts"] if row["accounts"] is not None and row["accounts"] < k
    }
    rows["roster_shifts"] = [row for row in rows["roster_shifts"] if row["group"] not in small]
    for row in rows["roster_clocks"]:
        if row["group"] in small:
            row |= {"starts": [], "ends": []}
    for row in rows["roster"]:
        if row["group"] in small:
            row |= dict.fromkeys(("shifts", "off_over_on"))
    rows["roster_silent"] = [_few(row, ("accounts", "expected"), k) for row in rows["roster_silent"]]


def _each_group(rows: Sequence[Row], function: Callable[[list[Row]], list[Row]]) -> list[Row]:
    by_group: dict[int, list[Row]] = {}
    for row in rows:
        by_group.setdefault(row["group"], []).append(row)
    return [made for mine in by_group.values() for made in function(mine)]


def _days(rows: list[Row], present: Presence | None, k: int) -> list[Row]:
    """Days with hours where k accounts were there; the sum over all days is known, so never one alone is left out."""
    if present is None:
        return []
    there = [present.get((row["group"], row["day"]), 0) for row in rows]
    hidden = _two(there, k)
    names = [name for name in rows[0] if name.startswith(("hours_", "duty_"))]
    return [
        {**row, **dict.fromkeys(("actions", *names))} if hide else row
        for row, hide in zip(rows, hidden, strict=True)
    ]


def _hours(rows: list[Row], present: Presence | None, k: int) -> list[Row]:
    """Hours of the week in UTC, of which the others are turns; k accounts at least were there in each that is shown."""
    if present is None:
        return []

    def of_group(mine: list[Row]) -> list[Row]:
        hidden = _two([present.get((row["group"], row["hour"]), 0) for row in mine], k)
        return [
            {**row, "presences": None, "share": None if hide else round(row["share"], 3)}
            for row, hide in zip(mine, hidden, strict=True)
        ]

    return _each_group([row for row in rows if row["clock"] == "UTC"], of_group)


def _two(there: Sequence[int], k: int) -> list[bool]:
    """Which of some figures that add up to a known sum are left out: those of 1 to k - 1 accounts, never just one."""
    hidden = [0 < count < k for count in there]
    if sum(hidden) == 1:
        others = [place for place, count in enumerate(there) if count >= k]
        if others:
            hidden[min(others, key=lambda place: (there[place], place))] = True
    return hidden


def _present(case: Case, groups: Mapping[int, int]) -> tuple[Presence | None, Presence | None]:
    """Named accounts with any action by (group, day) and by (group, hour of the week), UTC; None without the log."""
    try:
        log = case.log()
    except CaseError:
        return None, None
    accounts = table_of(case, "accounts")
    named = accounts.filter(pc.equal(accounts["status"], "named"))
    of = dict(zip(named["account"].to_pylist(), named["group"].to_pylist(), strict=True))
    names = log.accounts["name"].to_pylist()
    group = np.array([of.get(name, -1) for name in names] or [-1], dtype=np.int64)
    code = np.asarray(log.actions["account"].to_numpy(), dtype=np.int64)
    seconds = np.asarray(log.actions["time"].cast(pa.int64()).to_numpy(), dtype=np.int64) // 1_000_000
    mine = np.isin(group[code], list(groups))
    code, seconds = code[mine], seconds[mine]
    found: list[dict[tuple[int, Any], int]] = []
    # 1970-01-01 was a Thursday, and hours of the week begin on Monday.
    for unit in (seconds // 86400, (seconds // 3600 + 72) % 168):
        pairs = np.unique(np.stack([code, unit], axis=1), axis=0)
        found.append(dict(Counter(zip(group[pairs[:, 0]].tolist(), pairs[:, 1].tolist(), strict=True))))
    epoch = np.datetime64("1970-01-01", "D")
    days = {(group, (epoch + day).astype(object)): count for (group, day), count in found[0].items()}
    return days, found[1]


def _record(
    case: Case, groups: Mapping[int, int], rows: Mapping[str, list[Row]], k: int
) -> dict[str, dict[str, Any]]:
    """What the edition's manifest says of each analysis that it knows; options and half of the reasons hold names."""
    record = {}
    for name, entry in (case.manifest.get("operation") or {}).items():
        if name not in _SAID:
            continue
        crews = []
        for said in entry["crews"]:
            if said["crew"] != NAMED or said["group"] not in groups:
                continue
            mine = {
                table: [row for row in rows.get(table, ()) if row["group"] == said["group"]]
                for table in entry["tables"]
            }
            about = [
                row
                for row in (table_of(case, "automation").to_pylist() if name == "automation" else ())
                if row["crew"] == NAMED and row["group"] == said["group"]
            ]
            sentences = (
                []
                if said["reason"]
                else _SAID[name](f"group {said['group']}", groups[said["group"]], mine, about, k)
            )
            crews.append(
                {"group": said["group"], "crew": NAMED, "accounts": groups[said["group"]], "outsiders": None,
                 "sentences": sentences,
                 "reason": None if sentences else _TOO_LITTLE.format(k=k)}
            )  # fmt: skip
        record[name] = {
            "about": entry["about"], "tables": [table for table in entry["tables"] if table in COLUMNS],
            "options": {}, "skipped": entry["skipped"], "crews": crews,
        }  # fmt: skip
    return record


_TOO_LITTLE = "there is too little to go by, or fewer than {k} accounts are behind it"

Sentences = Callable[[str, int, Mapping[str, list[Row]], list[Row], int], list[str]]


def _orders(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    orders = rows["orders"]
    if not orders:
        return [
            f"No push that {k} or more of the {n:,} named accounts of {group} took up looks like an order."
        ]
    kinds = Counter(row["kind"] for row in orders)
    words = ", ".join(
        plural(kinds[kind], kind) for kind in ("tag", "phrase", "link", "target", "post") if kinds[kind]
    )
    days = len({row["first_use"].date() for row in orders})
    others = f" and others of {group} that use the same" if any(row.get("kindred") for row in orders) else ""
    share = median(row["complied"] / row["on_duty"] for row in orders if row["on_duty"]) if any(
        row["on_duty"] for row in orders
    ) else None  # fmt: skip
    said = [
        f"{plural(len(orders), 'push', 'pushes')} by the {n:,} named accounts of {group}{others}, each taken up by {k} "
        f"or more of them, look like orders ({words}), on {plural(days, 'day')}: others did not take the object up as "
        f"well."
    ]
    if share is not None:
        said.append(
            f"In the median order {percent(share, 2)} of those at work in the next 24 hours took it up."
        )
    return said


def _roster(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    said = []
    for row in rows["roster"]:
        words = _HOURS.get(row["verdict"])
        said.append(
            f"The {n:,} named accounts of {group} {words}; when, the tables say."
            if words
            else f"Of the {n:,} named accounts of {group}, no hours of work are found."
        )
        if row["days_off"] and words:
            said.append(
                f"Days off: {', '.join(row['days_off'])}. A newsroom or a press office keeps such hours too."
            )
    return said


_HOURS = {
    "staffed hours": "keep hours of work, and days off",
    "hours, but no days off": "are active in set hours, on all days",
}


def _operators(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    return [
        f"What the {n:,} named accounts of {group} did by hand takes {number(row['hands_low'], 0)} to "
        f"{number(row['hands_high'], 0)} hands, at 90 %. Which accounts share one is in no edition."
        for row in rows["operators"]
    ]


def _effort(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    said = []
    for row in rows["effort"]:
        low, middle, high = (number(row[f"hours_{level}"], 0) for level in ("low", "middle", "high"))
        said.append(
            f"What the {n:,} named accounts of {group} did in {plural(row['days'], 'day')} took {low} to {high} "
            f"person-hours {row['measure']} (middle {middle})."
        )
    return said


def _targets(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    return [
        f"Of the accounts that {k} or more of the {n:,} named accounts of {group} address, "
        f"{plural(len(rows['targets']), 'stands', 'stand')} out: by more of them than prominence explains, by long "
        f"pressure, or by pile-ons, of which there were {len(rows['pile_ons']):,} with as many. Whether they support "
        "or attack whom they address isn't told."
    ]


def _automation(group: str, n: int, rows: Mapping[str, list[Row]], about: list[Row], k: int) -> list[str]:
    verdicts = Counter(row["verdict"] for row in about)
    parts = [verdicts[word] for word in ("automated", "run by hand", "can't tell")]
    if not about or any(0 < part < k for part in parts):
        return []
    return [
        f"Of the {n:,} named accounts of {group}, {parts[0]:,} are automated, {parts[1]:,} run by hand, and of "
        f"{parts[2]:,} it can't be told."
    ]


_SAID: dict[str, Sentences] = {
    "orders": _orders, "roster": _roster, "operators": _operators, "effort": _effort, "targets": _targets,
    "automation": _automation,
}  # fmt: skip
