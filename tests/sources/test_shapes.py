"""Exports whose objects are not shaped as they should be: no row lost, no traceback, whatever is in them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chorusline import sources
from chorusline.errors import ChoruslineError

from . import (
    test_bluesky,
    test_mastodon,
    test_reddit,
    test_telegram,
    test_tiktok,
    test_x_api_v1,
    test_x_api_v2,
)

from . import test_youtube, test_zeeschuimer  # isort: skip

SAMPLES: dict[str, dict[str, Any]] = {
    "bluesky": test_bluesky.event(test_bluesky.RECORD),
    "mastodon": test_mastodon.STATUS,
    "reddit": test_reddit.SUBMISSION,
    "tiktok": test_tiktok.VIDEO,
    "x-api-v1": test_x_api_v1.POST,
    "x-api-v2": {
        "data": [test_x_api_v2.POST],
        "includes": {"users": test_x_api_v2.USERS, "tweets": [test_x_api_v2.ORIGINAL]},
    },
    "youtube": test_youtube.comment("c1"),
    "zeeschuimer": test_zeeschuimer.item("twitter.com", test_zeeschuimer.x_post("1")),
}

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.just([]), st.just({}),
    st.just([None, 1, "x"]), st.just({"id": {"x": 1}}), st.just("\ud83d"),
)  # fmt: skip


def places(value: Any, path: tuple = ()) -> list[tuple]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if path else []
    for key, item in inner:
        found.extend(places(item, (*path, key)))
    return found


def put(value: Any, path: tuple, junk: Any) -> Any:
    changed = copy.deepcopy(value)
    target = changed
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = junk
    return changed


@pytest.mark.parametrize("name", sorted(SAMPLES))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_misshapen_objects_never_break_the_reading(write, name, data) -> None:
    whole = SAMPLES[name]
    path = data.draw(st.sampled_from(places(whole)))
    bad = put(whole, path, data.draw(JUNK))
    log = sources.read(write("\n".join(json.dumps(v) for v in (whole, bad, whole))), format=name)
    assert len(log) >= 1
    summary = log.inputs[0]
    assert summary.format == name
    total = summary.rows_read + summary.rows_set_aside + summary.rows_repeated + summary.rows_merged
    noticed = any(
        "not posts" in w or "not comments" in w or "no posts" in w or "not statuses" in w
        for w in summary.warnings
    )
    assert total >= 3 or noticed


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_misshapen_telegram_messages(write, data) -> None:
    whole = test_telegram.chat(
        test_telegram.MESSAGE,
        {**test_telegram.MESSAGE, "id": 2, "text": ["a", {"type": "link", "text": "b"}]},
    )
    path = data.draw(st.sampled_from([p for p in places(whole) if len(p) > 2]))
    document = put(whole, path, data.draw(JUNK))
    log = sources.read(write(json.dumps(document)), format="telegram")
    assert len(log) >= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_any_bytes_give_a_log_or_a_sentence(write, content) -> None:
    sentence = ""
    try:
        sources.read(write(content))
    except ChoruslineError as error:
        sentence = str(error)
    assert "\n" not in sentence or b"\n" in content or b"\r" in content


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(alphabet='ab,"\n\r;2021-01T:Zé', max_size=30), max_size=8))
def test_any_lines_under_a_good_header(write, lines) -> None:
    good = "account,time,text\nzz,2021-01-01T00:00:00Z,good\n"
    log = sources.read(write(good + "\n".join(lines)))
    assert "zz" in log.names
