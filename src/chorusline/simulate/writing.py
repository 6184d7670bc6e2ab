"""A world on disk: actions.parquet and accounts.parquet for a reader, truth/ for the judge, world.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import chorusline
from chorusline.errors import UsageError
from chorusline.simulate.acts import ACT, TABLE_SCHEMA, post_names, render
from chorusline.simulate.config import WorldConfig
from chorusline.simulate.factory import Factory
from chorusline.simulate.faults import Context, apply_faults, check_faults
from chorusline.simulate.orders import TAG
from chorusline.simulate.streams import Array
from chorusline.simulate.truth import TRUTH_SCHEMAS, Truth
from chorusline.simulate.world import World, chunks, make_generator

FORMAT = 1
"""Version of the folder's layout."""


def write(world: World, folder: Path | str, faults: Sequence[str] = ()) -> dict[str, Any]:
    """Write a world that is in memory; returns the summary that also stands in world.json."""
    folder = _prepare(Path(folder), faults)
    tags = tuple(
        tag
        for kind, objects in zip(world.truth["orders"]["kind"], world.truth["orders"]["objects"], strict=True)
        if kind.as_py() == "tag"
        for tag in objects.as_py()
    )
    context = Context(world.config.seed, world.truth["deletions"]["post_id"].combine_chunks(), tags)
    step = world.config.chunk
    tables = (world.actions.slice(at, step) for at in range(0, max(world.actions.num_rows, 1), step))
    rows = _write_actions(folder, tables, faults, lambda _: context)
    return _finish(folder, world.config, faults, rows, world.truth, world.facts)


def write_world(config: WorldConfig, folder: Path | str, faults: Sequence[str] = ()) -> dict[str, Any]:
    """Make a world and write it as it is made, in memory that doesn't grow with its length.

    The same files, byte for byte, as `write(build(config), folder, faults)`.
    """
    folder = _prepare(Path(folder), faults)
    generator = make_generator(config)
    truth = Truth(generator.parts)
    tags = _order_tags(generator.parts)

    def context(acts: Array) -> Context:
        return Context(config.seed, post_names(acts["key"][acts["deleted"] > 0]), tags)

    rows = _write_actions(folder, _row_groups(chunks(generator, truth), config.chunk), faults, context)
    return _finish(folder, config, faults, rows, truth.tables(generator.first_orders), truth.facts())


def _order_tags(parts: Sequence[Any]) -> tuple[str, ...]:
    result: list[str] = []
    for part in parts:
        if isinstance(part, Factory):
            for row in np.flatnonzero(part.book.orders["kind"] == TAG):
                result += part.objects(int(row))
        elif hasattr(part, "orders"):
            result += [tag for _, tag in part.orders()]
    return tuple(result)


def _row_groups(days: Iterator[Array], rows: int) -> Iterator[Array]:
    """Cut the stream into pieces of exactly `rows` actions (the last may be shorter)."""
    waiting, held = [np.zeros(0, dtype=ACT)], 0
    for acts in days:
        while held + len(acts) >= rows:
            yield np.concatenate((*waiting, acts[: rows - held]))
            acts, waiting, held = acts[rows - held :], [], 0
        waiting.append(acts)
        held += len(acts)
    yield np.concatenate(waiting)


def _write_actions(folder: Path, pieces: Iterator[Any], faults: Sequence[str], context: Any) -> int:
    """Write the pieces (tables, or arrays to render) as row groups; returns the rows written."""
    part, rows = folder / "actions.parquet.part", 0
    # Nearly every id and text occurs once: dictionaries would only cost time.
    repeated = ["account", "kind", "language", "client"]
    with pq.ParquetWriter(
        part, TABLE_SCHEMA, compression="zstd", compression_level=1, use_dictionary=repeated
    ) as out:
        for number, piece in enumerate(pieces):
            table = piece if isinstance(piece, pa.Table) else render(piece)
            if faults:
                table = apply_faults(table, faults, context(piece), number)
            if table.num_rows:
                out.write_table(table.combine_chunks(), row_group_size=table.num_rows)
            rows += table.num_rows
    part.rename(folder / "actions.parquet")
    return rows


def _prepare(folder: Path, faults: Sequence[str]) -> Path:
    """Make the folder, or clear a simulated world out of it; refuse to touch anything else."""
    check_faults(faults)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: name a folder to write the world to.")
    if folder.is_dir() and any(folder.iterdir()):
        if not is_world(folder):
            raise UsageError(f"{folder} is not empty and holds no simulated world: name another folder.")
        known = ["actions.parquet", "accounts.parquet", *(f"truth/{name}.parquet" for name in TRUTH_SCHEMAS)]
        for name in known:
            (folder / name).unlink(missing_ok=True)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    # Written first and without figures, so that a broken-off world is known as one and can be replaced.
    (folder / "world.json").write_text(
        json.dumps({"format": FORMAT, "made_by": "chorusline simulate"}) + "\n"
    )
    return folder


def is_world(folder: Path) -> bool:
    """Say whether a folder holds a world that this program wrote."""
    try:
        about = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(about, dict) and about.get("made_by") == "chorusline simulate"


def _finish(
    folder: Path,
    config: WorldConfig,
    faults: Sequence[str],
    rows: int,
    truth: dict[str, pa.Table],
    facts: pa.Table,
) -> dict[str, Any]:
    """Write truth, facts and world.json; returns the summary."""
    for name, table in truth.items():
        pq.write_table(table, folder / "truth" / f"{name}.parquet", compression="zstd")
    pq.write_table(facts, folder / "accounts.parquet", compression="zstd")
    accounts = truth["accounts"]
    kinds = accounts.group_by("kind", use_threads=False).aggregate([("kind", "count"), ("actions", "sum")])
    summary = {
        "actions": rows,
        "actions_before_faults": sum(accounts["actions"].to_pylist()),
        "accounts": {row["kind"]: row["kind_count"] for row in kinds.to_pylist()},
        "ordered_actions": truth["order_actions"].num_rows,
        "orders": truth["orders"].num_rows,
        "operators": len(truth["operators"]["operator"].unique()),
    }
    about = {
        "format": FORMAT,
        "made_by": "chorusline simulate",
        "version": chorusline.__version__,
        "seed": config.seed,
        "faults": list(faults),
        "summary": summary,
        "config": config.model_dump(mode="json"),
    }
    (folder / "world.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return summary
