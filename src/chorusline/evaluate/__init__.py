"""Findings and truth in, scores out: one file for each score.

A score is declared in a file of its own and registered under the entry point group
`chorusline.scores`; another package can add one the same way.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chorusline.case import Case
    from chorusline.evaluate.base import Evaluation, Score
    from chorusline.evaluate.truth import Truth

__all__ = ["available", "evaluate"]


@cache
def available() -> dict[str, Score]:
    """Return every registered score by name, in the order in which they are shown."""
    scores = [point.load() for point in entry_points(group="chorusline.scores")]
    return {score.name: score for score in sorted(scores, key=lambda score: (score.place, score.name))}


def evaluate(case: Case, truth: Truth) -> Evaluation:
    """Score a finished case against the truth; what a score lacks is said, not guessed.

    The case is read and never run again. Raises CaseError where it lacks its own tables.
    """
    from chorusline.evaluate.base import Evaluation, lacking

    done, skipped = {}, {}
    for name, score in available().items():
        missing = lacking(score, case, truth)
        if missing:
            skipped[name] = missing
        else:
            done[name] = score.function(case, truth)
    return Evaluation(str(case.folder), str(truth.path), truth.columns, done, skipped)
