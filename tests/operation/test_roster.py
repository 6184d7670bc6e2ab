"""Hours of work: kernels against loops, groups and crowds made to order, clocks that name no country."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline.errors import UsageError
from chorusline.evaluate.roster import true_hours
from chorusline.operation import hours, onoff, zones
from chorusline.operation.clocks import EPOCH, clocks, offset_words, spans
from chorusline.operation.onoff import SLOTS
from chorusline.operation.roster import _clock_of, _days_of_clock, _local, _periods, by_hand, hour_of_week
from chorusline.operation.study import HOURS, NONE, STAFFED, Study, study, too_little
from chorusline.units import DAY

HOUR = 3600 * 1_000_000
FIRST = (datetime(2024, 2, 5) - datetime(1970, 1, 1)).days


def crowd(
    rng: np.random.Generator, accounts: int = 300, days: int = 84, peak: float = 19.0
) -> hours.Presences:
    """People: a smooth day, every day of the week."""
    n = accounts * 40
    at = (rng.integers(0, days, n) * 24 + (peak + 4.5 * rng.standard_normal(n)) % 24) * HOUR
    return hours.presences(
        FIRST * DAY + at.astype(np.int64), rng.integers(0, accounts, n), accounts, FIRST, days
    )


def staff(
    rng: np.random.Generator, zone: str, accounts: int = 24, days: int = 84, weekend: float = 0.2,
    starts: tuple[float, ...] = (9.0,), length: float = 9.0, silent: tuple[int, ...] = (),
) -> hours.Presences:  # fmt: skip
    """A staff: local hours with a lunch at the middle, weekends off; accounts in as many shifts as starts."""
    times, account = [], []
    rule = ZoneInfo(zone)
    for day in range(days):
        date = EPOCH.fromordinal(EPOCH.toordinal() + FIRST + day)
        there = weekend if date.weekday() >= 5 else 0.95
        there = 0.05 if day in silent else there
        for who in np.flatnonzero(rng.random(accounts) < there):
            begin = starts[who % len(starts)] + 0.2 * rng.standard_normal()
            clock = begin + length * rng.random(12)
            lunch = begin + 0.44 * length
            clock = clock[(clock < lunch) | (clock > lunch + 1)]
            midnight = datetime(date.year, date.month, date.day, tzinfo=UTC)
            offset = midnight.replace(hour=12).astimezone(rule).utcoffset()
            assert offset is not None
            base = midnight.timestamp() - offset.total_seconds()
            times += ((base + clock * 3600) * 1e6).astype(np.int64).tolist()
            account += [who] * len(clock)
    return hours.presences(np.array(times), np.array(account), accounts, FIRST, days)


@pytest.fixture(scope="module")
def people() -> hours.Presences:
    return crowd(np.random.default_rng(0))


@pytest.fixture(scope="module")
def office(people: hours.Presences) -> Study:
    return study(staff(np.random.default_rng(1), "Europe/Tirane", silent=(17, 38)), people, resamples=30)


def test_an_office_is_found_with_its_hours_break_and_days_off(office: Study) -> None:
    assert office.verdict == STAFFED
    assert len(office.edges) == 1
    edge = office.edges[0]
    assert edge.start[0] == pytest.approx(8 * 60, abs=15)
    assert edge.end[0] == pytest.approx(17 * 60, abs=15)
    assert edge.pause_start is not None
    assert edge.pause_end is not None
    assert edge.pause_start[0] == pytest.approx(8 * 60 + 0.44 * 540, abs=15)
    assert edge.pause_end[0] == pytest.approx(9 * 60 + 0.44 * 540, abs=15)
    for low, high in ((e[1], e[2]) for e in (edge.start, edge.end, edge.pause_start, edge.pause_end)):
        assert low <= high
    assert office.off == (5, 6)
    assert {day - FIRST for day, _, _ in office.silent} == {17, 38}


def test_the_set_of_clocks_holds_the_true_one_and_few_others(office: Study) -> None:
    offsets = {office.all_clocks[k].standard for k in office.inside.tolist()}
    assert 60 in offsets
    assert len(offsets) <= 3
    assert office.probability.sum() == pytest.approx(1.0)


def test_hours_are_told_for_the_days_before_and_after_clocks_change(office: Study) -> None:
    last = EPOCH + timedelta(days=FIRST + 83)
    rows = _periods(office, office.edges)
    assert rows["first_day"] == [date(2024, 2, 5), date(2024, 3, 31)]
    assert rows["last_day"] == [date(2024, 3, 30), last]
    assert rows["ahead"] == [0, 60]
    assert np.array(rows["start"]) == pytest.approx([8 * 60, 7 * 60], abs=15)
    assert np.array(rows["end"]) == pytest.approx([17 * 60, 16 * 60], abs=15)
    assert rows["pause_start"][0] - rows["pause_start"][1] == 60
    assert _days_of_clock(office) == (
        f" from 2024-02-05 to 2024-03-30; an hour earlier from 2024-03-31 to {last}"
    )
    best = office.all_clocks[int(office.inside[0])]
    assert _local(office).startswith(f"On the clock that agrees best, {best.words()}, that is ")


def test_nothing_is_said_of_clocks_that_do_not_change(people: hours.Presences) -> None:
    found = study(staff(np.random.default_rng(2), "Asia/Manila"), people, resamples=2)
    assert _days_of_clock(found) == ""
    assert _periods(found, found.edges)["ahead"] == [0] * len(found.edges)


@given(st.lists(st.sampled_from([0, 30, 60]), min_size=1, max_size=40))
def test_spans_cover_all_days_once(ahead: list[int]) -> None:
    found = spans(FIRST, np.array(ahead))
    days = [
        (begin + timedelta(days=k), value)
        for begin, last, value in found
        for k in range((last - begin).days + 1)
    ]
    assert days == [(EPOCH + timedelta(days=FIRST + k), value) for k, value in enumerate(ahead)]
    assert all(a[2] != b[2] for a, b in pairwise(found))


def test_a_gap_in_the_collection_is_no_day_off(people: hours.Presences) -> None:
    def without(p: hours.Presences) -> hours.Presences:
        kept = ~np.isin(p.slot // SLOTS - FIRST, [17])
        return replace(p, slot=p.slot[kept], account=p.account[kept])

    mine = staff(np.random.default_rng(1), "Europe/Tirane", silent=(38,))
    found = study(without(mine), without(people), resamples=5)
    assert {day - FIRST for day, _, _ in found.silent} == {38}


def test_two_shifts_are_told_apart(people: hours.Presences) -> None:
    found = study(
        staff(np.random.default_rng(2), "Asia/Manila", starts=(7.0, 19.0), length=12.0), people, resamples=10
    )
    assert found.verdict == STAFFED
    assert sorted(round(e.start[0] / 60) % 24 for e in found.edges) == [11, 23]
    assert np.bincount(found.shift).tolist() == [12, 12]


def test_days_off_that_fall_on_another_day_in_utc(people: hours.Presences) -> None:
    found = study(staff(np.random.default_rng(3), "Pacific/Auckland"), people, resamples=10)
    assert found.verdict == STAFFED
    assert found.off == (4, 5)  # Saturday and Sunday there begin on Friday and Saturday in UTC
    assert 12 * 60 in {found.all_clocks[k].standard for k in found.inside.tolist()}


@pytest.mark.parametrize("seed", range(6))
def test_people_have_no_hours_of_work(people: hours.Presences, seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    found = study(crowd(rng, 30, peak=rng.uniform(0, 24)), people, resamples=5)
    assert found.verdict == NONE


def test_hours_without_days_off_are_no_staff(people: hours.Presences) -> None:
    found = study(staff(np.random.default_rng(4), "Europe/Berlin", weekend=0.95), people, resamples=5)
    assert found.verdict == HOURS


def test_a_weekly_event_is_no_roster(people: hours.Presences) -> None:
    rng = np.random.default_rng(6)
    who, week = np.nonzero(rng.random((40, 12)) < 0.8)
    at = (week * 7 + 2) * 24 + 19 + rng.random((12, len(who)))
    event = hours.presences(
        (FIRST * DAY + (at * HOUR).astype(np.int64)).ravel(), np.tile(who, 12), 40, FIRST, 84
    )
    life = crowd(rng, 40)
    both = replace(
        life,
        slot=np.concatenate((life.slot, event.slot)),
        account=np.concatenate((life.account, event.account)),
    )
    assert study(both, people, resamples=5).verdict == NONE


def test_a_part_without_presences_is_no_part() -> None:
    counts = np.zeros((6, SLOTS))
    counts[:3, 60:100] = 5.0
    for parts in (1, 2, 3):
        found = onoff.mixture(counts, "on/off", parts, np.full(SLOTS, 1 / SLOTS), 0.0)
        assert found.part.max() < len(found.schedules) == len(found.p)


def test_the_same_seed_gives_the_same_study(people: hours.Presences) -> None:
    mine = staff(np.random.default_rng(5), "Europe/London")
    a, b = study(mine, people, seed=3, resamples=5), study(mine, people, seed=3, resamples=5)
    assert a.edges == b.edges
    assert (a.probability == b.probability).all()


def test_too_little() -> None:
    rng = np.random.default_rng(6)
    assert "5 accounts" in too_little(crowd(rng, 3))
    assert "too few" in too_little(crowd(rng, 40, days=7))
    assert too_little(crowd(rng, 40)) == ""


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_windows_against_a_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = rng.poisson(rng.uniform(0.1, 6, SLOTS)).astype(float) + (seed % 2)
    if not count.sum():
        count[0] = 1
    found = onoff.fit_schedule(count, pause=False)
    best = -np.inf
    for start in range(SLOTS):
        for length in range(onoff.SHORTEST, onoff.LONGEST + 1, 7):
            inside = np.isin(np.arange(SLOTS), (start + np.arange(length)) % SLOTS)
            a, b = count[inside].sum(), count[~inside].sum()
            if a / length > b / (SLOTS - length):
                terms = [n * np.log(n / w) for n, w in ((a, length), (b, SLOTS - length)) if n]
                best = max(best, sum(terms))
    inside = found.works()
    a, b, length = count[inside].sum(), count[~inside].sum(), inside.sum()
    mine = sum(n * np.log(n / w) for n, w in ((a, length), (b, SLOTS - length)) if n)
    assert mine >= best - 1e-9
    assert found.p.sum() == pytest.approx(1.0)


@settings(max_examples=25)
@given(st.integers(0, SLOTS - 1), st.integers(30, 80), st.integers(0, 20))
def test_exact_hours_are_found_exactly(start: int, length: int, night: int) -> None:
    count = np.full(SLOTS, night / 10)
    count[(start + np.arange(length)) % SLOTS] = 40
    found = onoff.fit_schedule(count)
    assert (found.start, found.length, found.pause_length) == (start, length, 0)
    at = hours.area_edges(count, found)
    for found_at, wanted in zip(at[:2], (start, start + length), strict=True):
        assert (found_at - wanted + SLOTS / 2) % SLOTS - SLOTS / 2 == pytest.approx(
            0, abs=1e-6
        )  # on a circle


def test_loglinear_fit_has_the_moments_of_the_data() -> None:
    rng = np.random.default_rng(7)
    count = rng.poisson(50 * (1.2 + np.sin(np.arange(SLOTS) / 20))).astype(float)
    columns = onoff.harmonics(3)
    p = onoff.fit_loglinear(count, columns)
    assert p @ columns == pytest.approx(count @ columns / count.sum(), abs=1e-4)


def test_dispersion_of_poisson_is_one_and_of_bursts_more() -> None:
    rng = np.random.default_rng(8)
    days = rng.poisson(3.0, (60, SLOTS)).astype(float)
    assert onoff.dispersion(days) == pytest.approx(1.0, abs=0.08)
    assert onoff.dispersion(4 * days) == pytest.approx(4.0, abs=0.3)


def test_clocks_are_told_by_offsets_and_dates_alone() -> None:
    every = clocks(FIRST, 84)
    words = [c.words() for c in every]
    assert len(set(words)) == len(words)
    assert "UTC+1, UTC+2 from 2024-03-31" in words
    assert "UTC−5, UTC−4 from 2024-03-10" in words
    assert not [
        w
        for w in words
        if set("abcdefghijklmnopqrstuvwxyz") & set(w.replace("from", "").lower()) - set("utc")
    ]
    assert offset_words(-210) == "UTC−3:30"


def test_a_clock_agrees_with_the_zone_it_was_read_from() -> None:
    rng = np.random.default_rng(9)
    times = (FIRST * DAY + rng.integers(0, 84 * DAY, 200)).astype(np.int64)
    rule = ZoneInfo("Asia/Kathmandu")
    clock = next(c for c in clocks(FIRST, 84) if c.words() == "UTC+5:45")
    true = [datetime.fromtimestamp(t / 1e6, rule).replace(tzinfo=UTC).timestamp() for t in times.tolist()]
    assert clock.local(times) / 1e6 == pytest.approx(true)


@pytest.mark.parametrize("zone", ["UTC", "+3:30", "-5", "Asia/Tehran", "America/New_York"])
def test_hour_of_week_against_a_loop(zone: str) -> None:
    p = crowd(np.random.default_rng(10), 20, 30)
    clock = _clock_of(zone)
    minutes = clock if isinstance(clock, int) else None
    count = np.zeros(168)
    for slot in p.slot.tolist():
        moment = datetime.fromtimestamp(slot * 600 + (minutes or 0) * 60, UTC)
        moment = moment if isinstance(clock, int) else moment.astimezone(clock)
        count[moment.weekday() * 24 + moment.hour] += 1
    assert (hour_of_week(p, clock) == count).all()


@pytest.mark.parametrize("zone", ["Middle/Earth", "+25", "", "../etc/passwd", "x" * 300])
def test_no_zone_is_one_sentence(zone: str) -> None:
    with pytest.raises(UsageError, match="no time zone"):
        _clock_of(zone)


def test_schedulers_are_left_out_where_they_take_part() -> None:
    rng = np.random.default_rng(11)
    hand = rng.integers(0, 30 * DAY, 3000)
    assert by_hand(hand, 1e-6).all()
    both = np.concatenate((hand, hand // 60_000_000 * 60_000_000))
    kept = by_hand(both, 1e-6)
    assert not kept[3000:].any()
    assert kept[:3000].mean() > 0.95
    assert by_hand(both, 60.0).all()


def test_holidays_speak_for_their_clocks_and_against_others() -> None:
    mine = staff(np.random.default_rng(12), "Europe/Tirane", silent=(38, 39, 46))  # 14, 15 and 22 March 2024
    y = hours.active(mine, hours.turned(mine, np.zeros(84, np.int64), 0, 60))
    odds = hours.silence(y, hours.expected_days(y))
    noon = (FIRST + np.arange(84)) * DAY + 12 * HOUR
    daily = zones.Daily(odds, noon, FIRST, (5, 6))
    by_words = {c.words(): zones.holiday_evidence(c, daily) for c in clocks(FIRST, 84)}
    assert by_words["UTC+1, UTC+2 from 2024-03-31"] > by_words["UTC+8"] + 1
    assert zones.days_off_prior(next(c for c in clocks(FIRST, 84) if c.words() == "UTC+0"), daily) > -1


@given(st.lists(st.floats(-30, 0), min_size=1, max_size=30))
def test_smallest_sets_hold_the_mass(log_weight: list[float]) -> None:
    p = zones.normalised(np.array(log_weight))
    chosen = zones.smallest_set(p)
    assert p[chosen].sum() >= 0.95 - 1e-9
    assert p[chosen].sum() - p[chosen[-1]] < 0.95


def test_true_hours_of_two_shifts() -> None:
    rng = np.random.default_rng(13)
    s, e, who = [], [], []
    for day in range(10):
        for hand in range(6):
            begin = FIRST * 1440 + day * 1440 + (7 if hand % 2 else 19) * 60 + 10 * rng.standard_normal()
            for a, b in ((0, 300), (360, 720)):
                s.append(int((begin + a) * 60e6))
                e.append(int((begin + b) * 60e6))
                who.append(f"h{hand}")
    found = sorted(true_hours(np.array(s), np.array(e), who))
    assert np.array(found) == pytest.approx(np.array([[420, 1140], [1140, 420]]), abs=8)
    days = EPOCH + timedelta(days=FIRST + 2), EPOCH + timedelta(days=FIRST + 7)
    found = sorted(true_hours(np.array(s), np.array(e), who, days))
    assert np.array(found) == pytest.approx(np.array([[420, 1140], [1140, 420]]), abs=12)
    assert true_hours(np.array(s), np.array(e), who, (date(2000, 1, 1), date(2000, 1, 9))) == []
