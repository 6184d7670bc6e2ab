"""The Internet Research Agency tweets as FiveThirtyEight published them (Linvill and Warren 2018).

A spreadsheet damaged ids in these files (9.06E+17): the author's name stands for such an account, and
the id in article_url for such a post. Dates are month/day/year, to the minute; the true post ids give
the milliseconds where they agree with the minute (module `snowflake`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import Batch
from chorusline.sources import columns as names
from chorusline.sources import door, entities, tabular
from chorusline.sources.base import Head, Reading, Recognition, Source
from chorusline.sources.table import Columns, read_table
from chorusline.sources.x_archive import with_id_times

KNOWN = {
    "post_id": "tweet_id",
    "account": "external_author_id",
    "handle": "author",
    "time": "publish_date",
    "kind": "post_type",
    "text": "content",
    "language": "language",
}
EXPANDED = ("tco1_step1", "tco2_step1", "tco3_step1")
EXTRA = ("article_url", "external_author_id", "tweet_id", "author", "retweet", *EXPANDED)

ACCOUNTS = (
    "{n} account ids were damaged by a spreadsheet (such as 9.06E+17); the author's name stands for them."
)
POSTS = "{n} post ids were damaged by a spreadsheet; the id in article_url was read instead."
LOST = "{n} post ids were damaged by a spreadsheet and article_url holds none; they were left out."

_STATUS = r"/status(?:es)?/(?P<id>\d+)"


def sniff(head: Head) -> Recognition | None:
    """Columns that only this data set has together."""
    if head.json or not head.has("external_author_id", "author", "publish_date", "content", "post_type"):
        return None
    return Recognition(
        "ira-538",
        0.9,
        "its columns are those of FiveThirtyEight's IRA tweets",
        names.overlay(head.header, KNOWN),
    )


def mend(fields: Columns, chunk: tabular.Chunk, reading: Reading) -> Columns:
    """Replace damaged ids, read the kind and the expanded links, and the time from the id."""
    given = {name: door.strings(values) for name, values in chunk.columns.items()}
    fields = dict(fields)
    account = given.get("external_author_id")
    if account is not None and "author" in given and reading.used.get("account") == "external_author_id":
        bad = door.damaged(account)
        reading.note(ACCOUNTS, pc.sum(bad).as_py() or 0)
        fields["account"] = pc.if_else(
            bad, given["author"], pc.replace_substring_regex(account, r"\.0+$", "")
        )
    if "tweet_id" in given and reading.used.get("post_id") == "tweet_id":
        bad = door.damaged(given["tweet_id"])
        if "article_url" in given:
            found = pc.struct_field(pc.extract_regex(given["article_url"], _STATUS), [0])
        else:
            found = pa.nulls(len(bad), pa.string())
        post = pc.if_else(bad, found, given["tweet_id"])
        lost = pc.sum(pc.and_(bad, pc.is_null(found))).as_py() or 0
        reading.note(POSTS, (pc.sum(bad).as_py() or 0) - lost)
        reading.note(LOST, lost)
        fields["post_id"] = post
    if "retweet" in given:
        shared = pc.and_(pc.equal(given["retweet"], "1"), pc.equal(fields["kind"], "post"))
        fields["kind"] = pc.if_else(pc.fill_null(shared, False), "reshare", fields["kind"])
    if any(name in given for name in EXPANDED) and "links" not in reading.used:
        cells = [pc.fill_null(given[name], "") for name in EXPANDED if name in given]
        expanded = entities.map_lists(pc.binary_join_element_wise(*cells, " "), _listed)
        expanded, cut = entities.drop_cut(expanded)
        reading.note(entities.CUT, cut)
        some = pc.greater(pc.list_value_length(expanded), 0)
        fields["links"] = pc.if_else(some, expanded, fields["links"]) if "links" in fields else expanded
    return with_id_times(fields, chunk, reading)


def _listed(cell: str) -> list[str]:
    return entities.split_cell(cell, "links")


def read(reading: Reading) -> Iterator[Batch]:
    """Read a file of the data set."""
    present = tabular.header(reading.head)
    mapping = names.overlay(present, KNOWN, reading.mapping)
    return read_table(reading, mapping, extra=EXTRA, adjust=mend, order="month", mends_ids=True)


SOURCE = Source("ira-538", "FiveThirtyEight's IRA tweets CSV (Linvill and Warren)", sniff, read, tuple(KNOWN))
