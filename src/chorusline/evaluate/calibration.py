"""Whether the stated error rates hold: q-values against realised false discoveries, p-values of the honest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chorusline.case import Case
from chorusline.evaluate.base import Chart, Score, Scored, Table
from chorusline.evaluate.intervals import said, share
from chorusline.evaluate.judged import Bools, judge
from chorusline.evaluate.truth import Truth

LEVELS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""False-discovery rates at which the promise is checked."""

BINS = 20
POINTS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def realised(label: Bools, q_value: npt.NDArray[np.float64], usable: Bools) -> list[dict[str, Any]]:
    """Return at each level how many would be named and the share of them that is honest.

    usable : bool [n]; accounts of which the case says that there isn't enough evidence are never named.
    One case is one draw: the rate is a promise about the mean of many, so a level counts as broken only
    where even the interval's lower end lies above it.
    """
    result = []
    for level in LEVELS:
        taken = usable & (q_value <= level)
        false = share(int((taken & ~label).sum()), int(taken.sum()))
        result.append(
            {"level": level, "realised": false, "broken": bool(taken.any() and false["low"] > level)}
        )
    return result


def reliability(p_value: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    """Return at each point x the share of p-values [m] at or below x: at most x where they hold."""
    return [{"p": x, "share": share(int((p_value <= x).sum()), len(p_value))} for x in POINTS]


def histogram(p_value: npt.NDArray[np.float64], bins: int = BINS) -> list[int]:
    """Return counts of p-values [m] in `bins` equal bins from 0 to 1, a value on an edge in the lower bin."""
    place = np.clip(np.ceil(p_value * bins) - 1, 0, bins - 1).astype(np.int64)
    return [int(count) for count in np.bincount(place, minlength=bins)]


def score(case: Case, truth: Truth) -> Scored:
    """Score a case's q-values and p-values."""
    j = judge(case, truth)
    levels = realised(j.label, j.q_value, j.status != "not enough evidence")
    honest = np.asarray(j.p_value[~j.label & (j.held_out_uses > 0)])
    counts, steps = histogram(honest), reliability(honest)
    figures: dict[str, Any] = {
        "fdr_of_the_case": case.config.fdr,
        "false_discoveries": levels,
        "honest_tested": len(honest),
        "honest_p_values": steps,
        "honest_p_histogram": counts,
    }
    rows = tuple(
        (f"{row['level']:.1%}", said(row["realised"]), "no" if row["broken"] else "yes") for row in levels
    )
    table = Table(
        "False discoveries, promised and realised",
        ("Promised", "Realised (95 % interval)", "Compatible"),
        rows,
    )
    notes = () if len(honest) else ("No honest account was tested, so there are no p-values of the honest.",)
    return Scored(figures, (table,), _charts(levels, steps, counts, len(honest)), notes)


def _charts(
    levels: list[dict[str, Any]], steps: list[dict[str, Any]], counts: list[int], tested: int
) -> tuple[Chart, ...]:
    charts = []
    if any(row["realised"]["of"] for row in levels):
        words = ("False-discovery rate", "Below the line, the promise holds with room to spare.")
        points = [(row["level"], row["realised"]) for row in levels if row["realised"]["of"]]
        charts.append(_against_promise(*words, "promised", "realised", points))
    if tested:
        words = (
            "P-values of honest accounts that were tested",
            "The share with a p-value this small; at or below the line where p-values hold.",
        )
        points = [(row["p"], row["share"]) for row in steps]
        charts.append(_against_promise(*words, "p-value", "share at or below", points))
        edges, heights = tuple(k / BINS for k in range(BINS)), tuple(map(float, counts))
        about = f"{tested:,} honest accounts had held-out uses to test."
        charts.append(Chart("The same as a histogram", about, "p-value", "accounts", "bars", edges, heights))
    return tuple(charts)


def _against_promise(
    title: str, about: str, x_label: str, y_label: str, points: list[tuple[float, dict[str, Any]]]
) -> Chart:
    """Shares with their intervals against what was promised, both axes in powers of ten."""
    x = tuple(x for x, _ in points)
    value, low, high = (tuple(found[key] for _, found in points) for key in ("value", "low", "high"))
    return Chart(title, about, x_label, y_label, "curve", x, value, low, high, diagonal=True, log=True)


SCORE = Score(
    name="calibration",
    about="Whether the stated error rates hold: promised against realised false discoveries.",
    needs=("case:accounts",),
    function=score,
    place=30,
)
