"""Targets of a small world, words against the formula, names that stay hidden."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from chorusline.case import OPERATION
from chorusline.config import Config
from chorusline.operation.crews import crew_of_list, read_roles
from chorusline.operation.orders import find as orders
from chorusline.operation.private import PROMINENT, PROMINENT_DAYS, prominent
from chorusline.operation.pushed import targets
from chorusline.operation.targets import TESTED, find
from chorusline.operation.words import LEAST_Z, common_words, compared, log_odds, used
from tests.operation.conftest import log_of


@pytest.fixture(scope="module")
def found(crew_of):
    return find(crew_of("factory"), unmask=True)


def test_ordered_targets_come_first(found, world):
    ordered = set(world.truth["targets"]["account"].to_pylist())
    rows = found.tables["targets"].to_pylist()
    assert rows == sorted(rows, key=lambda row: row["q_value"])
    assert {row["target"] for row in rows[: len(ordered)]} == ordered
    piled = {row["target"] for row in found.tables["pile_ons"].to_pylist()}
    assert piled
    assert piled <= ordered
    assert all(table.schema.equals(OPERATION[name]) for name, table in found.tables.items())


def test_counts_against_a_loop(found, crew_of):
    crew = crew_of("factory")
    log = crew.log
    uses = targets(log)
    row = found.tables["targets"].to_pylist()[0]
    code = pc.index(uses.objects, pa.scalar(row["target"])).as_py()
    here = uses.object == code
    who = set(uses.account[here].tolist())
    mine = {a for a in who if crew.inside[a]}
    assert (row["members"], row["others"]) == (len(mine), len(who - mine))
    assert row["posts"] == sum(crew.inside[a] for a in uses.account[here].tolist())
    members = {log.names[k] for k in crew.members.tolist()}
    pairs = {
        (a, uses.objects[o].as_py())
        for a, o in zip(uses.account.tolist(), uses.object.tolist(), strict=True)
    }  # fmt: skip
    pairs = {(a, name) for a, name in pairs if name not in members}
    share = max(
        len(crew.members) / len(np.unique(log.account_codes)),
        sum(crew.inside[a] for a, _ in pairs) / len(pairs),
    )
    # Where the target is at home: what the others who address it address besides, each target as often as they do.
    those = {a for a in who if not crew.inside[a]}
    weight = Counter(name for a, name in pairs if a in those and name != row["target"])
    by_target = Counter(name for _, name in pairs)
    mine_by_target = Counter(name for a, name in pairs if crew.inside[a])
    total = sum(weight.values())
    around = (
        sum(n * mine_by_target[name] for name, n in weight.items()) / total + 10 * share
    ) / (sum(n * by_target[name] for name, n in weight.items()) / total + 10)  # fmt: skip
    share = max(share, around)
    assert np.isclose(row["expected"], share * len(who))
    tried = sum(n >= TESTED for n in by_target.values())
    p = stats.binom.sf(row["members"] - 1, len(who), share)
    assert row["q_value"] <= p * tried * sum(1 / k for k in range(1, tried + 1)) * (1 + 1e-9)


FORBIDDEN = re.compile(
    r"\b(bots?|trolls?|fakes?|faked|paid|prove[sdn]?|proof|origins?|attack(s|ed)? by|culprits?|guilty)\b",
    re.I,
)


def test_sentences_call_nobody_anything(crew_of):
    for kind in ("factory", "fan", "volunteer", "newsroom"):
        said = find(crew_of(kind))
        for sentence in (*said.sentences, said.reason):
            assert not FORBIDDEN.search(sentence)
            assert not sentence or sentence[-1] == "." or sentence == said.reason
        assert said.reason or any("isn't told" in sentence for sentence in said.sentences)


def test_tables_hold_together(found, crew_of):
    crew = crew_of("factory")
    rows = {row["target"]: row for row in found.tables["targets"].to_pylist()}
    assert np.isclose(sum(row["share"] for row in rows.values()), 1)
    for row in rows.values():
        assert row["replies"] + row["quotes"] <= row["posts"]
        assert row["members"] <= row["posts"]
        assert row["first"] <= row["last"]
        assert row["kept_members"] <= row["members"]
        assert row["weeks"] >= 1
    piles = {row["pile_on"]: row for row in found.tables["pile_ons"].to_pylist()}
    uses = found.tables["pile_on_uses"].to_pylist()
    members = {crew.log.names[k] for k in crew.members.tolist()}
    for number, pile in piles.items():
        mine = [use for use in uses if use["pile_on"] == number]
        assert len(mine) == pile["posts"]
        assert {use["account"] for use in mine} <= members
        assert len({use["account"] for use in mine}) == pile["members"] <= pile["at_work"]
        assert (min(use["time"] for use in mine), max(use["time"] for use in mine)) == (
            pile["start"],
            pile["end"],
        )
        assert all(use["post_id"] and use["target"] == pile["target"] for use in mine)
        assert pile["members_in_window"] <= pile["members"]
        assert pile["members_in_window"] <= pile["users_in_window"]
    days = found.tables["target_days"].to_pylist()
    for name in {row["target"] for row in days}:
        mine = [row for row in days if row["target"] == name]
        assert sum(row["members"] >= 3 for row in mine) == rows[name]["days"]


@pytest.mark.parametrize(
    "kind", ["hashtag hour", "earthquake witness", "streaming fandom", "volunteer", "fan", "exile"]
)
@pytest.mark.parametrize("part", [slice(None), slice(None, None, 2)], ids=["all", "half"])
def test_honest_crowds_pile_on_nobody(crew_of, kind, part):
    made = find(crew_of(kind, part)).tables
    assert "pile-on" not in (made["pile_ons"]["status"].to_pylist() if made else [])


def test_prominent_is_who_many_others_address_day_by_day():
    """Of four targets one is addressed by many on many days, one in a storm of a day, one by few, one by the crew."""
    rows = []
    for k in range(PROMINENT + 5):
        rows.append((f"a{k:03d}", k % (PROMINENT_DAYS + 1), "minister"))
        rows.append((f"a{k:03d}", 3, "stormed"))
    rows += [(f"a{k % 9:03d}", k, "friend") for k in range(30)]
    for k in range(PROMINENT + 5):
        rows.append((f"a{k:03d}", k % 10, "victim"))
        rows += [(f"m{m:03d}", k % 10, "victim") for m in range(30)]
    n = len(rows)
    log = log_of(
        pa.table(
            {
                "account": [row[0] for row in rows], "mentions": [[row[2]] for row in rows], "kind": ["post"] * n,
                "post_id": [f"p{k}" for k in range(n)],
                "time": pa.array([1_700_006_400_000_000 + d * 86_400_000_000 for _, d, _ in rows],
                                 pa.timestamp("us", "UTC")),
            }
        )
    )  # fmt: skip
    codes = np.array([k for k, name in enumerate(log.names) if name.startswith("m")])
    uses = targets(log)
    known = prominent(uses, crew_of_list(log, codes, Config()))
    assert {uses.objects[k].as_py() for k in np.flatnonzero(known)} == {"minister"}


def test_names_stay_hidden_unless_prominent_listed_or_asked_for(crew_of, found):
    crew = crew_of("factory")
    rows = found.tables["targets"].to_pylist()
    assert not any(row["private"] for row in rows)
    hidden = find(crew)
    shown = hidden.tables["targets"].to_pylist()
    uses = targets(crew.log)
    code = {name: k for k, name in enumerate(uses.objects.to_pylist())}
    known = prominent(uses, crew)
    for row, masked in zip(rows, shown, strict=True):
        public = bool(known[code[row["target"]]])
        assert masked["private"] == (not public)
        assert masked["target"] == (row["target"] if public else f"target {code[row['target']] + 1}")
    private = {row["target"] for row, masked in zip(rows, shown, strict=True) if masked["private"]}
    assert private
    for table in hidden.tables.values():
        assert not private & set(table["target"].to_pylist())
    numbers = {row["target"] for row in shown if row["private"]}
    assert not numbers & set(hidden.tables["target_words"]["target"].to_pylist())
    for use in hidden.tables["pile_on_uses"].to_pylist():
        assert (use["post_id"] is None) == (use["target"] in numbers)
    name = next(row["target"] for row, masked in zip(rows, shown, strict=True) if masked["private"])
    listed = find(crew, roles={"@" + name.upper(): "official"}).tables["targets"].to_pylist()
    (mine,) = [row for row in listed if row["role"]]
    assert (mine["target"], mine["role"], mine["private"]) == (name, "official", False)


def test_orders_call_targets_what_the_targets_are_called(crew_of, found):
    crew = crew_of("factory")
    shown = {row["object"] for row in orders(crew).tables["orders"].to_pylist() if row["kind"] == "target"}
    assert shown
    assert shown <= set(find(crew).tables["targets"]["target"].to_pylist())
    named = {
        row["object"]
        for row in orders(crew, unmask=True).tables["orders"].to_pylist()
        if row["kind"] == "target"
    }
    assert named <= set(found.tables["targets"]["target"].to_pylist())


def test_an_author_is_addressed_by_answers_and_quotes_but_not_by_reshares():
    kinds = ["post", "reply", "quote", "reshare", "reply"]
    rows = pa.table(
        {
            "account": ["Author", "a", "b", "c", "Author"], "kind": kinds, "post_id": [f"p{k}" for k in range(5)],
            "reply_to": [None, "p0", None, None, "p0"], "quote_of": [None, None, "p0", None, None],
            "reshare_of": [None, None, None, "p0", None], "mentions": [["@Else"], ["AUTHOR"], None, ["author"], None],
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(5)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    log = log_of(rows)
    uses = targets(log)
    found = {
        (log.names[a], uses.objects[o].as_py())
        for a, o in zip(uses.account.tolist(), uses.object.tolist(), strict=True)
    }
    assert found == {("Author", "else"), ("a", "Author"), ("b", "Author")}


def test_members_who_talk_among_themselves_have_no_targets():
    rows = pa.table(
        {
            "account": ["a", "b", "c"] * 4, "kind": ["post"] * 12, "post_id": [f"p{k}" for k in range(12)],
            "mentions": [["b"], ["c"], ["a"]] * 4,
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(12)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    assert find(crew_of_list(log_of(rows), np.arange(3), Config())).reason


def _spoken(texts):
    """A log of one post each: (account, text)."""
    n = len(texts)
    return log_of(
        pa.table(
            {
                "account": [account for account, _ in texts], "text": [text for _, text in texts], "kind": ["post"] * n,
                "post_id": [f"p{k}" for k in range(n)],
                "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(n)], pa.timestamp("us", "UTC")),
            }
        )
    )  # fmt: skip


def test_words_are_what_people_wrote_and_each_account_counts_once():
    log = _spoken([("a", "Shame on @someone! https://example.org/shame #shame 2024 Résumé"), ("a", "SHAME shame"),
                   ("b", "shame x"), ("c", None)])  # fmt: skip
    found = used(log, np.arange(4), Config())
    words = found.words.to_pylist()
    pairs = sorted(
        (log.names[a], words[w]) for a, w in zip(found.account.tolist(), found.word.tolist(), strict=True)
    )
    assert pairs == [("a", "on"), ("a", "résumé"), ("a", "shame"), ("b", "shame")]
    assert common_words(log, Config()) == {"shame": 2, "on": 1, "résumé": 1}


def test_words_that_members_alone_use_stand_out_and_common_ones_do_not():
    rng = np.random.default_rng(4)
    common = [f"common{k}" for k in range(12)]
    rare = [f"rare{k}" for k in range(400)]
    texts = []
    for k in range(120):
        words = [*rng.choice(common, 6).tolist(), *rng.choice(rare, 8).tolist()]
        texts.append((f"a{k:03d}", " ".join([*words, *(["liar"] if k < 15 else [])])))
    log = _spoken(texts)
    inside = np.arange(120) < 20
    found = compared(used(log, np.arange(120), Config()), inside, common_words(log, Config()))
    best = int(found.z.argmax())
    assert (found.words[best], found.members[best], found.others[best]) == ("liar", 15, 0)
    assert found.z[best] >= LEAST_Z
    assert all(found.z[k] < 3 for k, word in enumerate(found.words) if word.startswith("common"))
    few = compared(used(log, np.arange(10, 120), Config()), np.arange(120) < 14, common_words(log, Config()))
    assert few is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(1, 500)), min_size=2, max_size=12)
)
def test_log_odds_against_the_formula(rows):
    mine, others, prior = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = log_odds(mine, others, prior, weight=500.0)
    alpha = 500.0 * (prior + 1e-3) / (prior + 1e-3).sum()
    for k in range(len(rows)):
        a = np.log((mine[k] + alpha[k]) / (mine.sum() + 500 - mine[k] - alpha[k]))
        b = np.log((others[k] + alpha[k]) / (others.sum() + 500 - others[k] - alpha[k]))
        spread = np.sqrt(1 / (mine[k] + alpha[k]) + 1 / (others[k] + alpha[k]))
        assert np.isclose(found[k], (a - b) / spread)


def test_roles_are_read(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("account,role\nu1,official\nu2,\n", "utf-8")
    assert read_roles(path) == {"u1": "official", "u2": "listed"}
    path.write_text("Handle;Category\n@u1;journalist\n", "utf-8")
    assert read_roles(path) == {"@u1": "journalist"}
