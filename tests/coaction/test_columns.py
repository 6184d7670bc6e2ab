"""Sorting of uses against NumPy's, and how much a read takes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorusline.coaction import columns
from chorusline.coaction.columns import in_order
from chorusline.coaction.direct import directly
from chorusline.coaction.reading import needed

SPREADS = (1, 50, 1 << 40, 1 << 62)


@given(
    n=st.integers(0, 200) | st.integers(600, 3_000), objects=st.integers(1, 30), accounts=st.integers(1, 1 << 31),
    spread=st.sampled_from(SPREADS), seed=st.integers(0, 1 << 30), threads=st.integers(1, 5),
)  # fmt: skip
def test_order_is_that_of_object_time_and_account(n, objects, accounts, spread, seed, threads):
    rng = np.random.default_rng(seed)
    o = rng.integers(0, objects, n).astype(np.int32)
    a = rng.integers(0, accounts, n).astype(np.int32)
    t = rng.integers(-spread, spread, n)
    order = np.lexsort((a, t, o))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "SMALL", 0)
        patch.setattr(columns, "cores", lambda: threads)
        ordered = in_order(o, a, t, objects, accounts)
    for found, wanted in zip(ordered, (o, a, t), strict=True):
        np.testing.assert_array_equal(found, wanted[order])


@pytest.mark.parametrize("length", [4, 400])
def test_what_a_read_takes_grows_with_the_length_of_ids(tmp_path, length):
    rng = np.random.default_rng(0)
    ids = ["".join(rng.choice(list("abcdefgh"), length)) for _ in range(50)]
    who = rng.choice(ids, 1_000)
    path = tmp_path / "posts.parquet"
    time = pa.array(np.arange(1_000) + 1_700_000_000_000_000).cast(pa.timestamp("us", tz="UTC"))
    pq.write_table(pa.table({"account": who, "reshare_of": who, "time": time}), path)
    found = directly([path], None, None, None, "reshare")
    assert found is not None
    assert 2_000 * length < needed(found) < 2_000 * length + 200_000
