"""The picture of a group: who acted together with whom, laid out once with a seed, as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.dossier.sentences import STATUSES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_NODES = 300
MOST_EDGES = 900
MOST_TRACES = 4
WIDTH, HEIGHT, MARGIN = 720, 460, 18

SHAPES = tuple(status for status, _ in STATUSES)
"""Status of a node by the number of its shape: n0 filled square, n1 open diamond, n2 open triangle, n3
open circle."""


@dataclass(frozen=True)
class Picture:
    """A drawn group. nodes : (x, y, shape, account) each; lines : (class, path) each, one a trace.

    legend : (class, trace) each. total_nodes, drawn_edges, total_edges : for the caption.
    """

    nodes: list[tuple[int, int, int, int]]
    lines: list[tuple[str, str]]
    legend: list[tuple[str, str]]
    total_nodes: int
    drawn_edges: int
    total_edges: int


def draw(
    status: Sequence[str], accounts: Sequence[int], a: Ints, b: Ints, weight: Floats, trace: Sequence[str],
    *, seed: int, most_edges: int = MOST_EDGES,
) -> Picture:  # fmt: skip
    """Lay a group out and draw it.

    status, accounts : of each member [n]: its status and its number on the page. a, b : members [m] joined
    by each edge; weight, trace : of each edge. Of more than 300 members the most connected are drawn, of
    more than `most_edges` edges the heaviest.
    """
    n = len(accounts)
    strength = np.bincount(a, weight, n) + np.bincount(b, weight, n)
    kept = np.sort(np.lexsort((np.arange(n), -strength))[:MOST_NODES])
    new = np.full(n, -1)
    new[kept] = np.arange(len(kept))
    inside = np.flatnonzero((new[a] >= 0) & (new[b] >= 0))
    order = inside[np.lexsort((b[inside], a[inside], -weight[inside]))][:most_edges]
    xy = _fit(spring_layout(len(kept), new[a[inside]], new[b[inside]], weight[inside], seed=seed))
    names = _by_count(trace)
    lines, legend = [], []
    for place, group in enumerate(_few(names)):
        rows = [int(k) for k in order if trace[int(k)] in group]
        path = "".join(
            f"M{xy[i, 0]} {xy[i, 1]}L{xy[j, 0]} {xy[j, 1]}"
            for i, j in zip(new[a[rows]].tolist(), new[b[rows]].tolist(), strict=True)
        )
        lines.append((f"t{place}", path))
        legend.append((f"t{place}", group[0] if len(group) == 1 else "other traces"))
    nodes = [
        (
            int(xy[k, 0]),
            int(xy[k, 1]),
            SHAPES.index(status[i]) if status[i] in SHAPES else len(SHAPES) - 1,
            accounts[i],
        )
        for k, i in enumerate(kept.tolist())
    ]
    nodes.sort(key=lambda node: (-node[2], node[3]))
    return Picture(nodes, lines, legend, n, len(order), len(a))


def _by_count(trace: Sequence[str]) -> list[str]:
    names, count = np.unique(np.array(trace, dtype=str), return_counts=True)
    return [str(names[k]) for k in np.lexsort((names, -count))]


def _few(names: list[str]) -> list[list[str]]:
    """One line style a trace; the rarest share the last."""
    if len(names) <= MOST_TRACES:
        return [[name] for name in names]
    return [*([name] for name in names[: MOST_TRACES - 1]), names[MOST_TRACES - 1 :]]


def spring_layout(n: int, a: Ints, b: Ints, weight: Floats, *, seed: int, rounds: int = 90) -> Floats:
    """Return places [n, 2] by springs along edges and repulsion between all (Fruchterman & Reingold 1991).

    A light pull to the middle keeps unconnected parts in the picture. Cost: n² a round, for n in the
    hundreds. Sums are made element by element, so that the same input gives the same places.
    """
    places = np.random.default_rng(seed).uniform(-1.0, 1.0, (n, 2))
    if n <= 1:
        return np.zeros((n, 2))
    ideal = 1.6 / np.sqrt(n)
    # Light edges pull too: else accounts with few objects in common would fly out of the picture.
    pull = 0.4 + 0.6 * np.sqrt(weight / weight.max()) if len(weight) else weight
    for turn in range(rounds):
        dx = places[:, None, 0] - places[None, :, 0]
        dy = places[:, None, 1] - places[None, :, 1]
        push = ideal**2 / (dx * dx + dy * dy + 1e-6)
        force = np.stack([(dx * push).sum(axis=1), (dy * push).sum(axis=1)], axis=1)
        along = places[a] - places[b]
        spring = along * (np.sqrt((along * along).sum(axis=1)) / ideal * pull)[:, None] * 0.5
        for axis in (0, 1):
            force[:, axis] -= np.bincount(a, spring[:, axis], n) - np.bincount(b, spring[:, axis], n)
        force -= 0.6 * places
        size = np.sqrt((force * force).sum(axis=1))
        heat = 0.25 * (1 - turn / rounds) ** 1.5 + 0.002
        places = places + force * (np.minimum(size, heat) / np.maximum(size, 1e-9))[:, None]
    return np.asarray(places)


def _fit(places: Floats) -> npt.NDArray[Any]:
    """Turn the longest axis level and scale into the frame, whole units."""
    if len(places) == 0:
        return np.zeros((0, 2), dtype=int)
    places = places - places.mean(axis=0)
    xx, yy, xy = (places[:, 0] ** 2).sum(), (places[:, 1] ** 2).sum(), (places[:, 0] * places[:, 1]).sum()
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = np.stack(
        [places[:, 0] * cos + places[:, 1] * sin, places[:, 1] * cos - places[:, 0] * sin], axis=1
    )
    low, high = turned.min(axis=0), turned.max(axis=0)
    room = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])
    # A handful of accounts isn't drawn apart over the whole frame; a close crowd is.
    scale = min((room / np.maximum(high - low, 1e-6)).min(), 400.0 * max(1.0, np.sqrt(len(places) / 10)))
    middle = np.array([WIDTH, HEIGHT]) / 2
    return np.asarray(np.rint((turned - (low + high) / 2) * scale + middle), dtype=int)
