"""The counts behind the checks against loops that nobody could get wrong."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chorusline.config import Config
from chorusline.findings.alternatives.material import Common, Data, Group
from chorusline.findings.alternatives.public_life import outsiders
from chorusline.traces.base import Uses

ROWS = st.lists(st.tuples(st.sampled_from(["en", "fa", "sq", None]), st.integers(-1, 3)), max_size=60)


@given(ROWS)
def test_the_most_frequent_value_of_each_group(rows):
    column = pa.chunked_array([pa.array([value for value, _ in rows], pa.string())])
    found = Common.of(column, np.array([owner for _, owner in rows], dtype=np.int64), 3)
    words = column.combine_chunks().dictionary_encode().dictionary.to_pylist()
    outside = Counter(value for value, owner in rows if owner == 0 and value)
    assert {word: n for word, n in zip(words, found.outside.tolist(), strict=False) if n} == dict(outside)
    for group in range(4):
        count = Counter(value for value, owner in rows if owner == group and value)
        assert found.total[group] == sum(count.values())
        if not count:
            assert found.said(group) is None
            continue
        word = words[found.top[group]]
        assert found.hits[group] == count[word] == max(count.values())
        mine, others = found.said(group)
        assert mine == f"{100 * count[word] / sum(count.values()):.1f} %"
        assert others == (f"{100 * outside[word] / sum(outside.values()):.1f} %" if outside else "none")
    assert found.empty == (not any(value and owner >= 0 for value, owner in rows))


USES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 30)), min_size=1, max_size=50, unique=True
)


@given(USES, st.sets(st.integers(0, 6), min_size=1))
def test_objects_that_outsiders_used_and_used_first(uses, asked):
    """Accounts 0 to 2 are in group 1, account 3 in group 2, the others in none; object 6 nobody used."""
    group = np.array([1, 1, 1, 2, 0, 0], dtype=np.int32)
    account, objects, time = (np.array(column) for column in zip(*uses, strict=True))
    order = np.lexsort((account, time, objects))
    names = pa.array([f"o{k}" for k in range(6)], pa.string())
    made = Uses(
        account[order].astype(np.int32), objects[order].astype(np.int32), time[order], order, names, 6
    )
    evidence = pa.table({"trace": ["reshare"] * len(asked), "object": [f"o{k}" for k in sorted(asked)]})
    none = np.zeros(6, dtype=bool)
    data = Data(None, {"reshare": made}, {}, group, none, evidence, Config(), 1.0)  # type: ignore[arg-type]
    here = Group(1, evidence, np.arange(3), np.arange(3))
    taken = first = 0
    for k in asked:
        out = [t for a, o, t in uses if o == k and group[a] == 0]
        inside = [t for a, o, t in uses if o == k and group[a] == 1]
        taken += bool(out)
        first += bool(out) and min(out) < min(inside, default=31)
    assert outsiders(here, data, "reshare") == (len(asked), taken, first)
