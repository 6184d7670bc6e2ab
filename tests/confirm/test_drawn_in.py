"""Members through the group: who is tested with it, and that being tested is not being named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from chorusline.config import Config
from chorusline.confirm import confirmation
from chorusline.confirm.confirmation import _drawn_in, confirm
from chorusline.network.discovery import discover
from chorusline.traces import available
from tests.world import as_uses, headlines, world


def uses_of(shared: dict[int, range], n: int):
    account = np.concatenate([np.full(len(o), a) for a, o in shared.items()])
    what = np.concatenate([np.array(o) for o in shared.values()])
    return {"reshare": as_uses(account, what, np.arange(len(account), dtype=float), n)}


# Accounts 0..3 are a group, 4 does what they do, 5 to 8 what others do, 9 some of it.
SHARED = {**dict.fromkeys(range(5), range(10)), **dict.fromkeys(range(5, 9), range(20, 30)), 9: range(7, 27)}
GROUP = np.array([0, 0, 0, 0, -1, -1, -1, -1, -1, -1], np.int32)


@pytest.mark.parametrize(("confirmed", "expected"), [(3, [4]), (2, []), (0, [])])
def test_only_who_resembles_a_group_with_confirmed_members_is_drawn_in(confirmed, expected):
    strong = np.arange(10) < confirmed
    group = _drawn_in(GROUP, uses_of(SHARED, 10), strong, Config())
    assert (group[:4] == 0).all()
    assert np.flatnonzero((group >= 0) & (GROUP < 0)).tolist() == expected


def test_confirmed_accounts_outside_all_groups_draw_nobody_in():
    nobody = np.full(10, -1, np.int32)
    assert (_drawn_in(nobody, uses_of(SHARED, 10), np.ones(10, bool), Config()) == -1).all()


OVERLOOKED = 6
"""Accounts on orders that discovery doesn't see, in the world of the fixture."""


@pytest.fixture(scope="module")
def found():
    """A world of texts, and its confirmation where discovery overlooks members: by resemblance asked for."""
    w = headlines(77, accounts=2_000, posts=16_000, planted=40)
    overlooked = np.arange(len(w.kind)) >= len(w.kind) - OVERLOOKED

    def blind(*args, **kwargs):
        proposal = discover(*args, **kwargs)
        return replace(proposal, group=np.where(overlooked, -1, proposal.group).astype(np.int32))

    def confirmed(resemblance: float):
        trace = {"text": available()["text"]}
        config = Config(splits=2, resemblance=resemblance)
        return confirm({"text": w.uses()}, trace, config, n_accounts=len(w.kind), resolution=1e-6)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confirmation, "discover", blind)
        return overlooked, {asked: confirmed(asked) for asked in (0.3, 100.0)}


def test_members_whom_discovery_overlooks_are_named_through_the_group(found):
    overlooked, by_resemblance = found
    drawing, alone = by_resemblance[0.3], by_resemblance[100.0]
    assert not (alone.proposed | alone.drawn_in | alone.named)[overlooked].any()
    assert drawing.drawn_in[overlooked].all()
    assert drawing.named[overlooked].sum() >= 0.8 * OVERLOOKED


def test_readers_of_the_same_are_drawn_in_and_tested_and_not_named():
    w = world(77, accounts=8_000, actions=40_000)
    config, trace = Config(splits=1, resemblance=0.01), {"reshare": available()["reshare"]}
    drawing = confirm({"reshare": w.uses()}, trace, config, n_accounts=len(w.kind), resolution=1e-6)
    assert drawing.named[w.kind == "planted"].all()
    assert (drawing.drawn_in & drawing.tested).sum() > 20
    assert not (drawing.drawn_in & drawing.named).any()
    assert not (drawing.named & ~drawing.tested).any()
    assert not (drawing.drawn_in & drawing.proposed).any()
