"""Hands or machines: per account, automated, run by hand, or can't tell, by rules with figures (docs/method.md)."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.operation.base import Analysis, Crew, Result
from chorusline.operation.habits import Grid, Ints, Share, echoes, exact, grid, quick, quiet, repeats
from chorusline.units import DAY

AUTOMATED, BY_HAND, CANT_TELL = "automated", "run by hand", "can't tell"
VERDICTS = (AUTOMATED, BY_HAND, CANT_TELL)

FEW = 20
"""Actions (or moments) below which no account is called automated."""

ENOUGH, ENOUGH_DAYS = 40, 5
"""Actions and active days below which no account is said to be run by hand."""

MOST, HARDLY, SURE = 0.5, 0.15, 1e-6
"""Share from which a mark carries the word *automated* (its lower bound, at 95 %); share below which it speaks for
hands (its upper bound); p-value that a clock grid needs."""

SLEEPLESS = 0.12
"""Share of active hours in the quietest six from which an account doesn't sleep (lower bound)."""

_MACHINES = re.compile(
    r"schedul|buffer|hootsuite|ifttt|zapier|dlvr\.?it|twitterfeed|feedburner|\bfeed|\brss\b|socialflow|sprout ?social|"
    r"socialoomph|statusbrew|recurpost|postplanner|echobox|wordpress|crowdfire|roundteam|twibble|\bcron\b|autopost|"
    r"auto-?tweet",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Habits:
    """What was measured of one account, and what is said of it.

    actions, days : counted. grid, quiet, quick : as in `habits`, None where the data can't say. repeated : texts that
    it had posted before. echoed : texts that another account posted within seconds. machine : actions sent with a
    program that posts at set times, of those with a client.
    """

    verdict: str
    reasons: tuple[str, ...]
    actions: int
    days: int
    grid: Grid | None
    quiet: Share | None
    quick: Share | None
    repeated: Share
    echoed: Share
    machine: Share


def is_scheduler(client: str) -> bool:
    """Whether a client's name is that of a program which posts feeds or at set times."""
    return _MACHINES.search(client) is not None


def judge(
    times: Ints,
    own: npt.NDArray[np.bool_],
    words: Ints,
    echoed: npt.NDArray[np.bool_],
    machine: npt.NDArray[np.int8],
    resolution: float,
) -> Habits:
    """Say of one account whether it is automated, run by hand, or neither can be told.

    times : int64 [n], ascending microseconds UTC. own : bool [n], whether it is something to be written (no
    reshare). words : int64 [n], code of the text, below 0 for none. echoed : bool [n], whether another account posted
    the same words within seconds (`habits.echoes`). machine : int8 [n], 1 where the client is a
    scheduler, 0 where it isn't, -1 where it isn't known. resolution : of the clock, seconds.

    *Automated* needs one of three marks in most of its actions: a clock grid, a scheduler's client, or words that
    follow each other faster than anybody writes; never its sleeplessness, which many hands have too. *Run by hand*
    needs a clock of seconds, enough actions, none of the marks, a night, and words that aren't on another account at
    the same moment.
    """
    days = len(np.unique(times // DAY))
    known = machine[machine >= 0]
    found = Habits(
        CANT_TELL, (), len(times), days, grid(times, resolution), quiet(times), quick(times, own, resolution),
        repeats(words[own]), exact(int(echoed[own].sum()), int(own.sum())), exact(int((known == 1).sum()), len(known)),
    )  # fmt: skip
    marks = _marks(found)
    if marks:
        return _with(found, AUTOMATED, (*marks, *_besides(found)))
    doubts = _doubts(found, resolution)
    if doubts:
        return _with(found, CANT_TELL, doubts)
    return _with(found, BY_HAND, _hand(found))


def _with(found: Habits, verdict: str, reasons: tuple[str, ...]) -> Habits:
    return Habits(**{**found.__dict__, "verdict": verdict, "reasons": reasons})


def _marks(h: Habits) -> tuple[str, ...]:
    """Marks of a machine, each enough in itself."""
    marks = []
    if h.grid and h.grid.share.n >= FEW and h.grid.share.low >= MOST and h.grid.p_value <= SURE:
        marks.append(f"{_range(h.grid.share)} of its times lie on one clock grid, {_spaced(h.grid)}")
    if h.machine.n >= FEW and h.machine.low >= MOST:
        marks.append(f"{_range(h.machine)} of its actions were sent with a program that posts at set times")
    if h.quick and h.quick.n >= FEW and h.quick.low >= MOST:
        marks.append(f"{_range(h.quick)} of its texts followed the one before within two seconds")
    return tuple(marks)


def _besides(h: Habits) -> tuple[str, ...]:
    """What goes with it and would carry nothing alone."""
    notes = []
    if sleepless(h):
        assert h.quiet is not None
        notes.append(
            f"{_range(h.quiet)} of its active hours lie in the quietest six of the day: it has no night"
        )
    if h.repeated.n >= FEW and h.repeated.low >= MOST:
        notes.append(f"{_range(h.repeated)} of its texts it had posted before")
    return tuple(notes)


def sleepless(h: Habits) -> bool:
    """Whether the account has no night, for certain."""
    return h.quiet is not None and h.days >= 7 and h.quiet.low > SLEEPLESS


def _doubts(h: Habits, resolution: float) -> tuple[str, ...]:
    """Why it can't be said to be run by hand; empty where it can."""
    doubts = []
    if h.actions < ENOUGH or h.days < ENOUGH_DAYS:
        doubts.append(f"{h.actions:,} actions on {h.days:,} days are too few to tell")
    if h.grid is None:
        doubts.append(f"the clock keeps {resolution:g} s only, too coarse for any grid")
    elif resolution > 1.0:
        doubts.append(
            f"the clock keeps {resolution:g} s, and a scheduler's whole minutes can't be told from a hand's"
        )
    elif h.grid.share.high > HARDLY and not (h.actions < ENOUGH and h.grid.p_value > SURE):
        doubts.append(f"{_range(h.grid.share)} of its times may lie on a clock grid, {_spaced(h.grid)}")
    if h.machine.n and h.machine.high > HARDLY and h.machine.hits:
        doubts.append(f"{_range(h.machine)} of its actions were sent with a program that posts at set times")
    if h.echoed.n >= FEW and h.echoed.low > HARDLY:
        doubts.append(f"{_range(h.echoed)} of its texts stood on another account within seconds")
    if sleepless(h):
        assert h.quiet is not None
        doubts.append(
            f"{_range(h.quiet)} of its active hours lie in the quietest six of the day: no night, as with a timer, "
            "with several hands in turn, or on travels"
        )
    return tuple(doubts)


def _hand(h: Habits) -> tuple[str, ...]:
    assert h.grid is not None
    reasons = [f"at most {h.grid.share.high:.0%} of its times can lie on a clock grid".replace("%", " %")]
    if h.quiet is not None:
        reasons.append(f"{_range(h.quiet)} of its active hours lie in the quietest six of the day")
    return tuple(reasons)


def _range(share: Share) -> str:
    return f"{100 * share.value:.0f} % ({100 * share.low:.0f}–{100 * share.high:.0f})"


def _spaced(found: Grid) -> str:
    if found.period == 60:
        return f"second {found.phase:g} of the minute"
    return f"every {found.period / 60:g} minutes from minute {found.phase / 60:g}"


def find(crew: Crew) -> Result:
    """Judge each account of a crew."""
    found = judge_all(crew)
    return Result({"automation": _table(crew, found)}, _sentences(crew, found))


def judge_all(crew: Crew) -> list[Habits]:
    """Judge each account of a crew, in the order of its members; kept in the log's memo, as several analyses ask."""
    key = ("operation.automation", crew.members.tobytes())
    return crew.log.once(key, lambda: _judged(crew))


def _judged(crew: Crew) -> list[Habits]:
    log = crew.log
    mine = crew.inside[log.account_codes]
    rows = np.flatnonzero(mine)
    rows = rows[np.argsort(log.account_codes[rows], kind="stable")]
    words = text_codes(log)
    own = log.kinds != KINDS.index("reshare")
    echoed = np.zeros(len(log), dtype=np.bool_)
    if log.resolution <= 1.0:
        echoed = echoes(log.times, log.account_codes, np.where(own, words, -1))
    machine = by_machine(log)
    begins = np.searchsorted(log.account_codes[rows], crew.members)
    ends = np.searchsorted(log.account_codes[rows], crew.members, side="right")
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        r = rows[begin:end]
        found.append(judge(log.times[r], own[r], words[r], echoed[r], machine[r], log.resolution))
    return found


def text_codes(log: ActionLog) -> Ints:
    """Number of each action's words, equal where texts are but for links, -1 for none; int64 [n]. Kept in the memo."""

    def made() -> Ints:
        coded = [_without_links(piece).dictionary_encode() for piece in log.actions["text"].chunks]
        if not coded:
            return np.empty(0, dtype=np.int64)
        one = pa.chunked_array(coded).unify_dictionaries()
        return np.concatenate([
            pc.fill_null(piece.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64) for piece in one.chunks
        ])  # fmt: skip

    return log.once("operation.texts", made)


def _without_links(texts: pa.StringArray) -> pa.StringArray:
    """Texts without links and the space around; null where nothing is left."""
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(texts, r"https?://\S+", ""))
    return pc.if_else(pc.equal(words, ""), pa.scalar(None, words.type), words)


def by_machine(log: ActionLog) -> npt.NDArray[np.int8]:
    """Whether each action was sent with a scheduler's client: 1, 0, or -1 where the client isn't known; in the memo."""
    return log.once("operation.clients", lambda: _sent_by_machine(log))


def _sent_by_machine(log: ActionLog) -> npt.NDArray[np.int8]:
    coded = log.actions["client"].combine_chunks().dictionary_encode()
    known = np.array([is_scheduler(name or "") for name in coded.dictionary.to_pylist()] + [False])
    place = np.asarray(pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    return np.where(place < 0, -1, known[place]).astype(np.int8)


def on_grid(found: list[Habits]) -> Share:
    """Share of the moments of several accounts that lie on their clock grids, beyond chance.

    Pooled, and only whole minutes and coarser grids that an account keeps to for certain count; the interval is that
    of the pooled share and knows nothing of differences between accounts.
    """
    grids = [h.grid for h in found if h.grid is not None]
    moments = sum(g.share.n for g in grids)
    return exact(sum(g.share.hits for g in grids if g.p_value <= SURE), moments)


def _table(crew: Crew, found: list[Habits]) -> pa.Table:
    names = crew.log.names

    def share(values: list[Share | None], which: str) -> list[float | None]:
        return [None if v is None or not v.n else float(getattr(v, which)) for v in values]

    grids = [h.grid.share if h.grid else None for h in found]
    return crew.table(
        "automation",
        {
            "account": [names[code] for code in crew.members.tolist()],
            "verdict": [h.verdict for h in found],
            "reasons": [list(h.reasons) for h in found],
            "actions": [h.actions for h in found],
            "days": [h.days for h in found],
            "grid_period": [h.grid.period if h.grid else None for h in found],
            "grid_phase": [h.grid.phase if h.grid else None for h in found],
            "grid_share": share(grids, "value"),
            "grid_low": share(grids, "low"),
            "grid_high": share(grids, "high"),
            "grid_p_value": [h.grid.p_value if h.grid else None for h in found],
            "quiet_share": share([h.quiet for h in found], "value"),
            "quick_share": share([h.quick for h in found], "value"),
            "repeated_share": share([h.repeated for h in found], "value"),
            "echoed_share": share([h.echoed for h in found], "value"),
            "client_share": share([h.machine for h in found], "value"),
        },
    )


def _sentences(crew: Crew, found: list[Habits]) -> tuple[str, ...]:
    count = Counter(h.verdict for h in found)
    said = [
        f"Of {crew.words}, {count[AUTOMATED]:,} are automated, {count[BY_HAND]:,} run by hand, and of "
        f"{count[CANT_TELL]:,} it can't be told."
    ]
    timed = on_grid(found)
    if timed.hits:
        said.append(f"{_range(timed)} of their moments lie on clock grids, as a scheduler's do.")
    if crew.log.resolution > 1.0:
        said.append(
            f"The clock keeps {crew.log.resolution:g} s, so seconds say nothing: this rests on minutes."
        )
    return tuple(said)


ANALYSIS = Analysis(
    name="automation",
    about="Whether a group's accounts are automated or run by hand, account by account, with the reasons.",
    function=find,
    tables=("automation",),
    resolution=60.0,
    members=1,
    place=60,
)
