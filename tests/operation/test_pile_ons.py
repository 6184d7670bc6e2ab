"""Pile-ons among honest crowds, events and fans; the usual share against a loop."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.operation.crews import crew_of_list
from chorusline.operation.pile_ons import PRIOR, pile_ons, usual_share
from chorusline.operation.pushed import targets
from tests.operation.conftest import log_of

MINUTE, HOUR, DAY = 60, 3600, 86400
BEGIN = 1_700_000_000
ACCOUNTS, MEMBERS, DAYS = 300, 20, 20
EVENT = 10 * DAY + 12 * HOUR

uses = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 40), st.booleans(), st.booleans()), min_size=1, max_size=40
).map(sorted)


@given(uses, st.integers(0, 2), st.integers(0, 40), st.integers(0, 10))
def test_the_usual_share_leaves_out_the_time_and_what_is_no_base(rows, wanted, start, length):
    object_of, second, member, base = (np.array(column) for column in zip(*rows, strict=True))
    found = usual_share(
        object_of.astype(np.int64), second * 1_000_000, member, base, np.array([wanted]),
        np.array([start * 1_000_000]), np.array([(start + length) * 1_000_000]),
    )  # fmt: skip
    left = [m for o, t, m, b in rows if o == wanted and b and not start <= t <= start + length]
    assert np.isclose(found[0], (sum(left) + PRIOR * member.mean()) / (len(left) + PRIOR))


def _log(*more, seed=0, members_usual=1.0):
    """Accounts that write, and address ten others, day by day, the first most; `more` are (account, second, target)."""
    rng = np.random.default_rng(seed)
    rows = []
    for account in range(ACCOUNTS):
        often = rng.poisson(15 * (members_usual if account < MEMBERS else 1.0))
        for when in rng.integers(0, DAYS, often) * DAY + rng.normal(14, 3, often) * HOUR:
            target = 0 if account < MEMBERS and members_usual > 1 else int(10 * rng.random() ** 2)
            rows.append((f"a{account:03d}", float(when), "post", [f"t{target}"]))
        busy = rng.poisson(120 if account < MEMBERS else 20)
        for when in rng.integers(0, DAYS, busy) * DAY + rng.normal(14, 3, busy) * HOUR:
            rows.append((f"a{account:03d}", float(when), "post", None))
    rows += [(f"a{account:03d}", float(when), "post", [target]) for account, when, target in more]
    rows += [("t0", float(day * DAY + 12 * HOUR), "post", None) for day in range(DAYS)]
    n = len(rows)
    account, when, kind, mentions = zip(*rows, strict=True)
    return log_of(
        pa.table(
            {
                "account": list(account), "kind": list(kind), "mentions": pa.array(mentions, pa.list_(pa.string())),
                "post_id": [f"p{k}" for k in range(n)],
                "time": pa.array([int((BEGIN // DAY * DAY + s) * 1e6) for s in when], pa.timestamp("us", "UTC")),
            }
        )
    )  # fmt: skip


def _found(log, members=range(MEMBERS)):
    codes = np.array([log.names.index(f"a{k:03d}") for k in members])
    crew = crew_of_list(log, codes, Config())
    every = targets(log)
    found, tried = pile_ons(every, crew)
    assert tried == 10
    return [(every.objects[t].as_py(), pile) for t, piles in found.items() for pile in piles]


def _crowd(accounts, seed, spread, target="t3", begin=EVENT):
    rng = np.random.default_rng(seed)
    return [(a, begin + spread * rng.random(), target) for a in accounts]


def test_members_who_turn_to_one_account_are_a_pile_on_and_others_beside_them_no_pile_on():
    log = _log(*_crowd(range(15), 1, HOUR))
    ((target, pile),) = _found(log)
    assert (target, pile.status) == ("t3", "pile-on")
    assert len(pile.accounts) >= 15
    assert pile.members_in >= 14
    assert pile.q <= 0.01
    assert pile.usual_share < 0.3
    assert all(log.actions["mentions"][int(row)].as_py() == ["t3"] for row in pile.actions)
    assert not _found(log, range(100, 120))


@pytest.mark.parametrize("seed", range(4))
def test_an_event_that_everybody_speaks_of_is_none(seed):
    some = np.random.default_rng(seed).permutation(ACCOUNTS)[:200]
    piles = _found(_log(*_crowd([*some.tolist(), *range(15)], seed, 2 * HOUR), seed=seed))
    assert not [pile for _, pile in piles if pile.status == "pile-on"]


def test_a_second_pile_on_is_not_hidden_by_the_first():
    crowds = [_crowd(range(15), k, HOUR, begin=EVENT + 3 * k * DAY) for k in range(3)]
    piles = _found(_log(*(row for crowd in crowds for row in crowd)))
    assert [pile.status for _, pile in piles] == ["pile-on"] * 3
    assert max(pile.usual_share for _, pile in piles) < 0.3


def test_who_always_addresses_an_account_piles_on_nobody():
    piles = _found(_log(members_usual=6.0))
    assert not [pile for _, pile in piles if pile.status == "pile-on"]


def test_fans_who_answer_a_post_at_once_react():
    piles = _found(_log(*_crowd(range(15), 1, 5 * MINUTE, target="t0", begin=EVENT + 5)))
    assert {pile.status for target, pile in piles if target == "t0"} <= {"reaction"}
    ((_, pile),) = [(t, p) for t, p in piles if t == "t0"]
    assert pile.status == "reaction"


def test_what_comes_within_seconds_is_one_wire():
    ((_, pile),) = _found(_log(*_crowd(range(15), 1, 20)))
    assert pile.status == "wire"


def test_four_are_too_few():
    assert not _found(_log(*_crowd(range(4), 1, 10 * MINUTE)))


def test_honest_crowds_have_none_at_their_rate():
    shown = sum(bool(_found(_log(seed=seed), range(seed, seed + 20))) for seed in range(12))
    assert shown == 0


def test_a_case_shows_private_people_as_numbers_in_every_file(tmp_path):
    """From the log to the page: the one piled on is nobody that others address, and stays a number unless asked for."""
    from chorusline.inside import look_inside
    from chorusline.investigation import investigate

    log = _log(*_crowd(range(15), 1, HOUR, target="jane.private"))
    case = investigate(log, tmp_path / "case", config=Config(traces=("mention",), analyses=("none",)))
    mine = tmp_path / "mine.txt"
    mine.write_text("\n".join(f"a{k:03d}" for k in range(MEMBERS)), "utf-8")
    shown = {}
    for unmask in (False, True):
        looked = look_inside(case.folder, "targets", accounts=mine, options={"unmask": unmask})
        files = [*looked.folder.glob("tables/target*.csv"), *looked.folder.glob("tables/pile*.csv")]
        assert len(files) == 5
        files.append(looked.folder / "dossier.html")
        shown[unmask] = [path.name for path in files if "jane.private" in path.read_text("utf-8")]
        assert looked.table("pile_ons")["status"].to_pylist() == ["pile-on"]
        assert set(looked.table("targets")["crew"].to_pylist()) == {"user's list"}
    assert shown[False] == []
    assert {"targets.csv", "pile_ons.csv", "pile_on_uses.csv", "dossier.html"} <= set(shown[True])
