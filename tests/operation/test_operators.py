"""Hands: kernels against loops, linkage, headcount, abstention, and that pairs stay out of the case."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from dataclasses import replace
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chorusline import annex
from chorusline.actions import DOOR_SCHEMA, ActionLog, Batch, Input
from chorusline.case import OPERATION, Case
from chorusline.config import Config
from chorusline.dossier.inside.operators import ladder
from chorusline.dossier.page import render
from chorusline.errors import UsageError
from chorusline.evaluate.operators import area, figures_of, hands_of, together
from chorusline.operation import evidence, headcount, linkage, operators, pairs
from chorusline.operation.base import LIST, Crew
from chorusline.operation.evidence import EVIDENCE
from chorusline.operation.run import run
from chorusline.simulate.config import Operation, WorldConfig
from chorusline.simulate.world import build
from chorusline.units import DAY, SECOND
from tests.dossier.fake_case import empty_case

ACTIONS = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(0, 3), st.integers(5, 60)), min_size=1, max_size=40
)
FORBIDDEN = re.compile(r"\b(bot|bots|troll|trolls|fake|paid|proves|origin)\b", re.IGNORECASE)


def arrays(rows: list[tuple[int, int, int]]) -> tuple[np.ndarray, ...]:
    rows = sorted(rows)
    times = np.array([t for t, _, _ in rows], dtype=np.int64) * SECOND
    return times, np.array([a for _, a, _ in rows], dtype=np.int64), np.array([float(n) for *_, n in rows])


def slow_share(d: float, same: bool) -> float:
    """Chance that one of two moments comes before the other by less than d, in one quarter hour or the next."""
    length = pairs.BIN
    before = d * d / (2 * length * length)
    return d / length - before if same else before


@settings(max_examples=60)
@given(ACTIONS, st.integers(1, 2))
def test_coincidences_against_a_loop(rows: list[tuple[int, int, int]], blocks: int) -> None:
    times, account, need = arrays(rows)
    block = (times // (2000 * SECOND)) % blocks
    soon, over = pairs.coincidences(times, account, need, 4, block, blocks)
    shape = (blocks, 4, 4)
    slow = {name: np.zeros(shape) for name in ("soon", "over", "soon_expected", "over_expected")}
    whole = times // int(pairs.BIN * SECOND)
    for i in range(len(times)):
        for j in range(len(times)):
            a, b, k = account[i], account[j], block[max(i, j)]
            if a == b or i == j:
                continue
            lag = (times[i] - times[j]) / SECOND
            if j < i:
                name = "soon" if lag < need[i] else "over" if lag <= pairs.HAND_OVER else None
                if name:
                    slow[name][k, a, b] += 1
                    slow[name][k, b, a] += 1
            # Whichever of two in one bin came first: i as the later one, with its own need.
            if whole[i] - whole[j] in (0, 1) and (whole[i] == whole[j] or j < i):
                near = slow_share(need[i], whole[i] == whole[j])
                far = slow_share(pairs.HAND_OVER, whole[i] == whole[j])
                for x, y in ((a, b), (b, a)):
                    slow["soon_expected"][k, x, y] += near
                    slow["over_expected"][k, x, y] += far - near
    np.testing.assert_allclose(soon.seen, slow["soon"])
    np.testing.assert_allclose(over.seen, slow["over"])
    np.testing.assert_allclose(soon.predicted, slow["soon_expected"], atol=1e-12)
    np.testing.assert_allclose(over.predicted, slow["over_expected"], atol=1e-12)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 900), st.integers(0, 2)), max_size=25))
def test_edges_together_against_a_loop(rows: list[tuple[int, int, int]]) -> None:
    begin = np.array([t for t, _, _ in rows], dtype=np.int64) * SECOND
    end = begin + np.array([n for _, n, _ in rows], dtype=np.int64) * SECOND
    account = np.array([a for *_, a in rows], dtype=np.int64)
    found = pairs.edges_together(begin, end, account, 3, np.zeros(len(rows), dtype=np.int64), 1)
    seen, predicted = np.zeros((3, 3)), np.zeros((3, 3))
    share = pairs.EDGE / 3600
    for moment in (begin, end):
        for i, j in combinations(range(len(rows)), 2):
            a, b = account[i], account[j]
            if a == b:
                continue
            hours = abs(int(moment[i] // (3600 * SECOND)) - int(moment[j] // (3600 * SECOND)))
            chance = 2 * share - share**2 if hours == 0 else share**2 / 2 if hours == 1 else 0.0
            for x, y in ((a, b), (b, a)):
                seen[x, y] += abs(int(moment[i]) - int(moment[j])) <= pairs.EDGE * SECOND
                predicted[x, y] += chance
    np.testing.assert_allclose(found.seen[0], seen)
    np.testing.assert_allclose(found.predicted[0], predicted, atol=1e-12)


def test_what_is_predicted_comes_about_where_two_hands_act_by_themselves() -> None:
    rng = np.random.default_rng(3)
    n, accounts = 6000, 12
    # Both follow the same busy and idle quarters of an hour, as colleagues do.
    quarter = rng.choice(2000, n, p=rng.dirichlet(np.full(2000, 0.3)))
    times = np.sort(((quarter + rng.random(n)) * pairs.BIN * SECOND).astype(np.int64))
    account = rng.integers(0, accounts, n)
    zero = np.zeros(n, dtype=np.int64)
    soon, over = pairs.coincidences(times, account, np.full(n, 20.0), accounts, zero, 1)
    assert soon.seen.sum() == pytest.approx(soon.predicted.sum(), rel=0.05)
    assert over.seen.sum() == pytest.approx(over.predicted.sum(), rel=0.05)


def test_days_in_common_tell_those_who_are_away_together() -> None:
    rng = np.random.default_rng(5)
    away = rng.random((10, 60)) < 0.3
    here = ~np.repeat(away, 2, axis=0)
    here[:, 5] = False  # a holiday of all of them says nothing
    common, spread = pairs.days_in_common(here, pairs.expected_presence(here), np.ones(60))
    z = common / spread
    i, j = np.triu_indices(20, 1)
    same = i // 2 == j // 2
    assert z[i, j][same].min() > 3.5
    # The crew's days hold the pair's own: the others lean to the safe side, by one over the number of hands.
    assert -1.2 < z[i, j][~same].mean() < 0.2
    assert z[i, j][~same].std() < 1.6


def test_expected_presence_keeps_the_margins() -> None:
    here = np.random.default_rng(1).random((8, 40)) < np.linspace(0.2, 0.9, 8)[:, None]
    chance = pairs.expected_presence(here)
    np.testing.assert_allclose(chance.sum(axis=1), here.sum(axis=1), atol=1.5)
    np.testing.assert_allclose(chance.sum(axis=0), here.sum(axis=0), atol=1.0)


@settings(max_examples=60)
@given(ACTIONS, st.integers(1, 300))
def test_at_once_against_a_loop(rows: list[tuple[int, int, int]], seconds: int) -> None:
    times, account, _ = arrays(rows)
    slow = max(
        len(set(account[(times >= t) & (times < t + seconds * SECOND)].tolist())) for t in times.tolist()
    )
    assert headcount.at_once(times, account, 4, float(seconds)) == slow


@settings(max_examples=40)
@given(st.integers(1, 7), st.data())
def test_accounts_apart_are_a_set_that_is_there(m: int, data: st.DataObject) -> None:
    apart = np.zeros((m, m), dtype=bool)
    for i, j in combinations(range(m), 2):
        apart[i, j] = apart[j, i] = data.draw(st.booleans())
    most = max(
        len(some)
        for n in range(1, m + 1)
        for some in combinations(range(m), n)
        if all(apart[i, j] for i, j in combinations(some, 2))
    )
    assert 1 <= headcount.all_apart(apart) <= most
    assert headcount.all_apart(np.ones((m, m), dtype=bool) ^ np.eye(m, dtype=bool)) == m


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_certain_links_count_the_cells(cell: list[int]) -> None:
    cells = np.array(cell)
    posterior = (cells[:, None] == cells).astype(float)
    assert linkage.hands_of(posterior) == pytest.approx(len(set(cell)))
    found = linkage.clusters(posterior, 0.95)
    assert [(a == b) for a in found for b in found] == [(a == b) for a in cell for b in cell]


def test_clusters_do_not_chain() -> None:
    p = np.array([[0, 0.99, 0.1], [0.99, 0, 0.98], [0.1, 0.98, 0]])
    assert linkage.clusters(p, 0.95).tolist() == [0, 0, 1]


@settings(max_examples=30)
@given(st.integers(2, 9), st.integers(0, 10_000))
def test_every_two_of_a_cluster_are_linked(m: int, seed: int) -> None:
    p = np.random.default_rng(seed).random((m, m))
    p = np.triu(p, 1) + np.triu(p, 1).T
    found = linkage.clusters(p, 0.6)
    for i, j in combinations(range(m), 2):
        assert found[i] != found[j] or p[i, j] >= 0.6


@settings(max_examples=25)
@given(st.integers(0, 60), st.integers(0, 10_000))
def test_weights_rise_and_the_waterfall_adds_up(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels = np.column_stack([rng.integers(-1, len(e.levels), n) for e in EVIDENCE])
    fixed = rng.normal(0, 3, n)
    found = linkage.link(levels, EVIDENCE, fixed)
    for w, e in zip(found.weights, EVIDENCE, strict=True):
        assert (np.diff(w) >= -1e-9).all()
        assert np.abs(w).max() <= e.most
    odds = np.log2(found.posterior) - np.log2(1 - found.posterior)
    total = found.bits.sum(axis=1) + np.log2(found.share) - np.log2(1 - found.share)
    np.testing.assert_allclose(odds, np.clip(total, -60 / np.log(2), 60 / np.log(2)), atol=0.3)
    assert (found.bits[:, :-1][levels < 0] == 0).all()


def test_linkage_tells_pairs_whose_evidence_agrees() -> None:
    rng = np.random.default_rng(2)
    same = np.arange(600) < 40
    levels = np.full((600, len(EVIDENCE)), -1)
    for k in range(3):
        levels[:, k] = np.where(
            same, rng.choice(5, 600, p=EVIDENCE[k].linked), rng.choice(5, 600, p=EVIDENCE[k].unlinked)
        )
    expected = rng.uniform(3, 8, 600)
    fixed = evidence.fixed_of(rng.poisson(np.where(same, 0.05, 1.0) * expected), expected)
    found = linkage.link(levels, EVIDENCE, fixed)
    assert area(same, found.posterior) > 0.98
    assert (~same & (found.posterior > 0.95)).sum() <= 1
    assert found.share == pytest.approx(40 / 600, abs=0.03)


def test_capture_recapture_by_its_formula() -> None:
    here = np.zeros((6, 10), dtype=bool)
    here[:4, :] = True
    here[4, 3] = here[5, 7] = True
    assert headcount.chao(here) == pytest.approx(6 + 0.9 * 2 * 1 / 2)
    assert headcount.chao(here[:4]) == 4


def test_area_against_all_pairs() -> None:
    rng = np.random.default_rng(0)
    label, score = rng.random(60) < 0.3, rng.integers(0, 8, 60).astype(float)
    wins = [(a > b) + 0.5 * (a == b) for a in score[label] for b in score[~label]]
    assert area(label, score) == pytest.approx(np.mean(wins))
    assert area(np.zeros(3, dtype=bool), np.zeros(3)) is None


def test_typing_tells_habits_and_abstains_on_little() -> None:
    rng = np.random.default_rng(4)
    marks = ["", "!", " ;", "…"]
    texts, account = [], []
    for who in range(8):
        for _ in range(120):
            words = rng.choice([f"w{k}" for k in range(300)], 10)
            small = rng.choice(["and", "but", "so", "yet"], 6, p=np.roll([0.7, 0.1, 0.1, 0.1], who // 2))
            texts.append(" ".join([*words, *(f"{s}{marks[who // 2]}" for s in small)]))
            account.append(who)
    z = evidence.typing(texts, np.array(account), 8)
    i, j = np.triu_indices(8, 1)
    assert z[i, j][i // 2 == j // 2].min() > z[i, j][i // 2 != j // 2].max()
    assert np.isnan(evidence.typing(texts[:200], np.array(account[:200]), 8)).all()


# On a small operation.


@pytest.fixture(scope="module")
def held():
    config = WorldConfig(
        seed=11, days=60, accounts=60, activity=0.05,
        operations=(Operation(operators=5, quota=6.0, templates=12, camouflage=0.4, shared_accounts=0.0),),
    )  # fmt: skip
    world = build(config)
    n = world.actions.num_rows
    columns = {name: world.actions[name] for name in world.actions.column_names}
    columns |= {"row": pa.array(np.arange(1, n + 1)), "handle": pa.nulls(n, pa.string())}
    table = pa.table([columns[f.name] for f in DOOR_SCHEMA], schema=DOOR_SCHEMA)
    log = ActionLog.build([Input("world", [Batch(table)])])
    hands = hands_of(world.truth["operators"])
    members = np.array([k for k, name in enumerate(log.names) if name in hands], dtype=np.int32)
    others = np.array([k for k, name in enumerate(log.names) if name not in hands], dtype=np.int32)
    return Crew(log, Config(), members, others, None, LIST), hands


@pytest.fixture(scope="module")
def found(held):
    s = operators.study(held[0])
    assert not isinstance(s, str)
    return s


def test_hands_of_an_operation_are_told(held, found) -> None:
    crew, hands = held
    figures = figures_of(found, crew, hands)
    assert figures["hands"] == 5
    assert figures["low"] <= 5 <= figures["high"] < figures["accounts"]
    assert figures["auc"] > 0.95
    assert figures["linked"] >= 5
    assert figures["right"] == figures["linked"]
    assert figures["verdict"] == operators.SHARED


def test_exclusion_alone_tells_one_hand_from_colleagues(held, found) -> None:
    same = together(found, *held)
    seen, predicted = found.weighed.seen, found.weighed.predicted
    assert seen[same].sum() < 0.15 * predicted[same].sum()
    assert seen[~same].sum() == pytest.approx(predicted[~same].sum(), rel=0.2)
    # What comes soon after is beyond what two accounts' own rates predict for one hand only.
    assert np.median(found.weighed.levels[same, 0]) > np.median(found.weighed.levels[~same, 0])


def test_where_too_little_is_predicted_nothing_is_said(held) -> None:
    crew, _ = held
    s = operators.study(replace(crew, config=Config(min_coincidences=1e6)), resamples=2)
    assert not operators.shared(s, crew.config).any()
    assert (s.low, s.high, s.middle) == (max(1.0, s.low), float(len(s.gathered.accounts)), None)
    assert "says nothing" in s.reason
    result = operators.find(replace(crew, config=Config(min_coincidences=1e6)))
    assert result.tables["operators"]["verdict"].to_pylist() == [operators.CANT_TELL]
    assert any(s.reason in sentence for sentence in result.sentences)


def test_where_timers_send_much_nothing_is_said(held) -> None:
    crew, _ = held
    strict = replace(crew, config=Config(max_scheduled=0.001))
    assert operators.study(strict, resamples=2).reason.startswith("timers sent")
    assert operators.links(strict).num_rows == 0


def test_a_handful_of_accounts_is_refused(held) -> None:
    crew, _ = held
    few = replace(crew, members=crew.members[:4])
    assert "too few" in operators.find(few).reason


def test_same_crew_same_result(held, found) -> None:
    crew, _ = held
    again = operators.study(
        Crew(replace(crew.log, memo={}), crew.config, crew.members, crew.outsiders, None, LIST)
    )
    assert again.estimates == found.estimates
    np.testing.assert_array_equal(again.posterior, found.posterior)


def test_the_case_holds_counts_and_no_account(held, tmp_path) -> None:
    crew, _ = held
    ran = run([operators.ANALYSIS], [crew])
    names = [crew.log.names[code] for code in crew.members.tolist()]
    for name, table in ran.tables.items():
        assert table.schema == OPERATION[name]
        assert table.num_rows
    case = empty_case(tmp_path)
    case.manifest["operation"] = ran.record
    for name, table in ran.tables.items():
        case._tables[name] = table
    page = render(case)
    section = page[page.index("Reckonings of the hands") :]
    told = json.dumps(ran.record) + section + str([t.to_pylist() for t in ran.tables.values()])
    assert not [name for name in names if name in told]
    assert not FORBIDDEN.findall(json.dumps(ran.record))


def test_links_carry_their_waterfall(held, found) -> None:
    crew, hands = held
    table = operators.links(crew)
    assert table.num_rows == operators.shared(found, crew.config).sum()
    for row in table.to_pylist():
        bits = sum(value for name, value in row.items() if name.startswith("bits_"))
        assert 1 / (1 + 2.0**-bits) == pytest.approx(row["posterior"], abs=1e-6)
        assert hands[row["first"]] & hands[row["second"]]
        assert row["predicted"] >= crew.config.min_coincidences


def test_an_annex_is_written_apart_with_its_warning(held, tmp_path, monkeypatch) -> None:
    crew, _ = held
    folder = tmp_path / "case"
    folder.mkdir()
    case = empty_case(folder)
    monkeypatch.setattr(Case, "open", lambda _: case)
    monkeypatch.setattr(Case, "log", lambda _: crew.log)
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(crew.log.names[code] for code in crew.members.tolist()))
    file = tmp_path / "pairs.zip"
    number, seal = annex.write_pairs(folder, file, listed)
    assert number == operators.links(crew).num_rows > 0
    assert len(seal) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist()[0] == "READ-THIS-FIRST.txt"
        assert b"Some links are wrong" in archive.read("READ-THIS-FIRST.txt")
        with archive.open("list.csv") as rows:
            assert pa_csv.read_csv(rows).num_rows == number
    assert not list(folder.iterdir())
    with pytest.raises(UsageError, match="aren't overwritten"):
        annex.write_pairs(folder, file, listed)


@pytest.mark.parametrize(
    ("name", "words"),
    [("case/pairs.zip", "case folder"), ("pairs.csv", ".zip"), ("no/pairs.zip", "doesn't exist")],
)
def test_places_for_an_annex_that_will_not_do(tmp_path, name, words) -> None:
    (tmp_path / "case").mkdir()
    with pytest.raises(UsageError, match=words):
        annex.check_place(tmp_path / "case", tmp_path / name)


def test_a_link_into_the_case_is_no_way_round(tmp_path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "way").symlink_to(tmp_path / "case")
    with pytest.raises(UsageError, match="case folder"):
        annex.check_place(tmp_path / "case", tmp_path / "way" / "pairs.zip")


def test_the_picture_has_a_lane_for_each_reckoning(found) -> None:
    rows = [e.__dict__ for e in found.estimates]
    drawn = ladder(rows, {"hands_low": found.low, "hands_high": found.high})
    assert len(drawn["lanes"]) == len(rows)
    assert ladder([], {"hands_low": 1, "hands_high": 2}) is None


def test_a_tool_for_several_accounts_is_not_taken_for_several_hands(held) -> None:
    crew, _ = held
    n = len(crew.log)
    # The same words on six accounts within a second, once a day: one click.
    start = crew.log.times[0] // DAY * DAY + 12 * 3600 * SECOND
    start += 37 * SECOND  # on no grid
    rows = [(start + d * DAY + k * SECOND // 7, k, f"same words {d}") for d in range(1, 40) for k in range(6)]
    more = pa.table(
        {
            "row": pa.array(np.arange(n, n + len(rows))),
            "account": [crew.log.names[crew.members[k]] for _, k, _ in rows],
            "time": pa.array([t for t, *_ in rows], pa.int64()).cast(DOOR_SCHEMA.field("time").type),
            "kind": ["post"] * len(rows),
            "text": [words for *_, words in rows],
        }
    )
    old = crew.log.actions
    names = crew.log.accounts["name"].take(old["account"])
    kinds = pa.array(["post", "reshare", "reply", "quote"]).take(old["kind"])
    columns = {}
    for field in DOOR_SCHEMA:
        held_ = {"account": names, "kind": kinds}.get(field.name)
        if held_ is None:
            held_ = old[field.name] if field.name in old.column_names else pa.nulls(n, field.type)
        new = more[field.name] if field.name in more.column_names else pa.nulls(len(rows), field.type)
        columns[field.name] = pa.chunked_array(
            [
                c
                for part in (held_, new)
                for c in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])
            ],
            field.type,
        )
    log = ActionLog.build([Input("world", [Batch(pa.table(columns, schema=DOOR_SCHEMA))])])
    assert log.names == crew.log.names
    other = operators.study(Crew(log, crew.config, crew.members, crew.outsiders, None, LIST), resamples=2)
    plain = operators.study(crew, resamples=2)
    assert other.gathered.at_one_go > 0
    assert [e.value for e in other.estimates[:3]] == [e.value for e in plain.estimates[:3]]


def test_of_very_many_accounts_only_bounds_are_told(held, monkeypatch) -> None:
    crew, _ = held
    monkeypatch.setattr(operators, "MOST", 8)
    result = operators.find(replace(crew, log=replace(crew.log, memo={})))
    row = result.tables["operators"].to_pylist()[0]
    assert row["reason"].startswith("pairs of 8 accounts")
    assert (row["linked"], row["judged"], row["verdict"]) == (0, 0, operators.CANT_TELL)
    assert row["hands_high"] == row["accounts"]
    assert {e["bound"] for e in result.tables["operators_estimates"].to_pylist()} == {
        "lower bound",
        "upper bound",
    }
    assert operators.links(replace(crew, log=replace(crew.log, memo={}))).num_rows == 0
