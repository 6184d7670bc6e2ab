"""Trace `client`: two accounts post with the same program that few use. It proposes and never confirms."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chorusline.actions import KINDS, ActionLog
from chorusline.config import Config
from chorusline.traces.base import Trace, Uses, uses_of


def extract(log: ActionLog, config: Config) -> Uses:
    """Uses of programs that no more than `config.rare` of the accounts post with, in what they posted themselves.

    The object is the program on a day, since edges count distinct objects and a crew has one program. Everybody
    shares the common ones; a rare one may be a crew's own, or a newsroom's, or made for one language.
    """
    own = np.flatnonzero(log.kinds != KINDS.index("reshare"))
    taken = log.actions["client"].take(pa.array(own)).combine_chunks()
    names = pc.utf8_trim_whitespace(taken).dictionary_encode()
    code = names.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    own, code = own[code >= 0], code[code >= 0]
    account = log.account_codes[own].astype(np.int64)
    seen = np.unique(code * max(log.accounts.num_rows, 1) + account)
    users = np.bincount(seen // max(log.accounts.num_rows, 1), minlength=len(names.dictionary))
    rare = users[code] <= config.rare * len(np.unique(account))
    own, code = own[rare], code[rare]
    day = pa.array(log.times[own]).cast(pa.timestamp("us"))
    program = names.dictionary.cast(pa.string()).take(pa.array(code))
    program = pc.if_else(pc.equal(program, ""), None, program)
    return uses_of(
        log, own, pc.binary_join_element_wise(program, pc.strftime(day, format="%Y-%m-%d"), " on ")
    )


TRACE = Trace(
    name="client",
    about="The same program used to post, one that few accounts use, on the same day.",
    object_word="program",
    precedence=90,
    tests=(),
    extract=extract,
    default=False,
)
