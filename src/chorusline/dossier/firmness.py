"""How firm the findings are: the robustness figures, and the specification curve as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chorusline.case import Case
from chorusline.dossier.material import table_of

WIDTH, LEFT, RIGHT, TOP, PANEL = 720, 130, 12, 12, 130
ROW, GAP = 18, 22


@dataclass(frozen=True)
class Curve:
    """A specification curve. still : (x, y) of the share of named accounts that stand, one variant each, fewest first.

    kinds : (y, kind) of the rows below; marks : path of their ticks. beside : (y, label). height : of the picture.
    """

    still: list[tuple[float, float]]
    kinds: list[tuple[float, str]]
    marks: str
    beside: list[tuple[float, str]]
    height: int


def firmness(case: Case) -> dict[str, Any] | None:
    """Return what the page shows of a sensitivity run; None where there was none, or nobody is named."""
    variants = table_of(case, "variants").to_pylist()
    if not variants:
        return None
    robustness = table_of(case, "robustness").to_pylist()
    accounts = {row["account"]: row for row in robustness if row["finding"] == "account"}
    shares = [row["robustness"] for row in accounts.values() if row["robustness"] is not None]
    return {
        "variants": sorted(variants, key=lambda row: (_share(row), row["variant"])),
        "curve": curve(variants),
        "groups": {row["group"]: row for row in robustness if row["finding"] == "group"},
        "accounts": accounts,
        "asked": len(shares),
        "all": sum(share == 1 for share in shares),
        "most": sum(share >= 0.9 for share in shares),
        "half": sum(share < 0.5 for share in shares),
        "quick": bool((case.manifest.get("sensitivity") or {}).get("quick")),
    }


def curve(variants: Sequence[Mapping[str, Any]]) -> Curve:
    """Draw the variants, at least one, in order of the share of the case's names that they leave standing."""
    order = sorted(variants, key=lambda row: (_share(row), row["variant"]))
    pitch = (WIDTH - LEFT - RIGHT) / len(order)
    kinds = list(dict.fromkeys(row["kind"] for row in variants))
    below = {kind: TOP + PANEL + GAP + ROW * k for k, kind in enumerate(kinds)}
    x = [LEFT + (k + 0.5) * pitch for k in range(len(order))]
    still = [
        (round(at, 1), round(TOP + PANEL * (1 - _share(row)), 1)) for at, row in zip(x, order, strict=True)
    ]
    marks = "".join(f"M{at:.1f} {below[row['kind']] - 5}v10" for at, row in zip(x, order, strict=True))
    beside = [(float(TOP + PANEL * (1 - share)), f"{share:.0%}".replace("%", " %")) for share in (0, 0.5, 1)]
    height = TOP + PANEL + GAP + ROW * len(kinds)
    return Curve(still, [(float(y), kind) for kind, y in below.items()], marks, beside, height)


def _share(row: Mapping[str, Any]) -> float:
    return float(row["still_named"] / row["of"]) if row["of"] else 1.0
