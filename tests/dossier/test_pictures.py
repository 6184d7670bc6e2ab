"""Network picture and timeline."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.dossier import network_picture, timeline
from chorusline.dossier.network_picture import HEIGHT, WIDTH, draw, spring_layout


def cliques(rng: np.random.Generator, size: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Two full groups of `size` with one tie between them."""
    i, j = np.triu_indices(size, 1)
    return np.concatenate([i, i + size, [0]]), np.concatenate([j, j + size, [size]])


def test_tied_accounts_lie_nearer_to_each_other() -> None:
    a, b = cliques(np.random.default_rng(0))
    xy = spring_layout(40, a, b, np.ones(len(a)), seed=3)
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    inside = apart[:20, :20][np.triu_indices(20, 1)].mean()
    assert inside < 0.6 * apart[:20, 20:].mean()
    assert np.array_equal(xy, spring_layout(40, a, b, np.ones(len(a)), seed=3))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 25), st.integers(0, 60), st.integers(0, 5))
def test_every_drawn_account_lies_inside_the_frame(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a = rng.integers(0, max(n, 1), m if n > 1 else 0)
    b = (a + 1 + rng.integers(0, max(n - 1, 1), len(a))) % max(n, 1)
    keep = a != b
    trace = [f"trace{k % 6}" for k in range(int(keep.sum()))]
    picture = draw(
        ["named"] * n, list(range(n)), a[keep], b[keep], rng.uniform(1, 9, int(keep.sum())), trace, seed=seed
    )
    assert len(picture.nodes) == n
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y, _, _ in picture.nodes)
    assert len(picture.legend) <= network_picture.MOST_TRACES
    assert sum(path.count("M") for _, path in picture.lines) == picture.drawn_edges == len(trace)


def test_of_a_large_group_the_most_connected_are_drawn_and_counted() -> None:
    n = 500
    a = np.arange(0, 400)
    picture = draw(
        ["nothing found"] * n, list(range(n)), a, (a + 1) % 400, np.ones(400), ["text"] * 400, seed=1
    )
    assert (len(picture.nodes), picture.total_nodes, picture.total_edges) == (300, 500, 400)
    assert max(account for _, _, _, account in picture.nodes) < 400


def test_each_status_has_its_own_shape() -> None:
    status = ["named", "few days", "not enough evidence", "nothing found"]
    picture = draw(status, [7, 8, 9, 10], np.array([0]), np.array([1]), np.ones(1), ["text"], seed=0)
    assert {(shape, account) for _, _, shape, account in picture.nodes} == {(0, 7), (1, 8), (2, 9), (3, 10)}


def test_bars_hold_every_use() -> None:
    rng = np.random.default_rng(5)
    for span in (1800, 86400, 40 * 86400, 900 * 86400, 9000 * 86400):
        times = (1_600_000_000 + np.sort(rng.integers(0, span, 300))) * 1_000_000
        line = timeline.draw(times)
        assert line is not None
        assert len(line.bars) <= timeline.MOST_BARS + 2
        scale = (timeline.HEIGHT - timeline.TOP - timeline.BOTTOM) / line.peak
        assert round(sum(height / scale for _, _, _, height in line.bars)) in range(285, 316)
        assert all(x >= timeline.LEFT and x + w <= timeline.WIDTH for x, _, w, _ in line.bars)
    assert timeline.draw(np.empty(0, np.int64)) is None


def test_the_peak_is_where_the_uses_are() -> None:
    hour = 1_646_000_000 // 3600 * 3600
    times = np.array([hour, hour + 7200, hour + 7201, hour + 7300]) * 1_000_000
    line = timeline.draw(times)
    assert line is not None
    assert (line.peak, line.step, line.peak_time) == (3, "hour", "2022-02-28 00:00")
    assert line.first == "2022-02-27 22:00:00 UTC"
