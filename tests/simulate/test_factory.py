from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline.errors import UsageError
from chorusline.simulate import LookAlikes, Operation, World, WorldConfig, build, hide, preset
from chorusline.units import SECOND


def office(level: str = "E0", days: int = 21, **changes: object) -> World:
    operation = Operation(**{"operators": 12, "orders_per_day": 4.0, **changes})  # type: ignore[arg-type]
    config = WorldConfig(days=days, accounts=1_500, activity=0.2, seed=7, operations=(operation,))
    return build(hide(config, level))


@pytest.fixture(scope="module")
def world() -> World:
    return office(shared_accounts=0.0, scheduled=0.0)


def by_operator(world: World) -> dict[str, list[tuple[int, str]]]:
    hand = dict(
        zip(*(world.truth["operators"][name].to_pylist() for name in ("account", "operator")), strict=True)
    )
    result = defaultdict(list)
    times = world.actions["time"].cast(pa.int64()).to_pylist()
    for time, account in zip(times, world.actions["account"].to_pylist(), strict=True):
        if account in hand:
            result[hand[account]].append((time, account))
    return result


def ordered(world: World) -> pa.Table:
    return world.truth["order_actions"].join(
        world.actions.select(["post_id", "time", "account", "text"]), "post_id"
    )


def test_a_hand_needs_time_to_change_accounts(world: World) -> None:
    switches = 0
    for acts in by_operator(world).values():
        for (before, one), (after, other) in pairwise(acts):
            if one != other:
                switches += 1
                assert after - before >= 10 * SECOND
    assert switches > 300


def test_work_lies_inside_the_shifts(world: World) -> None:
    shifts = defaultdict(list)
    for row in world.truth["shifts"].to_pylist():
        shifts[row["operator"]].append((row["start"].timestamp(), row["end"].timestamp()))
    for operator, acts in by_operator(world).items():
        for time, _ in acts:
            assert any(start <= time / SECOND <= end for start, end in shifts[operator])


def test_shifts_of_an_operator_do_not_overlap_and_leave_lunch_free(world: World) -> None:
    lunches = []
    for operator in set(world.truth["shifts"]["operator"].to_pylist()):
        mine = (
            world.truth["shifts"]
            .filter(pc.equal(world.truth["shifts"]["operator"], operator))
            .sort_by("start")
        )
        start, end = (np.array(mine[name].cast(pa.int64())) for name in ("start", "end"))
        assert (start[1:] >= end[:-1]).all()
        pause = (start[1:] - end[:-1]) / 60e6
        lunches += [p for p in pause if 45 < p < 75]
    assert len(lunches) > 100


def test_most_operators_are_off_at_weekends_and_holidays() -> None:
    # Albanian Independence Day and Liberation Day: 28 and 29 November.
    operation = Operation(operators=40, orders_per_day=1.0)
    config = WorldConfig(start=date(2024, 11, 25), days=7, accounts=200, operations=(operation,))
    shifts = build(config).truth["shifts"]
    day = shifts["start"].to_pylist()
    at_work = defaultdict(set)
    for when, who in zip(day, shifts["operator"].to_pylist(), strict=True):
        at_work[when.date().day].add(who)
    assert len(at_work[26]) > 30
    assert len(at_work[28]) < 15
    assert len(at_work[30]) < 20


def test_hours_jump_in_utc_when_the_clocks_change() -> None:
    config = WorldConfig(
        start=date(2024, 3, 25),
        days=14,
        accounts=200,
        operations=(Operation(operators=60, shift_spread=5.0),),
    )
    shifts = build(config).truth["shifts"]
    first: dict[tuple[str, date], float] = {}
    for who, start in zip(shifts["operator"].to_pylist(), shifts["start"].to_pylist(), strict=True):
        key, hour = (who, start.date()), start.hour + start.minute / 60
        first[key] = min(first.get(key, 24.0), hour)
    before = [hour for (_, day), hour in first.items() if day < date(2024, 3, 31)]
    after = [hour for (_, day), hour in first.items() if day > date(2024, 3, 31)]
    assert np.median(before) == pytest.approx(8.0, abs=0.1)  # 09:00 in Tirana
    assert np.median(after) == pytest.approx(7.0, abs=0.1)


def test_two_shifts_cover_the_night() -> None:
    world = office(shifts="two", days=10)
    hours = np.bincount(np.array(pc.hour(ordered(world)["time"])), minlength=24)
    assert (hours[[1, 10, 22]] > 0).all()


def test_orders_are_carried_out_after_they_are_given_and_on_their_objects(world: World) -> None:
    orders = {row["order"]: row for row in world.truth["orders"].to_pylist()}
    actions = {row["post_id"]: row for row in world.actions.to_pylist()}
    hits = total = 0
    for row in world.truth["order_actions"].to_pylist():
        order, act = orders[row["order"]], actions[row["post_id"]]
        assert act["time"] >= order["time"]
        used = {*act["hashtags"], *act["links"], *act["mentions"], act["reshare_of"]}
        total += order["kind"] != "phrase"
        hits += bool(used & set(order["objects"]))
    assert total > 500
    assert hits > 0.95 * total


def test_an_orders_texts_come_from_a_bank(world: World) -> None:
    orders = world.truth["orders"]
    tags = orders.filter(pc.equal(orders["kind"], "tag"))["order"]
    table = ordered(world)
    table = table.filter(pc.is_in(table["order"], value_set=tags.combine_chunks()))
    most = table.group_by("order").aggregate([("text", "count_distinct"), ("text", "count")])
    assert max(most["text_count_distinct"].to_pylist()) <= 60
    assert max(most["text_count"].to_pylist()) > 60


def uptake_minutes(world: World) -> np.ndarray:
    """Minutes from order to each account's first action on it, where both lie on one day."""
    given = {row["order"]: row["time"] for row in world.truth["orders"].to_pylist()}
    first: dict[tuple[int, str], float] = {}
    for row in ordered(world).to_pylist():
        if row["time"].date() == given[row["order"]].date():
            lag = (row["time"] - given[row["order"]]).total_seconds() / 60
            key = (row["order"], row["account"])
            first[key] = min(first.get(key, np.inf), lag)
    return np.array(list(first.values()))


def test_fast_uptake_has_its_median() -> None:
    world = office(uptake=("fast",), operators=30, shift_spread=0.0, lunch=0.0, quota=1.0)
    # The order is given in working hours; breaks and the queue before it add some minutes.
    assert np.median(uptake_minutes(world)) == pytest.approx(33, rel=0.35)


def test_bursts_come_within_a_minute_and_are_deleted_within_minutes() -> None:
    world = office(uptake=("burst",), operators=30, scheduled=0.0)
    assert uptake_minutes(world).max() <= 1.0
    gone = world.truth["deletions"].join(world.actions.select(["post_id", "time"]), "post_id")
    life = np.array(pc.subtract(gone["deleted"], gone["time"]).cast(pa.int64())) / 1e6
    assert len(life) > 200
    assert np.median(life) == pytest.approx(55, rel=0.2)


def test_accounts_per_operator_have_their_mean() -> None:
    operators = office(operators=400, days=1, shared_accounts=0.05).truth["operators"]
    accounts = operators.group_by("account").aggregate([("operator", "count")])
    assert accounts.num_rows / 400 == pytest.approx(3.3, rel=0.1)
    shared = np.mean(np.array(accounts["operator_count"]) > 1)
    assert shared == pytest.approx(0.05, abs=0.03)


def test_e1_and_e6_take_copied_texts_away() -> None:
    def copied(world: World) -> float:
        texts = ordered(world)["text"].drop_null()
        return 1 - pc.count_distinct(texts).as_py() / len(texts)

    plain, half, none = (copied(office(level, quota=4.0)) for level in ("E0", "E1", "E6"))
    assert plain > 0.25
    assert half < 0.1
    assert none < 0.1


def close_company(world: World) -> float:
    """Share of ordered actions with another account's on the same order within a minute."""
    table = ordered(world)
    order, account = (np.array(table[name].to_pylist()) for name in ("order", "account"))
    time = np.array(table["time"].cast(pa.int64())) / SECOND
    near = (np.abs(time[:, None] - time) <= 60) & (order[:, None] == order) & (account[:, None] != account)
    return float(near.any(axis=1).mean())


def test_e2_scatters_what_an_order_brought_together() -> None:
    options = {"uptake": ("fast",), "operators": 6, "quota": 1.0}
    assert close_company(office("E2", **options)) < 0.6 * close_company(office("E0", **options))


def test_e3_hides_orders_among_other_actions() -> None:
    world = office("E3")
    accounts = world.truth["accounts"].filter(pc.equal(world.truth["accounts"]["label"], 1))
    share = pc.sum(accounts["ordered_actions"]).as_py() / pc.sum(accounts["actions"]).as_py()
    assert 0.2 < share < 0.5


def test_e4_puts_half_the_actions_on_whole_minutes() -> None:
    world = office("E4")
    times = np.array(ordered(world)["time"].cast(pa.int64()))
    assert np.mean(times % (60 * SECOND) == 0) == pytest.approx(0.5, abs=0.08)


def test_e5_gives_each_account_one_variant() -> None:
    world = office("E5", order_kinds=(1.0, 0.0, 0.0, 0.0, 0.0))
    orders = {row["order"]: set(row["objects"]) for row in world.truth["orders"].to_pylist()}
    assert min(len(objects) for objects in orders.values()) >= 5
    tags = dict(zip(*(world.actions[name].to_pylist() for name in ("post_id", "hashtags")), strict=True))
    main = defaultdict(set)
    for row in ordered(world).to_pylist():
        main[row["order"], row["account"]].add(tags[row["post_id"]][0])
    assert max(len(seen) for seen in main.values()) == 1
    assert len({tag for (order, _), seen in main.items() if order == 0 for tag in seen}) > 1


def test_e6_rests_accounts_and_moves_shifts() -> None:
    plain, moving = (office(level).truth["shifts"]["start"] for level in ("E0", "E6"))
    spread = [np.std(np.array(pc.hour(start))) for start in (plain, moving)]
    assert spread[1] > 1.2 * spread[0]


def test_e7_uses_the_tags_of_an_honest_group() -> None:
    operation = Operation(operators=10, order_kinds=(1.0, 0.0, 0.0, 0.0, 0.0), imitate=True)
    config = WorldConfig(
        days=7, accounts=500, activity=0.1, operations=(operation,), lookalikes=LookAlikes(hashtag_hour=50)
    )
    world = build(config)
    tags = {tag for objects in world.truth["orders"]["objects"].to_pylist() for tag in objects}
    accounts = world.truth["accounts"]
    honest = accounts.filter(pc.equal(accounts["kind"], "hashtag hour"))["account"].combine_chunks()
    rows = world.actions.filter(pc.is_in(world.actions["account"], value_set=honest))
    assert tags <= {tag for used in rows["hashtags"].to_pylist() for tag in used}


def test_unknown_level_is_refused_with_a_sentence() -> None:
    with pytest.raises(UsageError, match="E9"):
        office("E1+E9")


def test_the_founding_case_has_its_size() -> None:
    config = preset("founding", seed=1)
    assert config.days == 730
    world = build(config.model_copy(update={"days": 2, "accounts": 500, "lookalikes": LookAlikes()}))
    operators = world.truth["operators"]
    assert pc.count_distinct(operators["operator"]).as_py() == 1_250
    assert 3_800 < pc.count_distinct(operators["account"]).as_py() < 4_500
