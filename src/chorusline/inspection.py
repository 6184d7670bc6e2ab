"""What a file is taken for, what would be set aside, what can and can't be asked of it, before a test is made."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, OBJECT_LISTS, ActionLog
from chorusline.config import Config
from chorusline.sources.base import Recognition, named
from chorusline.units import DAY

WORDS = {
    1e-6: "microseconds",
    1e-3: "milliseconds",
    1.0: "seconds",
    60.0: "minutes",
    3600.0: "hours",
    86400.0: "days",
}
"""What a clock keeps, by its resolution in seconds."""

COMMON = 0.9
"""Share of the posts that carry one tag from which the collection was probably made by it."""

ONE_SIDED = {
    "x-archive": "It holds only accounts that the platform took down: nobody to compare them with is in it.",
    "ira-538": "It holds only accounts that the platform took down: nobody to compare them with is in it.",
    "telegram": "It is what one account could see in its own chats: others' channels are not in it.",
    "youtube": "It is the comments on chosen videos, not all that these accounts wrote.",
}
"""What a format says of how its data were chosen."""

Counts = dict[str, int]


@dataclass(frozen=True)
class Inspection:
    """What was found in one input.

    set_aside : (reason, rows, first row) of the rows that would be set aside, most frequent first.
    supports, lacks, odd : sentences.
    """

    path: str
    format: str
    about: str
    reason: str
    mapping: dict[str, str]
    zone: str
    sha256: str
    bytes: int
    resolution: float
    first: str
    last: str
    counts: Counts
    set_aside: list[tuple[str, int, int]]
    supports: list[str]
    lacks: list[str]
    odd: list[str]
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return dict(self.__dict__)


def inspect(log: ActionLog, recognised: Recognition, config: Config | None = None) -> Inspection:
    """Say what is in a log that was read from one input (for an archive, the first of its parts).

    recognised : what the input was taken for. config : whose window and lengths the sentences speak of.
    """
    config = config or Config()
    given = next((g for g in log.inputs if g.format != "none"), log.inputs[0])
    counts = _counts(log, config)
    supports, lacks = _support(counts, config)
    lacks = _of_time(log, config) + lacks
    if given.format in ONE_SIDED:
        lacks.append(ONE_SIDED[given.format])
    times = log.actions["time"]
    about = "" if given.format == "none" else named(given.format).about
    return Inspection(
        path=recognised.path, format=given.format, about=about, reason=recognised.reason,
        mapping=given.mapping or recognised.mapping, zone=recognised.zone, sha256=given.sha256, bytes=given.bytes,
        resolution=log.resolution, first=times[0].as_py().isoformat(), last=times[len(times) - 1].as_py().isoformat(),
        counts=counts, set_aside=_set_aside(log), supports=supports, lacks=lacks, odd=_odd(log),
        warnings=[sentence for g in log.inputs for sentence in g.warnings],
    )  # fmt: skip


def _counts(log: ActionLog, config: Config) -> Counts:
    kinds = np.bincount(log.kinds, minlength=len(KINDS)).tolist()
    actions = log.actions
    found = {"actions": len(log), "accounts": log.accounts.num_rows, **dict(zip(KINDS, kinds, strict=True))}
    for name in OBJECT_LISTS:
        found[name] = int(pc.sum(pc.list_value_length(actions[name])).as_py() or 0)
    long = pc.greater_equal(pc.utf8_length(actions["text"]), config.min_text_length)
    found["texts"] = int(pc.sum(long).as_py() or 0)
    for name in ("reshare_of", "reply_to", "quote_of", "client", "post_id", "language"):
        found[name] = len(log) - actions[name].null_count
    for name in ("created", "handle"):
        there = name in log.accounts.column_names
        found[name] = log.accounts.num_rows - log.accounts[name].null_count if there else 0
    found["rows_set_aside"] = sum(g.rows_set_aside for g in log.inputs)
    found["rows_repeated"] = sum(g.rows_repeated for g in log.inputs)
    found["rows_merged"] = sum(g.rows_merged for g in log.inputs)
    return found


def _support(n: Counts, config: Config) -> tuple[list[str], list[str]]:
    """What the columns that are filled allow, and what those that aren't forbid."""
    asked: tuple[tuple[int, str, str], ...] = (
        (n["reshare_of"], "who passed on the same posts ({n} reshares name the post)",
         "No reshare names the post it passes on: traces reshare and rapid-reshare can't be used."),
        (n["texts"], f"equal and nearly equal words ({{n}} texts of {config.min_text_length} characters or more)",
         f"There are no texts of {config.min_text_length} characters or more: words can't be compared."),
        (n["hashtags"], "the same hashtags ({n} uses)", "There are no hashtags."),
        (n["links"], "the same links and sites ({n} uses)", "There are no links."),
        (n["mentions"], "the same accounts mentioned ({n} uses)", "There are no mentions."),
        (n["media"], "the same pictures and films ({n} uses)", "There are no pictures or films."),
        (n["reply_to"], "replies to the same posts ({n} replies name the post)", "No reply names the post it answers."),
        (n["client"], "the programs posts were sent with ({n} posts)", "The program a post was sent with isn't given."),
        (n["created"], "when accounts were created ({n} accounts), as context", "When accounts were created isn't "
         "given."),
        (n["post_id"], "findings led back to post ids ({n} posts)", "Posts have no ids: findings lead to rows only."),
    )  # fmt: skip
    supports = [sentence.format(n=f"{count:,}") for count, sentence, _ in asked if count]
    return supports, [sentence for count, _, sentence in asked if not count]


def _of_time(log: ActionLog, config: Config) -> list[str]:
    """What the clock, the length and the number of accounts forbid."""
    found = []
    if log.resolution > 1:
        kept = WORDS.get(log.resolution, f"{log.resolution:g} seconds")
        found.append(
            f"The clock keeps {kept}: synchrony within seconds can't be seen, and a window shorter than "
            f"{log.resolution:g} s is read as {log.resolution:g} s."
        )
    days = len(np.unique(log.times // DAY))
    if days <= config.events:
        found.append(
            f"It spans {days} {'day' if days == 1 else 'days'} with actions: too few to tell an event from a habit, so "
            "nobody can be named."
        )
    if log.accounts.num_rows < 2 * config.min_group:
        found.append(
            f"It holds {log.accounts.num_rows} accounts: too few to compare a group of {config.min_group} with others."
        )
    tags = log.actions["hashtags"].combine_chunks()
    folded = pc.utf8_lower(tags.flatten())
    if len(folded):
        parents = np.asarray(pc.list_parent_indices(tags))
        pairs = pa.table({"post": parents, "tag": folded}).group_by(["post", "tag"]).aggregate([])
        top = max(pairs["tag"].value_counts().to_pylist(), key=lambda v: (v["counts"], v["values"]))
        if len(log) >= 20 and top["counts"] >= COMMON * len(log):
            found.append(
                f"{top['counts'] / len(log):.0%} of the posts carry #{top['values']}: they were probably collected by "
                "it. What these accounts did without it is missing, and sharing it shows nothing."
            )
    return found


def _set_aside(log: ActionLog) -> list[tuple[str, int, int]]:
    if log.quarantine is None or not log.quarantine.num_rows:
        return []
    reasons = log.quarantine["reason"].to_pylist()
    first: dict[str, int] = {}
    for reason, row in zip(reasons, log.quarantine["row"].to_pylist(), strict=True):
        first.setdefault(reason, row)
    return [(reason, rows, first[reason]) for reason, rows in Counter(reasons).most_common()]


def hidden_characters(name: str) -> bool:
    """Whether a name has characters that can't be seen or turn the order of others: it may pass for another name."""
    return any(unicodedata.category(c) in ("Cf", "Cc", "Co", "Cn") for c in name)


def _odd(log: ActionLog) -> list[str]:
    """What looks like a fault of the export, or was put there to mislead."""
    found = []
    uses = np.bincount(log.account_codes)
    if len(uses) > 1 and len(log) >= 20 and 2 * uses.max() >= len(log):
        found.append(
            f"One account has {uses.max() / len(log):.0%} of all actions: is the column for the account the right one?"
        )
    if len(log) >= 20 and log.times[0] == log.times[-1]:
        found.append("All actions are at one moment: is the column for the time the right one?")
    handles = log.accounts["handle"].to_pylist() if "handle" in log.accounts.column_names else []
    shady = sum(hidden_characters(name) for name in {*log.names, *(h for h in handles if h)})
    if shady:
        found.append(
            f"{shady:,} account names hold characters that can't be seen or turn the writing direction round; "
            "two that look alike may be two accounts."
        )
    return found
