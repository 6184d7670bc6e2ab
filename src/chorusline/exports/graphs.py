"""The case's network for Gephi, Gephi Lite and others: GEXF 1.3 and GraphML, with layout, time and layers.

Nodes are the accounts of groups in which somebody is named, laid out once with the case's seed. Edges are the
proposed ones inside these groups, one for each pair and trace, so that every trace is a layer of its own; each lives
from the first co-action to the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import numpy.typing as npt

from chorusline.case import Case
from chorusline.dossier.graph_files import NOT_XML
from chorusline.dossier.lettering import visible
from chorusline.dossier.material import Material
from chorusline.dossier.network_picture import spring_layout
from chorusline.exports.base import Export

MOST_SPRINGS = 1_500
"""Accounts of a group up to which springs lay it out; larger ones are set in a spiral, the most connected inside."""

_ACCOUNT = (
    ("account", "string"), ("group", "integer"), ("rung", "string"), ("status", "string"), ("q_value", "double"),
    ("held_out_uses", "long"), ("observed", "double"), ("expected", "double"), ("actions", "long"),
)  # fmt: skip
_EDGE = (
    ("trace", "string"), ("objects", "long"), ("coactions", "long"), ("expected", "double"), ("p_value", "double"),
    ("mean_lag", "double"), ("min_lag", "double"), ("first", "string"), ("last", "string"),
)  # fmt: skip

# Okabe & Ito's colours, told apart with any kind of sight.
_COLOURS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
)


@dataclass(frozen=True)
class Graph:
    """nodes : rows of the accounts shown, with `label`, `x`, `y` and `size`. edges : rows with `source`, `target`."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


def graph(case: Case) -> Graph:
    """Return the network of a case, laid out. The same case gives the same places."""
    material = Material.read(case)
    nodes = material.accounts.to_pylist()
    place = {row["account"]: k for k, row in enumerate(nodes)}
    edges: list[dict[str, Any]] = []
    for row in material.edges.to_pylist():
        if row["account_a"] in place and row["account_b"] in place:
            edges.append({
                **row, "source": place[row["account_a"]], "target": place[row["account_b"]], "objects": row["weight"],
                "first": _instant(row["first"]), "last": _instant(row["last"]),
            })  # fmt: skip
    weight = np.array([row["weight"] for row in edges], dtype=np.float64)
    ends = np.array([(row["source"], row["target"]) for row in edges], dtype=np.int64).reshape(-1, 2)
    seed = int((case.manifest.get("config") or {}).get("seed", 0))
    xy = _layout(np.array([row["group"] for row in nodes]), ends, weight, seed)
    degree = np.bincount(ends.ravel(), minlength=len(nodes))
    for k, row in enumerate(nodes):
        row.update(
            label=visible(row["handle"] or row["account"]), account=visible(row["account"]),
            x=round(float(xy[k, 0]), 2), y=round(float(xy[k, 1]), 2), size=round(4 + float(np.sqrt(degree[k])), 2),
        )  # fmt: skip
    return Graph(nodes, edges)


def _layout(
    group: npt.NDArray[Any], ends: npt.NDArray[np.int64], weight: npt.NDArray[np.float64], seed: int
) -> npt.NDArray[np.float64]:
    """Lay each group out by itself and set the groups side by side, in rows; one account takes about 30 units."""
    xy = np.zeros((len(group), 2))
    left, top, deepest, width = 0.0, 0.0, 0.0, 60 * np.sqrt(max(len(group), 1))
    for number in np.unique(group).tolist():
        members = np.flatnonzero(group == number)
        new = np.full(len(group), -1)
        new[members] = np.arange(len(members))
        inside = (new[ends] >= 0).all(axis=1) if len(ends) else np.zeros(0, dtype=bool)
        a, b = new[ends[inside, 0]], new[ends[inside, 1]]
        side = 30 * np.sqrt(len(members)) + 30
        if len(members) <= MOST_SPRINGS:
            places = spring_layout(len(members), a, b, weight[inside], seed=seed)
        else:
            places = _spiral(np.bincount(a, minlength=len(members)) + np.bincount(b, minlength=len(members)))
        size = np.abs(places).max(initial=0)
        places = places / (size or 1) * side / 2
        if left and left + side > width:
            left, top, deepest = 0.0, top - deepest, 0.0
        xy[members] = places + np.array([left + side / 2, top - side / 2])
        left, deepest = left + side, max(deepest, side)
    return xy


def _spiral(degree: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Vogel's sunflower, the most connected in the middle."""
    rank = np.empty(len(degree), dtype=np.int64)
    rank[np.lexsort((np.arange(len(degree)), -degree))] = np.arange(len(degree))
    angle = rank * np.pi * (3 - np.sqrt(5))
    return np.asarray(np.sqrt(rank)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def gexf(made: Graph) -> Iterator[str]:
    """Yield the lines of a GEXF 1.3 file (https://gexf.net/1.3): dynamic, undirected, a kind of edge for each trace.

    `first` and `last` say the same as an edge's start and end, for readers that leave these out, as Gephi Lite's does.
    """
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">'
    yield "<meta><creator>Chorusline</creator><description>Accounts joined by what they shared beyond popularity. "
    yield "It says who did alike, not why.</description></meta>"
    yield '<graph defaultedgetype="undirected" mode="dynamic" timeformat="dateTime" timerepresentation="interval">'
    for kind, declared in (("node", _ACCOUNT), ("edge", _EDGE)):
        yield f'<attributes class="{kind}">'
        yield from (f'<attribute id="{name}" title="{name}" type="{type_}"/>' for name, type_ in declared)
        yield "</attributes>"
    yield "<nodes>"
    for k, row in enumerate(made.nodes):
        red, green, blue = _COLOURS[(row["group"] - 1) % len(_COLOURS)]
        yield f'<node id="{k}" label={_quoted(row["label"])}>{_values(row, _ACCOUNT)}'
        yield f'<viz:color r="{red}" g="{green}" b="{blue}"/><viz:position x="{row["x"]}" y="{row["y"]}" z="0.0"/>'
        yield f'<viz:size value="{row["size"]}"/></node>'
    yield "</nodes>"
    yield "<edges>"
    for k, row in enumerate(made.edges):
        ends = f'source="{row["source"]}" target="{row["target"]}" weight="{float(row["weight"])}"'
        life = f'start="{row["first"]}" end="{row["last"]}"'
        yield f'<edge id="{k}" {ends} kind={_quoted(row["trace"])} {life}>{_values(row, _EDGE)}</edge>'
    yield "</edges>"
    yield "</graph>"
    yield "</gexf>"


def _values(row: dict[str, Any], declared: Iterable[tuple[str, str]]) -> str:
    cells = "".join(
        f'<attvalue for="{name}" value={_quoted(str(row[name]))}/>'
        for name, _ in declared
        if row[name] is not None
    )
    return f"<attvalues>{cells}</attvalues>"


def graphml(made: Graph) -> Iterator[str]:
    """Yield the lines of a GraphML file; `x` and `y` are the layout, `first` and `last` the life of an edge."""
    types = {"integer": "int", "long": "long", "double": "double", "string": "string"}
    node = (("label", "string"), *_ACCOUNT, ("x", "double"), ("y", "double"), ("size", "double"))
    edge = (*_EDGE, ("weight", "double"))
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    for kind, declared in (("node", node), ("edge", edge)):
        for name, type_ in declared:
            yield f'<key id="{kind}-{name}" for="{kind}" attr.name="{name}" attr.type="{types[type_]}"/>'
    yield '<graph edgedefault="undirected">'
    for k, row in enumerate(made.nodes):
        yield f'<node id="n{k}">{_data(row, node, "node")}</node>'
    for k, row in enumerate(made.edges):
        yield f'<edge id="e{k}" source="n{row["source"]}" target="n{row["target"]}">{_data(row, edge, "edge")}</edge>'
    yield "</graph>"
    yield "</graphml>"


def _data(row: dict[str, Any], declared: Iterable[tuple[str, str]], kind: str) -> str:
    return "".join(
        f'<data key="{kind}-{name}">{escape(str(row[name]).translate(NOT_XML))}</data>'
        for name, _ in declared
        if row[name] is not None
    )


def _quoted(text: str) -> str:
    return quoteattr(text.translate(NOT_XML))


def _instant(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _write(case: Case, folder: Path, lines: Any, name: str) -> list[Path]:
    with (folder / name).open("w", encoding="utf-8", newline="\n") as out:
        out.writelines(f"{line}\n" for line in lines(graph(case)))
    return [folder / name]


GEXF = Export(
    "gexf", "The network as GEXF 1.3: layout, time, traces as layers.",
    lambda case, folder: _write(case, folder, gexf, "network.gexf"),
)  # fmt: skip
GRAPHML = Export(
    "graphml", "The network as GraphML: layout, time, traces as layers.",
    lambda case, folder: _write(case, folder, graphml, "network.graphml"),
)  # fmt: skip
