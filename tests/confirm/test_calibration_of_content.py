"""Where the content test's null is true it must hold exactly; and what share buttons and feeds do to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.traces import available
from tests.confirm.test_calibration import confirmed
from tests.world import World, headlines

LEVELS = (0.001, 0.01, 0.05, 0.1)


def tails(found, chosen) -> np.ndarray:
    """P-values of the content tests of the accounts chosen, all folds and splits."""
    outcomes = [o.tested for o in found.outcomes if o.test == "content"]
    return np.concatenate([t.p[(t.trials > 0) & chosen] for t in outcomes])


def test_texts_that_anybody_shares_with_anybody_name_nobody():
    tested, p = 0, []
    for seed in range(600, 615):
        w = headlines(seed, interests=1)
        found = confirmed("text", w)
        assert not found.named.any()
        tested += int(found.tested.sum())
        p.append(tails(found, w.kind == "organic"))
    p = np.concatenate(p)
    assert tested > 3_000
    assert len(p) > 10_000
    assert all(np.mean(p <= level) <= level for level in LEVELS)


def test_three_large_interests_name_nobody_either():
    p = []
    for seed in range(600, 610):
        w = headlines(seed, interests=3)
        found = confirmed("text", w)
        assert not found.named.any()
        p.append(tails(found, w.kind == "organic"))
    p = np.concatenate(p)
    assert len(p) > 10_000
    assert all(np.mean(p <= level) <= level for level in LEVELS)


def as_posts(world: World, seed: int, left_out: float = 0.0) -> ActionLog:
    """The world's texts as posts. Headlines and petitions come with their link, as share buttons put it.

    Besides: every twentieth account signs petitions with a button, and one in ten posts is sent again by its
    own account a minute later. left_out : share of the posts whose link people or exports have cut.
    """
    rng = np.random.default_rng(seed)
    signers = rng.choice(len(world.kind), len(world.kind) // 20, replace=False)
    who, what = (side.ravel() for side in np.meshgrid(signers, 7_000 + np.arange(12)))
    signed = rng.random(len(who)) < 0.5
    moment = rng.uniform(0, 25, 12) * 86_400
    again = rng.random(len(world.account)) < 0.1
    account = np.concatenate([world.account, who[signed], world.account[again]])
    objects = np.concatenate([world.object, what[signed], world.object[again]])
    delays = rng.lognormal(8, 2, int(signed.sum()))
    time = np.concatenate([world.time, moment[what[signed] - 7_000] + delays, world.time[again] + 60])
    n = len(account)
    whole = (rng.random(n) >= left_out) & (objects < 8_000)
    link = [
        f"https://n.org/{o}?utm_source={k % 7}" if known else None
        for k, (o, known) in enumerate(zip(objects, whole, strict=True))
    ]
    table = pa.table(
        {
            "row": np.arange(1, n + 1),
            "post_id": [f"p{k}" for k in range(n)],
            "account": [f"a{k:05d}" for k in account.tolist()],
            "time": pa.array(np.rint(time * 1e6).astype(np.int64) + 10**15).cast(
                pa.timestamp("us", tz="UTC")
            ),
            "kind": ["post"] * n,
            "text": [f"The words of number {o} and no other, {o}" for o in objects.tolist()],
            "links": pa.array([[url] if url else [] for url in link], pa.list_(pa.string())),
        }
    )
    columns = [
        table[f.name].cast(f.type) if f.name in table.column_names else pa.nulls(n, f.type)
        for f in DOOR_SCHEMA
    ]
    return ActionLog.build([Input("posts.csv", [Batch(pa.table(columns, schema=DOOR_SCHEMA))])])


def from_posts(log: ActionLog):
    config, trace = Config(), available()["text"]
    arguments = {"n_accounts": log.accounts.num_rows, "resolution": log.resolution}
    return confirm({"text": trace.extract(log, config)}, {"text": trace}, config, **arguments)


def test_headlines_and_petitions_with_their_links_name_nobody():
    for seed in range(600, 610):
        assert not from_posts(as_posts(headlines(seed), seed)).named.any()
    # Without the rule for headlines there is a good deal that could have gone wrong.
    assert from_posts(as_posts(headlines(600), 600, left_out=1.0)).tested.sum() > 200


@pytest.mark.xfail(
    strict=True, reason="one post without its link is enough to make a headline count as a text"
)
def test_headlines_and_petitions_name_nobody_where_some_links_are_missing():
    for seed in (600, 601):
        assert not from_posts(as_posts(headlines(seed), seed, left_out=0.1)).named.any()


def test_a_group_on_templates_is_named_among_share_buttons():
    w = headlines(601, planted=30)
    log = as_posts(w, 601)
    named = {log.names[k] for k in np.flatnonzero(from_posts(log).named)}
    planted = {f"a{k:05d}" for k in np.flatnonzero(w.kind == "planted")}
    assert len(named & planted) >= 28
    assert len(named - planted) <= 1
