"""Accounts: lifetimes, pace, zones, interests, habits and whom they follow."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy.special import ndtri

from chorusline.simulate.acts import DESK, LANGUAGES, PHONE, TABLET, WEB
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.rhythm import midnight
from chorusline.simulate.streams import Array
from chorusline.simulate.wording import STYLES
from chorusline.units import SECOND


@dataclass(frozen=True)
class Population:
    """n accounts, one array entry each; codes run from `first`.

    born, died : first and last day of activity, float days since the world's start.
    presence : chance to be active on a day in between. pace : log mean of posts an active day.
    interests : int16 [n, 3], with repetitions. follows : int32 [n, k], codes of accounts in view.
    kinds : cumulative shares of post, reshare, reply, quote, float32 [n, 4].
    """

    first: int
    born: Array
    died: Array
    presence: Array
    pace: Array
    zone: Array
    chronotype: Array
    profile: Array
    interests: Array
    kinds: Array
    client: Array
    style: Array
    language: Array
    followers: Array
    follows: Array
    created: Array

    def __len__(self) -> int:
        return len(self.born)

    @property
    def codes(self) -> Array:
        """Account codes, int32 [n]."""
        return np.arange(self.first, self.first + len(self), dtype=np.int32)

    def changed(self, **arrays: Array) -> Population:
        """Return the population with some arrays replaced."""
        return replace(self, **arrays)  # type: ignore[arg-type]

    def take(self, rows: Array) -> Population:
        """Return the accounts in the given rows, numbered anew from `first`."""
        arrays = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "first"}
        return replace(self, **arrays)


def lifetimes(config: WorldConfig, rng: np.random.Generator, n: int) -> Array:
    """Posts in a life, float64 [n]: lognormal to the 90 % point, then a truncated Pareto tail.

    The lognormal through median and 90 % point gives the body the mean that the archive's figures leave
    for it, so that median, mean, 90 % point and the top tenth's share come out together.
    """
    u = rng.random(n)
    sigma = np.log(config.lifetime_p90 / config.lifetime_median) / 1.2815515655446004
    body = config.lifetime_median * np.exp(sigma * ndtri(np.minimum(u, 0.9)))
    above = np.maximum(u - 0.9, 0.0) / 0.1
    floor = (config.lifetime_p90 / config.lifetime_cap) ** config.lifetime_tail
    tail = config.lifetime_p90 * (1.0 - above * (1.0 - floor)) ** (-1.0 / config.lifetime_tail)
    return np.asarray(np.where(u < 0.9, np.maximum(body, 1.0), tail))


def populate(
    config: WorldConfig, rng: np.random.Generator, n: int, first: int, authors: Population | None = None
) -> Population:
    """Draw n ordinary accounts. They follow `authors`, or each other where none are given."""
    posts = lifetimes(config, rng, n) * config.activity
    shared = config.account_share * config.day_sigma**2
    # Active days fall as 1/pace, so over account-days the pace is tilted down by its variance: lift it.
    pace = np.log(config.day_median) + shared + np.sqrt(shared) * rng.standard_normal(n)
    per_day = np.exp(pace + 0.5 * config.day_sigma**2 * (1.0 - config.account_share)) + 0.25
    reference = max(config.reference_days, config.days)
    posts, per_day, pace = _fit_in(posts, per_day, pace, 0.75 * reference)
    active_days = np.maximum(posts / per_day, 0.0)
    presence = np.clip(rng.beta(*config.presence, n), 0.05, 0.97) * min(1.0, config.activity**0.5)
    life = np.clip(active_days / presence, 1.0, reference)
    presence = np.minimum(active_days / life, 1.0)
    # A short world lies in the middle of the period, where lives overlap as they do in the long run.
    born = rng.random(n) * (reference - life) - 0.5 * (reference - config.days)
    zone = rng.choice(len(config.zones), n, p=np.array(config.zone_shares) / sum(config.zone_shares))
    followers = 20.0 * rng.random(n) ** (-1.0 / config.degree) * (1.0 + posts / 500.0) ** 0.3
    interests = _interests(config, rng, n)
    population = Population(
        first=first,
        born=born,
        died=born + life,
        presence=presence,
        pace=pace,
        zone=zone.astype(np.int8),
        chronotype=rng.normal(0.0, 1.2, n).astype(np.float32),
        profile=np.zeros(n, dtype=np.int8),
        interests=interests,
        kinds=_kinds(config, rng, n),
        client=rng.choice([WEB, PHONE, TABLET, DESK], n, p=[0.22, 0.66, 0.07, 0.05]).astype(np.int8),
        style=rng.integers(1, STYLES, n).astype(np.int16),
        language=(zone % len(LANGUAGES)).astype(np.int8),
        followers=np.minimum(followers, 5e7).astype(np.int64),
        follows=np.zeros((n, config.follows), dtype=np.int32),
        created=_created(config, rng, born),
    )
    return population.changed(follows=_follow(config, rng, population, authors or population))


def _fit_in(posts: Array, per_day: Array, pace: Array, most_days: float) -> tuple[Array, Array, Array]:
    """Let accounts whose posts don't fit into the period write more a day."""
    stretch = np.maximum(posts / (per_day * most_days), 1.0)
    return posts, per_day * stretch, pace + np.log(stretch)


def _interests(config: WorldConfig, rng: np.random.Generator, n: int) -> Array:
    weights = 1.0 / (np.arange(config.interests) + 3.0)
    drawn = rng.choice(config.interests, (n, 3), p=weights / weights.sum()).astype(np.int16)
    how_many = rng.integers(1, 4, n)
    drawn[how_many < 2, 1] = drawn[how_many < 2, 0]
    drawn[how_many < 3, 2] = drawn[how_many < 3, 0]
    return drawn


def _kinds(config: WorldConfig, rng: np.random.Generator, n: int) -> Array:
    """Each account's own mix of kinds (Dirichlet around the mean shares), cumulative."""
    shares = rng.gamma(np.array(config.kinds) * 5.0, 1.0, (n, 4)) + 1e-9
    return np.asarray(np.cumsum(shares, axis=1) / shares.sum(axis=1, keepdims=True), dtype=np.float32)


def _created(config: WorldConfig, rng: np.random.Generator, born: Array) -> Array:
    """Creation times, int64 microseconds: some time before the first active day."""
    age = born - rng.exponential(500.0, len(born))
    return midnight(config.start) + (age * 86_400).astype(np.int64) * SECOND


def _follow(config: WorldConfig, rng: np.random.Generator, of: Population, authors: Population) -> Array:
    """Accounts in view, int32 [n, k]: drawn by followers among authors that share the first interest."""
    result = np.empty((len(of), config.follows), dtype=np.int32)
    visible = np.asarray(authors.followers, dtype=np.float64) ** 0.8 * authors.presence
    visible *= np.clip(authors.died - authors.born, 0.0, 60.0)
    order = np.argsort(authors.interests[:, 0], kind="stable")
    cumulative = np.concatenate(([0.0], np.cumsum(visible[order])))
    edges = np.searchsorted(authors.interests[order, 0], np.arange(config.interests + 1))
    for place in range(config.follows):
        interest = of.interests[:, place % 3]
        low, high = cumulative[edges[interest]], cumulative[edges[interest + 1]]
        # Nobody to follow in an interest: look among all.
        low, high = np.where(high > low, low, 0.0), np.where(high > low, high, cumulative[-1])
        chosen = np.searchsorted(cumulative, low + rng.random(len(of)) * (high - low), side="right") - 1
        result[:, place] = order[np.minimum(chosen, len(order) - 1)] + authors.first
    return result
