"""Ready-made worlds, from one for a test to the founding case."""

from __future__ import annotations

from datetime import date

from chorusline.errors import UsageError
from chorusline.simulate.config import LookAlikes, Operation, WorldConfig

_FEW = LookAlikes(
    fans=60,
    stars=4,
    streaming=40,
    hashtag_hour=40,
    volunteers=30,
    share_button=40,
    newsroom=6,
    feeds=9,
    witnesses=60,
    households=6,
    diaspora=10,
    exiles=10,
)
_SOME = LookAlikes(
    fans=300,
    stars=8,
    streaming=300,
    hashtag_hour=150,
    volunteers=120,
    share_button=300,
    newsroom=12,
    feeds=30,
    witnesses=500,
    households=40,
    diaspora=30,
    exiles=30,
)
_MANY = LookAlikes(
    fans=1500,
    stars=20,
    streaming=2000,
    hashtag_hour=800,
    volunteers=500,
    share_button=2000,
    newsroom=28,
    feeds=90,
    witnesses=4000,
    households=200,
    diaspora=60,
    exiles=60,
)
_SMALL_OPERATION = Operation(operators=8, accounts_per_operator=3.0, templates=12)

PRESETS: dict[str, tuple[str, WorldConfig]] = {
    "tiny": (
        "some 1,400 accounts over 14 days, 8 operators, a few of every look-alike; for a first look",
        WorldConfig(
            days=14,
            accounts=6_000,
            activity=0.02,
            reference_days=60,
            operations=(_SMALL_OPERATION,),
            lookalikes=_FEW,
        ),
    ),
    "small": (
        "20,000 accounts over 30 days, 10 operators, some of every look-alike",
        WorldConfig(
            days=30, accounts=20_000, operations=(Operation(operators=10, templates=12),), lookalikes=_SOME
        ),
    ),
    "medium": (
        "100,000 accounts over 60 days, two operations of 10 and 40 operators, many look-alikes",
        WorldConfig(
            days=60,
            accounts=100_000,
            operations=(
                Operation(operators=10, templates=12, name="first operation"),
                Operation(
                    operators=40, name="second operation", zone="Europe/Moscow", country="RU", shifts="two"
                ),
            ),
            lookalikes=_MANY,
        ),
    ),
    "office": (
        "40 operators over 90 days among 20,000 accounts",
        WorldConfig(
            days=90, accounts=20_000, operations=(Operation(operators=40, templates=40),), lookalikes=_SOME
        ),
    ),
    "bureau": (
        "150 operators over 120 days among 60,000 accounts",
        WorldConfig(days=120, accounts=60_000, operations=(Operation(operators=150),), lookalikes=_SOME),
    ),
    "founding": (
        "the founding case: 1,250 operators, 4,100 accounts, one site on Central European time, 2 years",
        WorldConfig(
            start=date(2017, 10, 1),
            days=730,
            accounts=60_000,
            reference_days=730,
            operations=(Operation(operators=1_250),),
            lookalikes=_SOME,
        ),
    ),
    "look-alikes": (
        "no operation, all look-alikes: whom does a method accuse wrongly?",
        WorldConfig(days=30, accounts=20_000, lookalikes=_SOME),
    ),
    "nothing": (
        "ordinary accounts only",
        WorldConfig(days=30, accounts=20_000),
    ),
}
"""Name -> what it is, config (seed 0)."""


def preset(name: str, seed: int = 0) -> WorldConfig:
    """Return a preset's config with a seed."""
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}: use one of {', '.join(PRESETS)}.")
    return PRESETS[name][1].model_copy(update={"seed": seed})


def resized(config: WorldConfig, actions: int) -> WorldConfig:
    """Return the config with as many ordinary accounts as make about `actions` actions."""
    accounts = max(10, round(config.accounts * actions / config.expected_actions()))
    return config.model_copy(update={"accounts": accounts})
