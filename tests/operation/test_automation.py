"""Hands or machines: rules against accounts made to order, kernels against loops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.actions import ActionLog
from chorusline.operation import habits
from chorusline.operation.automation import (
    AUTOMATED,
    BY_HAND,
    CANT_TELL,
    Habits,
    is_scheduler,
    judge,
    text_codes,
)
from chorusline.units import DAY, SECOND
from tests.operation.conftest import log_of

MINUTE = 60 * SECOND


def verdict(times: np.ndarray, resolution: float = 1e-6, **given: np.ndarray) -> Habits:
    times = np.sort(times)
    n = len(times)
    return judge(
        times, given.get("own", np.ones(n, bool)), given.get("words", np.arange(n)),
        given.get("echoed", np.zeros(n, bool)), given.get("machine", np.full(n, -1, np.int8)), resolution,
    )  # fmt: skip


def person(rng: np.random.Generator, n: int = 200, days: int = 40) -> np.ndarray:
    hour = 8 + 14 * rng.random(n)
    return (rng.integers(0, days, n) * DAY + hour * 3600 * SECOND).astype(np.int64)


def timer(rng: np.random.Generator, every: float, n: int = 200, late: float = 1.0) -> np.ndarray:
    slots = rng.choice(20_000, n, replace=False)
    return (slots * every * 60 * SECOND + late * SECOND * rng.random(n)).astype(np.int64)


@pytest.mark.parametrize("every", [1, 5, 10, 15, 30, 60])
def test_a_timer_is_automated_and_its_grid_found(every: float) -> None:
    found = verdict(timer(np.random.default_rng(1), every))
    assert found.verdict == AUTOMATED
    assert found.grid is not None
    assert found.grid.period == every * 60
    assert found.grid.phase == 0
    assert found.grid.share.low > 0.9


def test_a_person_is_run_by_hand() -> None:
    for seed in range(20):
        assert verdict(person(np.random.default_rng(seed))).verdict == BY_HAND


def test_half_by_scheduler_is_neither_and_the_share_is_told() -> None:
    rng = np.random.default_rng(2)
    times = np.concatenate((person(rng, 200), person(rng, 200) // MINUTE * MINUTE))
    found = verdict(times)
    assert found.verdict == CANT_TELL
    assert found.grid is not None
    assert found.grid.share.low < 0.5 < found.grid.share.high


def test_minutes_only_show_feeds_of_five_minutes_but_not_of_one() -> None:
    rng = np.random.default_rng(3)
    assert verdict(timer(rng, 15, late=0), resolution=60).verdict == AUTOMATED
    assert verdict(timer(rng, 1, late=0), resolution=60).verdict != AUTOMATED
    assert verdict(person(rng, 600) // MINUTE * MINUTE, resolution=60).verdict == CANT_TELL


def test_a_burst_in_one_minute_is_no_grid() -> None:
    rng = np.random.default_rng(4)
    burst = 5 * DAY + np.arange(60, dtype=np.int64) * 1000
    found = verdict(np.concatenate((person(rng, 60), burst)))
    assert found.grid is not None
    assert found.grid.share.hits < 10


def test_sleeplessness_or_repeats_alone_accuse_nobody() -> None:
    rng = np.random.default_rng(5)
    round_the_clock = (rng.random(400) * 40 * DAY).astype(np.int64)
    found = verdict(round_the_clock)
    assert found.verdict == CANT_TELL
    assert "no night" in " ".join(found.reasons)
    assert verdict(person(rng), words=np.zeros(200, np.int64)).verdict == BY_HAND


def test_too_little_is_said_to_be_too_little() -> None:
    found = verdict(person(np.random.default_rng(6), 12))
    assert found.verdict == CANT_TELL
    assert "too few" in found.reasons[0]


def test_a_scheduler_as_client_is_automated_and_echoed_words_are_not_by_hand() -> None:
    times = person(np.random.default_rng(7))
    assert verdict(times, machine=np.ones(200, np.int8)).verdict == AUTOMATED
    assert verdict(times, machine=np.zeros(200, np.int8)).verdict == BY_HAND
    assert verdict(times, echoed=np.ones(200, bool)).verdict == CANT_TELL


@pytest.mark.parametrize(
    ("client", "expected"),
    [("dlvr.it", True), ("IFTTT", True), ("Buffer", True), ("feed", True), ("Twitter Web Client", False),
     ("Twitter for iPhone", False), ("", False), ("TweetDeck", False)],
)  # fmt: skip
def test_clients(client: str, expected: bool) -> None:
    assert is_scheduler(client) is expected


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3 * 86400), min_size=1, max_size=60), st.sampled_from([1e-6, 1.0, 60.0]))
def test_grid_against_a_loop(seconds: list[int], resolution: float) -> None:
    times = np.array(seconds, dtype=np.int64) * SECOND
    found = habits.grid(times, resolution)
    width = int(max(2, resolution))
    cells = {t // (width * SECOND) for t in times.tolist()}
    best = 1.0
    from scipy.stats import binom

    tries = sum(p // width for p in habits.PERIODS if width <= p / 3)
    for period in habits.PERIODS:
        if width > period / 3:
            continue
        each = period // width
        hits = max(sum(c % each == r for c in cells) for r in range(each))
        best = min(best, tries * binom.sf(hits - 1, len(cells), 1 / each))
    assert found is not None
    assert found.p_value == pytest.approx(min(best, 1.0), rel=1e-6)
    assert found.share.low <= found.share.value + 1e-9 <= found.share.high + 2e-9


def test_people_seldom_get_a_small_p_value() -> None:
    p = [habits.grid(person(np.random.default_rng(seed), 80), 1e-6).p_value for seed in range(300)]
    assert np.mean(np.array(p) <= 0.05) < 0.05


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3), st.integers(-1, 3)), max_size=40))
def test_echoes_against_a_loop(rows: list[tuple[int, int, int]]) -> None:
    rows = list({(t, w): (t, a, w) for t, a, w in rows}.values())  # one account a moment and text
    time, account, word = (np.array([r[k] for r in rows], dtype=np.int64) for k in range(3))
    found = habits.echoes(time * SECOND, account.astype(np.int32), word)
    for k in range(len(rows)):
        near = [
            j for j in range(len(rows)) if word[j] == word[k] >= 0 and abs(time[j] - time[k]) <= habits.ECHO
        ]
        true = any(account[j] != account[k] for j in near)
        assert not found[k] or true
        alone = all(account[j] != account[k] or j == k for j in near)
        assert found[k] == true or not alone


def test_words_are_compared_without_links() -> None:
    import pyarrow as pa

    from chorusline.operation.automation import text_codes
    from tests.operation.conftest import log_of

    texts = [
        "one word https://a.example/1",
        "one word https://b.example/2",
        "https://a.example/1",
        None,
        "other",
    ]
    rows = {"account": [f"u{k}" for k in range(5)], "kind": ["post"] * 5, "post_id": [f"p{k}" for k in range(5)],
            "text": texts,
            "time": pa.array([10**15 + k * 10**6 for k in range(5)], pa.timestamp("us", "UTC"))}  # fmt: skip
    codes = text_codes(log_of(pa.table(rows))).tolist()
    assert codes[0] == codes[1] != codes[4]
    assert codes[2] == codes[3] == -1


def test_texts_have_one_number_whatever_pieces_they_lie_in():
    texts = ["Same https://a.example/1", "Other", None, " same", "https://a.example/2", "Same", "Other  "]
    times = pa.array([1_700_000_000_000_000 + k * SECOND for k in range(7)], pa.timestamp("us", "UTC"))
    log = log_of(pa.table({"account": ["a"] * 7, "kind": ["post"] * 7, "time": times, "text": texts}))
    whole = text_codes(log)
    assert whole.tolist() == [0, 1, -1, 2, -1, 0, 1]
    pieces = [log.actions.slice(k, 2) for k in (0, 2, 4, 6)]
    assert text_codes(ActionLog(pa.concat_tables(pieces), log.accounts)).tolist() == whole.tolist()
