"""Hands or machines against the truth: were feeds told from people, and who was called automated wrongly?"""

from __future__ import annotations

from typing import Any

import numpy as np

from chorusline.case import Case
from chorusline.evaluate.base import Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.truth import Truth

MACHINES = ("feed",)
"""Kinds of a simulated world that a program runs."""

EITHER = ("newsroom",)
"""Kinds of which the world doesn't say what posts for them."""

VERDICTS = ("automated", "run by hand", "can't tell")


def score(case: Case, truth: Truth) -> Scored:
    """Score the verdicts on accounts."""
    table = case.table("automation")
    verdict = dict(zip(table["account"].to_pylist(), table["verdict"].to_pylist(), strict=True))
    kind = dict(zip(truth.accounts["account"].to_pylist(), truth.words("kind").tolist(), strict=True))
    known = [
        (kind[name], word) for name, word in verdict.items() if name in kind and kind[name] not in EITHER
    ]
    machine = np.array([k in MACHINES for k, _ in known], dtype=bool)
    word = np.array([w for _, w in known], dtype=np.str_)
    automated, hand = word == "automated", word == "run by hand"
    figures: dict[str, Any] = {
        "accounts": len(known),
        "machines_found": share(int((machine & automated).sum()), int(machine.sum())),
        "automated_that_are": share(int((machine & automated).sum()), int(automated.sum())),
        "by_hand_that_are": share(int((~machine & hand).sum()), int(hand.sum())),
        "people_called_automated": share(int((~machine & automated).sum()), int((~machine).sum())),
        "told": share(int((automated | hand).sum()), len(known)),
    }
    rows = tuple(
        (label, said(figures[key]))
        for label, key in (
            ("Feeds called automated", "machines_found"),
            ("Called automated and a feed", "automated_that_are"),
            ("Called run by hand and no feed", "by_hand_that_are"),
            ("People called automated", "people_called_automated"),
            ("Accounts of which something is said", "told"),
        )
    )
    return Scored(figures, (Table("Hands or machines", ("", "share"), rows),))


SCORE = Score(
    name="automation",
    about="Whether accounts called automated or run by hand are so; of kinds that the truth leaves open, none counts.",
    needs=("case:automation", "truth.kind"),
    function=score,
    place=60,
)
