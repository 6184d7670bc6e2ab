from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from chorusline.actions import DOOR_SCHEMA, KINDS
from chorusline.simulate import LookAlikes, World, WorldConfig, build, preset, resized
from chorusline.simulate.acts import account_names
from chorusline.simulate.membership import KINDS_OF_GROUPS
from chorusline.simulate.truth import TRUTH_SCHEMAS
from chorusline.simulate.world import _CODES_EACH, _FIRST_GROUP_CODE


def rows_of(world: World, kind: str) -> pa.Table:
    accounts = world.truth["accounts"].filter(pc.equal(world.truth["accounts"]["kind"], kind))["account"]
    return world.actions.filter(pc.is_in(world.actions["account"], value_set=accounts.combine_chunks()))


def test_columns_are_those_a_reader_wants(tiny: World) -> None:
    expected = [field for field in DOOR_SCHEMA if field.name not in ("row", "handle")]
    assert [(f.name, f.type) for f in tiny.actions.schema] == [(f.name, f.type) for f in expected]
    for field in expected:
        if not field.nullable:
            assert tiny.actions[field.name].null_count == 0


def test_actions_are_in_time_inside_the_world_and_unique(tiny: World) -> None:
    times = np.array(tiny.actions["time"].cast(pa.int64()))
    assert (np.diff(times) >= 0).all()
    days = (times - times[0]) / 86_400e6
    assert days.max() < tiny.config.days
    assert len(tiny.actions["post_id"].unique()) == tiny.actions.num_rows
    assert set(tiny.actions["kind"].unique().to_pylist()) == set(KINDS)


def test_texts_are_made_up_tokens(tiny: World) -> None:
    texts = tiny.actions["text"].drop_null()
    assert pc.all(pc.match_substring_regex(texts, r"^(w\d+[^\w]*( |$))+$")).as_py()
    words = pc.add(pc.count_substring(texts, " "), 1)
    assert 10 <= pc.approximate_median(words).as_py() <= 18


def test_truth_has_its_schemas_and_covers_the_log(tiny: World) -> None:
    assert set(tiny.truth) == set(TRUTH_SCHEMAS)
    for name, schema in TRUTH_SCHEMAS.items():
        assert tiny.truth[name].schema.equals(schema)
    accounts = tiny.truth["accounts"]
    assert set(accounts["account"].to_pylist()) == set(tiny.actions["account"].to_pylist())
    assert len(accounts["account"].unique()) == accounts.num_rows
    assert pc.sum(accounts["actions"]).as_py() == tiny.actions.num_rows
    factory = pc.equal(accounts["kind"], "factory")
    assert pc.equal(factory, pc.equal(accounts["label"], 1)).to_pylist() == [True] * accounts.num_rows
    assert pc.sum(accounts["ordered_actions"]).as_py() == tiny.truth["order_actions"].num_rows
    assert pc.sum(tiny.truth["orders"]["actions"]).as_py() == tiny.truth["order_actions"].num_rows


def test_ids_betray_nothing_of_who_wrote(tiny: World) -> None:
    rank = np.argsort(
        np.argsort(np.array([int(x) for x in tiny.actions["post_id"].to_pylist()], dtype=float))
    )
    accounts = tiny.truth["accounts"].filter(pc.equal(tiny.truth["accounts"]["label"], 1))["account"]
    theirs = np.array(pc.is_in(tiny.actions["account"], value_set=accounts.combine_chunks()))
    share = rank[theirs] / len(rank)
    assert np.mean(share) == pytest.approx(0.5, abs=4 * 0.289 / np.sqrt(theirs.sum()))


def test_same_seed_same_world_and_another_seed_another() -> None:
    config = preset("tiny", seed=5).model_copy(update={"days": 4})
    one, two = build(config), build(config)
    assert one.actions.equals(two.actions)
    assert all(one.truth[name].equals(two.truth[name]) for name in TRUTH_SCHEMAS)
    assert not build(config.model_copy(update={"seed": 6})).actions.equals(one.actions)


@pytest.mark.parametrize("generator", ["cascade", "hawkes"])
def test_an_operation_and_look_alikes_leave_ordinary_accounts_as_they_were(generator: str) -> None:
    full = preset("tiny", seed=4).model_copy(update={"days": 6, "generator": generator})
    bare = full.model_copy(update={"operations": (), "lookalikes": LookAlikes()})
    assert rows_of(build(full), "organic").equals(build(bare).actions)


def test_every_look_alike_is_there_and_honest(tiny: World) -> None:
    accounts = tiny.truth["accounts"]
    kinds = set(accounts["kind"].to_pylist())
    assert kinds >= {
        "fan",
        "streaming fandom",
        "hashtag hour",
        "volunteer",
        "share button",
        "newsroom",
        "feed",
        "earthquake witness",
        "household",
        "diaspora office",
        "exile",
    }
    assert not set(accounts.filter(pc.not_equal(accounts["kind"], "factory"))["label"].to_pylist()) - {0}


def test_fans_react_to_stars_within_seconds(tiny: World) -> None:
    time = dict(zip(tiny.actions["post_id"].to_pylist(), tiny.actions["time"].to_pylist(), strict=True))
    delays = [
        (row["time"] - time[row["reshare_of"]]).total_seconds()
        for row in rows_of(tiny, "fan").to_pylist()
        if row["reshare_of"]
    ]
    assert np.median(delays) < 60


def test_outlets_of_a_newsroom_publish_the_same_text_within_seconds(tiny: World) -> None:
    stories = rows_of(tiny, "newsroom").group_by("text").aggregate([("time", "min"), ("time", "max")])
    spread = np.array(pc.subtract(stories["time_max"], stories["time_min"]).cast(pa.int64())) / 1e6
    assert np.median(spread) < 30


def test_feeds_post_on_whole_minutes(tiny: World) -> None:
    times = np.array(rows_of(tiny, "feed")["time"].cast(pa.int64()))
    assert len(times)
    assert (times % 60_000_000 == 0).all()


def test_the_hashtag_hour_is_one_hour_with_common_tags() -> None:
    config = WorldConfig(days=7, accounts=500, activity=0.05, lookalikes=LookAlikes(hashtag_hour=60))
    rows = rows_of(build(config), "hashtag hour")
    tags = rows["hashtags"].combine_chunks()
    movement = pc.mode(pc.dictionary_encode(tags.flatten()).indices)[0]["mode"].as_py()
    hit = pc.equal(pc.dictionary_encode(tags.flatten()).indices, movement)
    hours = pc.hour(rows["time"].take(pc.list_parent_indices(tags).filter(hit)))
    # Wednesday 20:00 in Berlin is 19:00 UTC in winter; the last posts come two minutes late.
    counts = np.bincount(np.array(hours), minlength=24)
    assert counts.sum() > 150
    assert counts[19] > 0.9 * counts.sum()
    assert rows.num_rows > counts.sum()


def test_a_household_holds_one_account_at_a_time() -> None:
    config = WorldConfig(days=10, accounts=500, activity=0.2, lookalikes=LookAlikes(households=40))
    rows = rows_of(build(config), "household")
    names = account_names(np.arange(80) + household_code())
    person = pc.divide(pc.index_in(rows["account"], value_set=names), 2)
    rows = rows.append_column("person", person).sort_by([("person", "ascending"), ("time", "ascending")])
    person, account = np.array(rows["person"]), np.array(rows["account"].to_pylist())
    seconds = np.diff(np.array(rows["time"].cast(pa.int64()))) / 1e6
    changed = (np.diff(person) == 0) & (account[1:] != account[:-1])
    assert changed.sum() > 100
    assert seconds[changed].min() >= 12


def household_code() -> int:
    """Code of the first household account."""
    return _FIRST_GROUP_CODE + list(KINDS_OF_GROUPS).index("households") * _CODES_EACH


def test_exiles_have_accounts_of_one_day(tiny: World) -> None:
    exiles = rows_of(tiny, "exile")["account"].unique()
    created = tiny.facts.filter(pc.is_in(tiny.facts["account"], value_set=exiles))["created"]
    assert pc.max(created).as_py() - pc.min(created).as_py() < np.timedelta64(1, "D").astype(object)


def test_resizing_gives_about_the_actions_asked_for() -> None:
    config = resized(preset("nothing", seed=1), 100_000)
    assert build(config).actions.num_rows == pytest.approx(100_000, rel=0.35)


def test_hawkes_cascades_have_the_branching_asked_for() -> None:
    config = WorldConfig(generator="hawkes", days=20, accounts=2_000, branching=0.4, memory=2)
    acts = build(config).actions
    roots = config.expected_actions() * (1 - config.branching)
    assert acts.num_rows / roots == pytest.approx(1 / (1 - 0.4), rel=0.2)


def test_hawkes_plants_groups_with_orders() -> None:
    world = build(preset("tiny", seed=1).model_copy(update={"generator": "hawkes"}))
    assert world.truth["orders"].num_rows > 20
    assert {"organic", "factory", "fan"} == set(world.truth["accounts"]["kind"].to_pylist())
    tags = {tag for tags in rows_of(world, "factory")["hashtags"].to_pylist() for tag in tags}
    given = {tag for tags in world.truth["orders"]["objects"].to_pylist() for tag in tags}
    assert len(given & tags) > 0.9 * len(given)
