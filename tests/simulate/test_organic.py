"""The ordinary population against the published figures of an archive (tolerances stated here)."""

from __future__ import annotations

import numpy as np
import pytest

from chorusline.actions import KINDS
from chorusline.simulate import WorldConfig
from chorusline.simulate.objects import Catalogue
from chorusline.simulate.organic import timeline
from chorusline.simulate.population import lifetimes, populate
from chorusline.simulate.streams import stream
from chorusline.simulate.world import Organic
from chorusline.units import DAY, SECOND


@pytest.fixture(scope="module")
def long_world() -> np.ndarray:
    """Timeline of 2,000 accounts over two years: account and time, sorted by both."""
    config = WorldConfig(accounts=2_000, days=730)
    people = populate(config, stream(3, 0), config.accounts, 0)
    acts = np.concatenate([timeline(config, people, 1, day, [])[["account", "time"]] for day in range(730)])
    return acts[np.lexsort((acts["time"], acts["account"]))]


def test_lifetimes_drawn_have_the_archives_figures() -> None:
    posts = lifetimes(WorldConfig(), stream(0), 400_000)
    assert np.median(posts) == pytest.approx(151, rel=0.02)
    assert posts.mean() == pytest.approx(868, rel=0.03)
    assert np.quantile(posts, 0.9) == pytest.approx(2399, rel=0.03)
    assert np.sort(posts)[-40_000:].sum() / posts.sum() == pytest.approx(0.66, abs=0.02)


def test_lifetimes_lived_have_the_archives_figures(long_world: np.ndarray) -> None:
    posts = np.bincount(long_world["account"])
    posts = np.sort(posts[posts > 0])
    assert np.median(posts) == pytest.approx(151, rel=0.25)
    assert posts.mean() == pytest.approx(868, rel=0.15)
    assert np.quantile(posts, 0.9) == pytest.approx(2399, rel=0.2)
    assert posts[-len(posts) // 10 :].sum() / posts.sum() == pytest.approx(0.66, abs=0.05)


def test_posts_an_active_day_have_the_archives_figures(long_world: np.ndarray) -> None:
    day = long_world["account"].astype(np.int64) * 100_000 + long_world["time"] // DAY
    count = np.unique(day, return_counts=True)[1]
    assert np.median(count) == pytest.approx(4, abs=1)
    assert np.quantile(count, 0.9) == pytest.approx(23, rel=0.15)
    assert np.quantile(count, 0.99) == pytest.approx(73, rel=0.25)


def test_gaps_have_the_archives_figures(long_world: np.ndarray) -> None:
    same = np.diff(long_world["account"]) == 0
    minutes = np.diff(long_world["time"])[same] / SECOND / 60
    same_minute = np.diff(long_world["time"] // (60 * SECOND))[same] == 0
    assert same_minute.mean() == pytest.approx(0.25, abs=0.05)
    assert np.median(minutes) == pytest.approx(10, rel=0.3)
    assert np.quantile(minutes, 0.75) == pytest.approx(95, rel=0.2)
    assert np.quantile(minutes, 0.9) / 60 == pytest.approx(6.6, rel=0.3)
    assert np.quantile(minutes, 0.99) / 60 == pytest.approx(94, rel=0.25)


@pytest.fixture(scope="module")
def fortnight() -> tuple[WorldConfig, Organic, np.ndarray]:
    config = WorldConfig(accounts=8_000, days=14, seed=2)
    organic = Organic(config)
    catalogue = Catalogue(config, config.expected_actions() / config.days)
    days = []
    for day in range(config.days):
        catalogue.open(day)
        days.append(organic.day(day, catalogue))
    return config, organic, np.concatenate(days)


def test_reactions_follow_a_post_that_exists(fortnight: tuple[WorldConfig, Organic, np.ndarray]) -> None:
    _, _, acts = fortnight
    acts = acts[np.argsort(acts["key"])]
    reactions = acts[acts["parent"] > 0]
    row = np.searchsorted(acts["key"], reactions["parent"])
    parents = acts[np.minimum(row, len(acts) - 1)]
    assert (parents["key"] == reactions["parent"]).all()
    assert (parents["time"] < reactions["time"]).all()
    assert (parents["kind"] == KINDS.index("post")).all()
    assert (parents["account"] != reactions["account"]).all()
    reshared = reactions["kind"] == KINDS.index("reshare")
    assert (parents["text"][reshared] == reactions["text"][reshared]).all()


def test_kinds_come_in_about_the_shares_asked_for(fortnight: tuple[WorldConfig, Organic, np.ndarray]) -> None:
    config, _, acts = fortnight
    shares = np.bincount(acts["kind"], minlength=4) / len(acts)
    # Reactions without anything to react to become posts.
    assert shares == pytest.approx(np.array(config.kinds), abs=0.12)


def test_popularity_is_heavy_tailed(fortnight: tuple[WorldConfig, Organic, np.ndarray]) -> None:
    _, _, acts = fortnight
    reshares = acts[acts["kind"] == KINDS.index("reshare")]
    counts = np.sort(np.unique(reshares["parent"], return_counts=True)[1])[::-1]
    assert np.median(counts) <= 3
    assert counts[0] > 20 * counts.mean()


def test_reactions_come_fast_and_late(fortnight: tuple[WorldConfig, Organic, np.ndarray]) -> None:
    _, _, acts = fortnight
    acts = acts[np.argsort(acts["key"])]
    reshares = acts[acts["kind"] == KINDS.index("reshare")]
    delay = (reshares["time"] - acts["time"][np.searchsorted(acts["key"], reshares["parent"])]) / SECOND
    assert 0.02 < np.mean(delay < 300) < 0.5
    assert np.mean(delay > 86_400) > 0.05


def test_sleep_follows_local_time(fortnight: tuple[WorldConfig, Organic, np.ndarray]) -> None:
    config, organic, acts = fortnight
    for zone, (name, shift) in enumerate(zip(config.zones, (1, 0, -5, 3.5), strict=True)):
        mine = organic.people.zone[acts["account"]] == zone
        hour = (acts["time"][mine] / SECOND / 3600 + shift) % 24
        by_hour = np.histogram(hour, bins=24, range=(0, 24))[0]
        assert by_hour[2:6].sum() < 0.35 * by_hour[18:22].sum(), name


def test_members_of_an_interest_share_more_objects(
    fortnight: tuple[WorldConfig, Organic, np.ndarray],
) -> None:
    _, organic, acts = fortnight
    reshares = acts[acts["kind"] == KINDS.index("reshare")]
    interests = organic.people.interests[reshares["account"]]
    assert np.mean((interests == reshares["topic"][:, None]).any(axis=1)) > 0.6
