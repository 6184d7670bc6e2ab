"""Objects made of what stands together in a post, and the traces that only propose, against slow loops."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.traces import available, choose
from tests.traces.test_traces import log_of

TAGS = ["#a", "A", "b", "c", "D", "d", "e", "#", "", "ｆ"]
KINDS = ["post", "reply", "quote", "reshare"]
posts = st.lists(
    st.fixed_dictionaries(
        {
            "account": st.sampled_from("uvwxyz"),
            "kind": st.sampled_from(KINDS),
            "hashtags": st.none() | st.lists(st.sampled_from(TAGS), max_size=6),
            "mentions": st.none() | st.lists(st.sampled_from(["@m", "M", "n", "o", ""]), max_size=4),
            "client": st.sampled_from([None, "", "web", "phone", "odd "]),
        }
    ),
    max_size=14,
)
SECOND = 1_000_000


def found(name, log, config=None):
    uses = available()[name].extract(log, config or Config())
    keys = list(zip(uses.object.tolist(), uses.time.tolist(), uses.account.tolist(), strict=True))
    assert keys == sorted(keys)
    return {(int(a), uses.objects[o].as_py()) for a, o in zip(uses.action, uses.object, strict=True)}


def items(log, column, without):
    """Distinct items by row, as the module says them, in order."""
    for row, (kind, values) in enumerate(
        zip(log.kinds.tolist(), log.actions[column].to_pylist(), strict=True)
    ):
        if KINDS_CODE[kind] in without:
            continue
        folded = [v.lstrip("#@").lower().replace("ｆ", "f") for v in values or []]
        yield row, list(dict.fromkeys(v for v in folded if v))


KINDS_CODE = ("post", "reshare", "reply", "quote")


def build(rows):
    return log_of(*[{**row, "time": 1_700_000_000 * SECOND + k * SECOND} for k, row in enumerate(rows)])


@settings(deadline=None, max_examples=150)
@given(posts)
def test_sequences_and_sets_are_those_of_the_loop(rows):
    log = build(rows)
    sequences = {
        (row, " ".join("#" + tag for tag in tags))
        for row, tags in items(log, "hashtags", ("reshare",))
        if len(tags) >= 3
    }
    assert found("hashtag-sequence", log) == sequences
    sets = {
        (row, " ".join("@" + name for name in sorted(names)))
        for row, names in items(log, "mentions", ("reshare", "reply"))
        if len(names) >= 2
    }
    assert found("mention-set", log) == sets


@settings(deadline=None, max_examples=150)
@given(posts, st.sampled_from([0.2, 0.5, 1.0]))
def test_the_rarest_pair_of_each_post(rows, rare):
    log = build(rows)
    account = log.account_codes.tolist()
    users, of_post = defaultdict(set), {}
    for row, tags in items(log, "hashtags", ("reshare",)):
        of_post[row] = list(combinations(sorted(tags), 2))
        for pair in of_post[row]:
            users[pair].add(account[row])
    everybody = {account[row] for row, pairs in of_post.items() if pairs}
    expected = set()
    for row, pairs in of_post.items():
        if pairs:
            first = min(pairs, key=lambda pair: (len(users[pair]), pair))
            if len(users[first]) <= max(1.0, rare * len(everybody)):
                expected.add((row, f"#{first[0]} #{first[1]}"))
    assert found("hashtag-pair", log, Config(rare=rare)) == expected


@settings(deadline=None, max_examples=100)
@given(posts)
def test_rare_programs(rows):
    log = build(rows)
    own = [
        (row, (log.actions["client"][row].as_py() or "").strip())
        for row in range(len(log))
        if KINDS_CODE[log.kinds[row]] != "reshare" and log.actions["client"][row].is_valid
    ]
    users = defaultdict(set)
    for row, name in own:
        users[name].add(log.account_codes[row])
    everybody = {log.account_codes[row] for row, _ in own}
    expected = {
        (row, f"{name} on 2023-11-14")
        for row, name in own
        if name and len(users[name]) <= 0.5 * len(everybody)
    }
    assert found("client", log, Config(rare=0.5)) == expected


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3_000)), max_size=20),
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 200), st.integers(0, 25)), max_size=20),
)
def test_rapid_reshares(originals, reshares):
    start = 1_700_000_000 * SECOND
    rows = [
        {"post_id": f"o{k}", "account": a, "time": start + t * SECOND} for k, (a, t) in enumerate(originals)
    ]
    expected = set()
    for k, (a, delay, of) in enumerate(reshares):
        begun = originals[of][1] if of < len(originals) else 0
        time = start + (begun + delay) * SECOND
        rows.append(
            {"post_id": f"r{k}", "account": a, "kind": "reshare", "reshare_of": f"o{of}", "time": time}
        )
        if of < len(originals) and delay <= 60 and originals[of][0] != a:
            expected.add((f"r{k}", originals[of][0]))
    log = log_of(*rows)
    ids = log.actions["post_id"].to_pylist()
    assert {(ids[row], name.split(" on ")[0]) for row, name in found("rapid-reshare", log)} == expected


def test_rhythm_takes_an_account_once_a_slot():
    minute = 60 * SECOND
    start = 1_700_000_000 * SECOND // (600 * SECOND) * 600 * SECOND
    times = [("a", 0), ("a", 9), ("b", 9), ("a", 10), ("b", 31)]
    log = log_of(*[{"account": a, "time": start + m * minute} for a, m in times])
    uses = available()["rhythm"].extract(log, Config())
    assert [(log.names[a], o) for a, o in zip(uses.account, uses.object, strict=True)] == [
        ("a", 0), ("b", 0), ("a", 1), ("b", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["rapid-reshare", "client", "rhythm"])
def test_what_may_only_propose_confirms_nothing_and_is_asked_for(name):
    trace = available()[name]
    assert trace.tests == ()
    assert not trace.original
    assert trace not in choose(None)


def test_one_can_be_added_to_those_used_by_default():
    usual = choose(None)
    assert choose(("default", "rhythm")) == [*usual, available()["rhythm"]]
    assert choose(("default",)) == usual
