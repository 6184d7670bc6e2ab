"""The order book of a small world, of its look-alikes, and what is said of either."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from chorusline.case import OPERATION
from chorusline.config import Config
from chorusline.operation import choose
from chorusline.operation.base import Crew
from chorusline.operation.crews import crew_of_list
from chorusline.operation.orders import find
from chorusline.operation.run import run
from tests.operation.conftest import log_of


@pytest.fixture(scope="module")
def book(crew_of):
    return find(crew_of("factory"), unmask=True)


def test_posts_that_address_somebody_who_isn_t_named_are_not_told_by_id(book, crew_of):
    private = find(crew_of("factory")).tables
    hidden = {
        row["order"] for row in private["orders"].to_pylist() if (row["object"] or "").startswith("target ")
    }
    assert hidden, "a world in which nobody is addressed on orders tests nothing"
    for use in private["order_uses"].to_pylist():
        if use["order"] in hidden or use["object"].startswith("target "):
            assert use["post_id"] is None
    assert any(use["post_id"] for use in private["order_uses"].to_pylist())
    assert not any(use["post_id"] is None for use in book.tables["order_uses"].to_pylist())


def test_orders_found_were_given_and_most_that_were_given_are_found(book, world):
    orders, uses = book.tables["orders"].to_pylist(), book.tables["order_uses"].to_pylist()
    made = world.truth["order_actions"]
    of = dict(zip(made["post_id"].to_pylist(), made["order"].to_pylist(), strict=True))
    true = {row["order"]: row for row in world.truth["orders"].to_pylist()}
    right, off, shown = 0, [], set()
    for row in orders:
        assert row["status"] == "order"
        posts = Counter(of.get(use["post_id"]) for use in uses if use["order"] == row["order"])
        order, most = posts.most_common(1)[0]
        if order is not None and 2 * most >= posts.total():
            right += 1
            shown.add(order)
            off.append(abs((row["given"] - true[order]["time"]).total_seconds()) / 60)
    assert right >= 0.9 * len(orders)
    assert len(shown) >= 0.75 * len(true)
    assert np.median(off) <= 30


def test_tables_hold_together(book, crew_of):
    crew = crew_of("factory")
    members = {crew.log.names[k] for k in crew.members.tolist()}
    for name, table in book.tables.items():
        assert table.schema.equals(OPERATION[name])
        assert set(table["crew"].to_pylist()) == {"user's list"}
        assert table["group"].null_count == table.num_rows
    uses = book.tables["order_uses"].to_pylist()
    assert {use["account"] for use in uses} <= members
    for row in book.tables["orders"].to_pylist():
        mine = [use for use in uses if use["order"] == row["order"]]
        assert (
            sum(use["first"] for use in mine)
            == row["complied"]
            == len({u["account"] for u in mine if u["first"]})
        )
        assert row["given_after"] <= row["given"] <= row["given_before"]
        assert row["complied"] <= row["on_duty"] <= len(members)
        assert row["lag_q25"] <= row["lag_median"] <= row["lag_q75"]
        assert row["members_in_window"] <= row["users_in_window"]
        assert row["q_value"] <= 0.01
        assert row["objects"][0] == row["object"]
        for span in ("hour", "day", "all"):
            low, middle, high = (row[f"share_{span}_{bound}"] for bound in ("low", "middle", "high"))
            assert low is None or 0 <= low <= middle <= high <= 1
    curves = book.tables["order_curves"]
    assert curves.num_rows
    assert min(curves["members"].to_pylist()) >= 0


def test_the_users_choice_is_said_in_the_sentence(book):
    assert "chosen by the user" in book.sentences[0]
    assert not book.reason


@pytest.mark.parametrize(
    "kind", ["hashtag hour", "earthquake witness", "streaming fandom", "newsroom", "exile"]
)
@pytest.mark.parametrize("part", [slice(None), slice(None, None, 2)], ids=["all", "half"])
def test_honest_crowds_get_no_orders(crew_of, kind, part):
    found = find(crew_of(kind, part))
    statuses = Counter(found.tables["orders"]["status"].to_pylist())
    assert not statuses["order"], (kind, statuses, found.sentences)


def test_the_order_of_rows_does_not_matter_and_a_second_run_says_the_same(world, log, book):
    rows = world.actions.take(pa.array(np.random.default_rng(0).permutation(world.actions.num_rows)))
    other = log_of(rows.append_column("row", pa.array(np.arange(1, rows.num_rows + 1))))
    truth = world.truth["accounts"].to_pylist()
    names = [row["account"] for row in truth if row["kind"] == "factory"]
    codes = np.searchsorted(np.array(other.names), np.array(sorted(names)))
    again = find(crew_of_list(other, codes, Config()), unmask=True)
    assert again.tables["orders"].equals(book.tables["orders"])


def test_nothing_to_push_is_said():
    rows = pa.table(
        {
            "account": [f"a{k % 5}" for k in range(20)], "kind": ["post"] * 20, "post_id": [f"p{k}" for k in range(20)],
            "time": pa.array([1_700_000_000_000_000 + k * 10**9 for k in range(20)], pa.timestamp("us", "UTC")),
        }
    )  # fmt: skip
    log = log_of(rows)
    found = find(crew_of_list(log, np.arange(3), Config()))
    assert found.reason
    assert not found.tables


def test_members_in_a_group_are_counted_with_everybody_else(crew_of):
    """Half of an operation is compared with the other half as well, so an order to all shows the half as no event."""
    crew = crew_of("factory", slice(None, None, 2))
    statuses = Counter(find(crew).tables["orders"]["status"].to_pylist())
    assert statuses["event"] > statuses["order"]


def test_kindred_bring_a_half_known_operation_to_its_orders(crew_of, book):
    """A third of an operation alone has hardly any orders; with the rest as kindred it has those of the whole."""
    whole = crew_of("factory")
    third = whole.members[::3]
    rest = np.setdiff1d(whole.members, third).astype(np.int32)
    few = Crew(whole.log, whole.config, third, whole.outsiders, 1, "named accounts", rest)
    orders = run(choose(("orders",)), [few])
    table, uses = orders.tables["orders"], orders.tables["order_uses"].to_pylist()
    counted = [row for row in table.to_pylist() if row["status"] == "order"]
    alone = Counter(find(few).tables["orders"]["status"].to_pylist())
    assert len(counted) == book.tables["orders"].num_rows > 2 * alone["order"]
    names = {whole.log.names[k] for k in rest.tolist()}
    assert {use["account"] for use in uses if use["kindred"]} <= names
    assert not {use["account"] for use in uses if not use["kindred"]} & names
    for row in counted:
        mine = {use["account"] for use in uses if use["order"] == row["order"] and use["first"]}
        assert row["kindred"] == len(mine & names)
    said = orders.record["orders"]["crews"][0]
    assert (said["accounts"], said["kindred"]) == (len(third), len(rest))
    assert f"and {len(rest)} more of it that use the same" in said["sentences"][0]


def test_crew_says_whom_it_is_about(crew_of):
    crew = crew_of("factory")
    named = Crew(crew.log, crew.config, crew.members, crew.outsiders, 3, "named accounts")
    assert "named accounts of group 3" in named.words
    assert not named.chosen_by_user
    assert crew.chosen_by_user
