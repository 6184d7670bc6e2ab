"""How well orders could be dated at best in simulated worlds, by somebody who knows what no analysis can.

It knows which hands work which accounts, when each hand was at work, how each order was taken up, and how late hands
are: the lags of all orders of the same worlds. Of each hand the first use of an order counts, since what it does with
its other accounts follows from that (nearly: how near each other they lie says a little more). Orders are equally
likely at any minute of office hours. The moment told is the middle of the most probable hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MINUTE = 60_000_000
OPENS, CLOSES = 9 * 60, 17 * 60
"""Minutes of the local day between which the simulator's offices are given orders."""

FEWEST = 3
"""Accounts that acted on an order, as in evaluate.orders."""


@dataclass(frozen=True)
class Given:
    """An order: when, how it was taken up, each hand's first use, and the first of all, microseconds."""

    time: int
    uptake: str
    used: dict[str, int]
    first: int


@dataclass(frozen=True)
class Truth:
    """The orders of a world and the hours of its hands: moments [2 n] and minutes worked until each."""

    orders: list[Given]
    clocks: dict[str, tuple[np.ndarray, np.ndarray]]


def read(world: Path) -> Truth:
    """Read what is known of a world's orders."""
    truth = {
        name: pq.read_table(world / "truth" / f"{name}.parquet")
        for name in ("order_actions", "orders", "operators", "shifts")
    }
    actions = pq.read_table(world / "actions.parquet", columns=["post_id", "account", "time"])
    made = truth["order_actions"]
    place = pc.index_in(made["post_id"], value_set=actions["post_id"].combine_chunks())
    here = made.filter(pc.is_valid(place))
    rows = pc.drop_null(place)
    when = _micro(actions["time"].take(rows))
    who = actions["account"].take(rows).to_pylist()
    hands: dict[str, list[str]] = {}
    for account, hand in zip(
        *(truth["operators"][c].to_pylist() for c in ("account", "operator")), strict=True
    ):
        hands.setdefault(account, []).append(hand)
    uses: dict[int, list[tuple[int, str]]] = {}
    for order, moment, account in zip(here["order"].to_pylist(), when.tolist(), who, strict=True):
        uses.setdefault(order, []).append((moment, account))
    orders = []
    for row in truth["orders"].to_pylist():
        mine = sorted(uses.get(row["order"], []))
        if len({account for _, account in mine}) < FEWEST:
            continue
        used: dict[str, int] = {}
        for moment, account in mine:
            if len(hands[account]) == 1:
                used.setdefault(hands[account][0], moment)
        orders.append(Given(round(row["time"].timestamp() * 1e6), row["uptake"], used, mine[0][0]))
    return Truth(orders, _clocks(truth["shifts"]))


def _micro(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy())


def _clocks(shifts: pa.Table) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    hand = np.array(shifts["operator"].to_pylist())
    start, end = _micro(shifts["start"]), _micro(shifts["end"])
    result = {}
    for one in np.unique(hand):
        rows = np.flatnonzero(hand == one)
        rows = rows[np.argsort(start[rows])]
        worked = np.cumsum((end - start)[rows]) / MINUTE
        at = np.column_stack((start[rows], end[rows])).ravel().astype(np.float64)
        result[str(one)] = at, np.column_stack((np.append(0.0, worked[:-1]), worked)).ravel()
    return result


def lags(truth: Truth) -> dict[str, list[float]]:
    """Minutes that hands worked between an order and their first use of it, by uptake."""
    found: dict[str, list[float]] = {}
    for order in truth.orders:
        for hand, moment in order.used.items():
            if hand in truth.clocks:
                at, worked = truth.clocks[hand]
                lag = np.interp(moment, at, worked) - np.interp(order.time, at, worked)
                found.setdefault(order.uptake, []).append(float(lag))
    return found


def best_possible(worlds: Sequence[Truth], zone: str) -> list[float]:
    """Minutes by which each order of worlds of one sort is missed."""
    from scipy.stats import gaussian_kde

    known: dict[str, list[float]] = {}
    for truth in worlds:
        for uptake, values in lags(truth).items():
            known.setdefault(uptake, []).extend(value for value in values if value > 0)
    grid = np.linspace(np.log(0.05), np.log(5000), 600)
    density = {u: np.log(gaussian_kde(np.log(v), bw_method=0.15)(grid) + 1e-5) for u, v in known.items()}
    return [
        _missed(order, truth, grid, density[order.uptake], zone)
        for truth in worlds
        for order in truth.orders
        if any(hand in truth.clocks for hand in order.used)
    ]


def _missed(order: Given, truth: Truth, grid: np.ndarray, density: np.ndarray, zone: str) -> float:
    tried = (order.first // MINUTE + np.arange(-20 * 60, 3 * 60)).astype(np.int64)
    there = datetime.fromtimestamp(order.first / 1e6, UTC).astimezone(ZoneInfo(zone)).utcoffset()
    local = (tried + round(there.total_seconds() / 60) if there else tried) % 1440
    log_p = np.where((local >= OPENS) & (local <= CLOSES), 0.0, -9.0)
    for hand, moment in order.used.items():
        if hand in truth.clocks:
            at, worked = truth.clocks[hand]
            lag = np.interp(moment, at, worked) - np.interp(tried * float(MINUTE), at, worked)
            log = np.log(np.maximum(lag, 0.05))
            # Scheduled actions may come after a break, so nothing is impossible.
            log_p += np.where(lag > 0, np.interp(log, grid, density) - log, -14.0)
    weight = np.exp(log_p - log_p.max())
    held = np.concatenate(([0.0], np.cumsum(weight / weight.sum())))
    place = np.arange(len(tried))
    hour = held[np.minimum(place + 31, len(tried))] - held[np.maximum(place - 30, 0)]
    return abs(float(tried[int(hour.argmax())] - order.time / MINUTE))


def within(missed: list[float]) -> dict[str, Any]:
    """Hits and number of those within half an hour."""
    return {"hits": sum(minutes <= 30 for minutes in missed), "of": len(missed)}
