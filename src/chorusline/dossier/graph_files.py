"""Edges as files that other programs open: Parquet, CSV, GraphML."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.parquet as pq

from chorusline.dossier.tables import write_csv

_GRAPHML_TYPES = {"int64": "long", "double": "double"}
# Characters that XML 1.0 can't hold at all; ids with them keep a visible mark instead.
NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535), "�")


def write_edges(edges: pa.Table, path: Path) -> None:
    """Write edges (account_a, account_b, then figures) by the ending of `path`: .parquet, .csv or .graphml."""
    if path.suffix == ".parquet":
        pq.write_table(edges, path)
    elif path.suffix == ".csv":
        write_csv(edges, path)
    else:
        _write_graphml(edges, path)


def _write_graphml(edges: pa.Table, path: Path) -> None:
    """Write an undirected GraphML graph; times as ISO strings, other figures as numbers."""
    figures = edges.column_names[2:]
    names = sorted(set(edges["account_a"].to_pylist()) | set(edges["account_b"].to_pylist()))
    node = {name: f"n{k}" for k, name in enumerate(names)}
    with path.open("w", encoding="utf-8") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
        )
        out.write('<key id="label" for="node" attr.name="label" attr.type="string"/>\n')
        for name in figures:
            kind = _GRAPHML_TYPES.get(str(edges.schema.field(name).type), "string")
            out.write(f'<key id="{name}" for="edge" attr.name="{name}" attr.type="{kind}"/>\n')
        out.write('<graph edgedefault="undirected">\n')
        for name in names:
            out.write(
                f'<node id="{node[name]}"><data key="label">{escape(name.translate(NOT_XML))}</data></node>\n'
            )
        for batch in edges.to_batches(max_chunksize=10_000):
            for row in batch.to_pylist():
                ends = (
                    f"source={quoteattr(node[row['account_a']])} target={quoteattr(node[row['account_b']])}"
                )
                data = "".join(f'<data key="{name}">{_word(row[name])}</data>' for name in figures)
                out.write(f"<edge {ends}>{data}</edge>\n")
        out.write("</graph>\n</graphml>\n")


def _word(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else escape(str(value))
