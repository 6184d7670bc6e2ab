"""The case folder: what a run read, decided and wrote, and the manifest that says so.

    case.json              inputs with SHA-256, config, versions, counts, warnings; SHA-256 of every other file
    actions.parquet        the action log (actions.ACTION_SCHEMA plus the account's name)
    accounts.parquet       facts about accounts
    quarantine.csv         rows set aside, with input, row and reason
    tables/NAME.parquet    one table for each schema in TABLES, those of the analyses made (OPERATION), later
                           in LATER too, and NAME.csv beside it
    dossier.html           the page to open

A case is written into a folder beside its final place and moved there when it is whole, so that a
run that dies leaves either the old case or none, never half of one.
"""

from __future__ import annotations

import ctypes
import glob
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.config import Config
from chorusline.errors import CaseError

if TYPE_CHECKING:
    from chorusline.actions import ActionLog

FORMAT = 1
"""Version of the case folder's layout."""

MARKER = "case.json"


def _f(name: str, kind: pa.DataType, about: str, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=nullable, metadata={"about": about})


_TIME = pa.timestamp("us", tz="UTC")

TABLES: dict[str, pa.Schema] = {
    "accounts": pa.schema(
        [
            _f("account", pa.string(), "the platform's account id"),
            _f("handle", pa.string(), "last user name seen", True),
            _f("group", pa.int32(), "number of the proposed group, from 1"),
            _f("rung", pa.string(), "nothing, aligned, in step, scripted or directed"),
            _f("status", pa.string(), "named, few days, nothing found or not enough evidence"),
            _f("p_value", pa.float64(), "1 / e_value, at most 1; 1 where nothing could be tested"),
            _f("q_value", pa.float64(), "closed e-BH: a false-discovery rate at which it would be named"),
            _f("e_value", pa.float64(), "combined evidence: expected to be at most 1 without coordination"),
            _f("e_value_any_days", pa.float64(), "the same if agreement on a few days counted too"),
            _f("held_out_uses", pa.int64(), "held-out uses tested, all parts and tests, mean of the splits"),
            _f("observed", pa.float64(), "of these, in step or shared with the group"),
            _f("expected", pa.float64(), "how many were expected of matched outsiders"),
            _f("actions", pa.int64(), "actions of the account in the log"),
            _f("reason", pa.string(), "one plain sentence"),
        ]
    ),
    "account_traces": pa.schema(
        [
            _f("account", pa.string(), "the platform's account id"),
            _f("group", pa.int32(), "number of the proposed group"),
            _f("trace", pa.string(), "trace the test was made on"),
            _f("test", pa.string(), "synchrony or content"),
            _f(
                "window",
                pa.float64(),
                "seconds, of a further window of synchrony; missing for the test itself",
                True,
            ),
            _f("split", pa.int32(), "which random division into parts, from 1"),
            _f("part", pa.int32(), "part of it that was held out, from 2"),
            _f("held_out_uses", pa.int64(), "uses tested"),
            _f("observed", pa.float64(), "in step or shared"),
            _f("expected", pa.float64(), "expected of matched outsiders"),
            _f("e_value", pa.float64(), "evidence of that part; a split's parts multiply"),
        ]
    ),
    "contributions": pa.schema(
        [
            _f("account", pa.string(), "the platform's account id"),
            _f("group", pa.int32(), "number of the proposed group"),
            _f("trace", pa.string(), "trace; missing for the step from the splits to their mean", True),
            _f("test", pa.string(), "synchrony or content", True),
            _f(
                "window",
                pa.float64(),
                "seconds, of a further window of synchrony; missing for the test itself",
                True,
            ),
            _f(
                "held_out_uses", pa.float64(), "uses tested that counted, all parts, mean of the splits", True
            ),
            _f("observed", pa.float64(), "of these, in step or shared with the group", True),
            _f("expected", pa.float64(), "expected of matched outsiders", True),
            _f(
                "e_value",
                pa.float64(),
                "evidence if all had been staked on this test, mean of the splits",
                True,
            ),
            _f("log10_factor", pa.float64(), "its part of log10 of the account's e-value; they add up to it"),
        ]
    ),
    "groups": pa.schema(
        [
            _f("group", pa.int32(), "number, from 1, by named accounts then size"),
            _f("accounts", pa.int64(), "accounts proposed, and drawn in for resembling them"),
            _f("named", pa.int64(), "accounts named, from 'in step' up"),
            _f("few_days", pa.int64(), "accounts that agree, on too few days to tell an event from a habit"),
            _f("not_enough", pa.int64(), "accounts with not enough evidence"),
            _f(
                "rung",
                pa.string(),
                "highest rung that at least two of its accounts reached; shared hands: said of the group as a whole",
            ),
            _f("actions", pa.int64(), "actions of its accounts in the log"),
            _f("first", _TIME, "first action of its accounts", True),
            _f("last", _TIME, "last action of its accounts", True),
            _f("edges", pa.int64(), "proposed edges inside the group"),
            _f("density", pa.float64(), "pairs joined by an edge over possible pairs"),
            _f(
                "stability",
                pa.float64(),
                "mean over seeds of Leiden of its overlap with the group most like it",
            ),
            _f(
                "found_by",
                pa.int64(),
                "seeds that find it, of `community_seeds`; not in most: no firm borders",
            ),
            _f("traces", pa.list_(pa.string()), "traces with edges in the group, most edges first"),
            _f("sentence", pa.string(), "what is said of it"),
        ]
    ),
    "resembling": pa.schema(
        [
            _f("account", pa.string(), "account that uses what a group's accounts with evidence use"),
            _f("handle", pa.string(), "last user name seen", True),
            _f("group", pa.int32(), "the group it is most like"),
            _f(
                "resemblance",
                pa.float64(),
                "0 anybody, 1 as alike as the group's accounts with evidence are among themselves; "
                "members, sympathisers and readers of the same pages look the same here: it names nobody",
            ),
            _f("status", pa.string(), "as in accounts, or not proposed"),
            _f("actions", pa.int64(), "actions of the account in the log"),
        ]
    ),
    "context": pa.schema(
        [
            _f(
                "account",
                pa.string(),
                "account in a group; nothing here is evidence, and nobody is named for it",
            ),
            _f("group", pa.int32(), "its group"),
            _f("created", _TIME, "when the account was created, where the data say so", True),
            _f("created_near", pa.int64(), "other accounts of its group created within a day of it", True),
            _f(
                "created_near_expected",
                pa.float64(),
                "as many of them as accounts in no group would be",
                True,
            ),
            _f("name_pattern", pa.string(), "pattern of its name: a name and four digits or more", True),
            _f("name_pattern_in_group", pa.float64(), "share of its group's names with that pattern", True),
            _f("name_pattern_elsewhere", pa.float64(), "share of the names of accounts in no group", True),
            _f(
                "rhythm",
                pa.float64(),
                "how alike its active slots are to its group's, in standard deviations of accounts in no group",
                True,
            ),
        ]
    ),
    "templates": pa.schema(
        [
            _f("group", pa.int32(), "group whose accounts used it"),
            _f("skeleton", pa.string(), "words that stay, normalised, with […] where they change"),
            _f(
                "slots",
                pa.list_(pa.int32()),
                "places of the slots: before which word of the skeleton, from 0",
            ),
            _f("texts", pa.int64(), "different texts"),
            _f("uses", pa.int64(), "posts of the group with one of them"),
            _f("accounts", pa.int64(), "accounts of the group that posted one"),
            _f("object", pa.string(), "the text that leads the cluster, as in the other tables"),
        ]
    ),
    "alternatives": pa.schema(
        [
            _f("group", pa.int32(), "group with named accounts"),
            _f("alternative", pa.string(), "another explanation; the list is the same for every group"),
            _f("check", pa.string(), "what was looked at"),
            _f("checked", pa.bool_(), "whether these data allow the check"),
            _f("outcome", pa.string(), "what it gave, or why no check is possible"),
            _f("remains", pa.string(), "what remains possible all the same"),
        ]
    ),
    "periods": pa.schema(
        [
            _f("period", pa.int32(), "number, from 1"),
            _f("start", _TIME, "its beginning"),
            _f("end", _TIME, "its end, left out"),
            _f("actions", pa.int64(), "actions in the log"),
            _f("accounts", pa.int64(), "accounts with an action"),
            _f("in_groups", pa.int64(), "of these, in a group of the case"),
            _f("named", pa.int64(), "of these, named"),
            _f("communities", pa.int64(), "communities found among accounts in groups, on this period alone"),
            _f("together", pa.int64(), "accounts in such a community"),
            _f("named_together", pa.int64(), "of these, named"),
        ]
    ),
    "lives": pa.schema(
        [
            _f("life", pa.int32(), "number of the group followed through the periods, from 1"),
            _f("period", pa.int32(), "number of the period"),
            _f("group", pa.int32(), "group of the case that most of its accounts are in"),
            _f("share", pa.float64(), "share of its accounts, over all periods, that are in that group"),
            _f(
                "event",
                pa.string(),
                "there (from the first period), born, split, steady, grown, shrunk, back, dormant, merged or gone",
            ),
            _f("accounts", pa.int64(), "accounts that acted together"),
            _f("named", pa.int64(), "of these, named"),
            _f("joined", pa.int64(), "accounts that weren't in it when it was last seen"),
            _f("left", pa.int64(), "accounts that were and are not now"),
            _f("overlap", pa.float64(), "Jaccard with what was last seen of it", True),
            _f("others", pa.list_(pa.int32()), "lives it took in, split off from or merged into"),
        ]
    ),
    "persistence": pa.schema(
        [
            _f("account", pa.string(), "the platform's account id"),
            _f("group", pa.int32(), "its group in the case"),
            _f("periods", pa.int64(), "periods in which it acted together with the group"),
            _f("group_periods", pa.int64(), "periods in which the group acted together"),
            _f("persistence", pa.float64(), "the share; it describes, and names nobody"),
            _f("first", pa.int32(), "number of the first of these periods"),
            _f("last", pa.int32(), "number of the last"),
        ]
    ),
    "edges": pa.schema(
        [
            _f("account_a", pa.string(), "the smaller id of the pair"),
            _f("account_b", pa.string(), "the larger id of the pair"),
            _f("group", pa.int32(), "group that holds both", True),
            _f("trace", pa.string(), "layer"),
            _f("weight", pa.int64(), "distinct objects"),
            _f("coactions", pa.int64(), "pairs of uses"),
            _f("expected", pa.float64(), "pairs of uses expected by the configuration null"),
            _f("p_value", pa.float64(), "Poisson tail of the configuration null"),
            _f("mean_lag", pa.float64(), "seconds"),
            _f("min_lag", pa.float64(), "seconds"),
            _f("first", _TIME, "first co-action"),
            _f("last", _TIME, "last co-action"),
        ]
    ),
    "evidence": pa.schema(
        [
            _f("account", pa.string(), "account the finding is about"),
            _f("group", pa.int32(), "its group"),
            _f("trace", pa.string(), "trace"),
            _f("test", pa.string(), "synchrony or content"),
            _f("object", pa.string(), "the shared object, readable"),
            _f("time", _TIME, "when the account used it"),
            _f("post_id", pa.string(), "the account's post", True),
            _f("input", pa.string(), "file it was read from"),
            _f("row", pa.int64(), "line or row of that file"),
            _f("with_account", pa.string(), "the nearest other member"),
            _f("with_time", _TIME, "when that member used it"),
            _f("with_post_id", pa.string(), "that member's post", True),
            _f("with_input", pa.string(), "file it was read from"),
            _f("with_row", pa.int64(), "line or row of that file"),
            _f("lag", pa.float64(), "seconds between the two uses"),
            _f("chance", pa.float64(), "probability that a matched outsider would have done the same"),
            _f("text", pa.string(), "text of the account's post, first 400 characters", True),
        ]
    ),
}
"""Schemas of the case's tables: name, type and meaning of every column, once."""

LATER: dict[str, pa.Schema] = {
    "variants": pa.schema(
        [
            _f("variant", pa.int32(), "number, from 1"),
            _f("kind", pa.string(), "window, threshold, seed, or what is left out: trace, object, accounts"),
            _f("change", pa.string(), "what is otherwise than in the case"),
            _f("of", pa.int64(), "accounts named by the case that are in the variant's material"),
            _f("still_named", pa.int64(), "of these, named by the variant too"),
            _f(
                "newly_named",
                pa.int64(),
                "accounts named by the variant and not by the case; nobody is told who",
            ),
            _f("groups", pa.int64(), "groups with named accounts of which the variant can say something"),
            _f(
                "groups_standing",
                pa.int64(),
                "of these, with half of their named accounts named, two at least",
            ),
        ]
    ),
    "sensitivity": pa.schema(
        [
            _f("variant", pa.int32(), "number of the variant"),
            _f("finding", pa.string(), "account or group"),
            _f("account", pa.string(), "the account; missing for a group", True),
            _f("group", pa.int32(), "number of the group in the case"),
            _f("stands", pa.bool_(), "whether it is still named; missing where it was left out itself", True),
            _f("e_value", pa.float64(), "combined evidence in the variant; missing for a group", True),
            _f("q_value", pa.float64(), "q-value in the variant; missing for a group", True),
        ]
    ),
    "robustness": pa.schema(
        [
            _f("finding", pa.string(), "account or group"),
            _f("account", pa.string(), "the account; missing for a group", True),
            _f("group", pa.int32(), "number of the group in the case"),
            _f("variants", pa.int64(), "variants that say something of it"),
            _f("stands", pa.int64(), "of these, in which it stands"),
            _f("robustness", pa.float64(), "the share; no probability, since variants are alike", True),
            _f("breaks", pa.string(), "one sentence on where it doesn't stand"),
        ]
    ),
}
"""Schemas of tables that `chorusline sensitivity` adds to a finished case."""

_CREW = (
    _f("group", pa.int32(), "number of the group in the case; missing for a list of the user's", True),
    _f("crew", pa.string(), "whom it is about: named accounts, all members (named or not), or user's list"),
)
"""First columns of every table of an analysis: accounts that the user chose are marked in each row."""

OPERATION: dict[str, pa.Schema] = {
    "orders": pa.schema(
        [
            *_CREW,
            _f("order", pa.int32(), "number of the push of that crew, by time, from 1"),
            _f(
                "status",
                pa.string(),
                "order; or why it counts for none: event, reaction, wire, few members, weekly or few days",
            ),
            _f("bundle", pa.int32(), "orders of one hour to the same members have one number"),
            _f(
                "kind",
                pa.string(),
                "what was pushed: tag, phrase, link, target (account) or post (to reshare)",
            ),
            _f("object", pa.string(), "the object that leads"),
            _f(
                "objects",
                pa.list_(pa.string()),
                "all objects that went out in the same posts, that one first",
            ),
            _f("given", _TIME, "when it was given: middle of the most probable hour"),
            _f("given_after", _TIME, "beginning of the interval in which it was given, at 90 %"),
            _f("given_before", _TIME, "its end: the first use that answers it"),
            _f("first_use", _TIME, "first use by a member that answers the order"),
            _f("window", pa.float64(), "width of the window that shows it best, seconds"),
            _f("members_in_window", pa.int64(), "members who took the object up in it"),
            _f("users_in_window", pa.int64(), "all accounts that did"),
            _f(
                "q_value",
                pa.float64(),
                "false-discovery rate at which the burst is kept, all objects and windows",
            ),
            _f("complied", pa.int64(), "members who took it up"),
            _f(
                "kindred",
                pa.int64(),
                "of these, accounts of the group that aren't named and count for being as alike as those with evidence",
            ),
            _f("on_duty", pa.int64(), "members with any action in the 24 hours from `given`"),
            _f("lag_q25", pa.float64(), "minutes from `given` to a member's first use, lower quartile"),
            _f("lag_median", pa.float64(), "the same, median"),
            _f("lag_q75", pa.float64(), "the same, upper quartile"),
            _f("first_account", pa.string(), "earliest captured account with the object; not its author"),
            _f("first_time", _TIME, "when that was"),
            _f("first_by_member", pa.bool_(), "whether that is a member"),
            _f("used_before", pa.int64(), "other accounts that had used the object before"),
            _f(
                "others_during",
                pa.int64(),
                "others who took it up while members did, beyond their usual number",
            ),
            _f("others_after", pa.int64(), "others who took it up in the seven days after and hadn't before"),
            *[
                _f(
                    f"share_{span}_{bound}",
                    pa.float64(),
                    f"share of posts with it {when} that is {what}",
                    True,
                )
                for span, when in (
                    ("hour", "in the first hour"),
                    ("day", "in the first day"),
                    ("all", "in all"),
                )
                for bound, what in (
                    ("low", "by members"),
                    ("middle", "by members or passes on, answers or quotes theirs"),
                    ("high", "beyond what others post without a push"),
                )
            ],
        ]
    ),
    "order_uses": pa.schema(
        [
            *_CREW,
            _f("order", pa.int32(), "number of the push"),
            _f("account", pa.string(), "member who used it"),
            _f("time", _TIME, "when"),
            _f("object", pa.string(), "which of the push's objects"),
            _f("first", pa.bool_(), "whether it is the member's first use in this push"),
            _f(
                "kindred",
                pa.bool_(),
                "whether it isn't named and counts for being as alike as those with evidence",
            ),
            _f("post_id", pa.string(), "the post", True),
            _f("input", pa.string(), "file it was read from"),
            _f("row", pa.int64(), "line or row of that file"),
        ]
    ),
    "order_curves": pa.schema(
        [
            *_CREW,
            _f("order", pa.int32(), "number of the push"),
            _f(
                "start",
                _TIME,
                "beginning of a quarter of an hour, from 6 hours before the first use to 48 after",
            ),
            _f(
                "members",
                pa.int64(),
                "posts with the leading object by members; quarters without any are left out",
            ),
            _f("others", pa.int64(), "posts with it by others"),
        ]
    ),
    "automation": pa.schema(
        [
            *_CREW,
            _f("account", pa.string(), "the platform's account id"),
            _f("verdict", pa.string(), "automated, run by hand or can't tell"),
            _f("reasons", pa.list_(pa.string()), "why, each with its figure and 95 % interval"),
            _f("actions", pa.int64(), "actions of the account"),
            _f("days", pa.int64(), "days (UTC) with any"),
            _f("grid_period", pa.float64(), "clock grid that its times keep to most: period, seconds", True),
            _f("grid_phase", pa.float64(), "second of the period", True),
            _f("grid_share", pa.float64(), "share of its moments on it, beyond chance", True),
            _f("grid_low", pa.float64(), "its 95 % interval: low", True),
            _f("grid_high", pa.float64(), "and high", True),
            _f("grid_p_value", pa.float64(), "binomial, Bonferroni over grids and phases", True),
            _f(
                "quiet_share",
                pa.float64(),
                "share of active hours in the quietest six of the day; a quarter has no night",
                True,
            ),
            _f("quick_share", pa.float64(), "share of texts within two seconds of the one before", True),
            _f("repeated_share", pa.float64(), "share of texts that it had posted before", True),
            _f("echoed_share", pa.float64(), "share of texts that another account posted within 10 s", True),
            _f("client_share", pa.float64(), "share of actions sent with a scheduler's client", True),
        ]
    ),
    "roster": pa.schema(
        [
            *_CREW,
            _f("verdict", pa.string(), "staffed hours; hours, but no days off; or no hours of work"),
            _f("gain", pa.float64(), "BIC of the best smooth profile less that of the hours of work"),
            _f(
                "rival",
                pa.string(),
                "the best smooth profile: smooth (three harmonics) or audience (outsiders')",
            ),
            _f("presences", pa.int64(), "accounts in slots of ten minutes, each once"),
            _f(
                "dispersion",
                pa.float64(),
                "variance over mean from day to day; likelihoods are divided by it",
            ),
            _f("off_over_on", pa.float64(), "rate outside the hours over that inside"),
            _f("shifts", pa.int32(), "shifts; 0 where there are no hours of work"),
            _f("days_off", pa.list_(pa.string()), "weekdays off"),
            _f("offsets", pa.list_(pa.string()), "different winter offsets of the clocks in the 95 % set"),
            _f(
                "clock_rule", pa.string(), "the most probable clock, by its offsets and dates of change", True
            ),
            _f("clock_rule_kept", pa.float64(), "share of resamples whose hours move with the same changes"),
            _f("outsiders_too", pa.bool_(), "whether outsiders' hours move with the same changes"),
        ]
    ),
    "roster_shifts": pa.schema(
        [
            *_CREW,
            _f("shift", pa.int32(), "number, from 1"),
            _f("accounts", pa.int64(), "accounts that keep it"),
            *[
                _f(f"{name}{end}", pa.float64(), f"{word}{about}", name.startswith("pause"))
                for name, word in (
                    ("start", "start, minutes after midnight UTC in winter"),
                    ("end", "end"),
                    ("pause_start", "start of the break, where there is one"),
                    ("pause_end", "end of the break"),
                )
                for end, about in (("", ""), ("_low", ": 95 % interval, low"), ("_high", ", and high"))
            ],
        ]
    ),
    "roster_periods": pa.schema(
        [
            *_CREW,
            _f("shift", pa.int32(), "number of the shift"),
            _f("first_day", pa.date32(), "first of the days between changes of the clocks"),
            _f("last_day", pa.date32(), "last of them"),
            _f("ahead", pa.int64(), "how far the clock is ahead of its winter time on these days, minutes"),
            _f("start", pa.float64(), "start on these days, minutes after midnight UTC"),
            _f("end", pa.float64(), "end"),
            _f("pause_start", pa.float64(), "start of the break, where there is one", True),
            _f("pause_end", pa.float64(), "end of the break", True),
        ]
    ),
    "roster_weekdays": pa.schema(
        [
            *_CREW,
            _f("weekday", pa.string(), "Monday to Sunday, by the day (UTC) on which work begins"),
            _f("activity", pa.float64(), "active accounts over those of the five busiest weekdays"),
            _f("low", pa.float64(), "95 % interval by resampling weeks: low"),
            _f("high", pa.float64(), "and high"),
            _f("outsiders", pa.float64(), "the same of outsiders"),
            _f("day_off", pa.bool_(), "whether it is a day off"),
        ]
    ),
    "roster_silent": pa.schema(
        [
            *_CREW,
            _f("day", pa.date32(), "working day on which the group was as silent as on a day off"),
            _f("accounts", pa.int64(), "accounts active"),
            _f("expected", pa.float64(), "median of the same weekday within five weeks"),
        ]
    ),
    "roster_clocks": pa.schema(
        [
            *_CREW,
            _f("clock", pa.string(), "a clock of the 95 % set, by its offsets and dates of change"),
            _f("offset", pa.int64(), "its winter offset from UTC, minutes"),
            _f("probability", pa.float64(), "posterior, averaged over resamples"),
            _f("starts", pa.list_(pa.string()), "local start of each shift under it"),
            _f("ends", pa.list_(pa.string()), "and end"),
        ]
    ),
    "roster_hours": pa.schema(
        [
            *_CREW,
            _f("clock", pa.string(), "UTC, then the zone asked for or the most probable clock"),
            _f("hour", pa.int32(), "hour of the week, Monday 00:00 is 0"),
            _f("presences", pa.int64(), "accounts in slots of ten minutes"),
            _f("share", pa.float64(), "share of the group's presences"),
            _f("outsiders", pa.float64(), "share of outsiders' presences"),
        ]
    ),
    "operators": pa.schema(
        [
            *_CREW,
            _f("verdict", pa.string(), "shared hands, no shared hands found, or can't tell"),
            _f("reason", pa.string(), "why no hands are linked, where they aren't", True),
            _f("accounts", pa.int64(), "accounts with actions by hand"),
            _f("actions", pa.int64(), "their actions by hand"),
            _f("days", pa.int64(), "days (UTC) from the first of them to the last"),
            _f("scheduled", pa.float64(), "share of the crew's actions that timers sent, left out"),
            _f("pairs", pa.int64(), "pairs of these accounts"),
            _f("judged", pa.int64(), "of these, with enough coincidences predicted to say anything"),
            _f("linked", pa.int64(), "of these, with a posterior of a hand in common above the setting"),
            _f("linked_accounts", pa.int64(), "accounts in a cluster with another; every two of it linked"),
            _f("clusters", pa.int64(), "clusters of two accounts or more"),
            _f("largest", pa.int64(), "accounts of the largest cluster"),
            _f("carried", pa.float64(), "share of the expected links that lie on judged pairs", True),
            _f("hands_low", pa.float64(), "hands: 90 % interval, low"),
            _f("hands", pa.float64(), "hands, where the linkage carries an estimate", True),
            _f("hands_high", pa.float64(), "90 % interval, high"),
        ]
    ),
    "operators_estimates": pa.schema(
        [
            *_CREW,
            _f(
                "reckoning", pa.string(), "at once, apart, throughput, linkage, capture-recapture or accounts"
            ),
            _f("bound", pa.string(), "lower bound (perhaps with a condition), estimate or upper bound"),
            _f("low", pa.float64(), "hands: 90 % interval by resampling days, low; the value of a bound"),
            _f("value", pa.float64(), "hands"),
            _f("high", pa.float64(), "90 % interval, high"),
            _f("used", pa.bool_(), "whether the interval of `operators` rests on it"),
        ]
    ),
    "operators_evidence": pa.schema(
        [
            *_CREW,
            _f("evidence", pa.string(), "sort of evidence on pairs"),
            _f("level", pa.string(), "its level"),
            _f("pairs", pa.int64(), "pairs at it"),
            _f("linked", pa.int64(), "of these, linked"),
            _f("weight", pa.float64(), "bits that it adds to a pair (mean, for exclusion)"),
        ]
    ),
    "effort": pa.schema(
        [
            *_CREW,
            _f(
                "measure", pa.string(), "at work: composing and sessions; on duty: the roster's hours of work"
            ),
            *[
                _f(f"{name}_{level}", pa.float64(), f"{about}, {level}", name == "cost")
                for level in ("low", "middle", "high")
                for name, about in (
                    ("hours", "person-hours"),
                    ("full_time", "full-time equivalents of 40 hours a week"),
                    ("cost", "replacement cost at the wage given"),
                )
            ],
            _f("wage", pa.float64(), "an hour's, as given", True),
            _f("currency", pa.string(), "as given", True),
            _f("days", pa.int64(), "days from the first action to the last"),
        ]
    ),
    "effort_kinds": pa.schema(
        [
            *_CREW,
            _f("kind", pa.string(), "original; answer (reply or quote in own words); copy; reshare"),
            _f("actions", pa.int64(), "actions by hand"),
            _f("hours_low", pa.float64(), "person-hours of composing, low"),
            _f("hours_middle", pa.float64(), "middle"),
            _f("hours_high", pa.float64(), "high"),
        ]
    ),
    "effort_days": pa.schema(
        [
            *_CREW,
            _f("day", pa.date32(), "UTC"),
            _f("actions", pa.int64(), "actions by hand"),
            _f("hours_low", pa.float64(), "person-hours at work, low"),
            _f("hours_middle", pa.float64(), "middle"),
            _f("hours_high", pa.float64(), "high"),
            _f("duty_low", pa.float64(), "person-hours on duty, low; missing without a roster", True),
            _f("duty_middle", pa.float64(), "middle", True),
            _f("duty_high", pa.float64(), "high", True),
        ]
    ),
    "effort_gaps": pa.schema(
        [
            *_CREW,
            _f("gap_minutes", pa.int64(), "stillness that ends a session"),
            _f("sessions", pa.int64(), "sessions of all accounts"),
            _f(
                "hours_each_account",
                pa.float64(),
                "hours in sessions, every account for itself, and composing",
            ),
            _f("hours_one_hand", pa.float64(), "hours in which at least one account was in session"),
        ]
    ),
    "targets": pa.schema(
        [
            *_CREW,
            _f(
                "target",
                pa.string(),
                "account addressed; a number where it may be a private person",
            ),
            _f("role", pa.string(), "role on the user's list of public people", True),
            _f("private", pa.bool_(), "neither on that list nor prominent"),
            _f("members", pa.int64(), "members who mentioned, answered or quoted it"),
            _f("others", pa.int64(), "other accounts that did"),
            _f(
                "expected",
                pa.float64(),
                "members expected of so many accounts, by the members' share around that target",
            ),
            _f(
                "q_value",
                pa.float64(),
                "false-discovery rate at which members are more than its prominence explains",
            ),
            _f("posts", pa.int64(), "posts by members that address it"),
            _f("replies", pa.int64(), "of these, replies"),
            _f("quotes", pa.int64(), "of these, quotes; the rest mention it"),
            _f("share", pa.float64(), "share of all that members addressed to non-members"),
            _f("others_posts", pa.int64(), "posts by others"),
            _f("days", pa.int64(), "days on which three members or more addressed it"),
            _f("weeks", pa.int64(), "periods of seven days in which any member did"),
            _f("first", _TIME, "first such post by a member"),
            _f("last", _TIME, "last"),
            _f("pile_ons", pa.int64(), "pile-ons on it, in that table"),
            _f("most_on_one_post", pa.int64(), "most members that answered or quoted one post"),
            _f(
                "kept_members",
                pa.int64(),
                "members who addressed it on three days or more, over a week or more",
            ),
            _f("kept_others", pa.int64(), "outsiders who did"),
            _f(
                "kept_expected",
                pa.float64(),
                "members who would, as outsiders as active and of the same interests; missing where no member does",
                True,
            ),
            _f("kept_q", pa.float64(), "false-discovery rate at which the members are more than those"),
            _f("pressure", pa.bool_(), "long pressure: they are, and three members at least"),
        ]
    ),
    "target_days": pa.schema(
        [
            *_CREW,
            _f("target", pa.string(), "as in targets; those that something is said of"),
            _f("day", _TIME, "start of the day, UTC; days on which nobody addressed it are left out"),
            _f("members", pa.int64(), "members who addressed it"),
            _f("others", pa.int64(), "other accounts that did"),
        ]
    ),
    "pile_ons": pa.schema(
        [
            *_CREW,
            _f("pile_on", pa.int32(), "number of the pile-on of that crew, by time, from 1"),
            _f("target", pa.string(), "as in targets"),
            _f("role", pa.string(), "as in targets", True),
            _f("status", pa.string(), "pile-on; or what it looks like otherwise: event, reaction or wire"),
            _f("start", _TIME, "first post by a member in it"),
            _f("end", _TIME, "last"),
            _f("members", pa.int64(), "members who took part"),
            _f("at_work", pa.int64(), "members with any action from its start to its end"),
            _f("posts", pa.int64(), "their posts"),
            _f("window", pa.float64(), "width of the window that shows it best, seconds"),
            _f("members_in_window", pa.int64(), "members who newly turned to the target in it"),
            _f("users_in_window", pa.int64(), "all accounts that did"),
            _f("usual_share", pa.float64(), "members' share of those who address the target at other times"),
            _f(
                "others_during",
                pa.int64(),
                "others who joined in while members did, beyond their usual number",
            ),
            _f("q_value", pa.float64(), "false-discovery rate at which it is kept, all targets and windows"),
        ]
    ),
    "pile_on_uses": pa.schema(
        [
            *_CREW,
            _f("pile_on", pa.int32(), "number of the pile-on"),
            _f("target", pa.string(), "as in targets"),
            _f("account", pa.string(), "member who addressed the target"),
            _f("time", _TIME, "when"),
            _f("kind", pa.string(), "post (a mention), reply or quote"),
            _f("post_id", pa.string(), "the post; left out where the target may be a private person", True),
            _f("input", pa.string(), "file it was read from"),
            _f("row", pa.int64(), "line or row of that file"),
        ]
    ),
    "target_words": pa.schema(
        [
            *_CREW,
            _f(
                "target",
                pa.string(),
                "as in targets; none that may be a private person, whose name might be a word",
            ),
            _f("word", pa.string(), "a word that more members use on the target than others do on it"),
            _f(
                "z",
                pa.float64(),
                "log-odds over its standard deviation, prior from all posts (Monroe et al. 2008)",
            ),
            _f("members", pa.int64(), "members who wrote it to the target"),
            _f("others", pa.int64(), "outsiders who did"),
        ]
    ),
}
"""Schemas of the tables that analyses of a group's inside make (`operation/`), on a case's groups or a user's list."""

NAMED_RUNGS = ("in step", "scripted", "directed", "shared hands")
"""Rungs at which an account counts as named."""


@dataclass
class Case:
    """A finished case: manifest and tables. Open one with `Case.open(folder)`."""

    folder: Path
    manifest: dict[str, Any]
    _tables: dict[str, pa.Table] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Case:
        """Open a case folder. Raises CaseError where it isn't one or isn't whole."""
        path = Path(folder)
        restore(path)
        try:
            manifest = json.loads((path / MARKER).read_text("utf-8"))
        except FileNotFoundError:
            raise CaseError(f"{path} is not a case folder: it has no {MARKER}.") from None
        except (OSError, ValueError) as error:
            raise CaseError(f"{path / MARKER} can't be read as a case manifest: {error}.") from error
        if not isinstance(manifest, dict) or manifest.get("case_format") != FORMAT:
            raise CaseError(f"{path / MARKER} was not written by this version of Chorusline.")
        return cls(path, manifest)

    @property
    def config(self) -> Config:
        """The config the case was made with."""
        return Config.model_validate(self.manifest["config"])

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """Size and SHA-256 of every file but the manifest, by name. Raises CaseError where they aren't listed."""
        listed = self.manifest.get("files")
        if not isinstance(listed, dict):
            raise CaseError(
                f"{self.folder / MARKER} lists no digests of files: make the case again to have them."
            )
        for name in listed:
            if Path(name).is_absolute() or ".." in Path(name).parts or "\\" in name:
                raise CaseError(f"{self.folder / MARKER} lists a file outside the case: {name!r}.")
        return listed

    def table(self, name: str) -> pa.Table:
        """Read one of the case's tables (see TABLES) as Arrow."""
        if name not in self._tables:
            try:
                self._tables[name] = pq.read_table(self.folder / "tables" / f"{name}.parquet")
            except FileNotFoundError:
                raise CaseError(f"{self.folder} has no table '{name}'.") from None
        return self._tables[name]

    def log(self) -> ActionLog:
        """Return the actions the case was made from, as they were after reading; its inputs aren't needed."""
        from chorusline.actions import ActionLog, InputSummary

        if self.manifest.get("edition"):
            raise CaseError(
                f"{self.folder} is a public edition, which holds no actions: it takes the whole case."
            )
        try:
            actions = pq.read_table(self.folder / "actions.parquet").drop_columns(["account_name"])
            accounts = pq.read_table(self.folder / "accounts.parquet")
        except (OSError, KeyError, pa.ArrowInvalid) as error:
            raise CaseError(f"{self.folder} is not whole: {error}. Make the case again.") from error
        inputs = tuple(
            InputSummary(**{**given, "warnings": tuple(given.get("warnings", ()))})
            for given in self.manifest.get("inputs") or []
        )
        return ActionLog(actions, accounts, inputs)

    @property
    def named(self) -> list[str]:
        """Account ids named, from 'in step' up."""
        accounts = self.table("accounts")
        pairs = zip(accounts["account"].to_pylist(), accounts["rung"].to_pylist(), strict=True)
        return [account for account, rung in pairs if rung in NAMED_RUNGS]


def check_place(folder: str | os.PathLike[str]) -> None:
    """Raise CaseError where a case can't be written because something that is no case stands there."""
    final = Path(folder)
    if final.exists() and not (final.is_dir() and ((final / MARKER).exists() or not any(final.iterdir()))):
        raise CaseError(f"{final} exists and is not a case folder; choose another place with --out.")


@contextmanager
def writing(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a folder to write a case into, and put it in place when the block ends well.

    An existing case there is replaced whole; anything else that exists is refused.
    Raises CaseError where the place is taken by something that is not a case.
    """
    restore(folder)
    check_place(folder)
    final = Path(folder)
    final.parent.mkdir(parents=True, exist_ok=True)
    sweep(final)
    aside = beside(final, "part")
    (aside / "tables").mkdir(parents=True)
    try:
        yield aside
        settle(aside)
        if final.exists():
            _exchange(aside, final)
        else:
            aside.rename(final)
        settle(final.parent, inside=False)
    finally:  # what was there before, or what was never finished
        shutil.rmtree(aside, ignore_errors=True)


def beside(final: Path, end: str) -> Path:
    """Path beside a folder for what this process is about to put there; `end` is part or old."""
    host = "".join(c if c.isalnum() else "-" for c in platform.node())
    return final.with_name(f".{final.name}.{host}.{os.getpid()}.{end}")


def sweep(final: Path) -> None:
    """Remove what processes of this machine that were killed have left beside a folder."""
    mine = beside(final, "part").name.rsplit(".", 2)[0]
    for end in ("part", "old") if os.path.lexists(final) else ("part",):
        for path in final.parent.glob(f".{glob.escape(final.name)}.*.{end}"):
            whose, _, process = path.name.removesuffix(f".{end}").rpartition(".")
            if whose == mine and process.isdecimal() and not _runs(int(process)):
                shutil.rmtree(path, ignore_errors=True)


def _runs(process: int) -> bool:
    """Whether another process of this number runs; where asking would end it, that it does."""
    if process == os.getpid():
        return False
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it runs, as somebody else
    return True


def _exchange(aside: Path, final: Path) -> None:
    """Let two folders change places: at once where the system can, so that there is a case at every moment."""
    if _swapped(aside, final):
        return
    old = beside(final, "old")
    final.rename(old)
    try:
        aside.rename(final)
    except BaseException:
        old.rename(final)
        raise
    old.rename(aside)


def _swapped(one: Path, other: Path) -> bool:
    """Swap two names in one step (renameat2 of Linux); False where the system or the disk can't."""
    if sys.platform != "linux":
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), ctypes.c_uint(exchange)) == 0)


def restore(folder: str | os.PathLike[str]) -> None:
    """Put a case back that a run had moved aside when it was killed before the new one was in its place."""
    final = Path(folder)
    if not final.name or os.path.lexists(final):
        return
    for old in sorted(final.parent.glob(f".{glob.escape(final.name)}.*.old")):
        if (old / MARKER).exists():
            old.rename(final)
            return


ROWS = 1 << 20
"""Rows of a row group, as PyArrow has them."""


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet; the same rows give the same bytes, in however many chunks they are held."""
    if table.num_rows <= ROWS:
        pq.write_table(table.combine_chunks(), path)
        return
    with pq.ParquetWriter(path, table.schema) as writer:  # a large one is never there twice
        for start in range(0, table.num_rows, ROWS):
            writer.write_table(table.slice(start, ROWS).combine_chunks())


def seal(folder: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """Write the manifest with the size and SHA-256 of every file in the folder, after all others; return it."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }
    sealed = {**manifest, "files": files}
    (folder / MARKER).write_text(json.dumps(sealed, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return sealed


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def settle(folder: Path, *, inside: bool = True) -> None:
    """Have the names in a folder, and with `inside` all that it holds, written to the disk, where that can be done."""
    if inside:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_file():
                with path.open("rb") as stream:
                    os.fsync(stream.fileno())
            elif path.is_dir():
                settle(path, inside=False)
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass  # some file systems can't; the files themselves have been written
    finally:
        os.close(handle)
