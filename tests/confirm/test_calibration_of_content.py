"""What share buttons and feeds do to the content test, with their links and with some of them lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.config import Config
from chorusline.confirm.confirmation import confirm
from chorusline.traces import available
from tests.world import World, headlines


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
    for seed in range(600, 606):
        assert not from_posts(as_posts(headlines(seed), seed)).named.any()
    # Without the rule for headlines there is a good deal that could have gone wrong.
    assert from_posts(as_posts(headlines(600), 600, left_out=1.0)).tested.sum() > 200


def test_headlines_and_petitions_name_nobody_where_some_links_are_missing():
    for seed in range(600, 603):
        for left_out in (0.1, 0.3):
            assert not from_posts(as_posts(headlines(seed), seed, left_out=left_out)).named.any()


def test_a_group_on_templates_is_named_among_share_buttons():
    w = headlines(601, planted=30)
    log = as_posts(w, 601)
    planted = {f"a{k:05d}" for k in np.flatnonzero(w.kind == "planted")}
    named = {log.names[k] for k in np.flatnonzero(from_posts(log).named)}
    assert len(named & planted) >= 28
    assert len(named - planted) <= 1
