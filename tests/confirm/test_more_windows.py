"""Further windows of synchrony: more to bet on, and nothing else of an account changes."""

from __future__ import annotations

import numpy as np
import pytest

from chorusline.config import Config
from chorusline.confirm.confirmation import Confirmation, confirm
from chorusline.confirm.parts import split
from chorusline.confirm.synchrony import synchrony_test
from chorusline.traces import available
from tests.world import world

JITTER = 200.0
"""Seconds by which the planted accounts miss one another: most of it too much for a window of a minute."""


@pytest.fixture(scope="module")
def planted():
    return world(5, accounts=3_000, actions=30_000, planted=30, jitter=JITTER)


def confirmed(w, resolution: float = 1e-6, **settings) -> Confirmation:
    traces = {"reshare": available()["reshare"]}
    config = Config(splits=2, **settings)
    return confirm({"reshare": w.uses()}, traces, config, n_accounts=len(w.kind), resolution=resolution)


def synchrony_of(found: Confirmation, *further: float) -> list:
    return [o for o in found.outcomes if o.test == "synchrony" and (not further or o.further in further)]


def test_a_wider_window_is_one_more_bet_and_leaves_the_trials_of_the_first_as_they_were(planted):
    one, more = confirmed(planted), confirmed(planted, more_windows=(300.0, 900.0))
    assert {o.further for o in synchrony_of(one)} == {0.0}
    assert {o.further for o in synchrony_of(more)} == {0.0, 300.0, 900.0}
    for before, now in zip(synchrony_of(one, 0.0), synchrony_of(more, 0.0), strict=True):
        np.testing.assert_array_equal(before.tested.hit, now.tested.hit)
        np.testing.assert_array_equal(before.tested.chance, now.tested.chance)
    np.testing.assert_array_equal(one.tested, more.tested)
    assert (more.held_out[one.tested] < 2 * one.held_out[one.tested] + 9).all(), "uses are counted once"
    np.testing.assert_array_equal(one.named, planted.kind == "planted")
    np.testing.assert_array_equal(more.named, planted.kind == "planted")


def test_each_window_s_outcome_is_that_of_its_own_test(planted):
    config, uses = Config(more_windows=(300.0,)), planted.uses()
    traces = {"reshare": available()["reshare"]}
    for outcome in synchrony_of(confirmed(planted, more_windows=(300.0,))):
        window = outcome.further or config.window
        part = split({"reshare": uses}, traces, config.parts, config.seed, outcome.split)["reshare"]
        again = synchrony_test(
            uses.keep(part == outcome.part), outcome.group, window, config.wide_window, config.kappa,
            config.reaction, True,
        )  # fmt: skip
        np.testing.assert_array_equal(outcome.tested.hit, again.hit)
        np.testing.assert_array_equal(outcome.tested.chance, again.chance)


@pytest.mark.parametrize(
    ("more", "resolution", "made"),
    [
        ((30.0, 60.0, 7200.0), 1e-6, {0.0}),  # not wider than the first, or wider than the wide one
        ((300.0,), 600.0, {0.0}),  # the clock makes it one with the first
        ((900.0, 300.0, 300.0), 1e-6, {0.0, 300.0, 900.0}),
    ],
)
def test_windows_that_add_nothing_are_left_out(planted, more, resolution, made):
    found = confirmed(planted, resolution, more_windows=more)
    assert {outcome.further for outcome in found.outcomes} == made
