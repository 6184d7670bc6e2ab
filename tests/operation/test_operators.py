"""Hands: evidence of pairs against loops, headcounts of made-up staffs, abstentions, the annex."""

from __future__ import annotations

import hashlib
import stat
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from chorusline import annex
from chorusline.annex import write_annex
from chorusline.case import Case
from chorusline.cli.main import app
from chorusline.config import Config
from chorusline.errors import UsageError
from chorusline.operation import operators, pairs
from chorusline.operation.operators import headcount
from chorusline.operation.pairs import BIN, DAY, NEXT, SECOND, SWITCH
from tests.dossier.fake_case import empty_case

ACTIONS = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3)), min_size=2, max_size=40)


@settings(max_examples=50, deadline=None)
@given(ACTIONS)
def test_counts_against_a_loop(rows: list[tuple[int, int]]) -> None:
    rows = sorted(rows)
    times = np.array([t for t, _ in rows], dtype=np.int64) * SECOND
    account = np.array([a for _, a in rows])
    found = pairs.count(times, account, 4)
    near, following, shared = np.zeros((4, 4)), np.zeros((4, 4)), np.zeros((4, 4))
    for i, (t, a) in enumerate(rows):
        for j, (u, b) in enumerate(rows):
            if i == j or a == b:
                continue
            lag = abs(t - u)
            near[a, b] += lag <= SWITCH
            following[a, b] += SWITCH < lag <= NEXT
            shared[a, b] += (times[i] // BIN == times[j] // BIN) * 2 * SECOND / BIN
    assert (found.near[0] == near).all()
    assert (found.next[0] == following).all()
    assert found.shared[0] == pytest.approx(shared)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_absences_against_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    active = rng.random((5, 14)) < 0.6
    weight = rng.integers(0, 3, 14).astype(float)
    if not weight.sum():
        weight[0] = 1.0
    use = 0.8
    there = np.clip(active.mean(axis=0) / use, 0.01, 0.99)
    own = np.clip((active @ weight) / (there @ weight), 0.02, 0.98)
    result = pairs.absences(active, weight, use)
    for i in range(5):
        for j in range(5):
            if i == j:
                continue
            total = 0.0
            for d in range(14):
                q, ri, rj = there[d], own[i], own[j]
                pi, pj = q * ri, q * rj
                xi, xj = active[i, d], active[j, d]
                one = q * (ri if xi else 1 - ri) * (rj if xj else 1 - rj) + (1 - q) * (not xi) * (not xj)
                two = (pi if xi else 1 - pi) * (pj if xj else 1 - pj)
                total += weight[d] * np.log(one / two)
            assert result[i, j] == pytest.approx(total)


def staff(
    rng: np.random.Generator, hands: int, each: int = 3, days: int = 120, rounds: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """Hands that go through their accounts one by one, some days off; every hand by itself."""
    times, account = [], []
    for day in range(days):
        for hand in range(hands):
            if rng.random() < 0.2:
                continue
            clock = np.sort(rng.random(rounds)) * 8 * 3600
            last = 0.0
            for t in clock:
                for k in rng.permutation(each)[: rng.integers(1, each + 1)]:
                    last = max(t, last + 18 + 20 * rng.random())
                    times.append(day * DAY + int(last * SECOND))
                    account.append(hand * each + k)
    order = np.argsort(times, kind="stable")
    return np.array(times, dtype=np.int64)[order], np.array(account)[order]


def hands_of(times: np.ndarray, account: np.ndarray, m: int) -> operators.Hands:
    return headcount(times, account, np.full(len(times), 5.0), np.arange(m, dtype=np.int32))


def test_a_staffs_hands_are_counted_and_its_pairs_linked() -> None:
    times, account = staff(np.random.default_rng(1), 6)
    found = hands_of(times, account, 18)
    assert found.linked is not None
    assert found.low <= 6 <= found.high
    assert abs(found.linked[0] - 6) <= 1
    assert found.found is not None
    same = np.equal.outer(np.arange(18) // 3, np.arange(18) // 3) & ~np.eye(18, dtype=bool)
    assert found.found.posterior[same].mean() > 0.9
    assert found.found.posterior[~same].mean() < 0.05


def test_people_who_never_share_a_hand_are_not_linked() -> None:
    times, account = staff(np.random.default_rng(2), 15, each=1, rounds=80)
    found = hands_of(times, account, 15)
    assert found.low <= 15 <= found.high
    assert found.found is not None
    assert (found.found.posterior >= operators.LINK).sum() == 0


def test_too_few_coincidences_give_bounds_alone() -> None:
    times, account = staff(np.random.default_rng(3), 6, days=28, rounds=4)
    found = hands_of(times, account, 18)
    assert found.linked is None
    assert "coincide" in found.why
    assert (found.low, found.high) == (max(1, found.at_once, found.throughput), 18)


def test_orders_that_set_everybody_going_link_nobody() -> None:
    rng = np.random.default_rng(4)
    orders = np.sort(rng.random(600)) * 120 * DAY
    answer = rng.random((600, 12)) < 0.7
    o, a = np.nonzero(answer)
    times = (orders[o] + rng.exponential(120.0, len(o)) * SECOND).astype(np.int64)
    order = np.argsort(times, kind="stable")
    found = hands_of(times[order], a[order], 12)
    assert found.found is not None
    assert (found.found.posterior >= operators.LINK).sum() == 0


def test_at_once_needs_it_three_times() -> None:
    burst = np.array([0, 1, 2], dtype=np.int64) * SECOND
    times = np.concatenate([burst + k * DAY for k in range(2)])
    assert pairs.at_once(times, np.tile([0, 1, 2], 2)) == 1
    times = np.concatenate([burst + k * DAY for k in range(3)])
    assert pairs.at_once(times, np.tile([0, 1, 2], 3)) == 3
    assert pairs.at_once(times, np.zeros(9, int)) == 1


def test_clusters_and_chao() -> None:
    posterior = np.zeros((5, 5))
    posterior[:2, :2] = posterior[2:4, 2:4] = 0.95
    part = pairs.clusters(posterior)
    assert part[0] == part[1] != part[2] == part[3] != part[4]
    seen = np.zeros((10, 30), bool)
    seen[:, :5] = True
    assert pairs.chao(seen) == 10
    seen[5:] = False
    for k in range(5):
        seen[5 + k, k + 7] = True
    assert pairs.chao(seen) > 10


def test_half_by_scheduler_or_a_coarse_clock_is_not_looked_at(crew_of) -> None:
    assert "21 days" in operators.find(crew_of("factory")).reason  # the world has a fortnight
    feeds = operators.find(crew_of("feed"))
    assert feeds.reason


def test_an_annex_is_sealed_outside_the_case(tmp_path, monkeypatch) -> None:
    case = empty_case(tmp_path / "case")
    case.manifest["config"] = Config().model_dump(mode="json")
    row = {"account_a": "=a", "account_b": "b", "posterior": 0.97, "log10_prior_odds": -1.0, "log10_exclusion": 1.0,
           "log10_hand_over": 0.5, "log10_absences": 1.0, "expected_coincidences": 9.0, "coincidences": 0}  # fmt: skip
    held: list[dict[str, Any]] = []

    class Held:
        basis, group = "named accounts", 1

    monkeypatch.setattr(Case, "log", lambda self: None)
    monkeypatch.setattr(annex, "crews_of", lambda *given: [Held()])
    monkeypatch.setattr(annex, "links", lambda crew: pa.Table.from_pylist([row], operators.LINKS))
    monkeypatch.setattr(annex, "extend", lambda case, tables, manifest, blind: held.append(manifest))
    with pytest.raises(UsageError, match="inside the case"):
        write_annex(case, case.folder / "pairs.csv")
    path = tmp_path / "pairs.csv"
    assert write_annex(case, path) == 1
    data = path.read_bytes()
    assert b"'=a" in data
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert held[0]["annexes"][0]["sha256"] == hashlib.sha256(data).hexdigest()
    with pytest.raises(UsageError, match="replaces nothing"):
        write_annex(case, path)


def test_pairs_of_a_list_are_refused(tmp_path) -> None:
    found = CliRunner().invoke(
        app, ["operators", str(tmp_path), "--accounts", "list.txt", "--pairs", str(tmp_path / "p.csv")]
    )
    assert isinstance(found.exception, UsageError)
    assert "never of accounts of your choice" in str(found.exception)
